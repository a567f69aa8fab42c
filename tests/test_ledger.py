"""The books: nobody can write half a movement or change one, and the audit sees what is amiss."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from hub.app import run_node
from hub.embedded import Engines
from hub.settings import Settings
from scripts.audit import CHECKS, findings
from state.domain.ids import new_id
from tests.conftest import connection, new_database, new_place
from tests.place import Place


@pytest.fixture
async def paid(place: Place) -> dict[str, Any]:
    """A payment in cash."""
    return await pay(place)


async def pay(place: Place) -> dict[str, Any]:
    waiter = await place.waiter()
    table = {"tableId": place.tables[0]["id"]}
    await waiter.send("order:create", **table, items=[place.line()])
    found: dict[str, Any] = await waiter.send("payment:cash", **table, tip=100)
    return found


@pytest.fixture
async def books(db: asyncpg.Connection) -> AsyncIterator[asyncpg.Connection]:
    """A connection whose doings are undone afterwards."""
    transaction = db.transaction()
    await transaction.start()
    yield db
    await transaction.rollback()


async def entry(
    db: asyncpg.Connection, place: Place, movement: str, amount: int, **of: Any
) -> None:
    fields = {"account": f"a{amount}", "currency": "EUR", "restaurant_id": place.id, **of}
    tenant = "SELECT tenant_id FROM restaurants WHERE id = $1"
    await db.execute(
        "INSERT INTO ledger (id, tenant_id, restaurant_id, movement_id, account, amount, currency,"
        " business_day, at, actor_id, memo)"
        f" VALUES ($2, ({tenant}), $1, $3, $4, $5, $6, current_date, now(), '', '')",
        *(fields["restaurant_id"], new_id(), movement),
        *(fields["account"], amount, fields["currency"]),
    )


async def test_half_a_movement_is_not_written(place: Place, db: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="does not add up"):
        await entry(db, place, new_id(), 500)
    assert await db.fetchval("SELECT count(*) FROM ledger WHERE restaurant_id = $1", place.id) == 0


@pytest.mark.parametrize(
    "statement", ["UPDATE ledger SET amount = amount + 1", "DELETE FROM ledger"]
)
async def test_an_entry_stays_as_it_is(
    place: Place, paid: dict[str, Any], db: asyncpg.Connection, statement: str
) -> None:
    with pytest.raises(asyncpg.RestrictViolationError, match="stay as they are"):
        await db.execute(f"{statement} WHERE payment_id = $1", paid["id"])
    assert await findings(db, place.id) == []


async def test_a_payment_is_booked_once(
    place: Place, paid: dict[str, Any], db: asyncpg.Connection
) -> None:
    again = (
        "INSERT INTO ledger (id, tenant_id, restaurant_id, movement_id, account, amount, currency,"
        " business_day, at, payment_id, actor_id, memo)"
        " SELECT gen_random_uuid(), tenant_id, restaurant_id, $2, account, amount, currency,"
        " business_day, at, payment_id, '', '' FROM ledger WHERE payment_id = $1"
    )
    with pytest.raises(asyncpg.UniqueViolationError):
        await db.execute(again, paid["id"], new_id())


# What somebody could do to the rows by hand, and which checks it is seen by.
HARM = {
    "UPDATE payments SET status = 'FAILED' WHERE id = $1": {
        "a payment that is not booked",
        "a payment without its receipt",
    },
    "UPDATE payments SET amount = amount + 1 WHERE id = $1": {
        "a payment that is not booked",
        "a payment that is made of something else",
        "a receipt of another sum",
    },
    "UPDATE payments SET refunded = 1 WHERE id = $1": {"a payment that does not know"},
    "UPDATE drawers SET expected = 0 WHERE id = (SELECT drawer_id FROM payments WHERE id = $1)": {
        "a drawer that holds something else"
    },
    "UPDATE orders SET status = 'COMPLETED', payment_status = 'PARTIALLY_PAID' WHERE session_id ="
    " (SELECT session_id FROM payments WHERE id = $1)": {"an order that was completed"},
}


@pytest.mark.parametrize("harm", HARM)
async def test_the_audit_sees_what_was_done_to_the_rows(
    place: Place, paid: dict[str, Any], books: asyncpg.Connection, harm: str
) -> None:
    assert await findings(books, place.id) == []
    await books.execute(harm, paid["id"])
    found = await findings(books, place.id)
    assert len(found) == len(HARM[harm])
    for start in HARM[harm]:
        assert any(line.startswith(start) for line in found), found


async def test_the_audit_sees_movements_that_do_not_add_up(
    place: Place, books: asyncpg.Connection
) -> None:
    await books.execute("ALTER TABLE ledger DISABLE TRIGGER balanced")
    await entry(books, place, new_id(), 500)
    found = {line.partition(":")[0] for line in await findings(books, place.id)}
    assert found == set(list(CHECKS)[:2])


async def test_anybody_can_have_the_books_gone_through(
    engines: Engines, settings: Settings, project: Path
) -> None:
    async with new_database(engines) as url:
        async with (
            run_node(msgspec.structs.replace(settings, database_url=url)) as node,
            connection(url) as db,
            new_place([node], db) as place,
        ):
            await pay(place)
        asked = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "scripts.audit", "--database-url", url),
            cwd=project,
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await asked.communicate()
    assert (said.decode(), asked.returncode) == ("the books add up\n", 0)
