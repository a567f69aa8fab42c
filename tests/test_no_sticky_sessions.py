"""Three nodes behind a proxy that sends each request to the next: no client notices."""

import json
from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest

from hub.embedded import Engines
from scripts.mishaps.process import Node, put_up, running
from state.live import client
from state.live import nodes as live
from tests.conftest import SECRET, new_place
from tests.javascript import run
from tests.place import Place
from tests.proxy import Proxy, Request, proxied

WAYS: dict[str, dict[str, Any]] = {
    "polling": {"transports": ["polling"]},
    "upgrade": {"transports": ["polling", "websocket"]},
    "websocket": {"transports": ["websocket"]},
}
GUESTS, COOKS, ROUNDS = 6, 3, 6


@pytest.fixture(scope="module")
async def trio(
    engines: Engines, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[list[Node]]:
    environment = {
        "DATABASE_URL": engines.database_url,
        "REDIS_URL": engines.redis_url,
        "JWT_SECRET": SECRET,
        "COMMAND_RATE": "10000",
        "COMMAND_BURST": "10000",
        "PING_INTERVAL": "1",
        "PING_TIMEOUT": "10",
    }
    logs = tmp_path_factory.mktemp("trio")
    async with running(*(Node(environment, logs / f"{n}.log") for n in range(3))) as nodes:
        yield nodes


@pytest.fixture
async def proxy(trio: list[Node], tmp_path: Path) -> AsyncIterator[Proxy]:
    """A proxy of its own for each test, in front of three nodes that run."""
    await put_up(trio)
    async with proxied(tmp_path, [node.port for node in trio]) as made:
        yield made


@pytest.fixture
async def house(proxy: Proxy, db: asyncpg.Connection) -> AsyncIterator[Place]:
    """A restaurant reached through the proxy."""
    async with new_place([proxy], db) as place:
        yield place


async def crowd(place: Place, **more: Any) -> dict[str, Any]:
    """Let guests order at once and one after the other; return what came of it."""
    told: dict[str, Any] = await run(
        "crowd.mjs",
        {
            "url": place.urls[0],
            "restaurantId": place.id,
            "guests": [(await place.scan(table))["token"] for table in range(GUESTS)],
            "cooks": [await place.login("kitchen")] * COOKS,
            "line": place.line(),
            "rounds": ROUNDS,
            "idle": 0,
            **more,
        },
    )
    return told


async def owners(requests: list[Request], engines: Engines) -> dict[str, str]:
    """Return the address of the node that owns each session, by the registry."""
    found = {}
    async with client.connect(engines.redis_url) as redis:
        for sid in {request.sid for request in requests if request.sid}:
            url = await live.get(redis, sid.partition(".")[0])
            found[sid] = (url or "").removeprefix("http://")
    return found


@pytest.mark.parametrize("way", WAYS)
async def test_the_main_story_is_lived_through_the_proxy(house: Place, way: str) -> None:
    told = await run(
        "story.mjs",
        {
            "urls": house.urls * 2,
            "restaurantId": house.id,
            "guest": (await house.scan())["token"],
            "kitchen": await house.login("kitchen"),
            "waiter": await house.login("waiter"),
            "line": house.line("grill", 2),
            "upgrades": way == "upgrade",
            **WAYS[way],
        },
    )
    assert told["transports"] == ["polling" if way == "polling" else "websocket"] * 3


@pytest.mark.parametrize("way", WAYS)
async def test_many_clients_at_once_have_every_command_acked_and_every_order_shown(
    house: Place, proxy: Proxy, trio: list[Node], way: str
) -> None:
    told = await crowd(house, **WAYS[way])
    assert told["orders"] == GUESTS * ROUNDS * 2
    assert told["transports"] == ["polling" if way == "polling" else "websocket"] * (GUESTS + COOKS)
    assert told["comebacks"] == 0, "nobody lost its connection"
    requests = list(proxy.requests())
    refused = [request for request in requests if request.status not in ("101", "200")]
    # A poll may still be on its way, over another node, when its client's goodbye has arrived.
    assert {(request.method, request.status) for request in refused} <= {("GET", "400")}
    assert len({request.sid for request in refused}) == len(refused)
    assert {request.node for request in requests} == {f"127.0.0.1:{node.port}" for node in trio}


async def test_a_session_that_polls_goes_over_all_nodes(
    house: Place, proxy: Proxy, engines: Engines
) -> None:
    await crowd(house, transports=["polling"])
    requests = list(proxy.requests())
    owner = await owners(requests, engines)
    assert len(owner) == GUESTS + COOKS
    assert len(set(owner.values())) == 3
    polls = {(r.sid, r.node) for r in requests if r.method == "GET" and r.sid}
    assert len(polls) == 3 * len(owner), "each session polled on each node"
    assert any(r.method == "POST" and r.sid and r.node != owner[r.sid] for r in requests)


async def test_a_poll_that_is_sent_again_by_another_node_gets_the_same_answer(
    house: Place, trio: list[Node]
) -> None:
    """As proxies do when a node dies on the way back, with an answer that nobody else has."""
    auth = json.dumps({"token": (await house.scan())["token"]})
    path = "/socket.io/?EIO=4&transport=polling"
    async with aiohttp.ClientSession() as http:

        async def poll(node: int, name: str) -> str:
            async with http.get(f"{trio[node].url}{path}&t={name}") as reply:
                return await reply.text()

        path += f"&sid={json.loads((await poll(0, 'open'))[1:])['sid']}"
        async with http.post(f"{trio[1].url}{path}", data=f"40{auth}") as reply:
            assert await reply.text() == "ok"
        answer = await poll(1, "first")
        assert answer.startswith("40{")
        assert await poll(2, "first") == answer
        assert await poll(2, "second") != answer


async def test_an_upgrade_on_another_node_than_the_owner_is_joined_to_it(
    house: Place, proxy: Proxy, engines: Engines
) -> None:
    await crowd(house, **WAYS["upgrade"])
    requests = list(proxy.requests())
    owner = await owners(requests, engines)
    upgrades = [request for request in requests if request.transport == "websocket"]
    assert [request.status for request in upgrades] == ["101"] * (GUESTS + COOKS)
    elsewhere = [request for request in upgrades if request.node != owner[request.sid]]
    assert elsewhere


@pytest.mark.parametrize("way", ["polling", "upgrade"])
async def test_heartbeats_keep_a_silent_client(house: Place, way: str) -> None:
    told = await crowd(house, idle=3.5, **WAYS[way])  # seconds, three heartbeats
    assert told["comebacks"] == 0


@pytest.mark.parametrize(("end", "way"), [*product(["SIGKILL"], WAYS), ("SIGTERM", "polling")])
async def test_clients_come_back_when_a_node_ends(
    house: Place, trio: list[Node], end: str, way: str
) -> None:
    assert trio[0].process is not None
    told = await crowd(house, victim=trio[0].process.pid, signal=end, **WAYS[way])
    await trio[0].left()
    assert not trio[0].running
    assert told["orders"] == GUESTS * ROUNDS * 2 * 3
    assert told["comebacks"] > 0
