"""Coming back: what was missed is replayed once and in order, or there is a fresh snapshot."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from hub.app import Node
from hub.embedded import Engines
from state.live import displays
from tests.client import Client
from tests.conftest import connection, new_place
from tests.mirror import settle
from tests.place import Place
from tests.scenes import Order, cook_order, place_order, step
from tests.storm import in_log, storm


def replayed(client: Client) -> list[int]:
    return [meta["seq"] for _, _, meta in client.heard if meta.get("replay")]


def live(client: Client) -> list[int]:
    return [m["seq"] for _, _, m in client.heard if "eventId" in m and not m.get("replay")]


async def lunch(place: Place) -> Order:
    """Let things happen at two tables; return the last order."""
    manager = await place.worker("manager")
    for table in (0, 1):
        guest = await place.guest(table)
        await guest.send("cart:add", **place.line("bar"))
        order = await cook_order(manager, await place_order(place, guest))
        await guest.send("service:request", kind="water")
    return await step(manager, "item:serve", order)


async def head(place: Place) -> int:
    _, board = await place.get(f"/api/restaurants/{place.id}/orders", await place.login("manager"))
    seq: int = board["seq"]
    return seq


JOINS = [
    ("manager", "join:restaurant", {"restaurantId": "?"}),
    ("kitchen", "join:kitchen", {"restaurantId": "?"}),
    ("kitchen", "join:kitchen", {"restaurantId": "?", "station": "grill"}),
    ("kitchen", "join:kitchen", {"restaurantId": "?", "station": "pastry"}),
    ("waiter", "join:waiter", {"restaurantId": "?"}),
    ("expo", "join:kitchen", {"restaurantId": "?"}),
    ("guest", "join:table", {}),
]


@pytest.mark.parametrize(("role", "name", "payload"), JOINS)
async def test_what_was_missed_is_replayed_in_order_to_the_rooms_joined(
    place: Place, role: str, name: str, payload: dict[str, Any]
) -> None:
    await lunch(place)
    who = (await place.scan(1))["token"] if role == "guest" else await place.login(role)
    client = await place.client(who, node=1)
    asked = {field: place.id for field in payload if field == "restaurantId"}
    ack = await client.ask(name, {**payload, **asked, "since": 2})
    assert ack["ok"], ack
    await client.settled()
    assert "orders" not in ack["data"], "who resumes needs no snapshot"
    assert not client.named("orders:active") + client.named("orders:pending")
    missed = await in_log(place, ack["data"]["rooms"], after=2)
    assert replayed(client) == missed
    assert not live(client)
    more = await place_order(place, await place.guest(1))
    if payload.get("station") != "pastry":
        heard, meta = await client.hears("order:new", lambda o: o["id"] == more["id"])
        assert (heard, meta.get("replay")) == (more, None)


async def test_who_missed_nothing_gets_nothing(place: Place) -> None:
    await lunch(place)
    client, last = await place.worker("manager", node=1), await head(place)
    ack = await client.ask("join:restaurant", {"restaurantId": place.id, "since": last})
    await client.settled()
    assert ack["seq"] == last
    assert not client.heard


async def test_a_since_of_the_future_starts_afresh(place: Place) -> None:
    await lunch(place)
    client, last = await place.worker("kitchen", node=1), await head(place)
    ack = await client.ask("join:kitchen", {"restaurantId": place.id, "since": last + 1})
    assert ack["data"]["reset"] == "unknown"
    await client.hears("orders:pending")
    assert [name for name, _, _ in client.heard] == ["sync:reset", "orders:pending"]
    assert client.heard[0][1] == {"restaurantId": place.id, "reason": "unknown"}


@pytest.fixture(scope="module")
async def busy(engines: Engines, nodes: list[Node]) -> AsyncIterator[Place]:
    """A restaurant whose log has more than 500 events."""
    async with connection(engines.database_url) as db, new_place(nodes, db) as place:
        cook = await place.worker("kitchen")
        for turn in range(521):
            dish = {"menuItemId": place.dish("bar")["id"], "available": bool(turn % 2)}
            await cook.sio.emit("menu:availability", dish)
        await place_order(place, await place.guest())
        await cook.settled()
        await settle(place, nodes)
        yield place


@pytest.mark.parametrize("behind", [501, 510])
async def test_who_missed_more_than_five_hundred_events_starts_afresh(
    busy: Place, behind: int
) -> None:
    client = await busy.worker("manager", node=1)
    since = await head(busy) - behind
    for name, snapshot in (
        ("join:kitchen", "orders:pending"),
        ("join:restaurant", "orders:active"),
    ):
        ack = await client.ask(name, {"restaurantId": busy.id, "since": since})
        assert ack["data"]["reset"] == "too old"
        orders, meta = await client.hears(snapshot)
        assert len(orders) == 1
        assert meta["seq"] == ack["seq"]
    waiter = await busy.worker("waiter")
    ack = await waiter.ask("join:waiter", {"restaurantId": busy.id, "since": since})
    assert ack["data"]["reset"] == "too old"
    assert len(ack["data"]["orders"]) == 1
    assert [name for name, _, _ in client.heard] == [
        *("sync:reset", "orders:pending"),
        *("sync:reset", "orders:active"),
    ]


async def test_five_hundred_missed_events_are_replayed(busy: Place) -> None:
    client = await busy.worker("manager", node=1)
    last = await head(busy)
    await client.send("join:restaurant", restaurantId=busy.id, since=last - 500)
    await client.settled()
    assert replayed(client) == list(range(last - 499, last + 1))


async def test_a_member_asks_for_what_it_missed_in_its_rooms(place: Place) -> None:
    client = await place.worker("kitchen", node=1)
    rooms = (await client.send("join:kitchen", restaurantId=place.id))["rooms"]
    order = await lunch(place)
    await client.hears("order:statusChanged", lambda o: o["seq"] == order["seq"])
    heard = live(client)
    client.heard.clear()
    ack = await client.ask("sync:resume", {"restaurantId": place.id, "since": 0})
    await client.settled()
    assert ack["data"]["seq"] == ack["seq"] >= order["seq"]
    assert replayed(client) == heard == await in_log(place, rooms, after=0)
    client.heard.clear()
    await client.send("sync:resume", restaurantId=place.id, since=heard[-3])
    await client.settled()
    assert replayed(client) == heard[-2:]
    ahead = await client.ask("sync:resume", place.id, ack["seq"] + 1)
    assert ahead["data"]["reset"] == "unknown"
    assert (await client.hears("sync:reset"))[0]["reason"] == "unknown"


async def test_a_member_too_far_behind_is_told_to_start_afresh(busy: Place) -> None:
    client = await busy.worker("manager")
    await client.send("join:restaurant", restaurantId=busy.id)
    ack = await client.ask("sync:resume", {"restaurantId": busy.id, "since": 0})
    assert ack["data"]["reset"] == "too old"
    assert (await client.hears("sync:reset"))[0] == {"restaurantId": busy.id, "reason": "too old"}


async def test_who_comes_back_room_by_room_hears_each_event_once(place: Place) -> None:
    await lunch(place)
    manager = await place.worker("manager", node=1)
    rooms: set[str] = set()
    for name in ("join:kitchen", "join:waiter", "join:restaurant"):
        rooms.update((await manager.send(name, restaurantId=place.id, since=2))["rooms"])
    await manager.settled()
    assert sorted(replayed(manager)) == await in_log(place, sorted(rooms), after=2)


async def test_what_a_snapshot_stood_for_in_one_room_is_replayed_in_another(place: Place) -> None:
    """The orders were shown, the alerts and calls before them were not."""
    await lunch(place)
    manager = await place.worker("manager", node=1)
    await manager.send("join:restaurant", restaurantId=place.id)
    rooms = (await manager.send("join:waiter", restaurantId=place.id, since=2))["rooms"]
    await manager.settled()
    assert replayed(manager) == await in_log(place, rooms, after=2)
    assert "alert:raised" in [name for name, _, _ in manager.heard]


async def test_who_leaves_and_comes_back_hears_what_it_missed(place: Place) -> None:
    client, guest = await place.worker("kitchen", node=1), await place.guest()
    first = await client.ask("join:kitchen", place.id)
    await client.send("leave", room=f"kitchen:{place.id}")
    order = await place_order(place, guest)
    await client.send("join:kitchen", restaurantId=place.id, since=first["seq"])
    await client.settled()
    assert replayed(client) == [order["seq"]]


async def test_who_comes_back_in_a_storm_misses_nothing_and_hears_nothing_twice(
    place: Place, nodes: list[Node]
) -> None:
    seen: list[int] = []
    since = 0
    async with storm(place, tables=2):
        for turn in range(12):
            client = await place.worker("manager", node=turn % 2)
            ack = await client.ask("join:restaurant", {"restaurantId": place.id, "since": since})
            assert "reset" not in ack["data"]
            await client.hears("order:new")
            if turn % 3 == 0:
                await client.send("join:kitchen", restaurantId=place.id)
            await client.close()
            seen += client.seqs()
            since = seen[-1]
    await settle(place, nodes)
    assert seen == [seq for seq in await in_log(place, ack["data"]["rooms"], 0) if seq <= since]


async def test_displays_say_how_far_they_have_shown_the_log(place: Place) -> None:
    cook, manager = await place.cook(node=1), await place.login("manager")
    kitchen = await place.cook(node=0, station="bar")
    order = await lunch(place)
    await cook.send("display:ack", restaurantId=place.id, seq=order["seq"])
    await kitchen.ask("display:ack", place.id, 0)

    async def lags() -> dict[int, int]:
        _, answer = await place.get(f"/api/restaurants/{place.id}/displays", manager)
        return {display["seq"]: display["lag"] for display in answer["displays"]}

    drinks = await in_log(place, [f"kitchen:{place.id}:*"], after=0)
    assert await lags() == {order["seq"]: 0, 0: len(drinks)}
    await place_order(place, await place.guest(2))
    assert (await lags())[order["seq"]] == 1


async def test_displays_that_are_gone_are_forgotten(place: Place, nodes: list[Node]) -> None:
    """Who signs out goes at once, who is closed says nothing for a while and goes then."""
    manager, redis = await place.login("manager"), nodes[0].deps.redis

    async def shown() -> dict[str, bool]:
        _, answer = await place.get(f"/api/restaurants/{place.id}/displays", manager)
        return {display["role"]: display["silent"] for display in answer["displays"]}

    for client in (await place.cook(), await place.waiter(node=1)):
        await client.send("display:ack", restaurantId=place.id, seq=1)
    assert await shown() == {"kitchen": False, "waiter": False}
    await place.post("/api/auth/logout", {}, await place.login("waiter"))
    assert await shown() == {"kitchen": False}
    for minutes, seen in ((1, {"kitchen": True}), (11, {})):
        [kept] = await displays.all_of(redis, place.id)
        then = kept.at - timedelta(minutes=minutes)
        await displays.put(redis, place.id, msgspec.structs.replace(kept, at=then))
        assert await shown() == seen
    assert await displays.all_of(redis, place.id) == []
