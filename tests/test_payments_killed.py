"""Workers that die while they charge, take or give back: money is taken once, and booked."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from hub.app import Node
from hub.settings import Settings
from scripts.mishaps.process import Child, Worker, running
from scripts.standins.base import serving
from scripts.standins.stripe import Stripe
from tests.cards import KEY, Till, agree, none, until
from tests.client import Client
from tests.interpreters import cancel_all, forget_gate
from tests.ledger import audit
from tests.place import Place


class Teller(Worker):
    """A worker that takes cards."""

    def __init__(self, settings: Settings, stripe_url: str, log: Path) -> None:
        env = {
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url,
            "JWT_SECRET": settings.jwt_secret,
            "STRIPE_API_KEY": KEY,
            "STRIPE_BASE_URL": stripe_url,
            "JOB_LEASE": "2",
            "LOG_LEVEL": "INFO",
        }
        Child.__init__(self, "hub.worker", env, log)


async def pays(place: Place, till: Till, table: int) -> tuple[Client, dict[str, Any], str]:
    """Let a guest order and begin to pay; return the order's id too."""
    guest = await place.guest(table=table)
    order = await guest.send("order:create", items=[place.line("grill")])
    begun = (await guest.send("bill:pay", method="CARD"))["payment"]
    return guest, begun, order["id"]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_worker_killed_at_any_step_takes_and_gives_back_once(
    place: Place,
    nodes: list[Node],
    settings: Settings,
    db: asyncpg.Connection,
    tmp_path: Path,
    when: str,
) -> None:
    stripe = Stripe(KEY, settings.stripe_webhook_secret)
    await cancel_all(nodes[0].deps)
    await forget_gate(nodes[0].deps.redis, "stripe")
    async with serving([stripe]) as urls:
        stripe.root, stripe.hook = urls["stripe"], f"{place.urls[0]}/webhooks/stripe"
        till = Till(stripe, nodes[0].deps)
        teller = Teller(settings, urls["stripe"], tmp_path / "worker.log")
        async with running(teller):
            manager = await place.worker("manager")
            paid_by, paid, _ = await pays(place, till, 0)
            await stripe.settle(await till.page(paid_by, paid))
            await until(till, db, paid["id"], "PAID")
            await db.execute("UPDATE restaurants SET pay_first = true WHERE id = $1", place.id)
            aside_by, aside, order_id = await pays(place, till, 1)
            await stripe.settle(await till.page(aside_by, aside))
            await until(till, db, aside["id"], "AUTHORIZED")

            hang = stripe.open if when == "before" else stripe.answers
            hang.clear()
            asked = stripe.asked()
            payer, begun, _ = await pays(place, till, 2)
            await manager.send("payment:refund", paymentId=paid["id"], amount=100, reason="late")
            for status in ("READY", "DELIVERED"):
                await manager.send("order:updateStatus", orderId=order_id, status=status)
            async with asyncio.timeout(60):
                await stripe.has_been_asked(asked + 3)
            await teller.kill()
            hang.set()
            await teller.start()

            await stripe.settle(await till.page(payer, begun))
            await until(till, db, begun["id"], "AUTHORIZED")
            await until(till, db, aside["id"], "PAID")
            open_ = "SELECT id FROM refunds WHERE restaurant_id = $1 AND status <> 'SUCCEEDED'"
            await none(db, open_, place.id)
        assert len(stripe.sessions) == 3
        assert len(stripe.refunds) == 1
        assert stripe.taken() == {
            paid["id"]: paid["amount"] - 100,
            aside["id"]: aside["amount"],
            begun["id"]: 0,
        }
        await agree(till, db, place)
        await audit(db, place.id)
