"""From commits to the log in Redis, behind the commands' backs, each restaurant in order."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from hub.loop import AWAY
from hub.metrics import Metrics
from state.domain.events import Event, Name

log = structlog.get_logger()

Append = Callable[[Sequence[Event]], Awaitable[None]]


class Publisher:
    """Appends committed events. What it cannot append, the sweeper does: nothing is kept here."""

    def __init__(self, append: Append, metrics: Metrics) -> None:
        self._append, self._metrics = append, metrics
        self._committed: dict[str, list[Event]] = {}  # of restaurants that are being appended to
        self._going: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Append what is at hand, then end."""
        while self._going:
            await asyncio.wait(self._going)

    def publish(self, events: Sequence[Event]) -> None:
        """Take events whose transaction has committed; return at once."""
        for event in events:
            if event.name == Name.PAYMENT:
                self._metrics.money.told(event)
            waiting = self._committed.get(event.restaurant_id)
            if waiting is not None:
                waiting.append(event)
                continue
            self._committed[event.restaurant_id] = [event]
            task = asyncio.create_task(self._publish(event.restaurant_id))
            self._going.add(task)
            task.add_done_callback(self._done)

    async def _publish(self, rid: str) -> None:
        """Append a restaurant's events until there are no more; what comes meanwhile is next."""
        try:
            while events := self._committed[rid]:
                self._committed[rid] = []
                await self._append_all(sorted(events, key=lambda event: event.seq))
        finally:
            del self._committed[rid]

    async def _append_all(self, events: list[Event]) -> None:
        try:
            await self._append(events)
        except AWAY as exc:
            log.warning(
                "left to the sweeper",
                restaurant=events[0].restaurant_id,
                seq=events[-1].seq,
                error=str(exc),
            )
            self._metrics.left(len(events))
        else:
            self._appended(events)

    def _appended(self, events: list[Event]) -> None:
        self._metrics.appended(events)
        for event in events:
            log.info(
                "appended",
                trace=event.trace,
                event_name=event.name,
                restaurant=event.restaurant_id,
                seq=event.seq,
            )

    def _done(self, task: asyncio.Task[None]) -> None:
        self._going.discard(task)
        if not task.cancelled() and (exc := task.exception()):
            log.error("internal error", part="publisher", exc_info=exc)
