"""The same promises on Debian's Redis 7.0: by itself, watched by Sentinels, as a Cluster."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec
import pytest
from redis.crc import key_slot

from hub.app import Node, run_node
from hub.embedded import Engines
from hub.settings import Settings
from state.live import keys
from state.store.migrate import migrate
from tests.conftest import connection, new_place
from tests.javascript import run
from tests.mirror import Mirror
from tests.place import Place
from tests.redises import Alone, Clustered, Redises, Server, Watched, running
from tests.referee import Referee, Storm


@pytest.fixture(scope="module", params=[Alone, Watched, Clustered])
async def redises(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Redises]:
    async with running(request.param, tmp_path_factory.mktemp("redis")) as made:
        yield made


@pytest.fixture(scope="module")
async def database_url(redises: Redises, engines: Engines) -> str:
    """A database of its own: it is in the database that nodes agree on who sweeps."""
    name = f"on_{type(redises).__name__.lower()}"
    async with connection(engines.database_url) as conn:
        await conn.execute(f"CREATE DATABASE {name}")
    url = engines.postgres.url_of(name)
    await migrate(url)
    return url


@pytest.fixture(scope="module")
async def pair(
    redises: Redises, database_url: str, settings: Settings
) -> AsyncIterator[list[Node]]:
    ours = msgspec.structs.replace(settings, redis_url=redises.url, database_url=database_url)
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(run_node(ours)) for _ in range(2)]


@pytest.fixture(scope="module")
async def house(pair: list[Node], database_url: str) -> AsyncIterator[Place]:
    async with connection(database_url) as conn, new_place(pair, conn) as place:
        yield place


@pytest.fixture(scope="module")
async def elsewhere(
    house: Place, redises: Redises, pair: list[Node], database_url: str
) -> AsyncIterator[list[Place]]:
    """Restaurants that are not on the server of the first one: one where there are several."""
    async with AsyncExitStack() as stack:
        conn = await stack.enter_async_context(connection(database_url))
        found: list[Place] = []
        while isinstance(redises, Clustered) and not found:
            place = await stack.enter_async_context(new_place(pair, conn))
            if await redises.master(place.id) is not await redises.master(house.id):
                found.append(place)
        yield found


@pytest.fixture
async def referee(house: Place, database_url: str) -> Referee:
    return Referee(house, database_url)


async def test_the_main_story(house: Place, pair: list[Node]) -> None:
    async with Mirror(house, pair):
        guest, waiter = await house.guest(node=0), await house.waiter(node=0)
        cook = await house.cook(node=1)
        await guest.send("cart:add", **house.line())
        order = await guest.send("order:create")
        seen, _ = await cook.hears("order:new")
        assert seen == order
        [item] = order["items"]
        await cook.send("item:start", orderId=order["id"], itemId=item["id"])
        await cook.send("item:ready", orderId=order["id"], itemId=item["id"])
        ready, _ = await waiter.hears("order:ready")
        assert ready["id"] == order["id"]


async def test_official_clients_are_back_by_themselves(house: Place, pair: list[Node]) -> None:
    async with Mirror(house, pair):
        told = await run(
            "recover.mjs",
            {
                "urls": house.urls,
                "restaurantId": house.id,
                "guest": (await house.scan(1))["token"],
                "kitchen": await house.login("kitchen"),
                "line": house.line(),
                "transports": ["websocket"],
            },
        )
        assert told["orders"] == 7


async def test_killed_and_back_empty_in_the_rush(
    house: Place, redises: Redises, referee: Referee
) -> None:
    for node in range(2):
        await referee.screen(node)
    async with Storm(house, waiters=2) as storm:
        await storm.places(10)
        await redises.empty()
        await storm.places(10)
    await referee.judge(storm)
    assert not storm.refused


async def test_a_master_that_dies_in_the_rush_and_its_heir_lacks_the_last_entries(
    house: Place, elsewhere: list[Place], pair: list[Node], redises: Redises, referee: Referee
) -> None:
    for node in range(2):
        await referee.screen(node)
    master = await redises.master(house.id)
    heir = await redises.heir(master)
    async with Storm(house, waiters=2) as storm:
        await storm.places(10)
        async with cut_off(heir, master):
            await storm.places(10)
            assert heir is master or await head(heir, house) < await head(master, house)
            await master.kill()
        await storm.places(10)
        for place in elsewhere:
            await is_served(place, pair)
        await redises.replaced(master, heir)
        await storm.places(10)
        await redises.rejoin(master, heir)
        await storm.places(10)
    await referee.judge(storm)
    assert not storm.refused


async def test_handed_over_in_the_rush(house: Place, redises: Redises, referee: Referee) -> None:
    for node in range(2):
        await referee.screen(node)
    master = await redises.master(house.id)
    heir = await redises.heir(master)
    async with Storm(house, waiters=2) as storm:
        await storm.places(10)
        await redises.hand_over(master, heir)
        await storm.places(10)
        if isinstance(redises, Clustered):
            await redises.follows(master)
            slot = key_slot(keys.head(house.id).encode())
            await redises.move(slot, heir, await another(redises, heir))
            await storm.places(10)
    await referee.judge(storm)
    assert not storm.refused


async def is_served(place: Place, pair: list[Node]) -> None:
    """Look whether all is as always at a restaurant: also by whom its screens are brought news."""
    for node in range(2):
        assert (await place.get("/readyz", node=node))[0] == 200
    async with Mirror(place, pair):
        cook, waiter = await place.cook(node=1), await place.worker("waiter", node=0)
        for table in place.tables[:3]:
            order = await waiter.send("order:create", tableId=table["id"], items=[place.line()])
            await cook.hears("order:new", lambda o, sent=order: o["id"] == sent["id"])
    for node in pair:
        assert (
            await node.deps.redis.of(keys.head(place.id)).pubsub_shardnumsub(keys.channel(place.id))
        )[0][1] == 2


@asynccontextmanager
async def cut_off(replica: Server, master: Server) -> AsyncIterator[None]:
    """Let a replica hear nothing of its master any more."""
    if replica is not master:
        await replica.ask("CONFIG", "SET", "masterauth", "wrong")
        await replica.ask("CLIENT", "KILL", "TYPE", "master")
    yield
    if replica is not master:
        await replica.ask("CONFIG", "SET", "masterauth", replica.password)


async def another(redises: Redises, master: Server) -> Server:
    """Return a master that is not this one."""
    roles = {server: (await server.ask("ROLE"))[0] for server in redises.servers}
    return next(s for s, role in roles.items() if role == b"master" and s is not master)


async def head(server: Server, place: Place) -> int:
    return int(await server.ask("GET", keys.head(place.id)) or 0)
