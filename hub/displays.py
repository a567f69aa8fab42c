"""How far behind each display is: by the events its rooms heard and it has not shown."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from handlers import livelog
from handlers.deps import Deps
from hub import audience, auth
from state.domain.events import Event
from state.live import displays as live
from state.live.displays import Display

SILENT = timedelta(seconds=15)  # ours say every four how far they are
GONE = timedelta(minutes=10)  # switched off, not merely cut off


class Lag(msgspec.Struct, frozen=True):
    """`events` is how many it owes, `since` when the first of them happened.

    A silent display is closed, or has no line: how far it had come says nothing of what it shows.
    """

    display: Display
    events: int
    since: datetime | None
    silent: bool


async def lags(restaurant_id: str, deps: Deps) -> list[Lag]:
    """Return what every display of a restaurant owes; at most 500 events are counted.

    Those that have signed out, or said nothing for ten minutes, are forgotten.
    """
    present = await _present(restaurant_id, deps)
    heard_since = deps.now() - SILENT
    return [
        _lag(
            display,
            await livelog.read(deps.pool, deps.redis, restaurant_id, display.seq),
            display.at < heard_since,
        )
        for display in present
    ]


async def _present(restaurant_id: str, deps: Deps) -> list[Display]:
    known = await live.all_of(deps.redis, restaurant_id)
    heard = [display for display in known if deps.now() - display.at <= GONE]
    over = await auth.over({display.session for display in heard}, deps) if heard else set()
    present = [display for display in heard if display.session not in over]
    if gone := {display.id for display in known} - {display.id for display in present}:
        await live.forget(deps.redis, restaurant_id, *gone)
    return present


def _lag(display: Display, later: Sequence[Event], silent: bool) -> Lag:
    owed = [event for event in later if not audience.rooms(event).isdisjoint(display.rooms)]
    return Lag(display, len(owed), owed[0].at if owed else None, silent)
