"""Payers who have their bank take a payment back: booked, shown, and no dish is moved."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.providers.stripe_disputes import Claim
from hub.app import Node
from hub.settings import Settings
from state.domain.dispute import ENDED, Dispute, DisputeStatus, become, entries
from state.domain.ids import new_id
from state.domain.ledger import Book
from tests.cards import Till, agree, none, till
from tests.client import Client
from tests.ledger import audit
from tests.make import NOW
from tests.paid import until
from tests.place import Place
from tests.test_domain_bill import a_payment

BOOK = Book(
    tenant_id="t1",
    restaurant_id="r1",
    currency="EUR",
    business_day=NOW.date(),
    at=NOW,
    actor_id="stripe",
)


def a_claim(ref: str) -> Claim:
    """What a card company says of a dispute."""
    return Claim(
        ref=ref,
        payment_ref="",
        status=DisputeStatus.OPEN,
        currency="EUR",
        amount=1,
        reason="fraudulent",
        due_by=NOW,
        opened_at=NOW,
        sandbox=True,
    )


@pytest.fixture
async def cards(settings: Settings, nodes: list[Node], place: Place) -> AsyncIterator[Till]:
    async with till(settings, nodes[0].deps, place) as made:
        yield made


async def paid(place: Place, cards: Till, db: asyncpg.Connection) -> tuple[Client, dict[str, Any]]:
    """A guest who has paid by card for what was brought."""
    guest, manager = await place.guest(), await place.worker("manager")
    order = await guest.send("order:create", items=[place.line("grill")])
    begun = (await guest.send("bill:pay", method="CARD", tip=50))["payment"]
    await cards.stripe.settle(await cards.page(guest, begun))
    await until(cards, db, begun["id"], "PAID")
    for status in ("READY", "DELIVERED"):
        await manager.send("order:updateStatus", orderId=order["id"], status=status)
    return guest, begun


async def day(place: Place) -> dict[str, Any]:
    status, found = await place.get(
        f"/api/restaurants/{place.id}/day", await place.login("manager")
    )
    assert status == 200
    shown: dict[str, Any] = found
    return shown


async def watching(place: Place) -> Client:
    """A manager who hears what concerns the chiefs."""
    manager = await place.worker("manager", node=1)
    await manager.send("join:waiter", restaurantId=place.id)
    return manager


async def standing(db: asyncpg.Connection, name: str, status: str) -> None:
    """Wait until a dispute stands so."""
    query = "SELECT 1 WHERE NOT EXISTS (SELECT FROM disputes WHERE provider_ref = $1"
    await none(db, f"{query} AND status = $2)", name, status)


@pytest.mark.parametrize(("end", "back"), [("won", 0), ("lost", 700)])
async def test_what_a_bank_takes_back_is_booked_and_shown_and_no_dish_is_moved(
    place: Place, cards: Till, db: asyncpg.Connection, end: str, back: int
) -> None:
    guest, begun = await paid(place, cards, db)
    manager = await watching(place)
    before = await guest.send("bill:get")
    orders = await db.fetch("SELECT * FROM orders WHERE restaurant_id = $1", place.id)
    total = begun["amount"] + begun["tip"]
    [intent] = cards.stripe.intents
    name = await cards.stripe.dispute(intent, 700)
    told, _ = await manager.hears("dispute:changed", seconds=60)
    assert (told["status"], told["amount"], told["paymentId"]) == ("OPEN", 700, begun["id"])
    assert (told["reason"], told["sandbox"]) == ("fraudulent", True)
    assert datetime.fromisoformat(told["dueBy"]) > datetime.fromisoformat(told["openedAt"])
    books = await audit(db, place.id)
    assert (books["method:CARD"], books["disputed"]) == (total - 700, 700)
    now = await day(place)
    assert (now["disputes"], now["totals"]["disputed"]) == ([told], 700)
    assert now["totals"]["takings"][0]["taken"] == total

    await cards.stripe.end_dispute(name, end)
    for event in cards.stripe.sent * 2:  # in another order, and again
        assert await cards.stripe.send(event) == 200
    told, _ = await manager.hears("dispute:changed", lambda d: d["status"] == end.upper(), 60)
    assert told["closedAt"]
    await none(db, "SELECT 1 FROM jobs WHERE restaurant_id = $1 AND ended_at IS NULL", place.id)
    books = await audit(db, place.id)
    assert (books["method:CARD"], books["disputed"]) == (total - back, 0)
    assert books.get("chargebacks", 0) == back
    now = await day(place)
    assert (now["disputes"], now["totals"]["disputed"]) == ([told], back)
    assert len(manager.named("dispute:changed")) == 2
    assert await guest.send("bill:get") == before
    assert await db.fetch("SELECT * FROM orders WHERE restaurant_id = $1", place.id) == orders
    assert not guest.named("dispute:changed")

    path = f"/api/restaurants/{place.id}/day/close"
    status, closing = await place.post(path, {}, await place.login("manager"))
    assert (status, closing["totals"]["disputed"]) == (200, back)
    now = await day(place)
    assert (now["disputes"], now["totals"]["disputed"]) == ([], 0)


async def test_what_was_taken_back_by_a_bank_cannot_be_given_back_as_well(
    place: Place, cards: Till, db: asyncpg.Connection
) -> None:
    _guest, begun = await paid(place, cards, db)
    [intent] = cards.stripe.intents
    cards.stripe.notices = 0
    await cards.stripe.dispute(intent, begun["amount"])
    manager = await place.worker("manager")
    refund = await manager.send("payment:refund", paymentId=begun["id"], reason="cold")
    await none(db, "SELECT 1 FROM refunds WHERE id = $1 AND status <> 'FAILED'", refund["id"])
    assert cards.stripe.refunds == {}
    assert await until(cards, db, begun["id"], "PAID") == "PAID"
    await agree(cards, db, place)
    await audit(db, place.id)


async def test_one_that_is_heard_of_when_it_is_over_is_booked_whole(
    place: Place, cards: Till, db: asyncpg.Connection
) -> None:
    _guest, begun = await paid(place, cards, db)
    [intent] = cards.stripe.intents
    cards.stripe.notices = 0
    name = await cards.stripe.dispute(intent, begun["amount"], "warning_needs_response")
    [created] = cards.stripe.sent[-1:]
    assert await cards.stripe.send(created) == 200
    await standing(db, name, "INQUIRY")
    assert "disputed" not in await audit(db, place.id)
    await cards.stripe.end_dispute(name, "lost")
    assert await cards.stripe.send(cards.stripe.sent[-1]) == 200
    await standing(db, name, "LOST")
    books = await audit(db, place.id)
    assert (books["disputed"], books["chargebacks"]) == (0, begun["amount"])


async def test_a_dispute_of_nobody_known_and_a_lie_about_one_change_nothing(
    place: Place, cards: Till, db: asyncpg.Connection
) -> None:
    _guest, begun = await paid(place, cards, db)
    [intent] = cards.stripe.intents
    cards.stripe.notices = 0
    other = cards.stripe.intents["pi_of_others"] = {**cards.stripe.intents[intent]}
    name = await cards.stripe.dispute("pi_of_others", 500)
    stranger = cards.stripe.sent[-1]
    assert await cards.stripe.send(stranger) == 200
    lie = {**stranger, "id": f"evt_{new_id()}"}
    lie["data"] = {"object": {**stranger["data"]["object"], "payment_intent": intent}}
    assert await cards.stripe.send(lie) == 200  # signed, but it is of another payment
    await none(
        db,
        "SELECT 1 WHERE NOT EXISTS (SELECT FROM jobs WHERE restaurant_id = $1"
        " AND kind = 'payment.dispute' AND status = 'COMPLETED')",
        place.id,
    )
    assert cards.stripe.disputes[name]["charge"] == other["latest_charge"]
    assert (
        await db.fetchval("SELECT count(*) FROM disputes WHERE restaurant_id = $1", place.id) == 0
    )
    assert (await audit(db, place.id))["method:CARD"] == begun["amount"] + 50


@given(st.lists(st.sampled_from(DisputeStatus), min_size=1, max_size=6))
def test_whatever_is_read_one_after_the_other_each_movement_is_booked_once(
    read: list[DisputeStatus],
) -> None:
    payment = a_payment(1000)
    held = Dispute(
        id="d1",
        tenant_id="t1",
        restaurant_id="r1",
        payment_id=payment.id,
        provider_ref="du_1",
        status=read[0],
        currency="EUR",
        amount=300,
        reason="fraudulent",
        opened_at=NOW,
    )
    booked = entries(BOOK, None, held, payment)
    for status in read[1:]:
        after = become(held, status, NOW)
        if after is not held:
            booked += entries(BOOK, held.status, after, payment)
        held = after
    places = [(entry.memo, entry.account) for entry in booked]
    assert len(set(places)) == len(places)
    sums: dict[str, int] = {}
    for entry in booked:
        sums[entry.account] = sums.get(entry.account, 0) + entry.amount
    assert sum(sums.values()) == 0
    due = {DisputeStatus.OPEN: (-300, 300, 0), DisputeStatus.LOST: (-300, 0, 300)}
    found = tuple(sums.get(name, 0) for name in ("method:CARD", "disputed", "chargebacks"))
    assert found == due.get(held.status, (0, 0, 0))
    assert read[0] not in ENDED or held.status is read[0]
