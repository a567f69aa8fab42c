"""A stand-in that sells eSIMs, a node that it tells of them, and purchases worked on by hand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from handlers import paying, work
from handlers.providers.all import Providers, providers
from hub.app import Node, run_node
from hub.settings import Settings
from scripts.standins.airalo import Airalo
from scripts.standins.base import serving
from scripts.standins.stripe import Stripe
from state.domain.esim import Esim, Package, Sim
from state.domain.ids import new_id
from state.store import esims
from tests.client import Client
from tests.interpreters import forget_gate
from tests.place import Place
from tests.scenes import token

SECRET = "a secret of the tests' account"
PARTS = ("airalo", "airalo-orders", "airalo-usage", "airalo-tokens")


class Shop:
    """The stand-in, our node, and two ways to order: `now`, or `later`, when it is told of."""

    def __init__(self, standin: Airalo, settings: Settings, node: Node) -> None:
        self.standin, self.settings, self.node, self.deps = standin, settings, node, node.deps
        self.stripe: Stripe | None = None  # where cards are taken too
        self.now = self.later = Providers({}, {}, {})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.node.port}"

    def sold(self, job_id: str) -> int:
        """Return how often the company has sold what a job was to buy."""
        keys = [order["description"] for order, _ in self.standin.ledger.sold]
        return keys.count(f"{job_id}:order")

    async def rest(self) -> None:
        """Be as if nobody had called before."""
        self.standin.faults.clear()
        self.standin.telling.mishaps.clear()
        self.standin.reason = ""
        for name in PARTS:
            await forget_gate(self.deps.redis, name)

    async def step(self, job_id: str, made: Providers | None = None) -> float | None:
        """Let a worker have one go at a job; return after how many seconds it would come back."""
        return await work.perform(job_id, work.KINDS, made or self.now, self.deps)

    async def finish(self, job_id: str, made: Providers | None = None) -> None:
        """Let a worker come back to a job, sooner than it would, until it has ended."""
        async with asyncio.timeout(30):
            while await self.step(job_id, made) is not None:  # noqa: ASYNC110 - others' doing
                await asyncio.sleep(0.05)

    async def pay(self, job_id: str, amount: int = 450, currency: str = "USD") -> None:
        await paying.settled("esim", job_id, amount, currency, self.deps)

    async def packages(self, client: Client, **asked: Any) -> list[dict[str, Any]]:
        """Return what a client is offered."""
        answer = await client.send("esim:packages", **asked)
        if "result" not in answer:
            await self.finish(answer["jobId"])
            return (await result(client, answer["jobId"]))["packages"]  # type: ignore[no-any-return]
        return answer["result"]["packages"]  # type: ignore[no-any-return]

    async def bought(self, client: Client, **more: Any) -> dict[str, Any]:
        """Return an eSIM that a guest has bought and paid for."""
        wanted = {"packageId": "sandbox-jp-7days-1gb", "country": "JP", **more}
        job_id = (await client.send("esim:purchase", **wanted))["jobId"]
        assert await self.step(job_id) is not None
        await self.pay(job_id)
        await self.finish(job_id)
        return await result(client, job_id)


@asynccontextmanager
async def open_shop(settings: Settings) -> AsyncIterator[Shop]:
    standin = Airalo(f"tests-{new_id()}", SECRET)
    standin.telling.pause = 0.1
    async with serving([standin]) as urls:
        known = msgspec.structs.replace(
            settings,
            airalo_client_id=standin.client_id,
            airalo_client_secret=SECRET,
            airalo_base_url=urls["airalo"],
            ton_network="testnet",
            ton_collection_address=f"0:{64 * '6'}",  # this node offers items; nobody mints them
        )
        async with run_node(known) as node:
            shop = Shop(standin, known, node)
            told = msgspec.structs.replace(known, airalo_webhook_url=f"{shop.url}/webhooks/airalo")
            async with (
                providers(known, node.deps.redis, lambda *_: None) as shop.now,
                providers(told, node.deps.redis, lambda *_: None) as shop.later,
            ):
                yield shop


async def result(client: Client, job_id: str) -> dict[str, Any]:
    told, _ = await client.hears("job:completed", lambda data: data["jobId"] == job_id, 30)
    found: dict[str, Any] = told["result"]
    return found


async def failure(client: Client, job_id: str) -> dict[str, Any]:
    told, _ = await client.hears("job:failed", lambda data: data["jobId"] == job_id, 30)
    found: dict[str, Any] = told["error"]
    return found


async def held(place: Place, node: Node, client: Client) -> str:
    """Return an eSIM that a connected client has from somewhere."""
    assert client.token is not None
    who, now = node.deps.tokens.read(client.token), node.deps.now()
    package = Package(
        id="any", title="1 GB", operator="Any", megabytes=1024, days=7, price=450, currency="USD"
    )
    sim = Sim(iccid=f"89{new_id()}", lpa="LPA:1$any.example$TEST")
    esim = Esim(
        id=new_id(),
        tenant_id=who.tenant,
        restaurant_id=place.id,
        owner=who.id,
        sim=sim,
        package=package,
        created_at=now,
    )
    async with node.deps.pool.acquire() as conn:
        await esims.add(conn, esim)
    return esim.id


async def program(place: Place, node: Node) -> Client:
    """Return a connected program that is trusted to have been paid."""
    made = await place.client(await token(place, node, "service", id=f"shop-{new_id()}"))
    await made.send("join:restaurant", restaurantId=place.id)
    return made
