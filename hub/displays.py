"""How far behind each display is: by the events its rooms heard and it has not shown."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from handlers import livelog
from handlers.deps import Deps
from hub import audience
from state.domain.events import Event
from state.live import displays as live
from state.live.displays import Display


class Lag(msgspec.Struct, frozen=True):
    """`events` is how many it owes, `since` when the first of them happened."""

    display: Display
    events: int
    since: datetime | None


async def lags(restaurant_id: str, deps: Deps) -> list[Lag]:
    """Return what every display of a restaurant owes; at most 500 events are counted."""
    return [
        _lag(display, await livelog.read(deps.pool, deps.redis, restaurant_id, display.seq))
        for display in await live.all_of(deps.redis, restaurant_id)
    ]


def _lag(display: Display, later: Sequence[Event]) -> Lag:
    owed = [event for event in later if not audience.rooms(event).isdisjoint(display.rooms)]
    return Lag(display, len(owed), owed[0].at if owed else None)
