"""Coming back with a seat's id and an offset, as official clients do by themselves."""

import asyncio
from typing import Any

import aiohttp
import pytest

from hub.app import Node
from state.live import seats as live
from tests.client import Client
from tests.javascript import run
from tests.phone import SECONDS, Phone, phone
from tests.place import Place
from tests.scenes import place_order

ONE_BY_ONE = pytest.mark.parametrize(
    "transports", [["websocket"], ["polling"]], ids=["websocket", "polling"]
)


@ONE_BY_ONE
async def test_the_official_client_is_back_by_itself_wherever_it_lands(
    mirrored: Place, transports: list[str]
) -> None:
    told = await run(
        "recover.mjs",
        {
            "urls": mirrored.urls,
            "restaurantId": mirrored.id,
            "guest": (await mirrored.scan())["token"],
            "kitchen": await mirrored.login("kitchen"),
            "line": mirrored.line(),
            "transports": transports,
        },
    )
    assert told == {"orders": 7, "last": transports[0]}


async def test_every_missed_event_comes_once_and_in_order_before_all_others(place: Place) -> None:
    guest = await place.guest()
    async with phone(place, await place.login("kitchen")) as screen:
        await screen.send("join:kitchen", restaurantId=place.id)
        sid = screen.sid
        await place_order(place, guest)
        await screen.settled()
        await screen.vanish()
        missed = [await place_order(place, guest) for _ in range(3)]
        ordering = asyncio.create_task(place_order(place, guest))
        await screen.connect(node=1)
        last = await ordering
        await screen.hears(last["id"])
        assert (screen.recovered, screen.sid) == (True, sid)
        assert screen.new_orders()[1:] == [*(order["id"] for order in missed), last["id"]]
        assert screen.seqs() == sorted(set(screen.seqs()))


async def test_who_heard_nothing_yet_misses_nothing(place: Place) -> None:
    """A join that is answered without an event leaves its client without an offset."""
    token = (await place.scan())["token"]
    other = await place.guest()
    async with phone(place, token) as guest:
        shown = await guest.send("join:table")
        assert not guest.offset
        await guest.vanish()
        order = await place_order(place, other)
        await guest.connect(node=1)
        await guest.hears(order["id"])
        assert guest.recovered
        assert guest.new_orders() == [order["id"]]
        assert min(guest.seqs()) > shown["seq"]


async def test_seats_that_redis_lost_are_written_again(place: Place, nodes: list[Node]) -> None:
    """As after a failover, or when Redis came back empty."""
    redis = nodes[0].deps.redis
    async with phone(place, await place.login("kitchen")) as screen:
        await screen.send("join:kitchen", restaurantId=place.id)
        seat = await live.get(redis, [screen.pid])
        await live.forget(redis, screen.pid)
        await redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        async with asyncio.timeout(SECONDS):
            while await live.get(redis, [screen.pid]) != seat:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.02)
        await screen.vanish()
        order = await place_order(place, await place.guest(node=1))
        await screen.connect(node=1)
        await screen.hears(order["id"])
        assert screen.recovered
        assert screen.new_orders() == [order["id"]]


async def test_a_connection_that_looks_alive_is_let_go_of(place: Place, nodes: list[Node]) -> None:
    async with phone(place, await place.login("waiter")) as screen:
        await screen.send("join:waiter", restaurantId=place.id)
        for node in (0, 1, 0):
            old = screen.ws
            await screen.connect(node=node)
            assert screen.recovered
            while (await old.receive(timeout=SECONDS)).type is aiohttp.WSMsgType.TEXT:
                pass
            assert old.closed
        order = await place_order(place, await place.guest())
        await screen.hears(order["id"])
        assert screen.seqs() == sorted(set(screen.seqs()))
        held = [node.connections.get(screen.sid) is not None for node in nodes]
        assert held == [True, False]


async def test_rooms_that_were_left_stay_left(place: Place) -> None:
    guest = await place.guest()
    async with phone(place, await place.login("manager")) as screen:
        await screen.send("join:restaurant", restaurantId=place.id)
        await screen.send("join:kitchen", restaurantId=place.id)
        await screen.send("leave", room=f"kitchen:{place.id}")
        await screen.send("leave", room=f"restaurant:{place.id}")
        await screen.vanish()
        await place_order(place, guest)
        await screen.connect()
        await screen.settled()
        assert screen.recovered
        assert screen.new_orders() == []


@pytest.mark.parametrize("who", ["waiter", "guest"])
async def test_a_seat_is_given_back_to_its_owner_only(place: Place, who: str) -> None:
    async with phone(place, await place.login("kitchen")) as screen:
        await screen.send("join:kitchen", restaurantId=place.id)
        other = (await place.scan())["token"] if who == "guest" else await place.login(who)
        thief = Phone(place, other)
        thief.pid, thief.offset = screen.pid, "0"
        await thief.connect()
        order = await place_order(place, await place.guest())
        await screen.hears(order["id"])  # undisturbed
        await thief.settled()
        assert not thief.recovered
        assert thief.heard == []
        await thief.ws.close()


async def test_who_is_logged_out_gets_nothing_back(place: Place) -> None:
    who = {name: place.staff["waiter"][name] for name in ("email", "password")}
    _, session = await place.post("/api/auth/login", who)
    async with phone(place, session["accessToken"]) as screen:
        await screen.send("join:waiter", restaurantId=place.id)
        await screen.vanish()
        status, _ = await place.post("/api/auth/logout", {}, session["accessToken"])
        assert status == 200
        with pytest.raises(PermissionError, match="UNAUTHORIZED"):
            await screen.connect()


async def test_what_is_too_old_is_said_to_be_and_nothing_of_it_comes(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.entry.MAX_REPLAY", 3)
    guest = await place.guest()
    async with phone(place, await place.login("kitchen")) as screen:
        await screen.send("join:kitchen", restaurantId=place.id)
        await screen.vanish()
        for _ in range(4):
            await place_order(place, guest)
        await screen.connect()
        await screen.settled()
        assert not screen.recovered
        told = [(name, data) for name, data, _ in screen.heard if name != "orders:pending"]
        assert told == [("sync:reset", {"restaurantId": place.id, "reason": "too old"})]


@pytest.mark.parametrize(
    ("offset", "back"),
    [("99999999", False), ("-1", True), ("x", True), ("", True), ("1" * 400, False)],
)
async def test_an_offset_is_never_believed_further_than_the_log_goes(
    place: Place, offset: str, back: bool
) -> None:
    async with phone(place, await place.login("kitchen")) as screen:
        await screen.send("join:kitchen", restaurantId=place.id)
        order = await place_order(place, await place.guest())
        await screen.hears(order["id"])
        await screen.vanish()
        screen.offset = offset
        await screen.connect()
        await screen.settled()
        assert screen.recovered is back


@pytest.mark.parametrize("pid", ["", "x", "x" * 1000, 5, None, {"a": 1}, "seat:../x", "\x00"])
async def test_an_id_of_no_seat_is_simply_new(place: Place, pid: Any) -> None:
    token = await place.login("kitchen")
    made = await Phone(place, token).connect(pid=pid, offset="1")
    assert made.pid != pid
    await made.ws.close()


async def test_a_client_that_asks_for_what_it_missed_as_well_hears_it_in_order(
    place: Place,
) -> None:
    guest: Client = await place.guest()
    async with phone(place, await place.login("kitchen")) as screen:
        data = await screen.send("join:kitchen", restaurantId=place.id)
        await screen.vanish()
        order = await place_order(place, guest)
        await screen.connect()
        await screen.send("join:kitchen", restaurantId=place.id, since=data["seq"])
        await screen.settled()
        assert screen.new_orders() == [order["id"]]
