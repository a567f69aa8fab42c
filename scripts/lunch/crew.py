"""Hands that work off what a screen shows: each job once, several at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

LOOK_SECONDS = 0.1

Job = tuple[tuple[object, ...], Callable[[], Awaitable[None]]]


class Crew:
    """`find` lists the jobs to be seen now, each with a key; a key is worked on once only.

    Keys carry the version of what they are about: what changed is another job.
    """

    def __init__(self, hands: int, find: Callable[[], Iterable[Job]]) -> None:
        self._hands, self._find = hands, find
        self._taken: set[tuple[object, ...]] = set()
        self._busy: set[asyncio.Task[None]] = set()

    async def work(self) -> None:
        """Work until cancelled; what is in hand is broken off then."""
        try:
            while True:
                self._look()
                await asyncio.sleep(LOOK_SECONDS)
                for task in [task for task in self._busy if task.done()]:
                    self._busy.discard(task)
                    task.result()  # a mistake in a job must not pass unseen
        finally:
            for task in self._busy:
                task.cancel()
            await asyncio.gather(*self._busy, return_exceptions=True)

    def _look(self) -> None:
        for key, do in self._find():
            if len(self._busy) >= self._hands:
                return
            if key not in self._taken:
                self._taken.add(key)
                self._busy.add(asyncio.create_task(_done(do)))


async def _done(do: Callable[[], Awaitable[None]]) -> None:
    await do()
