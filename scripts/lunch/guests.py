"""The guests: parties who sit down, order in rounds from one cart or for themselves, and leave."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

from scripts.lunch.dishes import Card
from scripts.lunch.facts import Table
from scripts.lunch.house import House
from scripts.lunch.kitchen import Pause
from scripts.lunch.line import Line
from scripts.lunch.screen import Doc

NAMES = ("Ada", "Bo", "Chloé", "Dmitri", "Emi", "Farid", "Greta", "Hugo", "Ines", "Jun")
LANGUAGES = ("en", "de", "ru", "ja", "ar")
READING = (1.5, 6.0)  # the menu, before a round
TALKING = (0.1, 0.5)
STAY = (20.0, 60.0)
LOOK_SECONDS = 0.2
WAIT_SECONDS = 90.0  # for the food, at the longest
OUT_SECONDS = 5.0  # a closed table's guests are let go within a second (PROTOCOL 1)
SETTLED = {"DELIVERED", "COMPLETED", "CANCELLED"}
SOLD_OUT = {"ITEM_UNAVAILABLE"}

Seat = Callable[[dict[str, Any]], Awaitable[Line]]


class Party:
    """One to three people at a table.

    `seat` makes a guest's line out of a scan's answer, `close` tells whether the table is closed.
    """

    def __init__(
        self,
        table: Table,
        house: House,
        card: Card,
        seat: Seat,
        close: Callable[[str], Awaitable[bool]],
        rng: random.Random,
        pause: Pause,
    ) -> None:
        self._table, self._house, self._card = table, house, card
        self._seat, self._close, self._rng, self._pause = seat, close, rng, pause
        self.lines: list[Line] = []
        self._closed = False

    async def sit_down(self) -> None:
        for _ in range(self._rng.choice((1, 2, 2, 3))):
            name, language = self._rng.choice(NAMES), self._rng.choice(LANGUAGES)
            scan = await self._house.scan(self._table.token, name, language)
            self.lines.append(await self._seat(scan))

    async def eat(self, bell: asyncio.Event) -> None:
        """Order round after round, until the time is up or the kitchen takes no more orders."""
        full = asyncio.ensure_future(self._pause(*STAY))
        try:
            while not full.done():
                await self._pause(*READING)
                if bell.is_set():
                    return
                await self._round()
        finally:
            full.cancel()

    async def leave(self) -> None:
        """Wait for what was ordered, and have the table closed."""
        await self._line().ask("service:request", kind="bill")
        deadline = time.monotonic() + WAIT_SECONDS
        while not self._closed and time.monotonic() < deadline:
            await asyncio.sleep(LOOK_SECONDS)
            self._closed = self._served() and await self._close(self._table.id)

    async def go(self) -> int:
        """Leave; return how many the hub did not show out although their table was closed."""
        seconds = OUT_SECONDS if self._closed else 0
        out = await asyncio.gather(*(line.shown_out(seconds) for line in self.lines))
        await asyncio.gather(*(line.close() for line in self.lines))
        return out.count(False) if self._closed else 0

    def _line(self) -> Line:
        return self._rng.choice(self.lines)

    def _served(self) -> bool:
        return all(o["status"] in SETTLED for o in self.lines[0].screen.orders.values())

    async def _round(self) -> None:
        if self._rng.random() < 0.6:
            await self._from_cart()
        else:
            await self._for_oneself()
        if self._rng.random() < 0.1:
            kind = self._rng.choice(("call", "water", "other"))
            await self._line().ask("service:request", kind=kind, note="please")

    async def _for_oneself(self) -> None:
        guest, lines = self._line(), self._card.lines(self._rng)
        ack = await guest.order(SOLD_OUT, items=lines, note=self._rng.choice(("", "", "birthday")))
        if ack["ok"] and self._rng.random() < 0.05:
            may = {"ILLEGAL_TRANSITION"}  # the kitchen was faster
            await guest.ask("order:cancel", may, orderId=ack["data"]["id"], reason="a mistake")

    async def _from_cart(self) -> None:
        for guest in self.lines:
            for line in self._card.lines(self._rng):
                await guest.ask("cart:add", **line)
                await self._pause(*TALKING)
        await self._change_minds()
        for _ in range(4):  # dishes may sell out one after the other
            ack = await self._line().order(SOLD_OUT)
            if ack["ok"] or not await self._put_back(ack["error"]):
                return

    async def _change_minds(self) -> None:
        lines = self._cart()
        if len(lines) < 2 or self._rng.random() < 0.6:
            return
        line_id = self._rng.choice(lines)["id"]
        if self._rng.random() < 0.5:
            await self._line().ask("cart:update", lineId=line_id, quantity=self._rng.randint(1, 3))
        else:
            await self._line().ask("cart:remove", lineId=line_id)

    async def _put_back(self, error: Doc) -> bool:
        """Take what has sold out from the cart; tell whether anything is left of it."""
        gone = {detail["menuItemId"] for detail in error.get("details") or []}
        lines = self._cart()
        for line in lines:
            if line["menuItemId"] in gone:
                await self._line().ask("cart:remove", lineId=line["id"])
        return any(line["menuItemId"] not in gone for line in lines)

    def _cart(self) -> list[Doc]:
        cart = self.lines[0].screen.cart
        return cart["lines"] if cart else []
