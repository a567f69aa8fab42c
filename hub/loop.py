"""A background task that outlives its errors: what it depends on may go away and come back."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import structlog

from state.live.client import UNREACHABLE as REDIS_AWAY
from state.store.pool import UNREACHABLE as POSTGRES_AWAY

log = structlog.get_logger()

TELL_AGAIN_SECONDS = 1.0  # longer than a loop needs to put away what it holds
AWAY = (*REDIS_AWAY, *POSTGRES_AWAY, asyncpg.PostgresError)


class Loop:
    """Does some work again and again, `every` so many seconds, until it is closed."""

    def __init__(self, name: str, work: Callable[[], Awaitable[None]], every: float) -> None:
        self._name, self._work, self._every = name, work, every
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=self._name)

    async def close(self) -> None:
        # Told more than once: before Python 3.12 `wait_for`, in the engines' clients, may miss it.
        while self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task], timeout=TELL_AGAIN_SECONDS)

    async def _run(self) -> None:
        while True:
            try:
                await self._work()
            except AWAY as exc:
                log.warning("waiting for an engine", loop=self._name, error=repr(exc))
            except Exception as exc:
                log.exception("internal error", loop=self._name, exc_info=exc)
            await asyncio.sleep(self._every)
