"""Watches the money of a trial: for how long nobody knows of some, and what is amiss in the end."""

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import suppress
from time import time

from scripts.audit import findings
from scripts.lunch.verdict import Verdict
from scripts.mishaps import bookkeeper
from scripts.mishaps.branch import Branch
from scripts.mishaps.hall import Hall

SETTLE_SECONDS = 90.0  # until everything has settled by itself
LOOK_SECONDS = 0.1


class Till:
    """`unsure` counts the jobs of which nobody knew for a while whether they had moved money, none
    of them for longer than `unsure_for` seconds. `struck` counts who was killed at which step.
    """

    def __init__(self, hall: Hall, branches: Sequence[Branch]) -> None:
        self._hall, self._branches = hall, branches
        self.struck: Counter[str] = Counter()
        self.unsure, self.unsure_for = 0, 0.0
        self.settled_at = 0.0
        self.payments = 0
        self._since: dict[str, float] = {}
        self._watching: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to watch."""
        self._watching = asyncio.create_task(self._watch())

    async def close(self) -> tuple[Verdict, list[str]]:
        """Wait until all has settled; return what is amiss of the money, and of the books."""
        found, wrong, deadline = Verdict([], [], [], []), list[str](), time() + SETTLE_SECONDS
        assert self._watching is not None, "it is opened first"
        async with self._hall.connection() as conn:
            for branch in self._branches:
                left = await bookkeeper.settled(conn, branch.id, deadline)
                self.settled_at = time()
                counted = await bookkeeper.read(conn, branch.id, self._hall.bank)
                self.payments += len(counted.paid)
                found = found.add(bookkeeper.judge(counted))
                wrong += [*left, *await findings(conn, branch.id)]
        self._watching.cancel()
        with suppress(asyncio.CancelledError):
            await self._watching
        believed = [f"a forged {kind} was believed" for kind in self._hall.bank.believed]
        return found, wrong + believed

    async def _watch(self) -> None:
        async with self._hall.connection() as conn:
            while True:
                rows = await conn.fetch("SELECT id::text FROM jobs WHERE status = 'UNKNOWN'")
                self._note([row["id"] for row in rows])
                await asyncio.sleep(LOOK_SECONDS)

    def _note(self, unknown: Collection[str]) -> None:
        now = time()
        self.unsure += len(set(unknown) - self._since.keys())
        self._since = {name: self._since.get(name, now) for name in unknown}
        self.unsure_for = max([self.unsure_for, *(now - at for at in self._since.values())])
