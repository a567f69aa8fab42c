"""Opening hours and business days, in the restaurant's own time zone."""

from datetime import date, datetime, time, timedelta
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
    here = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return any(
        start <= here < end
        for day in (here.date() - DAY, here.date())
        for start, end in (_bounds(day, span) for span in hours.on(day))
    )


def business_day(now: datetime, zone: str, cutover: time) -> date:
    """Return the day a sale counts for: until `cutover` it is still yesterday."""
    here = now.astimezone(ZoneInfo(zone))
    return here.date() - DAY if here.time() < cutover else here.date()


def _bounds(day: date, span: Span) -> tuple[datetime, datetime]:
    end = day if span.end > span.start else day + DAY
    return datetime.combine(day, span.start), datetime.combine(end, span.end)
