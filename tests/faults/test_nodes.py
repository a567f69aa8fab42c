"""Nodes that die, freeze or are asked to leave."""

import asyncio

import asyncpg
import psutil
import pytest

from handlers import orders
from handlers.deps import Deps
from handlers.unit import carry_out
from hub.embedded import Engines
from hub.sweeper import LOCK
from scripts.mishaps.process import Node, frozen
from state.domain.commands import CreateOrder, LineRequest
from state.store.pool import create_pool
from tests.conftest import connection
from tests.place import Place
from tests.referee import Referee, Storm

pytest_plugins = ("tests.fragile",)

PATIENCE = 60.0  # seconds


async def order(house: Place, deps: Deps, table: int = 0) -> None:
    """Place an order on a node of the test's own."""
    actor = deps.tokens.read(await house.login("waiter"))
    line = LineRequest(menu_item_id=house.dish("grill")["id"])
    cmd = CreateOrder(table_id=house.tables[table]["id"], items=(line,))
    await carry_out(orders.create, cmd, actor, deps)


async def test_what_a_node_committed_and_did_not_publish_is_shown_by_the_others(
    house: Place, silent: Deps, referee: Referee
) -> None:
    screens = [await referee.screen(node) for node in range(2)]
    for table in range(3):
        await order(house, silent, table)
    await asyncio.gather(*(screen.client.hears("order:new") for screen in screens))
    await order(house, silent)
    async with Storm(house) as storm:  # others go on before the sweeper has come
        await storm.places(10)
    await referee.judge(storm)


async def test_both_nodes_killed_and_started_again_still_have_everything(
    house: Place, pair: list[Node], referee: Referee
) -> None:
    screens = [await referee.screen(node) for node in range(2)]
    async with Storm(house) as storm:
        await storm.places(10)
        await asyncio.gather(*(node.kill() for node in pair))
        await asyncio.gather(*(node.start() for node in pair))
        await asyncio.gather(*(screen.open(node) for node, screen in enumerate(screens)))
        await storm.places(10)
    await referee.judge(storm)


async def test_a_node_that_froze_inside_a_command_does_not_hold_up_the_others_for_long(
    house: Place, fragile: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("state.store.pool.IDLE_SECONDS", 1.0)
    waiter = await house.waiter()
    async with (
        await create_pool(fragile.database_url) as pool,
        pool.acquire() as conn,
    ):
        await conn.execute("BEGIN")
        await conn.execute("UPDATE restaurants SET seq = seq + 1 WHERE id = $1", house.id)
        await waiter.send("order:create", tableId=house.tables[0]["id"], items=[house.line()])


async def test_another_node_sweeps_when_the_one_that_did_is_frozen(
    house: Place, pair: list[Node], silent: Deps, referee: Referee
) -> None:
    leader = await sweeping(pair, silent)
    screen = await referee.screen(1 - leader)
    pair[leader].freeze()
    await order(house, silent)
    await screen.client.hears("order:new")
    pair[leader].thaw()
    await referee.judge()


async def sweeping(pair: list[Node], deps: Deps) -> int:
    """Return which of the nodes holds the sweepers' lock, once one does."""
    holder = (
        "SELECT client_port FROM pg_stat_activity JOIN pg_locks USING (pid)"
        " WHERE locktype = 'advisory' AND objid = $1"
    )
    async with asyncio.timeout(PATIENCE):
        while (port := await deps.pool.fetchval(holder, LOCK)) is None:
            pass
    return next(place for place, node in enumerate(pair) if port in ports(node))


def ports(node: Node) -> list[int]:
    """Return the ports of a node's connections."""
    assert node.process is not None
    connections = psutil.Process(node.process.pid).net_connections()
    return [connection.laddr.port for connection in connections]


async def test_a_node_leaves_in_time_though_its_engines_say_nothing(
    house: Place, pair: list[Node], fragile: Engines
) -> None:
    waiter = await house.waiter()
    command = {"tableId": house.tables[0]["id"], "items": [house.line()]}
    with frozen(fragile.postgres_pid), frozen(fragile.valkey_pid):
        asked = asyncio.create_task(waiter.try_to("order:create", command))
        assert await pair[0].readiness() == 503
        assert await pair[0].terminate() == 0
    answer = await asked
    assert answer is None or answer["error"]["code"] == "UNAVAILABLE"


async def test_commands_in_hand_are_answered_before_a_node_leaves(
    house: Place, pair: list[Node], fragile: Engines
) -> None:
    waiters = [await house.worker("waiter") for _ in range(3)]
    async with connection(fragile.database_url) as conn, conn.transaction():
        await conn.execute("SELECT FROM restaurants WHERE id = $1 FOR UPDATE", house.id)
        asked = [
            asyncio.create_task(waiter.send("order:create", tableId=table["id"], items=[line]))
            for waiter, table, line in zip(waiters, house.tables, [house.line()] * 3, strict=False)
        ]
        await blocked(conn)
        left = asyncio.create_task(pair[0].terminate())
        notice, _ = await waiters[0].hears("server:draining")
        refused = await pair[0].readiness()
    assert sorted(order["orderNumber"] for order in await asyncio.gather(*asked)) == [1, 2, 3]
    assert refused == 503
    assert 0 <= notice["reconnectInMs"] <= 5000
    assert await left == 0


async def blocked(conn: asyncpg.Connection) -> None:
    """Wait until a command waits for a lock of ours."""
    async with asyncio.timeout(PATIENCE):
        while not await conn.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            pass
