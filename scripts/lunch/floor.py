"""The floor: waiters who answer, serve, fire courses and settle, and a manager who decides."""

import random
from collections.abc import Iterator
from functools import partial
from typing import Any

from scripts.lunch.crew import Crew, Job
from scripts.lunch.dishes import Card
from scripts.lunch.kitchen import RACES, Pause
from scripts.lunch.line import Line
from scripts.lunch.screen import Doc

HANDS = 6  # errands a waiter has in mind at once
WALK = (0.2, 0.8)
STROLL = (6.0, 15.0)  # between two orders taken, or two decisions of the manager
AT_WORK = {"QUEUED", "PREPARING", "READY"}


class Waiter:
    """Works for the tables `mine`; `seated` holds those where guests are, and stay."""

    def __init__(
        self,
        line: Line,
        mine: set[str],
        seated: set[str],
        card: Card,
        rng: random.Random,
        pause: Pause,
    ) -> None:
        self._line, self._mine, self._seated = line, mine, seated
        self._card, self._rng, self._pause = card, rng, pause
        self.work = Crew(HANDS, self._jobs).work

    async def stroll(self) -> None:
        """Take an order now and then from guests who would rather be asked, or move one."""
        while True:
            await self._pause(*STROLL)
            at_home = sorted(self._mine & self._seated)
            if len(at_home) > 1 and self._rng.random() < 0.3:
                await self._transfer(at_home)
            elif at_home:
                table, lines = self._rng.choice(at_home), self._card.lines(self._rng)
                await self._line.order({"ITEM_UNAVAILABLE"}, tableId=table, items=lines)

    async def _transfer(self, tables: list[str]) -> None:
        old, new = self._rng.sample(tables, 2)
        orders = [o for o in self._orders() if o["tableId"] == old and o["status"] != "DELIVERED"]
        if orders:
            order_id = self._rng.choice(orders)["id"]
            await self._line.ask("order:transfer", RACES, orderId=order_id, tableId=new)

    def _orders(self) -> list[Doc]:
        return [o for o in self._line.screen.orders.values() if o["tableId"] in self._mine]

    def _unanswered(self) -> list[Doc]:
        alerts = self._line.screen.alerts.values()
        return [a for a in alerts if a["status"] == "RAISED" and a["tableId"] in self._mine]

    def _jobs(self) -> Iterator[Job]:
        screen = self._line.screen
        for alert in self._unanswered():
            yield ("ack", alert["id"]), self._do("alert:ack", alertId=alert["id"])
        for request in screen.requests.values():
            if request["tableId"] in self._mine:
                yield from self._answer(request)
        for order in self._orders():
            yield from self._bring(order)

    def _answer(self, request: Doc) -> Iterator[Job]:
        step = "service:ack" if request["status"] == "REQUESTED" else "service:done"
        yield (step, request["id"]), self._do(step, requestId=request["id"])

    def _bring(self, order: Doc) -> Iterator[Job]:
        called = any(a["orderId"] == order["id"] for a in self._unanswered())
        for item in order["items"]:
            if item["status"] == "READY" and not called:
                key = ("serve", item["id"], item["version"])
                yield key, self._do("item:serve", orderId=order["id"], itemId=item["id"])
        statuses = {item["status"] for item in order["items"]}
        if "HELD" in statuses and not statuses & AT_WORK:
            course = min(i["course"] for i in order["items"] if i["status"] == "HELD")
            key = ("fire", order["id"], order["version"])
            yield key, self._do("course:fire", orderId=order["id"], course=course)
        if order["status"] == "DELIVERED" and int(order["id"][-1], 16) % 3 == 0:
            key = ("settle", order["id"], order["version"])
            status = {"orderId": order["id"], "status": "completed"}
            yield key, self._do("order:updateStatus", **status)

    def _do(self, name: str, **payload: Any) -> partial[Any]:
        return partial(self._errand, name, payload)

    async def _errand(self, name: str, payload: dict[str, Any]) -> None:
        await self._pause(*WALK)
        await self._line.ask(name, RACES, **payload)


class Manager:
    """Cancels, voids and has things cooked again, with a reason."""

    def __init__(self, line: Line, mine: set[str], rng: random.Random, pause: Pause) -> None:
        self._line, self._mine, self._rng, self._pause = line, mine, rng, pause

    async def work(self) -> None:
        while True:
            await self._pause(*STROLL)
            orders = [o for o in self._line.screen.orders.values() if o["tableId"] in self._mine]
            if orders:
                await self._decide(self._rng.choice(orders))

    async def _decide(self, order: Doc) -> None:
        item = self._rng.choice(order["items"])
        about = {"orderId": order["id"], "reason": "the guest changed their mind"}
        if item["status"] in ("READY", "SERVED"):
            await self._line.ask("item:remake", RACES, **about, itemId=item["id"])
        elif item["status"] in ("QUEUED", "PREPARING"):
            await self._line.ask("item:void", RACES, **about, itemId=item["id"])
        elif order["status"] in ("PENDING", "CONFIRMED"):
            await self._line.ask("order:cancel", RACES, **about)
