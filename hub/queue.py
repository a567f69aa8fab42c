"""The queue of jobs: workers take from it what is due, and have it performed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import timedelta

import asyncpg
import structlog
from pgqueuer.db import AsyncpgDriver
from pgqueuer.errors import RetryRequested
from pgqueuer.models import Context, Job
from pgqueuer.qm import QueueManager
from pgqueuer.queries import Queries

from handlers.jobs import Kind
from hub.loop import Loop
from state.store.pool import CONNECT_SECONDS, Conn

log = structlog.get_logger()

# Notifications tell of new jobs at once; what was put off, or lost, is found by looking.
LOOK_SECONDS = 0.5
STATEMENT_SECONDS = 10.0
BATCH = 10
AGAIN_SECONDS = 0.5
LEAVE_SECONDS = 2.0  # for jobs that are nearly done; the others are put back for another worker

# Works on a job; returns after how many seconds to come back to it, None when it has ended.
Perform = Callable[[str], Awaitable[float | None]]


class Queue:
    """Takes jobs of all `kinds`, `at_once` of them, and keeps each by a heartbeat of `lease`.

    A job whose worker was not heard of for so many seconds is taken by another one.
    """

    def __init__(
        self, url: str, kinds: Iterable[Kind], perform: Perform, lease: float, at_once: int
    ) -> None:
        self._url, self._kinds, self._perform = url, list(kinds), perform
        self._lease, self._at_once = timedelta(seconds=lease), max(at_once, 2 * BATCH)
        self._manager: QueueManager | None = None
        self._running: set[asyncio.Task[object]] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._loop = Loop("queue", self._work, AGAIN_SECONDS)
        self.start = self._loop.start

    async def close(self) -> None:
        """Take no more; finish what soon ends, and put back the rest."""
        if self._manager is not None:
            self._manager.shutdown.set()
        if self._running:
            await asyncio.wait(self._running, timeout=LEAVE_SECONDS)
        self._put_back()
        with suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_SECONDS):
                await self._idle.wait()
        await self._loop.close()

    async def _work(self) -> None:
        """Take jobs until the connection is lost or the worker leaves."""
        conn = await asyncpg.connect(
            self._url, timeout=CONNECT_SECONDS, command_timeout=STATEMENT_SECONDS
        )
        conn.add_termination_listener(self._lost)
        try:
            self._idle.clear()
            self._manager = manager = QueueManager(Queries(AsyncpgDriver(conn)))
            for kind in self._kinds:
                manager.entrypoint(kind.name, concurrency_limit=kind.at_once)(self._take)
            await manager.run(
                dequeue_timeout=timedelta(seconds=LOOK_SECONDS),
                batch_size=BATCH,
                max_concurrent_tasks=self._at_once,
                heartbeat_timeout=self._lease,
                log_aggregation_interval=timedelta(0),
            )
        finally:
            self._manager = None
            self._idle.set()
            with suppress(OSError, asyncpg.PostgresError, TimeoutError):
                await conn.close(timeout=CONNECT_SECONDS)

    async def _take(self, queued: Job, context: Context) -> None:
        """Perform one job, until it is cancelled or we have to leave."""
        task = asyncio.current_task()
        assert task is not None
        assert queued.payload is not None
        self._running.add(task)
        again: float | None = None
        try:
            with context.cancellation:
                again = await self._perform(queued.payload.decode())
        except asyncio.CancelledError:
            task.uncancel()
            again = 0.0
        finally:
            self._running.discard(task)
        if again is not None:
            raise RetryRequested(timedelta(seconds=again))

    def _lost(self, _conn: Conn) -> None:
        """Let go of the jobs in hand: without heartbeats others take them."""
        if self._manager is not None:
            self._manager.shutdown.set()
            self._put_back()

    def _put_back(self) -> None:
        for task in self._running:
            task.cancel()
