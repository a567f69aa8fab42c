"""Paying for what other services sell: their jobs go on, and what comes to nothing goes back."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from handlers import purchases
from hub.app import Node
from hub.settings import Settings
from state.domain.charge import Charge, ChargeStatus
from state.store import charges as store
from tests.cards import SECONDS, Till, agree, none, till
from tests.client import Client
from tests.ledger import audit
from tests.paid import until
from tests.place import Place
from tests.toil import start


@pytest.fixture
async def cards(settings: Settings, nodes: list[Node], place: Place) -> AsyncIterator[Till]:
    async with till(settings, nodes[0].deps, place) as made:
        yield made


async def asked(place: Place, guest: Client, node: Node, db: asyncpg.Connection) -> dict[str, Any]:
    """Ask a guest to pay for an eSIM; a job of theirs waits for that."""
    assert guest.token is not None
    payer = node.deps.tokens.read(guest.token)
    job_id = await start(place, guest, node, "look")
    charge = Charge(
        purpose="esim",
        reference=job_id,
        tenant_id=payer.tenant,
        restaurant_id=place.id,
        payer=payer.id,
        amount=450,
        currency="EUR",
        created_at=node.deps.now(),
    )
    await db.execute("UPDATE jobs SET status = 'WAITING' WHERE id = $1", job_id)
    await store.put(db, charge)
    return {"purpose": "esim", "reference": job_id}


async def status(db: asyncpg.Connection, charge: dict[str, Any]) -> str | None:
    found = await store.find(db, charge["purpose"], charge["reference"])
    return found and found.status


async def becomes(db: asyncpg.Connection, charge: dict[str, Any], wanted: str) -> None:
    query = "SELECT 1 FROM charges WHERE purpose = $1 AND reference = $2 AND status <> $3"
    await none(db, query, charge["purpose"], charge["reference"], wanted)


async def paid(guest: Client, cards: Till, charge: dict[str, Any]) -> dict[str, Any]:
    begun: dict[str, Any] = (await guest.send("payment:start", **charge))["payment"]
    await cards.stripe.settle(await cards.page(guest, begun))
    return begun


async def test_a_job_that_waits_for_money_goes_on_when_it_is_paid(
    place: Place, nodes: list[Node], cards: Till, db: asyncpg.Connection
) -> None:
    guest, mate = await place.guest(), await place.guest(node=1)
    charge = await asked(place, guest, nodes[0], db)
    assert (await mate.refused("payment:start", charge))["code"] == "NOT_FOUND"
    begun = await paid(guest, cards, charge)
    assert (begun["amount"], begun["purpose"], begun["sessionId"]) == (450, "esim", None)
    await becomes(db, charge, ChargeStatus.SETTLED)
    assert (await guest.refused("payment:start", charge))["code"] == "CONFLICT"
    heard, _ = await guest.hears("payment:statusChanged", lambda p: p["status"] == "PAID", SECONDS)
    assert heard["id"] == begun["id"]
    await mate.settled()
    assert not mate.named("payment:statusChanged"), "what a guest buys is nobody else's business"
    assert await audit(db, place.id) == {"method:CARD": 450, "other:esim": -450}
    await agree(cards, db, place)


async def test_money_that_comes_too_late_goes_back(
    place: Place, nodes: list[Node], cards: Till, db: asyncpg.Connection
) -> None:
    guest = await place.guest()
    charge = await asked(place, guest, nodes[0], db)
    begun = (await guest.send("payment:start", **charge))["payment"]
    page = await cards.page(guest, begun)
    await db.execute("UPDATE charges SET status = 'VOID' WHERE reference = $1", charge["reference"])
    await cards.stripe.settle(page)
    await until(cards, db, begun["id"], "REFUNDED")
    await none(
        db, "SELECT 1 FROM refunds WHERE restaurant_id = $1 AND status = 'PENDING'", place.id
    )
    assert cards.stripe.taken() == {begun["id"]: 0}
    assert set((await audit(db, place.id)).values()) == {0}
    await agree(cards, db, place)


async def test_money_for_which_nothing_was_to_be_had_goes_back_once(
    place: Place, nodes: list[Node], cards: Till, db: asyncpg.Connection
) -> None:
    guest = await place.guest()
    charge = await asked(place, guest, nodes[0], db)
    begun = await paid(guest, cards, charge)
    await becomes(db, charge, ChargeStatus.SETTLED)
    await db.execute("UPDATE charges SET status = 'OWED' WHERE reference = $1", charge["reference"])
    for _ in range(3):
        await purchases.give_back_owed(nodes[0].deps)
    assert await status(db, charge) == ChargeStatus.VOID
    await none(
        db, "SELECT 1 FROM refunds WHERE restaurant_id = $1 AND status = 'PENDING'", place.id
    )
    assert len(cards.stripe.refunds) == 1
    assert cards.stripe.taken() == {begun["id"]: 0}
    await agree(cards, db, place)
