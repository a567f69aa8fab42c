"""Guessing: how many wrong tries are free, how long to wait after them, when they are forgotten."""

from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from state.domain.errors import Code, Refusal

FREE = 5
LOCK = timedelta(seconds=30)
LONGEST = 6  # doublings: 32 minutes
QUIET = timedelta(minutes=15)  # after this long without a wrong try all is forgotten


class Tries(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The wrong tries in a row at one thing; `key` says what it is."""

    key: str
    failures: int = 0
    locked_until: datetime | None = None
    forgotten_at: datetime


def require_unlocked(locked_until: datetime | None, now: datetime) -> None:
    """Raise RATE_LIMITED while the lock lasts."""
    if locked_until is not None and now < locked_until:
        wait = -((now - locked_until) // timedelta(milliseconds=1))
        raise Refusal(Code.RATE_LIMITED, "too many wrong tries", retryAfterMs=wait)


def lock_after(failures: int, now: datetime) -> datetime | None:
    """Return until when to refuse after so many wrong tries in a row: longer each time."""
    over = failures - FREE
    return now + LOCK * 2 ** min(over, LONGEST) if over >= 0 else None


def one_more(tries: Tries, now: datetime) -> Tries:
    """Return the tries after another wrong one."""
    until = lock_after(tries.failures + 1, now)
    return replace(
        tries,
        failures=tries.failures + 1,
        locked_until=until,
        forgotten_at=(until or now) + QUIET,
    )
