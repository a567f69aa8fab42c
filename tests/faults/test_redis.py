"""Redis emptied, stopped, frozen, set back in time: a pause for the screens, nothing for orders."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis

from hub.embedded import Engines
from scripts.mishaps.process import Node, frozen
from state.live import keys
from tests.conftest import connection
from tests.place import Place
from tests.referee import Referee, Storm

pytest_plugins = ("tests.fragile",)

AT_ONCE = 2.5  # seconds
NOT_LONG = 8.0  # where it says nothing: the time to be sure


async def ask(engines: Engines, *command: str) -> None:
    async with Redis.from_url(engines.redis_url) as client:
        await client.execute_command(*command)


async def test_emptied_under_load_nothing_is_lost(
    house: Place, fragile: Engines, referee: Referee
) -> None:
    for node in range(2):
        await referee.screen(node)
    async with Storm(house) as storm:
        for _ in range(5):
            await storm.places(10)
            await ask(fragile, "FLUSHALL")
            await referee.screen(0)
    await referee.judge(storm)
    assert not storm.refused


async def test_emptied_while_nothing_happens_a_newcomer_still_sees_every_order(
    house: Place, fragile: Engines, referee: Referee
) -> None:
    async with Storm(house) as storm:
        await storm.places(5)
    await ask(fragile, "FLUSHALL")
    screen = await referee.screen(0)
    assert screen.board().keys() == {order["id"] for order in storm.placed.values()}
    await referee.judge(storm)


async def test_stopped_commands_go_on_and_newcomers_see_them(
    house: Place, fragile: Engines, referee: Referee
) -> None:
    for node in range(2):
        await referee.screen(node)
    async with Storm(house) as storm:
        await storm.places(10)
        await fragile.stop_valkey()
        await storm.goes_on(1)
        placed = {order["id"] for order in storm.placed.values()}
        assert (await referee.screen(0)).board().keys() >= placed
        await storm.goes_on(1)
        await fragile.start_valkey(empty=True)
        await storm.places(10)
    await referee.judge(storm)
    assert not storm.refused
    assert storm.slowest < AT_ONCE


async def test_killed_and_back_older_than_it_was_the_last_events_are_put_in_again(
    house: Place, fragile: Engines, referee: Referee
) -> None:
    for node in range(2):
        await referee.screen(node)
    async with Storm(house) as storm:
        await storm.places(10)
        await fragile.kill_valkey()
        await fragile.start_valkey()
        await storm.places(10)
    await referee.judge(storm)


async def test_set_back_by_hours_newcomers_see_the_present_and_nothing_comes_twice(
    house: Place, fragile: Engines, referee: Referee
) -> None:
    screen = await referee.screen(0)
    async with Storm(house) as storm:
        await storm.places(5)
    await screen.client.settled()
    async with set_back(fragile):
        async with Storm(house) as later:
            await later.places(5)
        await long_ago(fragile, house)
    await referee.screen(1)
    await referee.judge(storm, later)


async def test_set_back_by_hours_it_is_mended_also_where_nobody_joins(
    house: Place, fragile: Engines
) -> None:
    async with Storm(house) as storm:
        await storm.places(5)
    async with set_back(fragile):
        async with Storm(house) as later:
            await later.places(5)
        await swept(fragile)
        await long_ago(fragile, house)
    placed = {order["id"] for order in (storm.placed | later.placed).values()}
    async with asyncio.timeout(60):
        while await shown(house) != placed:
            pass


async def swept(engines: Engines) -> None:
    """Wait until a sweep has begun."""
    async with Redis.from_url(engines.redis_url) as client, asyncio.timeout(60):
        mark = await client.get(keys.SWEPT)
        while await client.get(keys.SWEPT) == mark:
            pass


async def shown(house: Place) -> set[str]:
    """Return the ids of the active orders as HTTP tells them."""
    _, answer = await house.get(f"/api/restaurants/{house.id}/orders", await house.login("waiter"))
    return {order["id"] for order in answer["orders"]}


@asynccontextmanager
async def set_back(engines: Engines) -> AsyncIterator[None]:
    """Let Redis forget, as one that is restored from a backup, what happens within the context."""
    await engines.stop_valkey()
    backup = engines.valkey.data.with_suffix(".backup")
    shutil.copytree(engines.valkey.data, backup)
    await engines.start_valkey()
    yield
    await engines.stop_valkey()
    engines.valkey.forget()
    backup.rename(engines.valkey.data)
    await engines.start_valkey()


async def long_ago(engines: Engines, house: Place) -> None:
    """Let it be an hour since anything happened."""
    async with connection(engines.database_url) as conn:
        await conn.execute(
            "UPDATE restaurants SET seq_at = seq_at - interval '1 hour' WHERE id = $1", house.id
        )


async def test_frozen_commands_are_answered_at_once_and_screens_follow(
    house: Place, fragile: Engines, referee: Referee
) -> None:
    for node in range(2):
        await referee.screen(node)
    async with Storm(house, waiters=1) as storm:
        await storm.places(10)
        with frozen(fragile.valkey_pid):
            await storm.places(20)
            began = time.monotonic()
            await referee.screen(1)
            assert time.monotonic() - began < NOT_LONG
        await storm.places(10)
    await referee.judge(storm)
    assert storm.slowest < AT_ONCE


async def test_full_commands_go_on_and_screens_follow_when_there_is_room_again(
    house: Place, fragile: Engines, referee: Referee
) -> None:
    """It can be read still, but what it says is no longer the present."""
    await referee.screen(0)
    async with Storm(house) as storm:
        await storm.places(10)
        await ask(fragile, "CONFIG", "SET", "maxmemory", "1kb")
        try:
            await storm.places(20)
            placed = {order["id"] for order in storm.placed.values()}
            assert (await referee.screen(1)).board().keys() >= placed  # the first one there
        finally:
            await ask(fragile, "CONFIG", "SET", "maxmemory", "0")
        await storm.places(10)
    await referee.judge(storm)
    assert not storm.refused


async def test_subscriptions_cut_again_and_again_leave_no_gap(
    house: Place, fragile: Engines, referee: Referee
) -> None:
    for node in range(2):
        await referee.screen(node)
    async with Storm(house) as storm:
        for _ in range(5):
            await storm.places(10)
            await ask(fragile, "CLIENT", "KILL", "TYPE", "pubsub")
    await referee.judge(storm)


async def test_both_engines_restarted_at_once_nothing_is_lost(
    house: Place, fragile: Engines, referee: Referee
) -> None:
    for node in range(2):
        await referee.screen(node)
    async with Storm(house) as storm:
        await storm.places(10)
        await asyncio.gather(fragile.stop_valkey(), fragile.stop_postgres())
        await storm.is_refused("UNAVAILABLE", 10)
        await asyncio.gather(fragile.start_valkey(), fragile.start_postgres())
        await storm.places(10)
    await referee.judge(storm)


async def test_a_node_started_without_it_works_and_is_not_ready_until_it_is_there(
    house: Place, pair: list[Node], fragile: Engines, referee: Referee
) -> None:
    await pair[1].kill()
    await fragile.stop_valkey()
    pair[1].launch()
    await pair[1].listens()
    assert await pair[1].readiness() == 503
    await referee.screen(1)
    async with Storm(house) as storm:
        await storm.places(5)
        await fragile.start_valkey()
        await pair[1].ready()
    await referee.judge(storm)
