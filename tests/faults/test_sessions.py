"""Sessions that end: everyone who came in by them is let go, on every node, within a second."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
import socketio.exceptions

from handlers.tokens import Tokens
from hub.embedded import Engines
from scripts.mishaps.process import Node, Worker
from tests.client import Client
from tests.conftest import SECRET, connection
from tests.fair import within
from tests.place import Place
from tests.referee import Referee

pytest_plugins = ("tests.fragile",)

AT_ONCE = 1.0  # seconds; PROTOCOL 1
LATE = 2.0  # seconds; a machine that is busy with tests

Cut = Callable[[Engines], Awaitable[None]]


async def nothing(_: Engines) -> None:
    """A good day."""


async def cut_listeners(engines: Engines) -> None:
    """End the connections by which the nodes hear of sessions that are over."""
    async with connection(engines.database_url) as conn:
        cut = await conn.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'revocations'"
        )
    assert len(cut) == 2


async def restart_postgres(engines: Engines) -> None:
    await engines.restart_postgres()


DAYS = pytest.mark.parametrize("day", [nothing, cut_listeners, restart_postgres])


async def gone_at_once(*clients: Client) -> None:
    """Wait until the clients are disconnected, which was due a moment ago."""
    async with within(AT_ONCE + LATE):
        await asyncio.gather(*(client.gone.wait() for client in clients))


async def refused_at_the_door(url: str, token: str) -> str:
    """Return the code of the refusal to connect."""
    client = Client(url, token)
    told: list[dict[str, Any]] = []
    client.sio.on("connect_error", told.append)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect()
    await client.close()
    code: str = told[0]["data"]["code"]
    return code


async def log_in(house: Place) -> str:
    """Return the access token of a new login of the waiter."""
    who = {name: house.staff["waiter"][name] for name in ("email", "password")}
    _, answer = await house.post("/api/auth/login", who)
    token: str = answer["accessToken"]
    return token


@DAYS
async def test_a_logout_ends_its_connections_on_every_node_at_once(
    house: Place, fragile: Engines, pair: list[Node], day: Cut
) -> None:
    token, other = await log_in(house), await log_in(house)
    mine = [await house.client(token, node) for node in (0, 1, 1)]
    others = [await house.client(other, node) for node in range(2)]
    await day(fragile)
    status, _ = await house.post("/api/auth/logout", {}, token)
    assert status == 200
    await gone_at_once(*mine)
    for node in pair:
        assert await refused_at_the_door(node.url, token) == "UNAUTHORIZED"
    for client in others:
        await client.settled()


@DAYS
async def test_closing_a_table_lets_its_guests_go_on_every_node_at_once(
    house: Place, fragile: Engines, pair: list[Node], day: Cut
) -> None:
    guests = [await house.guest(table=0, node=node) for node in (0, 1, 1)]
    neighbour = await house.guest(table=1, node=1)
    manager = await house.login("manager")
    table = house.tables[0]["id"]
    _, code = await house.post(f"/api/tables/{table}/qr", {}, manager)
    await day(fragile)
    status, _ = await house.post(f"/api/tables/{table}/close", {}, manager)
    assert status == 200
    await gone_at_once(*guests)
    await neighbour.settled()
    for node, place in enumerate(pair):
        assert await refused_at_the_door(place.url, guests[0].token or "") == "SESSION_CLOSED"
        status, answer = await house.post(f"/api/scan/{code['sessionId']}", {}, node=node)
        assert (status, answer["error"]["code"]) == (410, "SESSION_CLOSED")
    again = await house.guest(table=0)
    assert (await again.send("join:table"))["orders"] == []


async def test_a_stay_that_has_expired_is_closed_by_the_worker(
    house: Place, fragile: Engines, workers: list[Worker], referee: Referee
) -> None:
    waiter = await house.waiter()
    guest, mate = await house.guest(node=0), await house.guest(node=1)
    order = await guest.send("order:create", items=[house.line()])
    manager = await house.worker("manager")
    for status in ("READY", "DELIVERED"):
        await manager.send("order:updateStatus", orderId=order["id"], status=status)
    async with connection(fragile.database_url) as conn:
        await conn.execute(
            "UPDATE table_sessions SET expires_at = now() WHERE restaurant_id = $1", house.id
        )
    closed, _ = await waiter.hears("table:statusChanged", lambda t: t["status"] == "FREE")
    assert closed["tableId"] == house.tables[0]["id"]
    await gone_at_once(guest, mate)
    done, _ = await waiter.hears("order:statusChanged", lambda o: o["status"] == "COMPLETED")
    assert done["id"] == order["id"]
    await referee.judge()
    assert len([t for t in waiter.named("table:statusChanged") if t["status"] == "FREE"]) == 1


async def test_a_guest_who_connects_while_the_table_is_closed_does_not_stay(house: Place) -> None:
    """Whichever comes first: it is refused, or let in and shown out."""
    manager = await house.login("manager")
    for number, table in enumerate(house.tables[:8]):
        token = (await house.scan(number))["token"]
        clients = [Client(house.urls[n % 2], token) for n in range(8)]
        coming = [asyncio.create_task(client.connect()) for client in clients]
        await house.post(f"/api/tables/{table['id']}/close", {}, manager)
        came = await asyncio.gather(*coming, return_exceptions=True)
        let_in = [c for c, error in zip(clients, came, strict=True) if not is_refusal(error)]
        await gone_at_once(*let_in)
        await asyncio.gather(*(client.close() for client in clients))


def is_refusal(outcome: object) -> bool:
    return isinstance(outcome, socketio.exceptions.ConnectionError)


async def test_an_expired_token_lets_its_connection_go_unless_it_brings_a_newer_one(
    place: Place, nodes: list[Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.door.GRACE_SECONDS", 0.5)
    token = await place.login("waiter")
    tokens = Tokens(SECRET)
    soon = msgspec.structs.replace(
        tokens.read(token), expires_at=datetime.now(UTC) + timedelta(seconds=2)
    )
    short = tokens.issue(soon)
    forgetful, careful = [await place.client(short, node) for node in range(2)]
    for client in (forgetful, careful):
        told, _ = await client.hears("auth:expired")
        assert told == {"disconnectInMs": 500}
    await careful.send("auth:refresh", token=token)
    await gone_at_once(forgetful)
    await careful.settled()
    assert not careful.gone.is_set()
    for node in nodes:
        assert await refused_at_the_door(f"http://127.0.0.1:{node.port}", short) == "TOKEN_EXPIRED"
