"""Postgres restarted, killed, stopped, frozen: what fails fails at once and changes nothing."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import socketio.exceptions

from hub.embedded import Engines
from scripts.mishaps.process import Node, frozen
from state.domain.ids import new_id
from tests.client import Client
from tests.conftest import connection
from tests.place import Place
from tests.referee import Referee, Storm

pytest_plugins = ("tests.fragile",)

AT_ONCE = 2.5  # seconds
NOT_LONG = 6.0  # where nobody says no: the time to be sure, and to give up what was begun


async def test_restarted_under_load_nothing_acknowledged_is_lost(
    house: Place, fragile: Engines, referee: Referee
) -> None:
    for node in range(2):
        await referee.screen(node)
    async with Storm(house) as storm:
        for _ in range(3):
            await storm.places(10)
            await fragile.restart_postgres()
    await referee.judge(storm)
    assert storm.slowest < AT_ONCE


async def test_all_connections_cut_under_load_are_made_anew(
    house: Place, fragile: Engines, referee: Referee
) -> None:
    for node in range(2):
        await referee.screen(node)
    async with connection(fragile.database_url) as conn, Storm(house) as storm:
        for _ in range(5):
            await storm.places(10)
            await conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
    await referee.judge(storm)
    assert storm.slowest < AT_ONCE


async def test_while_it_is_stopped_everything_fails_at_once_and_changes_nothing(
    house: Place, pair: list[Node], fragile: Engines, referee: Referee
) -> None:
    waiter, cook = await house.waiter(), await house.worker("kitchen")
    token = (await house.scan())["token"]
    screen = await referee.screen(0)
    command = {"tableId": house.tables[0]["id"], "items": [house.line()], "commandId": new_id()}
    await fragile.stop_postgres()

    await refused_at_once(waiter, "order:create", command)
    await refused_at_once(cook, "join:kitchen", {"restaurantId": house.id})
    with at_once():
        assert await refused_at_the_door(pair[0].url, token) == "UNAVAILABLE"
    with at_once():
        status, answer = await house.post("/api/orders", command, await house.login("waiter"))
    assert (status, answer["error"]["code"]) == (503, "UNAVAILABLE")
    with at_once():
        assert await pair[0].readiness() == 503

    await fragile.start_postgres()
    await pair[0].ready()
    assert screen.seqs() == []
    order = await waiter.send("order:create", **command)
    assert await waiter.send("order:create", **command) == order
    assert order["orderNumber"] == 1
    await cook.send("join:kitchen", restaurantId=house.id)
    await referee.judge()


async def test_a_command_that_got_no_answer_happens_once_however_often_it_is_sent(
    house: Place, fragile: Engines, referee: Referee
) -> None:
    """Each waiter asks both nodes at the same time, and goes on until both say yes."""
    screen = await referee.screen(0)
    waiters = [await house.worker("waiter", node) for node in range(2)]
    names = [new_id() for _ in range(8)]
    commands = [
        {"tableId": house.tables[place]["id"], "items": [house.line()], "commandId": name}
        for place, name in enumerate(names)
    ]
    asking = [asyncio.create_task(insist(waiter, commands)) for waiter in waiters for _ in range(2)]
    await screen.client.hears("order:new")
    await fragile.restart_postgres()
    answers = await asyncio.gather(*asking)
    assert all(answer == answers[0] for answer in answers)
    assert sorted(order["orderNumber"] for order in answers[0]) == list(range(1, 9))
    await referee.judge()


async def test_frozen_commands_fail_at_once_and_succeed_when_it_goes_on(
    house: Place, fragile: Engines, referee: Referee
) -> None:
    for node in range(2):
        await referee.screen(node)
    async with Storm(house, waiters=16) as storm:
        await storm.places(10)
        with frozen(fragile.postgres_pid):
            await storm.is_refused("UNAVAILABLE", 16)
        await storm.places(10)
    await referee.judge(storm)
    assert storm.slowest < NOT_LONG


@contextmanager
def at_once() -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < AT_ONCE


async def refused_at_once(client: Client, name: str, payload: object) -> None:
    with at_once():
        error = await client.refused(name, payload)
    assert error["code"] == "UNAVAILABLE"


async def refused_at_the_door(url: str, token: str) -> str:
    """Return the code of the refusal to connect."""
    client = Client(url, token)
    told: list[dict[str, str]] = []
    client.sio.on("connect_error", told.append)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect()
    await client.close()
    return told[0]["data"]["code"]


async def insist(client: Client, commands: list[dict[str, object]]) -> list[dict[str, object]]:
    """Send each command until it is accepted; return the answers."""
    answers = []
    for command in commands:
        while not (ack := await client.ask("order:create", command))["ok"]:
            assert ack["error"]["code"] == "UNAVAILABLE"
        answers.append(ack["data"])
    return answers
