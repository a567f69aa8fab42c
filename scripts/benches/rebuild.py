"""How soon a restaurant is itself again after Redis was emptied."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from time import perf_counter
from typing import Any
from uuid import uuid4

from handlers import livelog
from scripts.benches.numbers import medians
from scripts.benches.options import Options
from scripts.benches.orders import plain_dishes
from scripts.benches.stage import Stage
from scripts.benches.wire import Wire
from state.live import client
from state.store.pool import create_pool

ROUNDS_MORE = 4  # a rebuild is short, and its time scatters


async def run(ground: Stage, options: Options) -> AsyncIterator[dict[str, Any]]:
    place = await ground.add_restaurant(options.guests)
    await _order(ground, place, options.orders)
    rid = place["restaurantId"]
    token = await ground.staff_token(place, "kitchen")
    redis = client.connect(ground.engines.redis_url)
    pool = await create_pool(ground.engines.database_url)

    async def join() -> None:
        await _first_board(ground, token, rid)

    async def restore() -> None:
        await livelog.restore(pool, redis, rid)

    found = []
    for _ in range(options.rounds * ROUNDS_MORE):
        warm = await _timed(join)
        await redis.flushall()
        cold = await _timed(join)
        await redis.flushall()
        alone = await _timed(restore)
        found.append({"joinWarmMs": warm, "joinEmptiedMs": cold, "restoreAloneMs": alone})
    await pool.close()
    await redis.aclose()
    yield {"openOrders": options.orders, **medians(found), "rounds": len(found)}


async def _order(ground: Stage, place: dict[str, Any], orders: int) -> None:
    """Fill the restaurant with open orders of two dishes each."""
    dishes = [{"menuItemId": dish} for dish in plain_dishes(place)]
    tables = place["tables"]

    async def visit(number: int) -> None:
        token = await ground.guest_token(tables[number])
        wire = await Wire().connect(ground.http, ground.urls[0], token)
        for _ in range(number, orders, len(tables)):
            await wire.must("order:create", {"items": dishes, "commandId": str(uuid4())})
        await wire.close()

    await asyncio.gather(*(visit(number) for number in range(min(len(tables), orders))))


async def _first_board(ground: Stage, token: str, rid: str) -> None:
    """Connect, join the kitchen, and wait for the board."""
    board = asyncio.get_running_loop().create_future()

    def hear(text: str) -> None:
        if text.startswith('42["orders:pending"') and not board.done():
            board.set_result(text)

    wire = await Wire(hear).connect(ground.http, ground.urls[0], token)
    await wire.must("join:kitchen", {"restaurantId": rid})
    await board
    await wire.close()


async def _timed(do: Callable[[], Awaitable[None]]) -> float:
    began = perf_counter()
    await do()
    return round((perf_counter() - began) * 1000, 2)
