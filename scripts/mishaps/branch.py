"""One restaurant under load: who is there, and how an order goes from the tap to the bill."""

import random
from collections.abc import Sequence

import aiohttp

from scripts.lunch.dishes import Card
from scripts.lunch.facts import Facts
from scripts.lunch.house import House
from scripts.lunch.ledger import Gate, Ledger
from scripts.lunch.line import Line, Office
from scripts.lunch.screens import Screens
from scripts.mishaps.displays import Displays

STEPS = ("CONFIRMED", "READY", "DELIVERED", "COMPLETED")
LEFT = 10  # every tenth order stays at the pass, so that its alert gets louder


class Branch:
    """On each node a kitchen, a waiter and a guest; on some of them the manager, a station and,
    by the official client in JavaScript, two displays.
    """

    def __init__(
        self,
        facts: Facts,
        http: aiohttp.ClientSession,
        displays: Displays,
        display_urls: Sequence[str],
    ) -> None:
        self.ledger = Ledger()
        self.house = House(facts, http)
        # Whoever loses its node goes on to the next, as behind a balancer.
        self.screens = Screens(Office(http, self.ledger, Gate(), home_tries=0), self.house)
        self._displays, self._display_urls = displays, list(display_urls)
        self._dice = random.Random(facts.restaurant_id)
        self._orders = 0

    @property
    def id(self) -> str:
        return self.house.rid

    async def open(self) -> "Branch":
        nodes = range(len(self.house.facts.urls))
        tables = self.house.facts.tables
        self._card = Card(await self.house.menu())
        self._cooks = [await self.screens.kitchen(node) for node in nodes]
        zones = [None if node % 2 else frozenset({tables[0].id}) for node in nodes]
        self._waiters = [await self.screens.waiter(zones[node], node) for node in nodes]
        self._guests = [
            await self.screens.guest(await self.house.scan(tables[node].token, "Ada", "en"), node)
            for node in nodes
        ]
        await self.screens.restaurant(0)
        await self.screens.station(self._card.stations[0], 1)
        kinds = {opened.kind.who: opened.kind for opened in self.screens.all}
        for home, who in enumerate(("kitchen", "restaurant")):
            token = await self.house.token(kinds[who].role)
            shown = self._displays.add(kinds[who], self._display_urls, home, token)
            self.screens.all.append(shown)
        return self

    async def serve(self) -> None:
        """Take one order and bring it to its end, each step by somebody on another node."""
        self._orders += 1
        number = self._orders
        ack = await self._order(number)
        if not ack["ok"]:
            return
        steps = STEPS[:2] if number % LEFT == 0 else STEPS
        for step, status in enumerate(steps):
            crew = self._cooks if step < 2 else self._waiters
            line = self._one(crew, number + step)
            await line.ask("order:updateStatus", orderId=ack["data"]["id"], status=status)

    async def _order(self, number: int) -> dict[str, object]:
        items = [self._card.line(self._dice)]
        if number % 3 == 0:
            return await self._one(self._guests, number).order(items=items)
        tables = self.house.facts.tables
        return await self._one(self._waiters, number).order(
            tableId=tables[number % len(tables)].id, items=items
        )

    def _one(self, crew: list[Line], number: int) -> Line:
        return crew[number % len(crew)]
