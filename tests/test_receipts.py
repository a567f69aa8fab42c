"""Receipts: one for each payment, numbered without gaps, as things were, and never changed."""

import asyncio
import csv
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from state.domain.ids import new_id
from tests.client import Client
from tests.desk import desk
from tests.ledger import audit
from tests.place import Place

LEGAL = {"name": "Linden GmbH", "address": "Lindenweg 3\n10115 Berlin", "taxId": "DE 123456789"}
ALL = "SELECT * FROM receipts WHERE restaurant_id = $1 ORDER BY series, year, number"


async def receipts(db: asyncpg.Connection, place: Place) -> list[asyncpg.Record]:
    return list(await db.fetch(ALL, place.id))


async def dine(place: Place, table: int = 0, **guest: Any) -> tuple[Client, Client]:
    """A guest with something to pay for, and the waiter who takes cash."""
    one, waiter = await place.guest(table=table, **guest), await place.waiter(node=1)
    await one.send("order:create", items=[place.line("grill", 2), place.line("bar")])
    return one, waiter


async def test_a_receipt_says_who_sold_what_to_whom_and_stays_so(
    place: Place, db: asyncpg.Connection
) -> None:
    office = await desk(place)
    saved = await office.put("legal", **LEGAL)
    assert saved["legal"] == LEGAL
    one, waiter = await dine(place, language="de")
    begun = await one.send("bill:pay", method="CASH", tip=150)
    bill = await one.send("bill:get")
    await waiter.send("payment:cash", paymentId=begun["payment"]["id"], tendered=10_000)
    [row] = await receipts(db, place)
    document = row["document"]
    assert (row["series"], row["number"]) == ("R", 1)
    assert row["year"] == datetime.now(UTC).year
    assert document["seller"] == LEGAL
    assert (document["language"], document["legalLanguage"]) == ("de", "en")
    assert [line["amount"] for line in document["lines"]] == [x["due"] for x in bill["lines"]]
    assert set(document["lines"][0]["names"]) == {"en", "ru", "de", "ja", "ar"}
    assert (document["amount"], document["tip"]) == (bill["total"], 150)
    assert sum(x["net"] + x["tax"] for x in document["taxes"]) == bill["total"]
    assert (document["shared"], document["sandbox"]) == (False, False)
    await office.put("legal", **LEGAL | {"name": "Another GmbH"})
    assert (await receipts(db, place))[0]["document"] == document
    for change in (
        "UPDATE receipts SET number = 7",
        "DELETE FROM receipts",
        "TRUNCATE receipts CASCADE",
        "UPDATE receipt_counters SET last = 9",
        "DELETE FROM receipt_counters",
    ):
        with pytest.raises(asyncpg.RestrictViolationError):
            await db.execute(change)
    await audit(db, place.id)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"address": "\n \n"}, "address"),
        ({"taxId": ""}, "taxId"),
        ({"taxId": "DE;123"}, "taxId"),
    ],
)
async def test_legal_data_that_says_nothing_is_refused(
    calm: Place, changes: dict[str, str], path: str
) -> None:
    office = await desk(calm)
    assert await office.refused("PUT", "legal", LEGAL | changes) == ("INVALID", path)


async def test_only_managers_say_who_sells(calm: Place) -> None:
    waiter = await desk(calm, "waiter")
    assert (await waiter.refused("PUT", "legal", LEGAL))[0] == "FORBIDDEN"


async def test_parts_of_a_bill_have_receipts_of_their_own(
    place: Place, db: asyncpg.Connection
) -> None:
    one, waiter = await dine(place)
    manager, at = await place.worker("manager"), {"tableId": place.tables[0]["id"]}
    await manager.send("bill:discount", **at, rate=1_000, reason="late")
    bill = await one.send("bill:split", mode="equal", parts=3)
    dish = bill["lines"][0]
    table = {"tableId": place.tables[0]["id"]}
    await waiter.send("payment:cash", **table, leg="1")
    half = {"itemId": dish["itemId"], "shares": 1, "of": 2}
    await waiter.send("payment:cash", **table, items=[half])
    shared, named = (row["document"] for row in await receipts(db, place))
    assert shared["shared"]
    assert [line["amount"] for line in shared["lines"]] == [x["due"] for x in bill["lines"]]
    assert sum(line["discount"] for line in shared["lines"]) == bill["discount"] > 0
    [line] = named["lines"]
    assert (line["shares"], line["of"], named["shared"]) == (1, 2, False)
    assert line["amount"] == named["amount"] == sum(x["net"] + x["tax"] for x in named["taxes"])
    await audit(db, place.id)


async def test_what_goes_back_has_a_credit_note_in_a_series_of_its_own(
    place: Place, db: asyncpg.Connection
) -> None:
    _one, waiter = await dine(place)
    manager = await place.worker("manager")
    paid = await waiter.send("payment:cash", tableId=place.tables[0]["id"], tip=100)
    await manager.send("payment:refund", paymentId=paid["id"], amount=300, reason="cold soup")
    await manager.send("payment:refund", paymentId=paid["id"], reason="all of it")
    first, second, original = await receipts(db, place)
    assert [(r["series"], r["number"]) for r in (first, second, original)] == [
        ("C", 1),
        ("C", 2),
        ("R", 1),
    ]
    assert first["document"]["total"] == 300
    assert first["document"]["reason"] == "cold soup"
    assert first["payment_id"] == original["payment_id"]
    whole = sum(note["document"]["total"] for note in (first, second))
    assert whole == original["document"]["total"]
    path = f"/api/restaurants/{place.id}/reports/receipts"
    _, text = await place.get(path, await place.login("manager"), Accept="text/csv")
    head, *lines = csv.DictReader(text.decode("utf-8-sig").splitlines())
    year = original["year"]
    assert [line["number"] for line in (head, *lines)] == [
        *(f"C-{year}-000001", f"C-{year}-000002", f"R-{year}-000001"),
    ]
    assert (head["amount"], head["original"]) == ("-3.00", f"R-{year}-000001")
    assert sum(Decimal(line["amount"]) for line in (head, *lines)) == 0
    for line in (head, *lines):
        parts = (Decimal(line[name]) for name in ("net", "tax", "tips"))
        assert sum(parts) == Decimal(line["amount"])
    await audit(db, place.id)


async def test_cash_for_a_bill_nobody_asked_for_is_booked_by_rates(
    place: Place, db: asyncpg.Connection
) -> None:
    _one, waiter = await dine(place)
    await waiter.send("payment:cash", tableId=place.tables[0]["id"])
    books = await audit(db, place.id)
    assert not [account for account in books if account.startswith("other:")]
    [row] = await receipts(db, place)
    assert row["document"]["lines"]


async def test_fifty_at_once_on_two_nodes_are_numbered_without_gap_or_double(
    place: Place, db: asyncpg.Connection
) -> None:
    one, _waiter = await dine(place)
    await one.send("order:create", items=[place.line("grill", 30)])
    await one.send("bill:get")
    waiters = [await place.waiter(node=number % 2) for number in range(10)]
    table = {"tableId": place.tables[0]["id"], "amount": 100}
    acks = await asyncio.gather(
        *(waiters[n % 10].ask("payment:cash", {**table, "commandId": f"{n}"}) for n in range(50)),
        # What is refused, or only repeated, takes no number.
        *(waiters[n % 10].ask("payment:cash", {**table, "tendered": 1}) for n in range(10)),
        *(waiters[n % 10].ask("payment:cash", {**table, "commandId": f"{n}"}) for n in range(10)),
    )
    assert sum(ack["ok"] for ack in acks) == 60
    found = await receipts(db, place)
    assert [row["number"] for row in found] == list(range(1, 51))
    await audit(db, place.id)


async def test_what_is_rolled_back_leaves_no_gap(place: Place, db: asyncpg.Connection) -> None:
    _one, waiter = await dine(place)
    table = {"tableId": place.tables[0]["id"]}
    await waiter.send("payment:cash", **table, amount=100)
    double = (
        "INSERT INTO receipts SELECT $1, tenant_id, restaurant_id, series, year, 0, payment_id,"
        " refund_id, issued_at, document FROM receipts WHERE restaurant_id = $2"
    )
    with pytest.raises(asyncpg.UniqueViolationError):
        await db.execute(double, new_id(), place.id)
    await waiter.send("payment:cash", **table, amount=100)
    assert [row["number"] for row in await receipts(db, place)] == [1, 2]


async def test_who_paid_before_there_were_receipts_is_told_that_there_is_none(
    place: Place, db: asyncpg.Connection
) -> None:
    one, waiter = await dine(place)
    office = await desk(place)
    paying = (await one.send("bill:pay", method="CASH", amount=100))["payment"]
    path = f"/api/payments/{paying['id']}/receipt"
    assert (await place.get(path, one.token))[0] == 404, "nothing is paid yet"
    await db.execute(
        "UPDATE payments SET status = 'PAID', settled_at = now() WHERE id = $1", paying["id"]
    )
    status, told = await place.get(path, one.token)
    assert (status, told["error"]["code"]) == (409, "CONFLICT")
    assert "before receipts were issued" in told["error"]["message"]
    stranger = await place.guest(table=1)
    assert (await place.get(path, stranger.token))[0] == 404
    assert (await office.get("receipts"))["noneUntil"] is not None
    await waiter.send("payment:cash", sessionId=paying["sessionId"])
    listed = await office.get("receipts")
    assert (len(listed["receipts"]), listed["noneUntil"] is None) == (1, False)
