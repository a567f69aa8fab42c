"""From commits to the log in Redis, behind the commands' backs, each restaurant in order."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby

import structlog

from hub.loop import AWAY, Loop
from hub.metrics import Metrics
from state.domain.events import Event

log = structlog.get_logger()

Append = Callable[[Sequence[Event]], Awaitable[None]]
AppendPlain = Callable[[Sequence[list[Event]]], Awaitable[list[list[Event]]]]


class Publisher:
    """Appends committed events. What it cannot append, the sweeper does: nothing is kept here.

    `append_plain` appends to many logs at once and returns those where something is in the way.
    """

    def __init__(self, append_plain: AppendPlain, append: Append, metrics: Metrics) -> None:
        self._append_plain, self._append, self._metrics = append_plain, append, metrics
        self._committed: list[Event] = []
        self._wake = asyncio.Event()
        self._loop = Loop("publisher", self._work, every=0)
        self._going: asyncio.Future[None] | None = None

    def start(self) -> None:
        self._loop.start()

    async def close(self) -> None:
        """Append what is at hand, then end."""
        await self._loop.close()
        if self._going is not None:
            await self._going
        await self._publish_all()

    def publish(self, events: Sequence[Event]) -> None:
        """Take events whose transaction has committed; return at once."""
        self._committed.extend(events)
        self._wake.set()

    async def _work(self) -> None:
        await self._wake.wait()
        self._wake.clear()
        self._going = asyncio.ensure_future(self._publish_all())
        await asyncio.shield(self._going)

    async def _publish_all(self) -> None:
        batch, self._committed = self._committed, []
        batch.sort(key=lambda event: (event.restaurant_id, event.seq))
        by_restaurant = groupby(batch, key=lambda event: event.restaurant_id)
        batches = [list(events) for _, events in by_restaurant]
        behind = await self._append_plain(batches)
        late = {events[0].restaurant_id for events in behind}
        for events in batches:
            if events[0].restaurant_id not in late:
                self._appended(events)
        await asyncio.gather(*(self._publish(events) for events in behind))

    async def _publish(self, events: list[Event]) -> None:
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
