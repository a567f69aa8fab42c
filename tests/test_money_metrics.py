"""What is counted and timed of money: the numbers move when it does, and once."""

import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from hub.app import Node
from hub.settings import Settings
from scripts.standins.base import Fault
from state.store.open_money import OpenMoney, open_money
from tests.cards import Till, none, till
from tests.client import Client
from tests.paid import until
from tests.place import Place
from tests.test_metrics import scrape

DAYS = 24 * 3600.0


@pytest.fixture
async def cards(settings: Settings, nodes: list[Node], place: Place) -> AsyncIterator[Till]:
    async with till(settings, nodes[0].deps, place) as made:
        yield made


async def begins(guest: Client, place: Place) -> dict[str, Any]:
    await guest.send("order:create", items=[place.line("grill")])
    begun: dict[str, Any] = (await guest.send("bill:pay", method="CARD"))["payment"]
    return begun


async def moved(place: Place, before: dict[str, float]) -> dict[str, float]:
    """Return by how much the counters of payments and webhooks of both nodes have moved."""
    after = await both(place)
    return {
        name.removeprefix("hub_"): value - before.get(name, 0)
        for name, value in after.items()
        if value != before.get(name, 0)
    }


async def both(place: Place) -> dict[str, float]:
    found: dict[str, float] = {}
    for node in range(2):
        for name, value in (await scrape(place, node)).items():
            if name.startswith(("hub_payments_total", "hub_payment_seconds_count", "hub_webhooks")):
                found[name] = found.get(name, 0) + value
    return {name: value for name, value in found.items() if "created" not in name}


async def test_a_payment_is_counted_once_it_is_settled_and_timed_if_it_was_paid(
    place: Place, cards: Till, db: asyncpg.Connection
) -> None:
    guest, manager = await place.guest(), await place.worker("manager")
    cards.stripe.notices = 0
    before = await both(place)
    begun = await begins(guest, place)
    page = await cards.page(guest, begun)
    assert await moved(place, before) == {}
    await cards.stripe.settle(page)
    await until(cards, db, begun["id"], "PAID")
    paid = {"payments_total|CARD|paid": 1, "payment_seconds_count|CARD": 1}
    assert await moved(place, before) == paid

    [intent] = cards.stripe.intents
    await cards.stripe.dispute(intent, begun["amount"])
    refund = await manager.send("payment:refund", paymentId=begun["id"], reason="cold")
    await none(db, "SELECT 1 FROM refunds WHERE id = $1 AND status <> 'FAILED'", refund["id"])
    other = await begins(guest, place)
    await cards.page(guest, other)
    await guest.send("payment:cancel", paymentId=other["id"])
    await until(cards, db, other["id"], "FAILED")
    assert await moved(place, before) == {**paid, "payments_total|CARD|failed": 1}


async def test_webhooks_are_counted_by_what_became_of_them(
    place: Place, cards: Till, db: asyncpg.Connection
) -> None:
    guest = await place.guest()
    begun = await begins(guest, place)
    page = await cards.page(guest, begun)
    cards.stripe.notices = 0
    await cards.stripe.settle(page)
    event = cards.stripe.sent[-1]
    before = await both(place)
    assert await cards.stripe.send(event, secret="of somebody else") == 400
    assert await cards.stripe.send(event, at=int(time.time()) - 400) == 400
    assert (await place.post("/webhooks/stripe", event))[0] == 400
    assert await cards.stripe.send({"nonsense": True}) == 400
    foreign = {"id": "evt_1", "type": "a", "data": {"object": {"id": "pi_1"}}}
    assert await cards.stripe.send(foreign) == 200
    assert await cards.stripe.send(event) == 200
    now = await moved(place, before)
    results = ("forged", "stale", "unsigned", "unreadable", "not ours", "taken")
    assert {name: now[f"webhooks_total|{name}"] for name in results} == dict.fromkeys(results, 1)
    await until(cards, db, begun["id"], "PAID")


async def test_what_is_open_in_doubt_or_disputed_is_looked_up(
    place: Place, cards: Till, db: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.work.DOUBT_SECONDS", 4.0)
    guest = await place.guest()
    before = await open_money(db)
    cards.stripe.faults.extend([Fault(reset="after")] * 2)  # and the SDK's own second try
    begun = await begins(guest, place)
    ours = "SELECT FROM jobs WHERE restaurant_id = $1 AND status = 'UNKNOWN'"
    await none(db, f"SELECT 1 WHERE NOT EXISTS ({ours})", place.id)
    doubt = await open_money(db)
    assert doubt.open["PENDING"] == before.open.get("PENDING", 0) + 1
    assert (doubt.unknown, doubt.unknown_age > 0) == (before.unknown + 1, True)
    await cards.stripe.settle(await cards.page(guest, begun))
    await until(cards, db, begun["id"], "PAID")
    assert (await open_money(db)).unknown == before.unknown, "it has settled itself"

    [intent] = cards.stripe.intents
    name = await cards.stripe.dispute(intent, 100)
    await none(db, "SELECT 1 WHERE NOT EXISTS (SELECT FROM disputes WHERE provider_ref = $1)", name)
    held = await open_money(db)
    assert held.disputes == before.disputes + 1
    assert held.dispute_due <= 9 * DAYS
    await cards.stripe.end_dispute(name, "won")
    await none(db, "SELECT 1 FROM disputes WHERE provider_ref = $1 AND status <> 'WON'", name)
    assert (await open_money(db)).disputes == before.disputes


async def test_a_worker_shows_how_money_stands(place: Place, nodes: list[Node]) -> None:
    metrics = nodes[0].metrics
    metrics.money.standing(OpenMoney({"PENDING": 2}, {"PENDING": 9.5}, 3, 4.5, 1, 3600.0))
    shown = await scrape(place, 0)
    metrics.money.standing(OpenMoney({}, {}, 0, 0.0, 0, float("inf")))
    assert shown["hub_payments_open|PENDING"] == 2
    assert shown["hub_payments_open|AUTHORIZED"] == 0
    assert shown["hub_payment_open_seconds|PENDING"] == 9.5
    assert shown["hub_payment_requests_unknown"] == 3
    assert shown["hub_payment_request_unknown_seconds"] == 4.5
    assert (shown["hub_disputes_open"], shown["hub_dispute_due_seconds"]) == (1, 3600)
