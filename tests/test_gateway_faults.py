"""The edge when something is broken inside: a table gone wrong, Postgres away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg
import msgspec
import pytest
from socketio.exceptions import ConnectionError

from hub.app import Node, run_node
from hub.embedded import Engines
from hub.settings import Settings
from scripts.mishaps.relay import Relay
from tests.client import Client
from tests.conftest import connection, new_database, new_place
from tests.fair import within
from tests.javascript import run
from tests.place import Place
from tests.processes import until
from tests.scenes import code, place_order

SECONDS, TICK = 60.0, 0.05


@pytest.fixture(scope="module")
async def database(engines: Engines) -> AsyncIterator[str]:
    """A database that may be spoiled."""
    async with new_database(engines) as url:
        yield url


@pytest.fixture(scope="module")
async def relay(database: str) -> AsyncIterator[Relay]:
    relay = Relay(database)
    await relay.plug()
    yield relay
    await relay.pull()


@pytest.fixture(scope="module")
async def node(settings: Settings, relay: Relay) -> AsyncIterator[Node]:
    async with run_node(msgspec.structs.replace(settings, database_url=relay.url)) as node:
        yield node


@pytest.fixture
async def spoiled(database: str) -> AsyncIterator[asyncpg.Connection]:
    async with connection(database) as db:
        yield db


@pytest.fixture
async def place(node: Node, spoiled: asyncpg.Connection) -> AsyncIterator[Place]:
    async with new_place([node], spoiled) as made:
        yield made


@asynccontextmanager
async def renamed(db: asyncpg.Connection, table: str) -> AsyncIterator[None]:
    await db.execute(f"ALTER TABLE {table} RENAME TO {table}_gone")
    try:
        yield
    finally:
        await db.execute(f"ALTER TABLE {table}_gone RENAME TO {table}")


async def test_an_exception_inside_is_acknowledged_and_tells_nothing(
    place: Place, spoiled: asyncpg.Connection
) -> None:
    guest = await place.guest()
    async with renamed(spoiled, "menu_items"):
        error = await guest.refused("order:create", {"items": [place.line()]})
    assert error.keys() == {"code", "message", "errorId"}
    assert error["code"] == "INTERNAL"
    assert "menu_items" not in str(error)


async def test_an_exception_inside_without_an_ack_arrives_as_an_event(
    place: Place, spoiled: asyncpg.Connection
) -> None:
    guest = await place.guest()
    async with renamed(spoiled, "menu_items"):
        await guest.sio.emit("order:create", {"items": [place.line()], "commandId": "7"})
        told, _ = await guest.hears("error:command")
    assert (told["event"], told["commandId"]) == ("order:create", "7")
    assert told["error"]["code"] == "INTERNAL"


async def test_an_exception_in_a_join_leaves_the_client_outside(
    place: Place, spoiled: asyncpg.Connection
) -> None:
    guest, cook = await place.guest(), await place.worker("kitchen")
    async with renamed(spoiled, "restaurants"):
        error = await cook.refused("join:kitchen", place.id)
    assert error["code"] == "INTERNAL"
    await place_order(place, guest)
    await guest.hears("order:new")
    await cook.settled()
    assert not cook.heard
    assert (await cook.ask("join:kitchen", place.id))["ok"], "it may try again"


async def test_a_command_that_failed_inside_may_be_sent_again_under_its_id(
    place: Place, spoiled: asyncpg.Connection
) -> None:
    guest = await place.guest()
    round_ = {"items": [place.line()], "commandId": "once"}
    async with renamed(spoiled, "order_items"):
        assert (await guest.refused("order:create", round_))["code"] == "INTERNAL"
    first = await guest.ask("order:create", round_)
    assert first["data"]["orderNumber"] == 1, "what failed has left no trace"
    assert await guest.ask("order:create", round_) == first


async def served(client: Client, name: str, **payload: Any) -> Any:
    """Send a command, once more while the hub cannot reach Postgres; return its ack's data."""
    async with asyncio.timeout(SECONDS):
        ack = await client.ask(name, payload)
        while code(ack) == "UNAVAILABLE":
            await asyncio.sleep(TICK)
            ack = await client.ask(name, payload)
    assert ack["ok"], ack
    return ack["data"]


async def test_while_postgres_is_away_commands_fail_at_once_and_change_nothing(
    place: Place, relay: Relay
) -> None:
    guest, cook = await place.guest(), await place.cook()
    round_ = {"items": [place.line()], "commandId": "through the storm"}
    await relay.pull()
    async with within(5):
        acks = [
            await guest.ask("order:create", round_),
            await guest.ask("order:create", round_),
            await guest.ask("cart:add", place.line()),
            await cook.ask("join:kitchen", {"restaurantId": place.id}),
            await cook.ask("join:restaurant", place.id),
        ]
    assert [code(ack) for ack in acks] == ["UNAVAILABLE"] * len(acks)
    await relay.plug()
    order = await served(guest, "order:create", **round_)
    assert order["orderNumber"] == 1
    assert (await cook.hears("order:new"))[0] == order
    assert (await served(guest, "join:table"))["cart"]["lines"] == []


async def test_a_newcomer_is_told_that_postgres_is_away(place: Place, relay: Relay) -> None:
    client = Client(place.urls[0], await place.login("kitchen"))
    told: list[dict[str, Any]] = []
    client.sio.on("connect_error", told.append)
    await relay.pull()
    with pytest.raises(ConnectionError):
        await client.connect()
    assert told[0]["data"]["code"] == "UNAVAILABLE"
    await relay.plug()
    await client.connect()
    await client.close()


def ended(node: Node) -> float:
    """Return how many sessions have ended."""
    shown = node.metrics.render().decode().splitlines()
    return sum(float(line.split()[-1]) for line in shown if line.startswith("hub_endings_total{"))


async def test_an_official_client_tries_until_postgres_is_back(
    place: Place, node: Node, relay: Relay
) -> None:
    """It would never try again after a refusal."""
    about = {"url": place.urls[0], "restaurantId": place.id}
    script = asyncio.create_task(
        run("patient.mjs", {**about, "kitchen": await place.login("kitchen")})
    )
    await until(lambda: any(conn.rooms for conn in node.connections))
    before = ended(node)
    await relay.pull()
    for conn in node.connections:
        conn.member.socket.close("cut off")
    await until(lambda: ended(node) > before + 2)  # that one, and its first tries
    await relay.plug()
    told = await script
    assert (told["recovered"], told["sameId"]) == (True, True)
    assert told["tries"] > 1


async def test_a_node_leaves_in_time_while_postgres_is_away(
    settings: Settings, database: str
) -> None:
    cable = Relay(database)
    await cable.plug()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(
            run_node(msgspec.structs.replace(settings, database_url=cable.url))
        )
        await cable.pull()
        async with within(10):
            await stack.aclose()
