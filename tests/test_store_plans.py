"""How Postgres goes about our statements, where that decides whether a busy evening works."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from hub.embedded import Engines
from state.domain.facts import Needs
from state.domain.ids import new_id
from state.store import facts, record
from state.store.migrate import migrate
from state.store.pool import Conn, create_pool


@pytest.fixture
async def young(engines: Engines) -> AsyncIterator[Conn]:
    """A connection of a node to a database in which nothing has happened yet."""
    name = f"young_{new_id().replace('-', '')}"
    url = engines.database_url.replace("/onemoment?", f"/{name}?")
    owner = await asyncpg.connect(engines.database_url)
    await owner.execute(f"CREATE DATABASE {name}")
    await migrate(url)
    pool = await create_pool(url, 2)
    async with pool.acquire() as conn:
        yield conn
    await pool.close()
    await owner.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await owner.close()


@pytest.mark.parametrize("statement", [facts.READ, record.WRITE], ids=["read", "write"])
async def test_a_plan_kept_from_a_quiet_morning_does_not_read_whole_tables_at_lunch(
    young: Conn, statement: str
) -> None:
    await young.execute("VACUUM ANALYZE")  # as autovacuum does by itself
    await facts.read(young, Needs())
    await record.write(young, {new_id(): record.Batch(seen=1)})
    name, count = await young.fetchrow(
        "SELECT name, cardinality(parameter_types) FROM pg_prepared_statements"
        " WHERE statement = $1 AND generic_plans > 0",
        statement,
    )
    nothing = ", ".join(["'{}'"] * count)
    plan = "\n".join(row[0] for row in await young.fetch(f"EXPLAIN EXECUTE {name}({nothing})"))
    assert "Index Scan" in plan
    for whole in ("Seq Scan", "Hash Join", "Merge Join"):
        assert whole not in plan
