"""Jobs, and the queue in the same Postgres that says which are due."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import NamedTuple

from state.domain.job import Job
from state.store.pool import PRUNE_SECONDS, Conn
from state.store.rows import Rows

CHANGES = ("status", "result", "error", "progress", "attempts", "started_at", "ended_at")
JOBS = Rows("jobs", Job, changing=CHANGES)
OPEN = "('QUEUED', 'RUNNING', 'WAITING', 'UNKNOWN')"
AROUND = timedelta(seconds=30)  # between what a job and what its event say of when it ended
DEAD = "('FAILED', 'UNKNOWN')"


async def get(conn: Conn, job_id: str) -> Job | None:
    row = await conn.fetchrow(f"SELECT {JOBS.columns} FROM jobs WHERE id = $1", job_id)
    return None if row is None else JOBS.struct(row)


async def hold(conn: Conn, job_id: str) -> Job | None:
    """Return a job, and keep others from changing it until the commit."""
    row = await conn.fetchrow(f"SELECT {JOBS.columns} FROM jobs WHERE id = $1 FOR UPDATE", job_id)
    return None if row is None else JOBS.struct(row)


async def save(conn: Conn, job: Job) -> None:
    """Write how far a job is; who calls holds its restaurant."""
    await conn.execute(
        "UPDATE jobs SET status = $2, progress = $3 WHERE id = $1",
        *(job.id, job.status, job.progress),
    )


async def wake(conn: Conn, job_id: str) -> None:
    """Let a job that was put off be looked at now."""
    await conn.execute("SELECT wake_job($1)", job_id)


async def dead(conn: Conn, tenant_id: str, restaurant_id: str | None, limit: int) -> list[Job]:
    """Return the jobs that failed or are in doubt, newest first."""
    rows = await conn.fetch(
        f"SELECT {JOBS.columns} FROM jobs WHERE status IN {DEAD} AND tenant_id = $1"
        " AND restaurant_id = coalesce($2, restaurant_id) ORDER BY created_at DESC LIMIT $3",
        *(tenant_id, restaurant_id, limit),
    )
    return [JOBS.struct(row) for row in rows]


async def counts(conn: Conn) -> dict[tuple[str, str], int]:
    """Return how many jobs are open, or failed within a day, by kind and status."""
    rows = await conn.fetch(
        "SELECT kind, status, count(*) AS count FROM jobs"
        f" WHERE status IN {OPEN} OR (status IN {DEAD} AND created_at > now() - interval '1 day')"
        " GROUP BY kind, status"
    )
    return {(row["kind"], row["status"]): row["count"] for row in rows}


async def ages(conn: Conn) -> dict[str, float]:
    """Return for how many seconds the oldest job of each kind is open that nobody has to pay."""
    rows = await conn.fetch(
        "SELECT kind, extract(epoch FROM now() - min(created_at))::float8 AS seconds FROM jobs"
        f" WHERE status IN {OPEN} AND status <> 'WAITING' GROUP BY kind"
    )
    return {row["kind"]: row["seconds"] for row in rows}


async def enqueue_lost(conn: Conn, before: datetime) -> int:
    """Enqueue anew what is open and in no queue, as a worker leaves it that could not put it back.

    Returns how many those were.
    """
    done = await conn.execute(
        "INSERT INTO pgqueuer (priority, entrypoint, payload, dedupe_key, status)"
        " SELECT priority, kind, convert_to(id::text, 'UTF8'), id::text, 'queued' FROM jobs"
        f" WHERE status IN {OPEN} AND created_at < $1 AND NOT EXISTS ("
        "     SELECT FROM pgqueuer WHERE dedupe_key = jobs.id::text"
        "     AND pgqueuer.status IN ('queued', 'picked'))"
        " ON CONFLICT (dedupe_key) WHERE status IN ('queued', 'picked')"
        " AND dedupe_key IS NOT NULL DO NOTHING",
        before,
    )
    return int(done.split()[-1])


class Erased(NamedTuple):
    """How many jobs, and the seqs of their events by restaurant."""

    jobs: int
    events: dict[str, list[int]]


async def erase_private(conn: Conn, before: datetime, limit: int) -> Erased:
    """Empty private jobs that ended before, and the events that told of their end."""
    rows = await conn.fetch(
        "UPDATE jobs SET payload = '{}', result = NULL, erased_at = now() WHERE id IN ("
        "  SELECT id FROM jobs WHERE private AND erased_at IS NULL AND ended_at < $1 LIMIT $2)"
        " RETURNING id, restaurant_id, ended_at",
        *(before, limit),
    )
    events: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        found = await conn.fetch(
            "UPDATE events SET data = json_build_object('jobId', data->>'jobId',"
            " 'kind', data->>'kind', 'status', data->>'status', 'progress', 100)"
            " WHERE restaurant_id = $1 AND at BETWEEN $2 AND $3"
            " AND name = 'job:completed' AND data->>'jobId' = $4 RETURNING seq",
            *(row["restaurant_id"], row["ended_at"] - AROUND, row["ended_at"] + AROUND, row["id"]),
        )
        events[row["restaurant_id"]] += [each["seq"] for each in found]
    return Erased(len(rows), events)


async def prune(conn: Conn, before: datetime) -> None:
    """Forget jobs that ended before, and what the queue wrote about them."""
    await conn.execute("DELETE FROM jobs WHERE ended_at < $1", before, timeout=PRUNE_SECONDS)
    await conn.execute("DELETE FROM pgqueuer_log WHERE created < $1", before, timeout=PRUNE_SECONDS)
    await conn.execute("DELETE FROM pgqueuer WHERE status NOT IN ('queued', 'picked')")
