"""Two who pay at once, webhooks that overtake answers, guests who are gone: paid once, booked."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from hub.app import Node
from hub.settings import Settings
from scripts.standins.base import Fault
from tests.cards import Till, agree, none, till
from tests.client import Client
from tests.conftest import connection
from tests.ledger import audit
from tests.paid import until
from tests.place import Place
from tests.scenes import code

ROUNDS, TABLES = 10, 5
JOBS = "SELECT count(*) FROM jobs WHERE restaurant_id = $1 AND kind = $2"


@pytest.fixture
async def cards(settings: Settings, nodes: list[Node], place: Place) -> AsyncIterator[Till]:
    async with till(settings, nodes[0].deps, place) as made:
        yield made


async def guests(place: Place, table: int = 0) -> list[Client]:
    who = enumerate(("Ana", "Ben"))
    return [await place.guest(table=table, node=node, name=name) for node, name in who]


async def paying(guest: Client, place: Place) -> dict[str, Any]:
    """Let a guest order and begin to pay."""
    await guest.send("order:create", items=[place.line("grill")])
    begun: dict[str, Any] = (await guest.send("bill:pay", method="CARD"))["payment"]
    return begun


async def race(both: list[Client], line: dict[str, Any], cards: Till) -> set[int]:
    """Let two pay the last leg at once, again and again; return who was ever the faster one."""
    begun: list[tuple[int, dict[str, Any]]] = []
    for number in range(ROUNDS):
        await both[number % 2].send("order:create", items=[line])
        bill = await both[0].send("bill:split", mode="equal", parts=1)
        [leg] = [leg["id"] for leg in bill["legs"] if leg["status"] == "OPEN"]
        which = {"leg": leg} if number % 2 else {}
        acks = await asyncio.gather(
            *(guest.ask("bill:pay", {"method": "CARD", **which}) for guest in both)
        )
        assert sorted(code(ack) or "" for ack in acks) == ["", "CONFLICT"]
        [winner] = [place for place, ack in enumerate(acks) if ack["ok"]]
        begun.append((winner, acks[winner]["data"]["payment"]))
    for winner, payment in begun:
        await cards.stripe.settle(await cards.page(both[winner], payment))
    paid, _ = await both[0].hears("bill:changed", lambda bill: bill["paid"] == bill["total"], 60)
    assert (paid["status"], paid["outstanding"], paid["overpaid"]) == ("PAID", 0, 0)
    assert len(paid["payments"]) == ROUNDS
    return {winner for winner, _ in begun}


async def test_of_two_who_pay_the_last_leg_at_once_on_two_nodes_one_does(
    place: Place, cards: Till, db: asyncpg.Connection
) -> None:
    parties = [await guests(place, table) for table in range(TABLES)]
    line = place.line("bar")
    faster = await asyncio.gather(*(race(both, line, cards) for both in parties))
    assert set().union(*faster) == {0, 1}, "each was the faster one at times"
    assert len(cards.stripe.charges) == ROUNDS * TABLES
    await agree(cards, db, place)
    await audit(db, place.id)


async def test_what_somebody_pays_is_theirs_for_ninety_seconds(place: Place) -> None:
    one, two = await guests(place)
    await one.send("order:create", items=[place.line("grill")])
    begun = (await one.send("bill:pay", method="CASH"))["payment"]
    since, until = (datetime.fromisoformat(begun[name]) for name in ("createdAt", "lockedUntil"))
    assert until - since == timedelta(seconds=90)
    cancel = {"paymentId": begun["id"]}
    assert (await two.refused("payment:cancel", cancel))["code"] == "FORBIDDEN"


async def test_a_webhook_that_comes_before_the_answer_takes_and_gives_back_once(
    place: Place, cards: Till, db: asyncpg.Connection
) -> None:
    await db.execute("UPDATE restaurants SET pay_first = true WHERE id = $1", place.id)
    [guest, _], manager = await guests(place), await place.worker("manager")
    begun = await paying(guest, place)
    await cards.stripe.settle(await cards.page(guest, begun))
    await until(cards, db, begun["id"], "AUTHORIZED")
    cards.stripe.faults.append(Fault(late=3.0, path="/capture"))
    order = await db.fetchval("SELECT id::text FROM orders WHERE restaurant_id = $1", place.id)
    for status in ("READY", "DELIVERED"):
        await manager.send("order:updateStatus", orderId=order, status=status)
    await until(cards, db, begun["id"], "PAID")
    running = f"{JOBS} AND ended_at IS NULL"
    assert await db.fetchval(running, place.id, "payment.capture") == 1, "it waits for its answer"
    cards.stripe.faults.append(Fault(late=3.0, path="/refunds"))
    await manager.send("payment:refund", paymentId=begun["id"], amount=100, reason="cold")
    await none(
        db,
        "SELECT 1 WHERE NOT EXISTS (SELECT FROM jobs WHERE restaurant_id = $1"
        " AND kind = 'payment.read' AND result->'charge'->>'refunded' = '100')",
        place.id,
    )
    await none(
        db, "SELECT 1 FROM refunds WHERE restaurant_id = $1 AND status <> 'SUCCEEDED'", place.id
    )
    await none(db, "SELECT 1 FROM jobs WHERE restaurant_id = $1 AND ended_at IS NULL", place.id)
    assert cards.stripe.taken() == {begun["id"]: begun["amount"] - 100}
    assert await db.fetchval("SELECT count(*) FROM refunds WHERE restaurant_id = $1", place.id) == 1
    await agree(cards, db, place)
    await audit(db, place.id)


async def test_a_webhook_is_confirmed_once_it_is_kept_and_looked_after_once(
    place: Place, cards: Till, db: asyncpg.Connection, settings: Settings
) -> None:
    [guest, _] = await guests(place)
    begun = await paying(guest, place)
    page = await cards.page(guest, begun)
    cards.stripe.notices = 0
    await cards.stripe.settle(page)
    event = cards.stripe.sent[-1]
    async with connection(settings.database_url) as conn, conn.transaction():
        await conn.execute("SELECT FROM restaurants WHERE id = $1 FOR UPDATE", place.id)
        sending = asyncio.create_task(cards.stripe.send(event))
        waiting = "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"
        await none(conn, waiting)
        assert not sending.done(), "a node that dies now has confirmed nothing: it is sent again"
    assert await sending == 200
    again = await asyncio.gather(*(cards.stripe.send(event) for _ in range(5)))
    assert again == [200] * 5
    assert await db.fetchval(JOBS, place.id, "payment.read") == 1
    await none(db, "SELECT 1 FROM payments WHERE restaurant_id = $1 AND status <> 'PAID'", place.id)
    await agree(cards, db, place)


async def test_a_guest_who_closes_the_page_has_paid_all_the_same(
    place: Place, cards: Till, db: asyncpg.Connection
) -> None:
    one, two = await guests(place)
    begun = await paying(one, place)
    page = await cards.page(one, begun)
    token = one.token
    await one.close()
    await cards.stripe.settle(page)
    paid, _ = await two.hears("bill:changed", lambda bill: bill["status"] == "PAID", 60)
    assert paid["outstanding"] == 0
    back = await place.client(token, node=1)
    assert (await back.send("join:table"))["bill"]["status"] == "PAID"
    assert (await back.refused("bill:pay", {"method": "CARD"}))["code"] == "CONFLICT"
    await agree(cards, db, place)
    await audit(db, place.id)
