"""What the players note down: taps, answers, refusals; and the gate that holds them all still."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from time import perf_counter, time
from typing import Any

import msgspec

UNANSWERED = "UNANSWERED"  # our own code, for a command that nobody answered in time


class Tap(msgspec.Struct, frozen=True):
    """An order as its guest placed it: when, over which node, and what the hub answered."""

    order_id: str
    seq: int
    at: float
    node: str


class Done(msgspec.Struct, frozen=True):
    """A command and its answer: which came at this time of the clock, so long after the tap.

    `seq` is where its change ends in the log; None when it changed nothing. `refused` is the code
    of a refusal that may well be, such as that of the slower one of two.
    """

    command_id: str
    name: str
    ok: bool
    seq: int | None
    at: float
    seconds: float
    refused: str = ""


class Ledger:
    def __init__(self) -> None:
        self.taps: list[Tap] = []
        self.done: list[Done] = []
        self.order_acks: list[float] = []
        self.refused: Counter[str] = Counter()
        self.expected: Counter[str] = Counter()
        self.repeated = 0
        self.returns = 0
        self.stayed = 0  # guests whom the hub did not let go when their table was closed

    @property
    def acks(self) -> list[float]:
        """The seconds that each command waited for its answer."""
        return [done.seconds for done in self.done]

    def answered(
        self, name: str, command_id: str, ack: dict[str, Any], began: float, may: Collection[str]
    ) -> None:
        seconds = perf_counter() - began
        code = "" if ack["ok"] else ack["error"]["code"]
        refused = code if code in may else ""
        self.done.append(
            Done(command_id, name, ack["ok"], ack.get("seq"), time(), seconds, refused)
        )
        if code:
            (self.expected if refused else self.refused)[code] += 1

    def placed(self, ack: dict[str, Any], began: float, node: str) -> None:
        self.order_acks.append(perf_counter() - began)
        if ack["ok"]:
            order = ack["data"]
            self.taps.append(Tap(order["id"], order["seq"], began, node))


class Gate:
    """Everybody passes it before doing anything; shut, it holds the whole restaurant still."""

    def __init__(self) -> None:
        self._open, self._still = asyncio.Event(), asyncio.Event()
        self._open.set()
        self._still.set()
        self._inside = 0

    @asynccontextmanager
    async def passing(self) -> AsyncIterator[None]:
        await self._open.wait()
        self._inside += 1
        self._still.clear()
        try:
            yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._still.set()

    async def shut(self) -> None:
        """Let nobody in any more, and wait until those inside are through."""
        self._open.clear()
        await self._still.wait()

    def open(self) -> None:
        self._open.set()
