"""A worker within the tests that takes cards, with a stand-in of the company that charges them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import msgspec

from handlers import charging, work
from handlers.deps import Deps
from handlers.providers.all import providers
from hub.settings import Settings
from hub.worker import job_queue
from scripts.standins.base import serving
from scripts.standins.stripe import Stripe
from tests.client import Client
from tests.interpreters import cancel_all, forget_gate
from tests.place import Place

SECONDS = 60.0
KEY = "sk_test_of_the_tests"


class Till:
    """The company, and the worker that talks to it."""

    def __init__(self, stripe: Stripe, deps: Deps) -> None:
        self.stripe, self._deps = stripe, deps

    async def look(self) -> None:
        """Let the worker look after payments of which nothing was heard."""
        await charging.look_after(self._deps, timedelta(0))

    async def page(self, client: Client, payment: dict[str, Any]) -> str:
        """Wait for the page that a payer is led to; return its name."""
        heard, _ = await client.hears(
            "job:completed", lambda j: j["result"]["paymentId"] == payment["id"], SECONDS
        )
        assert heard["result"]["checkoutUrl"].endswith(heard["result"]["reference"])
        name: str = heard["result"]["reference"]
        return name


@asynccontextmanager
async def till(settings: Settings, deps: Deps, place: Place) -> AsyncIterator[Till]:
    stripe = Stripe(KEY, settings.stripe_webhook_secret)
    async with serving([stripe]) as urls:
        stripe.root = urls["stripe"]
        stripe.hook = f"{place.urls[0]}/webhooks/stripe"
        keys = msgspec.structs.replace(
            settings, stripe_api_key=KEY, stripe_base_url=urls["stripe"], job_lease=2.0
        )
        await cancel_all(deps)
        await forget_gate(deps.redis, "stripe")
        async with providers(keys, deps.redis, lambda *_: None) as made:
            here = replace(deps, public_url=place.urls[0])
            queue = job_queue(keys, work.KINDS, made, here)
            queue.start()
            yield Till(stripe, deps)
            await queue.close()


async def none(db: asyncpg.Connection, query: str, *values: object) -> None:
    """Wait until a query finds nothing."""
    async with asyncio.timeout(SECONDS):
        found = await db.fetch(query, *values)
        while found:
            await asyncio.sleep(0.05)
            found = await db.fetch(query, *values)


async def agree(till: Till, db: asyncpg.Connection, place: Place) -> None:
    """The referee: what the company took is what is booked, payment by payment."""
    rows = await db.fetch(
        "SELECT payment_id, sum(amount)::bigint AS booked FROM ledger WHERE restaurant_id = $1"
        " AND account IN ('method:CARD', 'method:APPLE_PAY', 'method:GOOGLE_PAY')"
        " GROUP BY payment_id",
        place.id,
    )
    booked = {row["payment_id"]: row["booked"] for row in rows if row["booked"]}
    taken = {name: amount for name, amount in till.stripe.taken().items() if amount}
    assert booked == taken
