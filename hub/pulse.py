"""How the process itself is doing: whether its event loop comes round in time, and why not."""

import asyncio
import gc
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

from hub.loop import Loop

EVERY_SECONDS = 0.25


class Pulse:
    """Feels the event loop's pulse, and times the cycle collector, which stops it.

    `observe` takes a name and seconds. A process that was frozen shows as one late beat.
    """

    def __init__(self, observe: Callable[[str, float], None]) -> None:
        self._observe = observe
        self._began = 0.0
        self._loop = Loop("pulse", self._beat, every=0)

    def start(self) -> None:
        gc.callbacks.append(self._collecting)
        self._loop.start()

    async def close(self) -> None:
        await self._loop.close()
        gc.callbacks.remove(self._collecting)

    async def _beat(self) -> None:
        began = perf_counter()
        await asyncio.sleep(EVERY_SECONDS)
        self._observe("loop_lag", max(0.0, perf_counter() - began - EVERY_SECONDS))

    def _collecting(self, phase: str, _info: Mapping[str, Any]) -> None:
        if phase == "start":
            self._began = perf_counter()
        else:
            self._observe("gc_pause", perf_counter() - self._began)
