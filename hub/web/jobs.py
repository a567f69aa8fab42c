"""Jobs over HTTP: those that nobody works on any more, and what came of one's own translations."""

from datetime import datetime
from typing import Any

import msgspec
from aiohttp import web

from hub.web.keys import DEPS
from state.domain.actor import Actor
from state.domain.commands import Id
from state.domain.job import Job, JobStatus
from state.domain.translation import Translation
from state.store import jobs
from state.store import translations as store

MOST = 200


class DeadQuery(msgspec.Struct, frozen=True, rename="camel"):
    restaurant_id: Id | None = None


class DeadJob(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A job that failed, or one of which nobody knows whether it has happened (UNKNOWN)."""

    job_id: str
    restaurant_id: str
    kind: str
    status: JobStatus
    attempts: int
    error: dict[str, Any] | None
    created_at: datetime
    ended_at: datetime | None


class DeadJobs(msgspec.Struct, frozen=True):
    jobs: list[DeadJob]


class History(msgspec.Struct, frozen=True):
    translations: list[Translation]


async def translations(request: web.Request, who: Actor) -> History:
    """Return what the caller had translated in the last 90 days, newest first, 200 at most.

    Private texts are not kept.
    """
    async with request.app[DEPS].pool.acquire() as conn:
        return History(await store.history(conn, who.id, MOST))


async def dead(request: web.Request, who: Actor, query: DeadQuery) -> DeadJobs:
    """Return the jobs that failed or are in doubt, newest first, 200 at most."""
    async with request.app[DEPS].pool.acquire() as conn:
        found = await jobs.dead(conn, who.tenant, query.restaurant_id, MOST)
    return DeadJobs([_shown(job) for job in found if who.reaches(job.restaurant_id)])


def _shown(job: Job) -> DeadJob:
    return DeadJob(
        job_id=job.id,
        restaurant_id=job.restaurant_id,
        kind=job.kind,
        status=job.status,
        attempts=job.attempts,
        error=job.error,
        created_at=job.created_at,
        ended_at=job.ended_at,
    )
