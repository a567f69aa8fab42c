"""Opening hours and business days, in the restaurant's own time zone."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

DAY = timedelta(days=1)
MIDNIGHT = time(0)


class Span(msgspec.Struct, frozen=True):
    """Open from `start` until `end`; an end at or before the start is on the next day."""

    start: time
    end: time


class Hours(msgspec.Struct, frozen=True):
    """Spans for each weekday (Monday first); `exceptions` replace a whole date, empty = closed."""

    week: tuple[tuple[Span, ...], ...]
    exceptions: dict[date, tuple[Span, ...]] = {}

    def on(self, day: date) -> tuple[Span, ...]:
        return self.exceptions.get(day, self.week[day.weekday()])


ALWAYS = Hours(week=((Span(MIDNIGHT, MIDNIGHT),),) * 7)


def is_open(hours: Hours, now: datetime, zone: str) -> bool:
    """Tell whether the restaurant takes orders now, spans begun yesterday included."""
    here = ZoneInfo(zone)
    today = now.astimezone(here).date()
    return any(
        start <= now < end
        for day in (today - DAY, today)
        for start, end in (_bounds(day, span, here) for span in hours.on(day))
    )


def business_day(now: datetime, zone: str, cutover: time) -> date:
    """Return the day a sale counts for: until `cutover` it is still yesterday."""
    here = ZoneInfo(zone)
    today = now.astimezone(here).date()
    return today - DAY if now < _moment(today, cutover, here) else today


@lru_cache(maxsize=4096)  # asked at every order, and the same all day
def _bounds(day: date, span: Span, zone: ZoneInfo) -> tuple[datetime, datetime]:
    end = day if span.end > span.start else day + DAY
    return _moment(day, span.start, zone), _moment(end, span.end, zone)


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return when a clock shows a time: the first of two, on a night it is set back.

    In UTC, because two times of one zone are compared as if its clocks never changed.
    """
    return datetime.combine(day, at, zone).astimezone(UTC)
