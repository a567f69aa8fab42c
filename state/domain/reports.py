"""Reports: what a manager reads of a day, or of several."""

from datetime import date, datetime, timedelta

import msgspec

from state.domain.errors import invalid

LATE = timedelta(minutes=10)  # when the kitchen's screen turns red
MOST_DAYS = 92
STEP = timedelta(minutes=15)


class Period(msgspec.Struct, frozen=True, rename={"first": "from", "last": "to"}):
    """Business days, both included; left out it is today."""

    first: date | None = None
    last: date | None = None


class Interval(msgspec.Struct, frozen=True):
    """A quarter of an hour, by when orders were placed; what was cancelled or voided left out."""

    at: datetime
    orders: int
    items: int
    sales: int


class Day(msgspec.Struct, frozen=True):
    """A business day, likewise."""

    day: date
    orders: int
    items: int
    sales: int


class Preparation(msgspec.Struct, frozen=True, rename="camel"):
    """How long a station took, in seconds, from when the kitchen got an item until it was ready.

    `latePercent` are those that took over ten minutes, or over the dish's own time where that is
    longer. Stations without a finished item have no times.
    """

    station: str
    name: str
    items: int
    p50: float | None
    p90: float | None
    p99: float | None
    late_percent: float | None


class Voids(msgspec.Struct, frozen=True):
    """What was taken off orders for a reason; `amount` is what it would have cost."""

    reason: str
    items: int
    amount: int


class OpenStation(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A station now: items not ready, those of them that are late, and its times of today.

    What is late already counts for `latePercent`, ready or not.
    """

    station: str
    name: str
    open: int
    late: int
    items: int
    p50: float | None
    p90: float | None
    late_percent: float | None


class OldestOrder(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    order_number: int
    table_number: str
    created_at: datetime


class WaitingAlert(msgspec.Struct, frozen=True, rename="camel"):
    """`kind` is "ready" for an order, else what the guests of a table call for."""

    id: str
    kind: str
    order_number: int | None
    table_number: str
    level: int
    raised_at: datetime


class SoldOut(msgspec.Struct, frozen=True):
    id: str
    name: str


class Offloaded(msgspec.Struct, frozen=True):
    """Work for other companies: what is still to be done, since when, and what failed of a day."""

    kind: str
    open: int
    since: datetime | None
    failed: int


class Sales(msgspec.Struct, frozen=True):
    """Today; `unpaid` is what was served and is not paid, of `waiting` orders."""

    currency: str
    orders: int
    items: int
    sales: int
    unpaid: int
    waiting: int


def require_period(period: Period, today: date) -> tuple[date, date]:
    """Return the first and the last day; raise INVALID for days that make no period."""
    first = period.first or period.last or today
    last = period.last or max(first, today)
    if last < first:
        raise invalid("to", "is before from")
    if (last - first).days >= MOST_DAYS:
        raise invalid("from", f"is too early: {MOST_DAYS} days at most")
    return first, last
