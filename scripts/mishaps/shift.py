"""The load: orders by the clock, in several restaurants, whatever happens to the hub meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import cycle

import aiohttp
import msgspec

from scripts.lunch.screens import Opened
from scripts.mishaps.branch import Branch
from scripts.mishaps.displays import Displays
from scripts.mishaps.hall import Hall
from scripts.mishaps.paying import PayingBranch


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """`rate` is orders a second, all restaurants together; times are in seconds."""

    rate: float = 5.0
    restaurants: int = 2
    before: float = 4.0  # of load, until something happens
    lasts: float = 10.0  # what is broken stays so
    after: float = 6.0  # of load, once it is mended
    crowd: int = 5000  # clients that are cut at once
    parties: int = 6  # who pay by card, in each restaurant, where that is what is tried


SHORT = Plan(rate=8.0, restaurants=1, before=0.4, lasts=1.2, after=0.4, crowd=60, parties=2)


class Shift:
    """Everybody in the restaurants; an order that was begun is brought to its end."""

    def __init__(self, branches: list[Branch], displays: Displays) -> None:
        self.branches, self.displays = branches, displays
        self._serving: set[asyncio.Task[None]] = set()

    @property
    def opened(self) -> list[Opened]:
        return [opened for branch in self.branches for opened in branch.screens.all]

    async def offer(self, rate: float) -> None:
        """Let guests come by the clock, until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        for branch in cycle(self.branches):
            task = asyncio.create_task(branch.serve())
            self._serving.add(task)
            task.add_done_callback(self._served)
            due += 1 / rate
            await asyncio.sleep(due - loop.time())

    def _served(self, task: "asyncio.Task[None]") -> None:
        if task.cancelled() or task.exception() is None:
            self._serving.discard(task)  # others are raised by `finish`

    async def finish(self) -> None:
        """Wait until every order that was begun has come to its end."""
        await asyncio.gather(*self._serving)


@asynccontextmanager
async def shift(hall: Hall, plan: Plan, nodes: int, *, pays: bool = False) -> AsyncIterator[Shift]:
    """Open restaurants on so many nodes of the hall, with everybody in them at work.

    Where it `pays`, guests do by card, in the first and every other one before they are served.
    """
    displays = Displays()
    async with AsyncExitStack() as stack:
        connector = aiohttp.TCPConnector(limit=0)
        http = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        branches: list[Branch] = []
        hatches = [hatch.url for hatch in hall.hatches[:nodes]]
        for number in range(plan.restaurants):
            first = pays and number % 2 == 0
            facts = await hall.new_restaurant(nodes, pay_first=first)
            given = (facts, http, displays, hatches)
            branches.append(PayingBranch(plan.parties, *given) if pays else Branch(*given))
            stack.push_async_callback(branches[-1].screens.close)
        await asyncio.gather(*(branch.open() for branch in branches))
        await displays.open()
        stack.push_async_callback(displays.close)
        yield Shift(branches, displays)
