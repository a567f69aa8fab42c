"""What waits for somebody to come, a dish or a guest: louder until somebody answers."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import IntEnum

Delays = Sequence[timedelta]  # since it began to wait, one for each level after the first


class Level(IntEnum):
    """Whom it reaches: the table's waiter, every waiter, then expo and manager too."""

    WAITER = 0
    WAITERS = 1
    CHIEFS = 2


def louder(level: Level, since: datetime, delays: Delays) -> tuple[Level, datetime | None]:
    """Return the next level, and when that gets louder: None when it no longer can."""
    after = Level(level + 1)
    return after, since + delays[after] if after < len(delays) else None
