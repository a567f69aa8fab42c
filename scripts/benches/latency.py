"""From a guest's tap on one node to the kitchen's screen on the other, at several loads offered.

Guests tap by the clock, whether or not the hub keeps up, and are timed from when they meant to.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from time import perf_counter
from typing import Any
from uuid import uuid4

from scripts.benches.numbers import medians, spent_each, timings
from scripts.benches.options import Options
from scripts.benches.orders import plain_dishes
from scripts.benches.stage import Stage
from scripts.benches.wire import Ear, Wire

GUESTS_NODE, KITCHEN_NODE = 0, 1
LATEST_SECONDS = 60.0  # for the last order to be heard of


class Tapper:
    def __init__(self, wire: Wire, dishes: list[str]) -> None:
        self._wire = wire
        self._items = [{"menuItemId": dish, "quantity": 1} for dish in dishes]

    async def tap(self, at: float, mark: str) -> float | None:
        """Order at a moment; return how long after it the ack came, None when it said no."""
        await asyncio.sleep(at - perf_counter())
        order = {"items": self._items, "note": mark, "commandId": mark}
        answer = await self._wire.ask("order:create", order)
        return perf_counter() - at if answer.ok else None


async def run(ground: Stage, options: Options) -> AsyncIterator[dict[str, Any]]:
    ear, tappers = Ear(), await guests(ground, options)
    await kitchens(ground, ear)
    runs: dict[int, list[dict[str, float]]] = {load: [] for load in options.loads}
    await measure(ground, ear, tappers, options.loads[0], options.seconds)  # to warm up
    for _ in range(options.rounds):
        for load in options.loads:
            await ground.settle()
            runs[load].append(await measure(ground, ear, tappers, load, options.seconds))
    for load, found in runs.items():
        about = {"offeredPerSecond": load, "restaurants": options.restaurants}
        yield {**about, **medians(found), "rounds": options.rounds, "seconds": options.seconds}


async def guests(ground: Stage, options: Options, language: str = "") -> list[Tapper]:
    each = -(-options.guests // options.restaurants)
    tappers = []
    for _ in range(options.restaurants):
        place = await ground.add_restaurant(each)
        for table in place["tables"]:
            token = await ground.guest_token(table, language)
            wire = await Wire().connect(ground.http, ground.urls[GUESTS_NODE], token)
            await wire.must("join:table", {})
            tappers.append(Tapper(wire, plain_dishes(place)))
    return tappers


async def kitchens(ground: Stage, ear: Ear) -> None:
    for place in ground.restaurants:
        token = await ground.staff_token(place, "kitchen")
        wire = await Wire(ear.hear).connect(ground.http, ground.urls[KITCHEN_NODE], token)
        await wire.must("join:kitchen", {"restaurantId": place["restaurantId"]})


async def measure(
    ground: Stage, ear: Ear, tappers: list[Tapper], load: int, seconds: float
) -> dict[str, float]:
    count = max(1, round(load * seconds))
    began = perf_counter() + 0.1
    taps = {str(uuid4()): began + number / load for number in range(count)}
    before = ground.cpu()
    answers = await asyncio.gather(
        *(
            tappers[number % len(tappers)].tap(at, mark)
            for number, (mark, at) in enumerate(taps.items())
        )
    )
    placed = {m: took for m, took in zip(taps, answers, strict=True) if took is not None}
    with suppress(TimeoutError):
        await asyncio.wait_for(ear.all_of(placed), LATEST_SECONDS)
    spent = spent_each(before, ground.cpu(), count)
    heard = [ear.heard[mark] - taps[mark] for mark in placed if mark in ear.heard]
    return {
        **timings("tapToKitchen", heard),
        **timings("ack", list(placed.values())),
        "refused": count - len(placed),
        "unheard": len(placed) - len(heard),
        **spent,
    }
