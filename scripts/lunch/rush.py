"""The rush itself: who is there, when the doors open, the bell for last orders, and the end."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from time import perf_counter
from typing import Any

import aiohttp
import msgspec

from scripts.lunch import boards, verdict
from scripts.lunch.dishes import Card
from scripts.lunch.facts import Facts, Table
from scripts.lunch.floor import Manager, Waiter
from scripts.lunch.guests import Party
from scripts.lunch.house import House, NoHubError
from scripts.lunch.kitchen import Chef, Pause, Station, say_what_is_shown
from scripts.lunch.ledger import Gate, Ledger
from scripts.lunch.line import Line, Office
from scripts.lunch.paper import Paper
from scripts.lunch.report import Report, timing
from scripts.lunch.screens import Screens
from scripts.lunch.tidy import clear_away, taken
from scripts.lunch.verdict import Event, Verdict, Watched

TABLES_A_WAITER = 8
TABLES_A_COOK = 4  # at each station
ARRIVING, TURNOVER = (0.0, 8.0), (0.5, 2.0)
TELL_SECONDS = 0.25
DELIVERY_SECONDS, LOOK_SECONDS = (
    20.0,
    1.0,
)  # what is in the log by then is lost where it is not shown
SAID = 20  # of what went wrong, so much in words

Work = Callable[[], Coroutine[Any, Any, None]]


class Plan(msgspec.Struct, frozen=True):
    tables: int
    seconds: float
    pace: float
    seed: int
    clear: bool


class Rush:
    """Guests are on the first nodes, the stations on the last one, the others everywhere."""

    def __init__(self, facts: Facts, plan: Plan, paper: Paper) -> None:
        self._facts, self._plan, self._paper = facts, plan, paper
        self._ledger, self._gate, self._bell = Ledger(), Gate(), asyncio.Event()
        self._tables: list[Table] = []
        self._seated: set[str] = set()
        self._guests: set[str] = set()
        self._compared, self._differing = 0, list[str]()
        self._began = perf_counter()

    async def play(self) -> Report:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
            self._house = House(self._facts, http)
            self._screens = Screens(Office(http, self._ledger, self._gate), self._house)
            await self._house.require_nodes()
            self._card = Card(await self._house.menu())
            since = (await self._house.tables())["seq"]
            try:
                self._manager, *_ = [await self._screens.restaurant(n) for n in self._nodes]
                await self._make_room()
                workers = [work async for work in self._staff()]
                await self._lunch(workers)
                await self._compare("comparing the boards")
                log = await self._house.log(since)
                return await self._report(log, await self._judge(log))
            finally:
                await self._go_home()

    @property
    def _nodes(self) -> range:
        return range(len(self._facts.urls))

    async def _make_room(self) -> None:
        """Choose the tables; those where somebody sits are left alone, or cleared when told so."""
        occupied = await taken(self._house)
        if self._plan.clear:
            await clear_away(self._house, self._manager, occupied)
            occupied = set()
        free = [table for table in self._facts.tables if table.id not in occupied]
        if len(free) < self._plan.tables:
            raise NoHubError(
                f"{len(free)} of {len(self._facts.tables)} tables are free,"
                f" not {self._plan.tables}: take fewer with --tables, or clear them with --clear"
            )
        self._tables = free[: self._plan.tables]

    async def _staff(self) -> AsyncIterator[Work]:
        """Yield the work of everyone who works here, their screens opened."""
        for station in self._card.stations:
            line = await self._screens.station(station, -1)
            hands = max(2, len(self._tables) // TABLES_A_COOK)
            yield Station(station, line, hands, *self._person(station)).work
        for node in self._nodes:
            line = await self._screens.kitchen(node)
            yield say_what_is_shown(line, self._house.rid)
        self._chef = Chef(line, self._card, *self._person("chef"))
        yield self._chef.work
        for place, mine in enumerate(self._zones()):
            # Every other waiter hears of all tables, as where nobody has a zone.
            line = await self._screens.waiter(frozenset(mine) if place % 2 else None, place)
            waiter = Waiter(line, mine, self._seated, self._card, *self._person(f"waiter {place}"))
            yield waiter.work
            yield waiter.stroll
        ours = {table.id for table in self._tables}
        yield Manager(self._manager, ours, *self._person("manager")).work

    def _zones(self) -> Iterator[set[str]]:
        for place in range(0, len(self._tables), TABLES_A_WAITER):
            yield {table.id for table in self._tables[place : place + TABLES_A_WAITER]}

    def _person(self, name: str) -> tuple[random.Random, Pause]:
        """Return somebody's own dice and clock, the same for the same seed."""
        rng = random.Random(f"{self._plan.seed} {name}")

        async def pause(shortest: float, longest: float) -> None:
            await asyncio.sleep(rng.uniform(shortest, longest) / self._plan.pace)

        return rng, pause

    async def _lunch(self, workers: list[Work]) -> None:
        self._paper.begin()
        async with asyncio.TaskGroup() as people:
            at_work = [people.create_task(work()) for work in (*workers, self._tell)]
            parties = [people.create_task(self._serve(table)) for table in self._tables]
            await asyncio.sleep(self._plan.seconds)
            self._bell.set()
            await self._compare("last orders")
            await asyncio.wait(parties)
            for task in at_work:
                task.cancel()
        await self._chef.bring_back()

    async def _serve(self, table: Table) -> None:
        """One party after the other at a table, until the bell."""
        rng, pause = self._person(f"table {table.number}")
        await asyncio.sleep(rng.uniform(*ARRIVING) / self._plan.pace * self._haste)
        while not self._bell.is_set():
            party = Party(table, self._house, self._card, self._seat, self._close, rng, pause)
            try:
                await party.sit_down()
                self._seated.add(table.id)
                await party.eat(self._bell)
                self._seated.discard(table.id)
                await party.leave()
            finally:
                self._ledger.stayed += await party.go()
            await pause(*TURNOVER)

    @property
    def _haste(self) -> float:
        """In a short rush all come at once."""
        return min(1.0, self._plan.seconds / 60)

    async def _seat(self, scan: dict[str, Any]) -> Line:
        self._guests.add(scan["guest"]["id"])
        return await self._screens.guest(scan, len(self._guests) % max(1, len(self._nodes) - 1))

    async def _close(self, table_id: str) -> bool:
        async with self._gate.passing():
            return await self._house.close(table_id)

    async def _tell(self) -> None:
        while True:
            what = "last orders" if self._bell.is_set() else "lunch"
            ledger = self._ledger
            facts = f"{len(ledger.taps):,} orders  {len(ledger.done):,} commands"
            self._paper.tell(what, facts)
            await asyncio.sleep(TELL_SECONDS)

    async def _compare(self, what: str) -> None:
        """Hold everybody still and compare every board with a newcomer's."""
        self._paper.tell(what, "")
        await self._gate.shut()
        try:
            count, names = await boards.differing(self._screens)
        finally:
            self._gate.open()
        self._compared += count
        self._differing += names

    async def _judge(self, log: list[Event]) -> Verdict:
        """Return what went wrong, once what is still on its way has had its time."""
        late = perf_counter() + DELIVERY_SECONDS
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            found = verdict.judge(log, self._watched, self._ledger.taps, self._guests)
            if not found.lost or perf_counter() > late:
                return found

    @property
    def _watched(self) -> list[Watched]:
        return [
            Watched(o.kind.who, o.line.screen, o.kind.hears, o.kind.session)
            for o in self._screens.all
        ]

    async def _report(self, log: list[Event], found: Verdict) -> Report:
        watched, ledger = self._watched, self._ledger
        kitchens = [one.screen for one in watched if one.who == "kitchen"]
        left = await clear_away(self._house, self._manager, {t.id for t in self._tables})
        return Report(
            orders=len(ledger.taps),
            events=len(log),
            deliveries=sum(len(one.screen.heard) for one in watched),
            commands=len(ledger.done),
            clients=len(watched),
            tap_to_kitchen=timing(verdict.tap_to_kitchen(ledger.taps, kitchens)),
            order_ack=timing(ledger.order_acks),
            ack=timing(ledger.acks),
            lost=len(found.lost),
            duplicated=len(found.duplicated),
            out_of_order=len(found.out_of_order),
            strayed=len(found.strayed),
            wrong=[*found.lost, *found.duplicated, *found.out_of_order, *found.strayed][:SAID],
            boards=self._compared,
            boards_differing=self._differing,
            refused=dict(ledger.refused),
            expected_refusals=dict(ledger.expected),
            reconnects=ledger.returns,
            repeated=ledger.repeated,
            not_let_go=ledger.stayed,
            left_over=left,
            seconds=round(perf_counter() - self._began, 1),
            seed=self._plan.seed,
        )

    async def _go_home(self) -> None:
        self._paper.tell("closing", "")
        if self._tables:
            await self._chef.bring_back()
            await clear_away(self._house, self._manager, {t.id for t in self._tables})
        await self._screens.close()
