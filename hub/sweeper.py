"""Appends what a crashed node committed and did not publish; one node at a time does it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import NoReturn

import structlog

from handlers import livelog
from hub.loop import Loop
from hub.metrics import Metrics
from state.domain.ids import new_id
from state.live import log as live
from state.live.client import UNREACHABLE, Servers
from state.store import log as store
from state.store.pool import Conn, Pool, connect

log = structlog.get_logger()

EVERY_SECONDS = 1.0
LEASE_SECONDS = 5  # a leader that was silent for so long has died, frozen, or lost its network
LOCK = 7_241_002  # any number, the same on every node
LOOK_BACK = timedelta(seconds=30)  # longer than any transaction lasts, clocks apart included
WHOLE = datetime(2000, 1, 1, tzinfo=UTC)


class Sweeper:
    """Compares the heads of the log in Postgres and in Redis, every second, on the leading node."""

    def __init__(self, url: str, pool: Pool, redis: Servers, metrics: Metrics) -> None:
        self._url, self._pool, self._redis, self._metrics = url, pool, redis, metrics
        self._loop = Loop("sweeper", self._lead, EVERY_SECONDS)
        self.start, self.close = self._loop.start, self._loop.close

    async def _lead(self) -> None:
        """Sweep from when this node gets the lock, which is its own as long as it is heard of."""
        conn = await connect(self._url, idle_session_timeout=f"{LEASE_SECONDS}s")
        try:
            while True:
                if await conn.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):
                    log.info("sweeping")
                    await self._sweep_on(conn)
                await asyncio.sleep(EVERY_SECONDS)
        finally:
            await conn.close(timeout=1)

    async def _sweep_on(self, conn: Conn) -> NoReturn:
        since, mark = WHOLE, ""
        while True:
            began = datetime.now(UTC)
            try:
                if not await live.leave_marks(self._redis, new := new_id(), mark):
                    since = WHOLE  # another led before, or Redis is not as we left it
                    if mark:
                        self._metrics.redis_reset()
                mark = new
                if await self._sweep(await store.heads_since(conn, since)):
                    since = began - LOOK_BACK
                    self._metrics.sweep()
            except UNREACHABLE as exc:
                log.warning("sweeper without redis", error=str(exc))
            await asyncio.sleep(EVERY_SECONDS)

    async def _sweep(self, heads: dict[str, int]) -> bool:
        """Append what Redis lacks; tell whether all of its servers were there for it."""
        found = await live.heads(self._redis, list(heads))
        whole = len(found) == len(heads)
        for restaurant_id in [rid for rid, shown in found.items() if shown < heads[rid]]:
            try:
                count = await livelog.catch_up(self._pool, self._redis, restaurant_id)
            except UNREACHABLE as exc:
                whole = False
                log.warning("not swept yet", restaurant=restaurant_id, error=repr(exc))
            else:
                self._metrics.swept(count)
                log.info("swept", restaurant=restaurant_id, events=count)
        return whole
