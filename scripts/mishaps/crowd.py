"""Thousands of guests' phones, by the official client in JavaScript, cut off in one moment."""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from scripts.lunch import ears
from scripts.lunch.verdict import Verdict
from scripts.mishaps.branch import Branch
from scripts.mishaps.javascript import node
from scripts.mishaps.referee import Books

SCRIPT = Path(__file__).with_name("crowd.mjs")
PROCESSES = 2
OPEN_SECONDS, BACK_SECONDS = 300.0, 120.0
LINE_BYTES = 1 << 28


class Phone(msgspec.Struct, frozen=True, rename="camel"):
    """What a phone tells at the end: how often it was not recovered when it came back, and where
    the snapshot stood that it came in by.
    """

    same_id: bool
    strange: int
    since: int
    heard: list[int]
    orders: dict[str, int]


class Seat(msgspec.Struct, frozen=True):
    branch: Branch
    session: str
    token: str


class Crowd:
    """So many phones, at all tables of the restaurants."""

    def __init__(self, branches: Sequence[Branch], count: int) -> None:
        self._branches, self._count = branches, count
        self._processes: list[Process] = []
        self._seats: list[list[Seat]] = []

    async def open(self, urls: Sequence[str]) -> None:
        seats = [seat for b in self._branches for seat in await _sit_down(b)]
        phones = [seats[number % len(seats)] for number in range(self._count)]
        self._seats = [phones[first::PROCESSES] for first in range(PROCESSES)]
        for mine in self._seats:
            process = await asyncio.create_subprocess_exec(
                node(), str(SCRIPT), stdin=PIPE, stdout=PIPE, limit=LINE_BYTES
            )
            self._processes.append(process)
            given = {"urls": urls, "tokens": [seat.token for seat in mine]}
            _say(process, msgspec.json.encode(given).decode())
        async with asyncio.timeout(OPEN_SECONDS):
            await self._answers("open")

    def cut(self) -> None:
        """Break all their connections."""
        for process in self._processes:
            _say(process, "cut")

    async def back(self) -> float:
        """Wait until all are back; return when the last one was, by the clock.

        Raises TimeoutError when some are not after a long time.
        """
        async with asyncio.timeout(BACK_SECONDS):
            return float(max(await self._answers("back")))

    async def judge(self, books: dict[str, Books]) -> tuple[Verdict, list[str], int]:
        """Return what is amiss of what they heard, who did not recover or shows old orders, and
        how many events they heard.
        """
        for process in self._processes:
            _say(process, "report")
        told = await self._answers("report")
        found, strangers, events = Verdict([], [], [], []), list[str](), 0
        for seats, phones in zip(self._seats, told, strict=True):
            for seat, raw in zip(seats, phones, strict=True):
                phone = msgspec.convert(raw, Phone)
                stored = books[seat.branch.id]
                found = found.add(amiss_with(phone, seat.session, stored))
                strangers += is_stranger(phone, seat.session, stored)
                events += len(phone.heard)
        return found, strangers, events

    async def close(self) -> None:
        for process in self._processes:
            process.kill()
            await process.wait()

    async def _answers(self, what: str) -> list[Any]:
        return await asyncio.gather(*(_answer(process, what) for process in self._processes))


def _say(process: Process, line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{line}\n".encode())


async def _answer(process: Process, what: str) -> Any:
    assert process.stdout is not None
    async for line in process.stdout:
        said, found = msgspec.json.decode(line)
        if said == what:
            return found
    raise RuntimeError(f"the phones' process ended with {await process.wait()}")


async def _sit_down(branch: Branch) -> list[Seat]:
    scans = [
        await branch.house.scan(table.token, "Bo", "de") for table in branch.house.facts.tables
    ]
    return [Seat(branch, scan["session"]["id"], scan["token"]) for scan in scans]


def amiss_with(phone: Phone, session: str, books: Books) -> Verdict:
    """Return what is amiss of what a phone heard."""
    hears = ears.guest(session)
    due = {event["seq"] for event in books.log if event["seq"] > phone.since and hears(event)}
    times = Counter(phone.heard)
    late = [b for a, b in pairwise(phone.heard) if b < a]
    return Verdict(
        lost=[f"a phone did not hear {seq}" for seq in due - times.keys()],
        duplicated=[f"a phone heard {seq} again" for seq, n in times.items() if n > 1],
        out_of_order=[f"a phone heard {seq} too late" for seq in late],
        strayed=[f"a phone heard {seq}" for seq in times.keys() - due],
    )


def is_stranger(phone: Phone, session: str, books: Books) -> Iterator[str]:
    """Yield why a phone is not back as it was: by another id, or showing other orders."""
    stored = {o["id"]: o["version"] for o in books.orders.values() if o["sessionId"] == session}
    if phone.orders != stored:
        yield "a phone is not shown what is stored"
    if phone.strange or not phone.same_id:
        yield "a phone came back as a stranger"
