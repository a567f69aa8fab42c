"""How long a loop was kept from its other work; its callbacks are timed where PROBE is set."""

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from functools import wraps
from time import perf_counter
from typing import Any

import uvloop

TICK = 0.001
CALLBACKS = ("data_received", "buffer_updated", "eof_received", "connection_lost")


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run a server on uvloop."""
    factory = uvloop.new_event_loop
    if os.environ.get("PROBE"):
        factory = ProbedLoop
        for protocol in _heirs(asyncio.BaseProtocol):
            for name in vars(protocol).keys() & CALLBACKS:
                setattr(protocol, name, Timed.callback(getattr(protocol, name)))
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main)


def _heirs(kind: type) -> Iterator[type]:
    for heir in kind.__subclasses__():
        yield heir
        yield from _heirs(heir)


class Probe:
    """A ticker: each tick that comes late tells how long the loop's turn took."""

    def __init__(self) -> None:
        self._ticking: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        self._blocked = self._longest = 0.0
        Timed.longest = 0.0
        self._wait()

    async def stop(self) -> str:
        """Return how long it was blocked in all, in the longest turn and callback, in us."""
        assert self._ticking is not None
        self._ticking.cancel()
        found = (self._blocked, self._longest, Timed.longest)
        return " ".join(str(round(seconds * 1e6)) for seconds in found)

    def _wait(self) -> None:
        self._due = perf_counter() + TICK
        self._ticking = asyncio.get_running_loop().call_later(TICK, self._tick)

    def _tick(self) -> None:
        late = perf_counter() - self._due
        if late > TICK:  # timers are no finer
            self._blocked += late
            self._longest = max(self._longest, late)
        self._wait()


class Timed:
    """Times every callback of a loop and of its protocols."""

    longest = 0.0

    @classmethod
    def callback(cls, run: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(run)
        def timed(*args: Any) -> Any:
            began = perf_counter()
            try:
                return run(*args)
            finally:
                cls.longest = max(cls.longest, perf_counter() - began)

        return timed


class ProbedLoop(uvloop.Loop):
    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> asyncio.Handle:
        return super().call_soon(Timed.callback(callback), *args, context=context)

    def call_later(
        self, delay: float, callback: Any, *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        return super().call_later(delay, Timed.callback(callback), *args, context=context)

    def call_at(
        self, when: float, callback: Any, *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        return super().call_at(when, Timed.callback(callback), *args, context=context)
