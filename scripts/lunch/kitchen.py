"""The kitchen: cooks at their stations, and a chef who 86es, rushes, recalls and rejects."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from functools import partial
from typing import Any

from scripts.lunch.crew import Crew, Job
from scripts.lunch.dishes import Card
from scripts.lunch.line import Line
from scripts.lunch.screen import Doc

RACES = {"ILLEGAL_TRANSITION", "STALE_VERSION"}  # somebody else was faster: that is life
COOKING = (0.5, 2.5)
STIR = (2.0, 5.0)  # between two of the chef's ideas
SHOWN_SECONDS = 2.0
SOLD_OUT = (3.0, 8.0)
REASONS = ("the oven is full", "out of stock", "closing the station")

Pause = Callable[[float, float], Awaitable[None]]


class Station:
    """The cooks of one station, who share its screen."""

    def __init__(self, name: str, line: Line, hands: int, rng: random.Random, pause: Pause) -> None:
        self._name, self._line, self._rng, self._pause = name, line, rng, pause
        self._cooking: set[str] = set()
        self.work = Crew(hands, self._jobs).work

    def _jobs(self) -> Iterator[Job]:
        orders = sorted(self._line.screen.orders.values(), key=_urgency)
        for order in orders:
            for item in order["items"]:
                if item["station"] == self._name and item["id"] not in self._cooking:
                    yield from self._job(order, item)

    def _job(self, order: Doc, item: Doc) -> Iterator[Job]:
        key = (item["id"], item["version"])
        if item["status"] == "QUEUED":
            yield key, partial(self._cook, order, item)
        elif item["status"] == "PREPARING":  # called back from the pass
            yield key, partial(self._finish, order, item)

    async def _cook(self, order: Doc, item: Doc) -> None:
        self._cooking.add(item["id"])
        try:
            first = item["id"] == order["items"][0]["id"]
            if order["status"] == "PENDING" and (first or self._rng.random() < 0.05):
                await self._line.ask("order:accept", RACES, orderId=order["id"])
            if await self._step("item:start", order, item):
                await self._pause(*COOKING)
                await self._step("item:ready", order, item)
        finally:
            self._cooking.discard(item["id"])

    async def _finish(self, order: Doc, item: Doc) -> None:
        await self._pause(*COOKING)
        held = self._line.screen.orders.get(order["id"])
        if held is not None and item in held["items"]:  # else the screen was only a moment late
            await self._step("item:ready", order, item)

    async def _step(self, name: str, order: Doc, item: Doc) -> bool:
        payload = {"orderId": order["id"], "itemId": item["id"]}
        if self._rng.random() < 0.1:  # careful cooks; what they saw may be old by now
            held = self._line.screen.orders.get(order["id"], order)
            ack = await self._line.ask(name, RACES, **payload, expectedVersion=held["version"])
            if ack["ok"] or ack["error"]["code"] != "STALE_VERSION":
                return bool(ack["ok"])
        return bool((await self._line.ask(name, RACES, **payload))["ok"])


def say_what_is_shown(line: Line, restaurant_id: str) -> Callable[[], Coroutine[Any, Any, None]]:
    """Return the work of a display: to tell the hub how far it has shown the log."""

    async def work() -> None:
        while True:
            await asyncio.sleep(SHOWN_SECONDS)
            await line.ask("display:ack", restaurantId=restaurant_id, seq=line.screen.seq)

    return work


def _urgency(order: Doc) -> tuple[bool, str]:
    return order["priority"] != "RUSH", order["createdAt"]


class Chef:
    """Watches the whole kitchen."""

    def __init__(self, line: Line, card: Card, rng: random.Random, pause: Pause) -> None:
        self._line, self._card, self._rng, self._pause = line, card, rng, pause
        self.sold_out: set[str] = set()

    async def work(self) -> None:
        while True:
            await self._pause(*STIR)
            ideas = (self._sell_out, self._count, self._rush, self._recall, self._reject)
            await self._rng.choice(ideas)()

    async def bring_back(self) -> None:
        """Put every dish back on sale that was taken off."""
        for dish_id in tuple(self.sold_out):
            await self._sell(dish_id, available=True)
            self.sold_out.discard(dish_id)

    async def _sell_out(self) -> None:
        dish_id = self._rng.choice(self._card.dishes)["id"]
        self.sold_out.add(dish_id)
        await self._sell(dish_id, available=False)
        await self._pause(*SOLD_OUT)
        await self._sell(dish_id, available=True)
        self.sold_out.discard(dish_id)

    async def _count(self) -> None:
        """The last few portions: the hub counts them down."""
        dish_id = self._rng.choice(self._card.dishes)["id"]
        self.sold_out.add(dish_id)
        await self._sell(dish_id, available=True, quantity=self._rng.randint(1, 4))
        await self._pause(*SOLD_OUT)
        await self._sell(dish_id, available=True)
        self.sold_out.discard(dish_id)

    async def _sell(self, dish_id: str, **how: Any) -> None:
        await self._line.ask("menu:availability", menuItemId=dish_id, **how)

    async def _rush(self) -> None:
        await self._to_one("order:rush", {"PENDING", "CONFIRMED", "PREPARING"})

    async def _recall(self) -> None:
        await self._to_one("order:recall", {"READY"}, reason="not hot enough")

    async def _reject(self) -> None:
        await self._to_one("order:reject", {"PENDING"}, reason=self._rng.choice(REASONS))

    async def _to_one(self, name: str, statuses: set[str], **more: str) -> None:
        orders = [o for o in self._line.screen.orders.values() if o["status"] in statuses]
        if orders:
            order = self._rng.choice(orders)
            await self._line.ask(name, RACES, orderId=order["id"], **more)
