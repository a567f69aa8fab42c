"""A worker within the tests that is paid in TON, with a chain of the tests' own."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec

from handlers import ton_deposits, work
from handlers.deps import Deps
from handlers.providers.all import providers
from handlers.providers.toncenter import Toncenter as Client
from hub.settings import Settings
from hub.worker import job_queue
from scripts.standins.base import serving
from scripts.standins.toncenter import Toncenter
from scripts.standins.tonrates import TonRates
from tests.client import Client as Guest
from tests.interpreters import cancel_all, forget_gate
from tests.place import Place

SECONDS = 60.0
KEY = "key of the tests"
MASTER = f"0:{64 * '8'}"


class Chain:
    """The chain, what a coin costs, and the worker that reads both; `client` is the worker's."""

    def __init__(self, toncenter: Toncenter, rates: TonRates, client: Client, deps: Deps) -> None:
        self.toncenter, self.rates, self.client, self.deps = toncenter, rates, client, deps
        self.account = client.account

    async def look(self) -> None:
        """Let the worker read what is new, however lately it did."""
        async with self.deps.pool.acquire() as conn:
            sql = "UPDATE ton_cursors SET next_at = now() WHERE account = $1"
            await conn.execute(sql, self.account)
        await ton_deposits.look(self.deps, self.client)

    async def asked(self, place: Place, guest: Guest, begun: dict[str, Any]) -> dict[str, Any]:
        """Wait until a payer is told what to send; return that."""
        heard, _ = await guest.hears(
            "job:completed", lambda j: j["result"]["paymentId"] == begun["payment"]["id"], SECONDS
        )
        status, shown = await place.get(f"/api/ton/{heard['result']['comment']}", node=1)
        assert status == 200
        found: dict[str, Any] = shown
        return found

    def pay(self, shown: dict[str, Any], more: int = 0, **message: Any) -> dict[str, Any]:
        """Send what was asked for, and so much more, or less."""
        units = int(shown["units"]) + more
        if shown["asset"] == "USDT":
            to, comment = shown["address"], shown["comment"]
            return self.toncenter.send_jettons(to, MASTER, units, comment, **message)
        return self.toncenter.pay(shown["address"], units, shown["comment"], **message)


@asynccontextmanager
async def chain(settings: Settings, deps: Deps) -> AsyncIterator[Chain]:
    toncenter, rates = Toncenter(KEY), TonRates()
    async with serving([toncenter, rates]) as urls:
        keys = msgspec.structs.replace(
            settings,
            ton_address=f"0:{secrets.token_hex(32)}",  # one that no other test reads
            ton_usdt_master=MASTER,
            ton_api_key=KEY,
            ton_base_url=f"{urls['toncenter']}/api/v3",
            ton_rates_url=f"{urls['tonrates']}/v2",
            job_lease=2.0,
        )
        await cancel_all(deps)
        for name in ("toncenter", "tonrates"):
            await forget_gate(deps.redis, name)
        for key in ("ton:COIN:EUR", "ton:USDT:EUR"):
            await deps.redis.of(key).delete(key)
        async with providers(keys, deps.redis, lambda *_: None) as made:
            assert made.ton is not None
            queue = job_queue(keys, work.KINDS, made, deps)
            queue.start()
            yield Chain(toncenter, rates, made.ton, deps)
            await queue.close()


async def outcomes(db: asyncpg.Connection, found: Chain) -> list[str]:
    """Return what each transfer has come to, in their order."""
    sql = "SELECT outcome FROM ton_deposits WHERE account = $1 ORDER BY lt"
    return [row["outcome"] for row in await db.fetch(sql, found.account)]
