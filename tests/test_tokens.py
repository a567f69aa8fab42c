"""Tokens over time: swapped, expired, revoked, and what of a connection may come back (PROTOCOL 1).

Logging out and closing a table end connections on every node at once: `test_faults_sessions.py`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest

from hub.app import Node, run_node
from hub.settings import Settings
from scripts.mishaps.relay import Relay
from tests.client import Client
from tests.fair import within
from tests.phone import Phone, phone
from tests.place import Place
from tests.scenes import code, place_order

AT_ONCE = 1.0  # seconds; PROTOCOL 1
NODES = pytest.mark.parametrize("back_at", [0, 1], ids=["the same node", "the other node"])


async def log_in(place: Place, role: str = "waiter") -> dict[str, Any]:
    """Sign in anew: a login of its own, and its tokens."""
    who = {name: place.staff[role][name] for name in ("email", "password")}
    status, answer = await place.post("/api/auth/login", who)
    assert status == 200
    found: dict[str, Any] = answer
    return found


async def log_out(place: Place, token: str) -> None:
    status, _ = await place.post("/api/auth/logout", {}, token)
    assert status == 200


def expiring(node: Node, token: str, seconds: float = 3) -> str:
    """Return a token like another one, which expires sooner; times in tokens are whole seconds."""
    tokens = node.deps.tokens
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    return tokens.issue(msgspec.structs.replace(tokens.read(token), expires_at=until))


async def over(node: Node, token: str) -> None:
    """Wait until a token has expired."""
    left = node.deps.tokens.read(token).expires_at - datetime.now(UTC)
    await asyncio.sleep(max(0.0, left.total_seconds()) + 0.1)


async def is_refused(screen: Phone, node: int, why: str) -> None:
    """Try to come back; nothing may be given back, and nothing heard."""
    heard = len(screen.heard)
    with pytest.raises(PermissionError, match=why):
        await screen.connect(node=node)
    assert len(screen.heard) == heard
    await screen.ws.close()


async def gone_at_once(*clients: Client) -> None:
    async with within(AT_ONCE):
        await asyncio.gather(*(client.gone.wait() for client in clients))


# auth:refresh


async def test_who_refreshes_in_time_hears_of_no_expiry(place: Place, nodes: list[Node]) -> None:
    token = await place.login("waiter")
    clients = [await place.client(expiring(nodes[0], token), node) for node in range(2)]
    late = await place.client(expiring(nodes[0], token))
    for client in clients:
        assert (await client.ask("auth:refresh", {"token": token}))["ok"]
    await late.hears("auth:expired")
    for client in clients:
        await client.settled()
        assert not client.named("auth:expired")
        assert not client.gone.is_set()


async def test_a_token_that_is_over_refreshes_nothing(place: Place, nodes: list[Node]) -> None:
    mine, over = (await log_in(place))["accessToken"], (await log_in(place))["accessToken"]
    expired = expiring(nodes[0], mine, -5)
    await log_out(place, over)
    for node in range(2):
        client = await place.client(mine, node)
        await client.send("join:waiter", restaurantId=place.id)
        assert code(await client.ask("auth:refresh", {"token": expired})) == "TOKEN_EXPIRED"
        assert code(await client.ask("auth:refresh", {"token": over})) == "UNAUTHORIZED"
        order = await place_order(place, await place.guest())
        await client.hears("order:new", lambda data, wanted=order["id"]: data["id"] == wanted)


async def test_a_connection_ends_with_the_login_it_was_refreshed_by(place: Place) -> None:
    """The one it came in by is over and done with."""
    first, second = [(await log_in(place))["accessToken"] for _ in range(2)]
    clients = [await place.client(first, node) for node in range(2)]
    for client in clients:
        assert (await client.ask("auth:refresh", {"token": second}))["ok"]
    stayed = [await place.client(first, node) for node in range(2)]
    await log_out(place, first)
    await gone_at_once(*stayed)
    for client in clients:
        await client.settled()
    await log_out(place, second)
    await gone_at_once(*clients)


@NODES
async def test_who_may_less_now_gets_nothing_back_of_what_it_had(
    place: Place, db: asyncpg.Connection, back_at: int
) -> None:
    answer = await log_in(place)
    async with phone(place, answer["accessToken"]) as screen:
        await screen.send("join:waiter", restaurantId=place.id)
        await db.execute(
            "UPDATE staff SET tables = $2 WHERE email = $1",
            *(place.staff["waiter"]["email"], [place.tables[1]["id"]]),
        )
        body = {"refreshToken": answer["refreshToken"]}
        _, renewed = await place.post("/api/auth/refresh", body)
        await screen.send("auth:refresh", token=renewed["accessToken"])
        async with within(AT_ONCE):
            while not screen.ws.closed:
                await screen.ws.receive()
        await place_order(place, await place.guest(table=0))
        screen.token = renewed["accessToken"]
        await screen.connect(node=back_at)
        await screen.settled()
        assert not screen.recovered
        assert screen.new_orders() == []
        rooms = (await screen.send("join:waiter", restaurantId=place.id))["rooms"]
        assert f"waiter:{place.id}:{place.tables[1]['id']}" in rooms
        assert f"waiter:{place.id}:*" not in rooms


# Expiry


@NODES
async def test_a_token_that_expired_meanwhile_gives_nothing_back_a_newer_one_does(
    place: Place, nodes: list[Node], back_at: int
) -> None:
    fresh = (await log_in(place))["accessToken"]
    async with phone(place, expiring(nodes[0], fresh)) as screen:
        await screen.send("join:waiter", restaurantId=place.id)
        await screen.vanish()
        order = await place_order(place, await place.guest())
        await over(nodes[0], screen.token)
        for node in range(2):
            await is_refused(screen, node, "TOKEN_EXPIRED")
        screen.token = fresh
        await screen.connect(node=back_at)
        await screen.hears(order["id"])
        assert screen.recovered
        assert screen.new_orders() == [order["id"]]


async def test_in_its_last_seconds_it_comes_back_with_a_newer_token_only(
    place: Place, nodes: list[Node]
) -> None:
    fresh = (await log_in(place))["accessToken"]
    async with phone(place, expiring(nodes[0], fresh)) as screen:
        await screen.send("join:waiter", restaurantId=place.id)
        async with asyncio.timeout(60):
            while "auth:expired" not in [name for name, _, _ in screen.heard]:
                await screen.settled()
                await asyncio.sleep(0.1)
        await screen.vanish()
        await is_refused(screen, 1, "TOKEN_EXPIRED")
        screen.token = fresh
        await screen.connect(node=1)
        await screen.settled()
        assert screen.recovered
        assert [name for name, _, _ in screen.heard].count("auth:expired") == 1


# Revocation


async def test_nobody_comes_back_by_a_login_that_is_over(
    place: Place, db: asyncpg.Connection
) -> None:
    out = (await log_in(place))["accessToken"]
    blocked = (await log_in(place, "kitchen"))["accessToken"]
    guest = (await place.scan(table=1))["token"]
    async with phone(place, out) as a, phone(place, blocked) as b, phone(place, guest) as c:
        await a.send("join:waiter", restaurantId=place.id)
        await b.send("join:kitchen", restaurantId=place.id)
        await c.send("join:table")
        for screen in (a, b, c):
            await screen.vanish()
        await place_order(place, await place.guest())
        await log_out(place, out)
        await db.execute(
            "UPDATE staff SET deleted_at = now() WHERE email = $1", place.staff["kitchen"]["email"]
        )
        path = f"/api/tables/{place.tables[1]['id']}/close"
        assert (await place.post(path, {}, await place.login("manager")))[0] == 200
        for node in range(2):
            await is_refused(a, node, "UNAUTHORIZED")
            await is_refused(b, node, "UNAUTHORIZED")
            await is_refused(c, node, "SESSION_CLOSED")


@pytest.fixture
async def apart(settings: Settings, cable: Relay, place: Place) -> AsyncIterator[Place]:
    """The restaurant, reached over nodes that may lose Redis."""
    fragile = msgspec.structs.replace(settings, redis_url=cable.url)
    async with AsyncExitStack() as stack:
        nodes = [await stack.enter_async_context(run_node(fragile)) for _ in range(2)]
        place.urls[:] = [f"http://127.0.0.1:{node.port}" for node in nodes]
        yield place
        for client in place._clients:
            await client.close()


async def test_a_session_ends_at_once_without_redis_and_stays_over_when_it_is_back(
    apart: Place, cable: Relay
) -> None:
    token, other = [(await log_in(apart))["accessToken"] for _ in range(2)]
    mine = [await apart.client(token, node) for node in range(2)]
    theirs = [await apart.client(other, node) for node in range(2)]
    async with phone(apart, token) as screen:
        await screen.send("join:waiter", restaurantId=apart.id)
        await screen.vanish()
        await cable.pull()
        await log_out(apart, token)
        await gone_at_once(*mine)
        for node in range(2):
            await is_refused(screen, node, "UNAUTHORIZED")
        await cable.plug()
        for client in theirs:
            await client.settled()
            await client.send("join:waiter", restaurantId=apart.id)
        for node in range(2):
            await is_refused(screen, node, "UNAUTHORIZED")
