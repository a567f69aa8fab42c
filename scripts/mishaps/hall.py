"""What is put to the test: real engines, nodes and a worker as processes, cables between them."""

import asyncio
import copy
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import asyncpg
import msgspec

from hub import embedded
from hub.embedded import Engines
from scripts import seed
from scripts.lunch.facts import Facts
from scripts.mishaps.bank import KEY, Bank
from scripts.mishaps.bank import SECRET as BANK_SECRET
from scripts.mishaps.process import Node, Worker, put_up
from scripts.mishaps.relay import Relay
from scripts.standins.base import serving
from state.domain.ids import new_id
from state.store.migrate import migrate
from state.store.pool import set_codecs

SECRET = "a secret of the fault suite, long enough for HS256"
NODES = 3
WAITERS_AFTER, CHIEFS_AFTER = 0.5, 1.0  # so that the worker always has something due
ENVIRONMENT = {
    "JWT_SECRET": SECRET,
    "COMMAND_RATE": "100000",
    "COMMAND_BURST": "100000",
    "ALERT_WAITERS_AFTER": str(WAITERS_AFTER),
    "ALERT_CHIEFS_AFTER": str(CHIEFS_AFTER),
    # So that what a dead worker had in hand, and what no webhook tells of, goes on while we look.
    "JOB_LEASE": "3",
    "PAYMENT_STALE_AFTER": "3",
    "STRIPE_API_KEY": KEY,
    "STRIPE_WEBHOOK_SECRET": BANK_SECRET,
}


class Hall:
    """`redis` is the first node's cable to Redis, `doors` are those from the clients to the nodes,
    `hatches` those of the displays, which hold little. The last node is only there when needed.
    `bank` is where cards are charged.
    """

    def __init__(self, engines: Engines, redis: Relay, bank: Bank, folder: Path) -> None:
        self.engines, self.redis, self.bank = engines, redis, bank
        given = {
            **ENVIRONMENT,
            "DATABASE_URL": engines.database_url,
            "STRIPE_BASE_URL": bank.root,
        }
        urls = [redis.url, *[engines.redis_url] * (NODES - 1)]
        self.nodes = [
            Node({**given, "REDIS_URL": url}, folder / f"node-{number}.log")
            for number, url in enumerate(urls)
        ]
        self.worker = Worker({**given, "REDIS_URL": engines.redis_url}, folder / "worker.log")
        self.doors = [Relay(node.url) for node in self.nodes]
        self.hatches = [Relay(node.url, narrow=True) for node in self.nodes]

    async def put_up(self, nodes: int) -> None:
        """Let everything run and be reached, whatever happened to it before; `nodes` of them."""
        await self.engines.start()
        for node in self.nodes[nodes:]:
            if node.running:
                await node.terminate()
        self.bank.webhooks = [f"{node.url}/webhooks/stripe" for node in self.nodes[:nodes]]
        await put_up([*self.nodes[:nodes], self.worker])

    def complaints(self) -> list[str]:
        """Return what was logged that no bad day excuses."""
        return [line for child in (*self.nodes, self.worker) for line in child.complaints()]

    async def close(self) -> None:
        await asyncio.gather(*(child.close() for child in (*self.nodes, self.worker)))

    @asynccontextmanager
    async def connection(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        conn = await asyncpg.connect(self.engines.database_url)
        try:
            await set_codecs(conn)
            yield conn
        finally:
            await conn.close()

    async def new_restaurant(self, nodes: int, **changes: object) -> Facts:
        """Return a restaurant of its own, reached over so many nodes; `changes` are to its row."""
        demo = copy.deepcopy(seed.DEMO)
        for person in demo["staff"]:
            person["email"] = f"{person['role']}-{new_id()}@faults.example"
        urls = [door.url for door in self.doors[:nodes]]
        async with self.connection() as conn:
            async with conn.transaction():
                rid = await seed.add(conn, demo, SECRET, **changes)
            about = await seed.describe(conn, rid, demo, SECRET, urls[0])
        return msgspec.convert({**about, "urls": urls}, Facts)


@asynccontextmanager
async def hall(folder: Path) -> AsyncIterator[Hall]:
    """Yield a hall where only the engines run yet; everything is gone afterwards."""
    async with AsyncExitStack() as stack:
        engines = await embedded.start(folder / "engines", fsync=True)
        stack.push_async_callback(engines.stop)
        await migrate(engines.database_url)
        redis = Relay(engines.redis_url)
        await redis.plug()
        stack.push_async_callback(redis.pull)
        bank = Bank()
        bank.root = (await stack.enter_async_context(serving([bank])))[bank.name]
        made = Hall(engines, redis, bank, folder)
        for door in (*made.doors, *made.hatches):
            await door.plug()
            stack.push_async_callback(door.pull)
        stack.push_async_callback(made.close)
        yield made
