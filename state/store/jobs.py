"""Jobs, and the queue in the same Postgres that says which are due."""

from datetime import datetime

from state.domain.job import Job
from state.store.pool import PRUNE_SECONDS, Conn
from state.store.rows import Rows

JOBS = Rows("jobs", Job)
CHANGES = ("status", "result", "error", "progress", "attempts", "started_at", "ended_at")
OPEN = "('QUEUED', 'RUNNING', 'UNKNOWN')"
DEAD = "('FAILED', 'UNKNOWN')"


async def get(conn: Conn, job_id: str) -> Job | None:
    row = await conn.fetchrow(f"SELECT {JOBS.columns} FROM jobs WHERE id = $1", job_id)
    return None if row is None else JOBS.struct(row)


async def dead(conn: Conn, tenant_id: str, restaurant_id: str | None, limit: int) -> list[Job]:
    """Return the jobs that failed or are in doubt, newest first."""
    rows = await conn.fetch(
        f"SELECT {JOBS.columns} FROM jobs WHERE status IN {DEAD} AND tenant_id = $1"
        " AND restaurant_id = coalesce($2, restaurant_id) ORDER BY created_at DESC LIMIT $3",
        *(tenant_id, restaurant_id, limit),
    )
    return [JOBS.struct(row) for row in rows]


async def counts(conn: Conn) -> dict[tuple[str, str], int]:
    """Return how many jobs there are by kind and status, of those that are open or dead."""
    rows = await conn.fetch(
        "SELECT kind, status, count(*) AS count FROM jobs"
        f" WHERE status IN {OPEN} OR status IN {DEAD} GROUP BY kind, status"
    )
    return {(row["kind"], row["status"]): row["count"] for row in rows}


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


async def prune(conn: Conn, before: datetime) -> None:
    """Forget jobs that ended before, and what the queue wrote about them."""
    await conn.execute("DELETE FROM jobs WHERE ended_at < $1", before, timeout=PRUNE_SECONDS)
    await conn.execute("DELETE FROM pgqueuer_log WHERE created < $1", before, timeout=PRUNE_SECONDS)
    await conn.execute("DELETE FROM pgqueuer WHERE status NOT IN ('queued', 'picked')")
