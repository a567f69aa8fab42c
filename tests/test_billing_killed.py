"""A worker that dies while it bills: what it had begun is not there, and another bills it once."""

from datetime import date
from pathlib import Path

import asyncpg

from handlers import billing
from hub.app import Node
from hub.settings import Settings
from scripts.mishaps.process import Worker, running
from tests.cards import none
from tests.conftest import connection
from tests.interpreters import cancel_all
from tests.place import Place
from tests.plans import subscribe

TODAY = date(2026, 3, 1)
WAITING = "FROM pg_locks WHERE NOT granted AND relation = 'hub_debts'::regclass"
COUNTS = (
    "SELECT (SELECT count(*) FROM hub_invoices WHERE restaurant_id = $1) AS invoices,"
    " (SELECT count(*) FROM hub_debts WHERE restaurant_id = $1) AS debts,"
    " (SELECT count(*) FROM jobs WHERE restaurant_id = $1"
    "   AND kind = 'billing.invoice.created') AS jobs,"
    " (SELECT count(*) FROM events WHERE restaurant_id = $1"
    "   AND name = 'billing.invoice.created') AS events"
)


async def test_a_worker_that_is_killed_as_it_bills_leaves_all_to_the_next(
    place: Place, nodes: list[Node], settings: Settings, db: asyncpg.Connection, tmp_path: Path
) -> None:
    deps = nodes[0].deps
    await billing.run(deps)  # whatever other tests have left
    await cancel_all(deps)
    await subscribe(place, deps, date(2025, 11, 17))
    env = {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "JWT_SECRET": settings.jwt_secret,
    }
    async with connection(settings.database_url) as conn, conn.transaction():
        await conn.execute("LOCK TABLE hub_debts IN EXCLUSIVE MODE")
        async with running(Worker(env, tmp_path / "worker.log")) as [worker]:
            await none(conn, f"SELECT 1 WHERE NOT EXISTS (SELECT {WAITING})")
            await worker.kill()
        await conn.execute(f"SELECT pg_terminate_backend(pid) {WAITING}")
    assert set((await db.fetchrow(COUNTS, place.id)).values()) == {0}
    last = await db.fetchval("SELECT coalesce(max(number), 0) FROM hub_invoices")
    await billing.run(deps, TODAY)
    assert set((await db.fetchrow(COUNTS, place.id)).values()) == {4}
    numbers = "SELECT number FROM hub_invoices WHERE restaurant_id = $1 ORDER BY number"
    found = [row["number"] for row in await db.fetch(numbers, place.id)]
    assert found == [last + count for count in (1, 2, 3, 4)]
