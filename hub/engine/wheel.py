"""One clock for all alarms of a server: pings, time limits, tokens that expire.

Alarms of one moment share a slot, and the loop is asked to wake us for the next slot only, so
an idle connection costs no timer of its own and no parked task.
"""

import asyncio
import heapq
from collections.abc import Callable

TICK = 0.005  # seconds; alarms ring up to this much early, so that no limit is overstepped
AT_ONCE = 200  # alarms in one callback; others get their turn in between


class Timed:
    """Something with at most one alarm set. `due` is the slot, 0 without one."""

    __slots__ = ("due",)

    def __init__(self) -> None:
        self.due = 0

    def ring(self) -> None:
        raise NotImplementedError


NEVER = Timed()  # an alarm that was never set


class Alarm(Timed):
    """Calls something when it rings."""

    __slots__ = ("_call",)

    def __init__(self, call: Callable[[], None]) -> None:
        super().__init__()
        self._call = call

    def ring(self) -> None:
        self._call()


class Wheel:
    """The alarms. Setting and clearing one costs the same however many there are."""

    def __init__(self) -> None:
        self._slots: dict[int, dict[Timed, None]] = {}
        self._order: list[int] = []  # a heap of the slots in use
        self._next: asyncio.TimerHandle | None = None
        self._next_slot = 0

    def set(self, timed: Timed, seconds: float) -> None:
        """Let it ring once in so many seconds, instead of when it would have."""
        self.clear(timed)
        loop = asyncio.get_running_loop()
        slot = int((loop.time() + max(0.0, seconds)) / TICK)
        members = self._slots.get(slot)
        if members is None:
            members = self._slots[slot] = {}
            heapq.heappush(self._order, slot)
            self._wake_for(self._order[0], loop)
        members[timed] = None
        timed.due = slot

    def clear(self, timed: Timed) -> None:
        if timed.due:
            members = self._slots.get(timed.due)
            if members is not None:
                members.pop(timed, None)
            timed.due = 0

    def close(self) -> None:
        """Ring no more."""
        if self._next is not None:
            self._next.cancel()
        self._slots.clear()
        self._order.clear()

    def _wake_for(self, slot: int, loop: asyncio.AbstractEventLoop) -> None:
        if self._next is not None:
            if self._next_slot <= slot:
                return
            self._next.cancel()
        self._next_slot = slot
        self._next = loop.call_at(slot * TICK, self._tick)

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        self._next = None
        now = round(loop.time() / TICK)
        due: list[Timed] = []
        while self._order and self._order[0] <= now:
            due += self._slots.pop(heapq.heappop(self._order))
        self._ring(due, 0, now)
        if self._order:
            self._wake_for(self._order[0], loop)

    def _ring(self, due: list[Timed], at: int, now: int) -> None:
        loop = asyncio.get_running_loop()
        for timed in due[at : at + AT_ONCE]:
            if not 0 < timed.due <= now:
                continue  # cleared, or set anew, while it waited for its turn
            timed.due = 0
            try:
                timed.ring()
            except Exception as exc:  # noqa: BLE001 - the others must ring all the same
                loop.call_exception_handler({"message": "an alarm failed", "exception": exc})
        if len(due) > at + AT_ONCE:
            loop.call_soon(self._ring, due, at + AT_ONCE, now)
