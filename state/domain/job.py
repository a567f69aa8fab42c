"""Jobs: work that waits for others, done by workers; its owner hears how it goes, and one end."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import replace

from state.domain.errors import Code, Refusal
from state.domain.ids import new_id


class JobStatus(StrEnum):
    """UNKNOWN: another company may or may not have done it; it is found out by reading.

    WAITING: its owner has to pay for it first.
    """

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    WAITING = "WAITING"
    UNKNOWN = "UNKNOWN"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


ENDED = {JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED}
KEPT = {JobStatus.WAITING, JobStatus.UNKNOWN}  # also while a worker has it
IDLE = {JobStatus.QUEUED, JobStatus.WAITING}  # nothing is done yet that cannot be undone
DONE = 100  # per cent
PAID = 10  # likewise, when what it waited for has happened
# The higher, the sooner: people who talk wait for it, cooks soon do, a menu has time.
TALK, NOTE, TEXT, MENU = 40, 30, 20, 10


class Job(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`owner` is the actor that hears of it, empty where the hub itself wanted it.

    Of a `private` job nothing is kept once its owner had time to hear of its end. `attempts`
    counts how often a worker began with it, `progress` is in per cent. One that is not `stoppable`
    can be cancelled only before it is begun, or while it waits.
    """

    id: str
    tenant_id: str
    restaurant_id: str
    kind: str
    status: JobStatus = JobStatus.QUEUED
    priority: int = 0
    owner: str = ""
    private: bool = False
    stoppable: bool = True
    payload: dict[str, Any]
    result: Any = None
    error: dict[str, Any] | None = None
    progress: int = 0
    attempts: int = 0
    trace: str = ""
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def ended(self) -> bool:
        return self.status in ENDED


class JobNews(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """How it goes with a job: `result` when it is completed, `error` when it failed."""

    job_id: str
    kind: str
    status: JobStatus
    progress: int
    result: Any = None
    error: dict[str, Any] | None = None


def news(job: Job) -> JobNews:
    return JobNews(
        job_id=job.id,
        kind=job.kind,
        status=job.status,
        progress=job.progress,
        result=job.result,
        error=job.error,
    )


def new_job(
    tenant_id: str,
    restaurant_id: str,
    kind: str,
    payload: dict[str, Any],
    now: datetime,
    *,
    priority: int = 0,
    owner: str = "",
    private: bool = False,
    stoppable: bool = True,
    trace: str = "",
) -> Job:
    """Return a job that no worker has seen yet; the higher its `priority`, the sooner one does."""
    return Job(
        id=new_id(),
        tenant_id=tenant_id,
        restaurant_id=restaurant_id,
        kind=kind,
        priority=priority,
        owner=owner,
        private=private,
        stoppable=stoppable,
        payload=payload,
        trace=trace,
        created_at=now,
    )


def begin(job: Job, now: datetime) -> Job:
    """Return the job in a worker's hands, be it for the first time or not."""
    status = job.status if job.status in KEPT else JobStatus.RUNNING
    started = job.started_at or now
    return replace(job, status=status, attempts=job.attempts + 1, started_at=started)


def advance(job: Job, progress: int) -> Job:
    return replace(job, progress=min(progress, DONE - 1))


def put_off(job: Job, waiting: bool) -> Job:
    """Return a job that a worker has left in good order: it is not what kills workers.

    It waits, if it is to, unless what it waits for has happened while the worker looked.
    """
    status = JobStatus.WAITING if waiting and not job.progress else job.status
    return replace(job, status=status, attempts=0)


def resume(job: Job) -> Job:
    """Return a job that need not wait any more: from now on it cannot be called off."""
    return replace(job, status=JobStatus.RUNNING, progress=max(job.progress, PAID))


def doubt(job: Job) -> Job:
    """Return a job of which nobody can tell yet whether it has happened."""
    return replace(job, status=JobStatus.UNKNOWN)


def complete(job: Job, result: Any, now: datetime) -> Job:
    return replace(
        job, status=JobStatus.COMPLETED, progress=DONE, result=result, error=None, ended_at=now
    )


def fail(job: Job, error: dict[str, Any], now: datetime) -> Job:
    return replace(job, status=JobStatus.FAILED, error=error, ended_at=now)


def cancel(job: Job, now: datetime) -> Job:
    """Return the job called off; raise CONFLICT where it is too late for that."""
    if job.ended:
        raise Refusal(Code.CONFLICT, "the job has ended already")
    if job.status not in IDLE and not job.stoppable:
        raise Refusal(Code.CONFLICT, "the job is under way and cannot be stopped")
    error = {"code": Code.CONFLICT, "message": "the job was cancelled"}
    return replace(job, status=JobStatus.CANCELLED, error=error, ended_at=now)
