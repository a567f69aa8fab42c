"""Time as it passes where something runs: a machine that stands still makes nobody late."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

BEAT_SECONDS = 0.02
PATIENCE_SECONDS = 60.0  # what has not come by then will not


class Clock:
    """Counts the seconds since it was started in which the loop of this process came round."""

    def __init__(self) -> None:
        self._began = self._beat = monotonic()
        self._stood = 0.0

    @property
    def stood_still(self) -> float:
        """Return for how long the loop has not come round, this very moment included."""
        return self._stood + max(0.0, monotonic() - self._beat - BEAT_SECONDS)

    @property
    def seconds(self) -> float:
        return monotonic() - self._began - self.stood_still

    async def run(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            self._stood, self._beat = self.stood_still, monotonic()


@asynccontextmanager
async def clock() -> AsyncIterator[Clock]:
    """Yield a clock that runs as long as the context."""
    made = Clock()
    running = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        running.cancel()


@asynccontextmanager
async def within(seconds: float) -> AsyncIterator[None]:
    """Fail where what is done in the context takes longer."""
    async with clock() as made, asyncio.timeout(PATIENCE_SECONDS):
        yield
    assert made.seconds < seconds
