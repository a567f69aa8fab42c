"""The log: one JSON line a record, one trace from a command to its deliveries, and no secrets."""

import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from hub.embedded import Engines
from scripts.mishaps.process import Node, running
from tests.conftest import SECRET, new_place
from tests.place import Place
from tests.scenes import NOWHERE, place_order

Line = dict[str, Any]


class Hub:
    """Two nodes as processes, and a restaurant on them."""

    def __init__(self, nodes: list[Node], place: Place) -> None:
        self.nodes, self.place = nodes, place

    def lines(self, node: int) -> list[Line]:
        """Return what a node has logged; every line is JSON."""
        text = self.nodes[node].log.read_text()
        return [json.loads(line) for line in text.splitlines()]

    def find(self, node: int, event: str, **fields: Any) -> list[Line]:
        return [
            line
            for line in self.lines(node)
            if line["event"] == event and fields.items() <= line.items()
        ]


@pytest.fixture(scope="module")
async def processes(
    engines: Engines, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[list[Node]]:
    env = {
        "DATABASE_URL": engines.database_url,
        "REDIS_URL": engines.redis_url,
        "JWT_SECRET": SECRET,
        "LOG_LEVEL": "DEBUG",
    }
    folder = tmp_path_factory.mktemp("logs")
    made = [Node(env | {"NODE_ID": name}, folder / f"{name}.log") for name in ("left", "right")]
    async with running(*made) as nodes:
        yield nodes


@pytest.fixture
async def hub(processes: list[Node], db: asyncpg.Connection) -> AsyncIterator[Hub]:
    async with new_place(processes, db) as place:
        yield Hub(processes, place)


async def test_one_trace_follows_a_command_to_the_other_node(hub: Hub) -> None:
    place = hub.place
    guest, cook = await place.guest(node=0), await place.cook(node=1)
    order = await place_order(place, guest)
    await cook.hears("order:new")
    await guest.hears("order:new")

    [command] = hub.find(0, "command", command="order:create")
    assert command["result"] == "ok"
    assert command["seq"] == order["seq"]
    assert command["role"] == "guest"
    assert command["ms"] > 0
    [appended] = hub.find(0, "appended", trace=command["trace"])
    assert (appended["seq"], appended["restaurant"]) == (order["seq"], place.id)
    for node in (0, 1):
        [delivered] = hub.find(node, "delivered", trace=command["trace"])
        assert (delivered["seq"], delivered["to"]) == (order["seq"], 1)
        assert delivered["node"] == ("left", "right")[node]
    assert not hub.find(1, "command", trace=command["trace"])
    assert len({line["trace"] for line in hub.find(0, "command")}) == len(hub.find(0, "command"))


async def test_an_order_over_http_is_followed_too(hub: Hub) -> None:
    place = hub.place
    who, cook = (await place.scan())["token"], await place.cook(node=1)
    status, order = await place.post("/api/orders", {"items": [place.line()]}, who)
    assert status == 201
    await cook.hears("order:new")
    [request] = hub.find(0, "request", route="/api/orders")
    assert (request["method"], request["status"]) == ("POST", 201)
    [delivered] = hub.find(1, "delivered", trace=request["trace"])
    assert (delivered["seq"], delivered["to"]) == (order["seq"], 1)


async def test_the_log_holds_no_secret(hub: Hub) -> None:
    place = hub.place
    guest, manager = await place.guest(name="Ada"), await place.worker("manager")
    path = f"/api/restaurants/{place.id}/devices"
    _, device = await place.post(path, {"name": "a screen"}, await place.login("manager"))
    pin = {"deviceToken": device["deviceToken"], "pin": place.staff["waiter"]["pin"]}
    _, answer = await place.post("/api/auth/pin", pin)
    await place.post("/api/auth/refresh", {"refreshToken": answer["refreshToken"]})
    await place.get(f"/scan/{place.tables[0]['token']}")
    await manager.refused("order:accept", {"orderId": NOWHERE})
    await manager.refused("auth:refresh", {"token": "rubbish"})
    await guest.settled()
    text = hub.nodes[0].log.read_text()
    assert text.count('"request"') >= 4
    for secret in (
        SECRET,
        guest.token,
        manager.token,
        answer["accessToken"],
        answer["refreshToken"],
        device["deviceToken"],
        place.staff["manager"]["password"],
        place.tables[0]["token"],
    ):
        assert secret
        assert secret not in text
