"""One question for all who ask at once: when thousands come back together, nobody waits in a queue
of thousands.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Together(Generic[K, V]):
    """`ask` answers for many keys. Who asks alone waits for nobody; who comes while a question is
    under way is in the next one.
    """

    def __init__(self, ask: Callable[[Collection[K]], Awaitable[V]]) -> None:
        self._ask = ask
        self._under_way = asyncio.Lock()
        self._keys: set[K] = set()
        self._next: asyncio.Task[V] | None = None

    async def ask(self, key: K) -> V:
        """Return the answer to a question that has this key among its keys, asked from now on."""
        self._keys.add(key)
        if self._next is None:
            self._next = asyncio.create_task(self._ask_next())
        # The others still want to know when one of them has gone.
        return await asyncio.shield(self._next)

    async def _ask_next(self) -> V:
        async with self._under_way:
            keys, self._keys, self._next = self._keys, set(), None
            return await self._ask(keys)
