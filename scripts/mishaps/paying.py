"""A restaurant whose guests pay by card, party by party, each table round after round."""

import random
from collections.abc import Sequence

import aiohttp

from scripts.lunch.facts import Facts
from scripts.mishaps.branch import Branch
from scripts.mishaps.displays import Displays
from scripts.mishaps.party import Party


class PayingBranch(Branch):
    """Also has so many parties: two guests at a table, on two nodes."""

    def __init__(
        self,
        parties: int,
        facts: Facts,
        http: aiohttp.ClientSession,
        displays: Displays,
        display_urls: Sequence[str],
    ) -> None:
        super().__init__(facts, http, displays, display_urls)
        self._parties = parties

    async def open(self) -> "PayingBranch":
        await super().open()
        tables = self.house.facts.tables[1 : 1 + self._parties]
        manager = next(one.line for one in self.screens.all if one.kind.who == "restaurant")
        self._free: list[Party] = []
        for place, table in enumerate(tables):
            names = (("Ada", 0), ("Bo", 1))
            scans = [(await self.house.scan(table.token, name, "en"), n) for name, n in names]
            guests = [await self.screens.guest(scan, node) for scan, node in scans]
            crew = (self._one(self._cooks, place), self._one(self._waiters, place), manager)
            dice = random.Random(place)
            self._free.append(Party(guests, *crew, self._card, self.house.http, dice))
        return self

    async def serve(self) -> None:
        """Let one party have its next round, unless all are at it."""
        if self._free:
            party = self._free.pop(0)
            await party.round()
            self._free.append(party)
