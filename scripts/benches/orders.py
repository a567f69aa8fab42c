"""Orders acknowledged, so committed and synced: at several loads offered, and as many as can be.

Under a load guests order by the clock, whether or not the hub keeps up, and are timed from when
they meant to. For as many as can be, each guest orders again as soon as the last order is there;
at last with a kitchen for each restaurant at the other node, until the last order was heard there.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any
from uuid import uuid4

from scripts.benches.numbers import medians, spent_each, timings
from scripts.benches.options import Options
from scripts.benches.stage import Stage
from scripts.benches.wire import Wire

WARM_UP = 0.2  # of a run, at its beginning, is not counted
LATEST_SECONDS = 60.0  # for the last order to be heard of


class Guest:
    """A guest who orders the same two dishes again as soon as the last order is acknowledged."""

    def __init__(self, wire: Wire, dishes: list[str]) -> None:
        self._wire = wire
        self._items = [{"menuItemId": dish, "quantity": 1} for dish in dishes]
        self.acks: list[tuple[float, float]] = []  # when, and how long it took
        self.refused = 0

    def forget(self) -> None:
        self.acks.clear()
        self.refused = 0

    async def order_until(self, end: float) -> None:
        while (now := perf_counter()) < end:
            await self.order_at(now)

    async def order_at(self, moment: float) -> None:
        await asyncio.sleep(moment - perf_counter())
        order = {"items": self._items, "commandId": str(uuid4())}
        answer = await self._wire.ask("order:create", order)
        if answer.ok:
            done = perf_counter()
            self.acks.append((done, done - moment))
        else:  # a hub with too much to do says so
            self.refused += 1


async def run(ground: Stage, options: Options) -> AsyncIterator[dict[str, Any]]:
    crowds = await _crowds(ground, options)
    cases = [(1, options.restaurants, load) for load in options.loads]
    cases += [(*case, 0) for case in crowds]
    runs: dict[tuple[int, int, int], list[dict[str, float]]] = {case: [] for case in cases}
    heard = []
    for _ in range(options.rounds):
        for nodes, restaurants, load in cases:
            await ground.settle()
            crowd = crowds[nodes, restaurants]
            found = await _measure(ground, crowd, load, options.seconds)
            runs[nodes, restaurants, load].append(found)
        await ground.settle()
        heard.append(await _whole_path(ground, crowds[1, options.restaurants], options))
    for (nodes, restaurants, load), results in runs.items():
        about = {"nodes": nodes, "restaurants": restaurants, "guests": options.guests}
        offered = load or "as many as can be"
        yield {
            **about,
            "offeredPerSecond": offered,
            **medians(results),
            "rounds": options.rounds,
            "seconds": options.seconds,
        }
    about = {"kitchensAtTheOtherNode": options.restaurants, "guests": options.guests}
    yield {**about, **medians(heard), "rounds": options.rounds, "seconds": options.seconds}


async def _crowds(ground: Stage, options: Options) -> dict[tuple[int, int], list[Guest]]:
    """Return the guests of each case, by the number of nodes and of restaurants."""
    crowds: dict[tuple[int, int], list[Guest]] = {}
    for restaurants in (options.restaurants, 1):
        each = -(-options.guests // restaurants)
        places = [await ground.add_restaurant(each) for _ in range(restaurants)]
        seats = [(place, table) for table in range(each) for place in places][: options.guests]
        tokens = [await ground.guest_token(place["tables"][table]) for place, table in seats]
        for nodes in (1, 2):
            crowds[nodes, restaurants] = [
                await sit_down(ground, ground.urls[number % nodes], token, seat[0])
                for number, (token, seat) in enumerate(zip(tokens, seats, strict=True))
            ]
    return crowds


async def sit_down(ground: Stage, url: str, token: str, place: dict[str, Any]) -> Guest:
    wire = await Wire().connect(ground.http, url, token)
    await wire.must("join:table", {})
    return Guest(wire, plain_dishes(place))


def plain_dishes(place: dict[str, Any]) -> list[str]:
    """Return two dishes that need no choices, of two stations."""
    plain = {d["station"]: d["id"] for d in place["menu"] if not d["requiresModifiers"]}
    return list(plain.values())[:2]


async def _measure(
    ground: Stage, crowd: list[Guest], load: int, seconds: float
) -> dict[str, float]:
    for guest in crowd:
        guest.forget()
    transactions, before = await ground.transactions(), ground.cpu()
    began = perf_counter()
    warm, end = began + seconds * WARM_UP, began + seconds * (1 + WARM_UP)
    await (_by_the_clock(crowd, load, began, end) if load else _without_a_pause(crowd, end))
    after, done = ground.cpu(), perf_counter()
    # To the last ack, which comes after the end: however slow the hub is, some are counted.
    acks = [took for guest in crowd for at, took in guest.acks if at >= warm]
    everything = sum(len(guest.acks) for guest in crowd)
    transactions = await ground.transactions() - transactions
    return {
        "ordersPerSecond": round(len(acks) / (done - warm), 1),
        **timings("ack", acks),
        "refused": sum(guest.refused for guest in crowd),
        "transactionsPerOrder": round(transactions / max(1, everything), 2),
        **spent_each(before, after, everything),
        "clientCores": round((after["client"] - before["client"]) / (done - began), 2),
    }


async def _whole_path(ground: Stage, crowd: list[Guest], options: Options) -> dict[str, float]:
    """Return the rate at which orders are acknowledged and heard in a kitchen."""
    for guest in crowd:
        guest.forget()
    async with _kitchens(ground, options.restaurants) as heard:
        before, began = ground.cpu(), perf_counter()
        await _without_a_pause(crowd, began + options.seconds)
        acknowledged = perf_counter()
        orders = sum(len(guest.acks) for guest in crowd)
        async with asyncio.timeout(LATEST_SECONDS):
            while len(heard) < orders:  # noqa: ASYNC110 - the kitchens only count
                await asyncio.sleep(0.01)
        after, done = ground.cpu(), max(acknowledged, *heard)
    return {
        "ordersPerSecond": round(orders / (acknowledged - began), 1),
        "heardPerSecond": round(orders / (done - began), 1),
        "lastHeardAfterMs": round((done - acknowledged) * 1000, 1),
        **spent_each(before, after, orders),
    }


@asynccontextmanager
async def _kitchens(ground: Stage, count: int) -> AsyncIterator[list[float]]:
    """Yield the moments at which new orders were heard of, each by its kitchen."""
    heard: list[float] = []

    def hear(text: str) -> None:
        if text.startswith('42["order:new"'):
            heard.append(perf_counter())

    kitchens = []
    for place in ground.restaurants[:count]:
        token = await ground.staff_token(place, "kitchen")
        kitchen = await Wire(hear).connect(ground.http, ground.urls[1], token)
        await kitchen.must("join:kitchen", {"restaurantId": place["restaurantId"]})
        kitchens.append(kitchen)
    yield heard
    for kitchen in kitchens:
        await kitchen.close()


async def _without_a_pause(crowd: list[Guest], end: float) -> None:
    await asyncio.gather(*(guest.order_until(end) for guest in crowd))


async def _by_the_clock(crowd: list[Guest], load: int, began: float, end: float) -> None:
    count = max(1, round(load * (end - began)))
    taps = [began + number / load for number in range(count)]
    await asyncio.gather(*(crowd[n % len(crowd)].order_at(at) for n, at in enumerate(taps)))
