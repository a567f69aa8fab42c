"""Jobs of the tests' own, which ask a shop; `python -m tests.toil` is a worker that knows them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
from aiohttp import web

from handlers.deps import TRACE
from handlers.intents import once
from handlers.jobs import Kind, LaterError, Task
from handlers.providers.errors import AmbiguousError
from handlers.unit import carry_out
from handlers.usecase import UseCase
from hub.app import Node
from hub.worker import run
from state.domain import job
from state.domain.actor import Actor
from state.domain.change import Change
from state.domain.commands import Command, JoinRestaurant
from state.domain.facts import Facts
from state.store.intents import Intent
from tests.client import Client
from tests.place import Place


class Shop:
    """A company that sells one thing; it can be slow to begin, or slow to say that it is done."""

    def __init__(self) -> None:
        self.sold: list[str] = []
        self.asked = asyncio.Event()  # somebody has come
        self.open = asyncio.Event()  # it serves
        self.has_sold = asyncio.Event()
        self.answers = asyncio.Event()  # it tells that it has sold
        self.open.set()
        self.answers.set()
        self.url = ""

    async def look(self, _request: web.Request) -> web.Response:
        self.asked.set()
        await self.open.wait()
        return web.json_response({"price": 5})

    async def buy(self, request: web.Request) -> web.Response:
        key = (await request.json())["key"]
        self.asked.set()
        await self.open.wait()
        self.sold.append(key)
        self.has_sold.set()
        await self.answers.wait()
        return web.json_response({"key": key})

    async def bought(self, request: web.Request) -> web.Response:
        return web.json_response([key for key in self.sold if key == request.query["key"]])


@asynccontextmanager
async def shop() -> AsyncIterator[Shop]:
    made = Shop()
    app = web.Application()
    app.router.add_get("/look", made.look)
    app.router.add_post("/buy", made.buy)
    app.router.add_get("/bought", made.bought)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        made.open.set()
        made.answers.set()
        await runner.cleanup()


async def look(task: Task, _: object) -> Any:
    await task.progress(50)
    async with aiohttp.ClientSession() as http, http.get(task.job.payload["url"] + "/look") as got:
        return await got.json()


async def buy(task: Task, _: object) -> Any:
    url = task.job.payload["url"]

    async def ask(intent: Intent) -> Any:
        try:
            async with (
                aiohttp.ClientSession() as http,
                http.post(url + "/buy", json={"key": intent.key}) as reply,
            ):
                return await reply.json()
        except aiohttp.ClientError as exc:
            raise AmbiguousError(str(exc)) from exc

    async def read(intent: Intent) -> Any:
        async with (
            aiohttp.ClientSession() as http,
            http.get(url + "/bought", params={"key": intent.key}) as reply,
        ):
            return {"key": intent.key} if await reply.json() else None

    patience = timedelta(seconds=2)
    return await once(task, "buy", "shop", {"what": "one"}, ask, read, patience)


async def fail(_task: Task, _: object) -> Any:
    raise LookupError("a fault of ours")


async def later(_task: Task, _: object) -> Any:
    raise LaterError(5.0)


KINDS = {
    "later": Kind("later", later),
    "look": Kind("look", look, seconds=20),
    "slow": Kind("slow", look, seconds=0.5),
    "buy": Kind("buy", buy, seconds=20),
    "fail": Kind("fail", fail),
}


async def start(place: Place, client: Client, node: Node, kind: str, url: str = "") -> str:
    """Begin a job of a connected client's; return its id."""
    assert client.token is not None
    actor = node.deps.tokens.read(client.token)

    def begun(facts: Facts, _cmd: Command, who: Actor, _deps: object) -> Change:
        made = job.new_job(
            who.tenant,
            place.id,
            kind,
            {"url": url},
            node.deps.now(),
            owner=who.id,
            stoppable=kind != "buy",
            trace=TRACE.get(),
        )
        return Change(
            tenant_id=who.tenant,
            restaurant_id=place.id,
            new_jobs=[made],
            drafts=[],
            answer={"jobId": made.id},
        )

    cmd = JoinRestaurant(restaurant_id=place.id)
    answer = await carry_out(UseCase(begun), cmd, actor, node.deps)
    found: str = answer.data["jobId"]
    return found


if __name__ == "__main__":
    run(KINDS)
