"""The line in front of Postgres: who comes while a group is being written joins the next one.

Nobody waits for company: a command that comes alone is carried out alone, and at once.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

MOST = 64  # in a group: with half of it each command cost the node a third more
APART_AT_ONCE = 4  # of a pool of ten


class InLine(Protocol):
    """`place` is what it shares with those it must not overtake: as a rule its restaurant."""

    place: str


P = TypeVar("P", bound=InLine)


@dataclass(frozen=True)
class Overtaken(Generic[P]):
    """Those of a group to whom another node was faster, and in which restaurants it was."""

    those: Sequence[P] = ()
    restaurants: Collection[str] = ()


# Carries out a group, holding restaurants if any are given; never raises.
Carry = Callable[[Sequence[P], Collection[str]], Awaitable[Overtaken[P]]]


class Line(Generic[P]):
    """One group is carried out at a time, with a fair share of each place that has some waiting.

    A place where another node was faster is set apart: it waits there for the other node, and
    nobody waits for it, until all who came in the meantime have had their turn.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, deque[P]] = {}
        self._apart: set[str] = set()
        self._few = asyncio.Semaphore(APART_AT_ONCE)
        self._going = False
        self._tasks: set[asyncio.Task[None]] = set()

    def join(self, pending: P, carry: Carry[P]) -> None:
        """Let something be carried out with the next group."""
        self._waiting.setdefault(pending.place, deque()).append(pending)
        self._go(carry)

    def _go(self, carry: Carry[P]) -> None:
        if not self._going:
            self._going = True
            self._start(self._carry_on(carry))

    async def _carry_on(self, carry: Carry[P]) -> None:
        try:
            while group := self._next():
                overtaken = await carry(group, ())
                places: dict[str, list[P]] = defaultdict(list)
                for pending in overtaken.those:
                    places[pending.place].append(pending)
                self._apart.update(places)
                for place, those in places.items():
                    self._start(self._set_apart(place, those, overtaken.restaurants, carry))
        finally:
            self._going = False

    async def _set_apart(
        self, place: str, those: Sequence[P], restaurants: Collection[str], carry: Carry[P]
    ) -> None:
        held = set(restaurants)
        async with self._few:
            while those:
                overtaken = await carry(those, held)
                held.update(overtaken.restaurants)
                those = overtaken.those or self._take(place, MOST)
        self._apart.discard(place)
        self._go(carry)

    def _next(self) -> list[P]:
        """Take the next group; who has to wait longer moves up."""
        places = [place for place in self._waiting if place not in self._apart][:MOST]
        share = MOST // max(1, len(places))
        return [pending for place in places for pending in self._take(place, share)]

    def _take(self, place: str, most: int) -> list[P]:
        waiting = self._waiting.pop(place, deque())
        taken = [waiting.popleft() for _ in range(min(most, len(waiting)))]
        if waiting:
            self._waiting[place] = waiting  # at the end: the others' turn comes first
        return taken

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
