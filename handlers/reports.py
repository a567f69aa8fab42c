"""Reports: how the house is doing now, and how it did."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any, TypeVar

import msgspec

from handlers.boards import moment
from handlers.deps import Deps
from handlers.editing import require_place
from state.domain import reports as r
from state.domain.actor import Actor
from state.domain.hours import business_day
from state.domain.reports import Period, require_period
from state.domain.restaurant import Restaurant
from state.store import log, restaurants
from state.store import reports as store
from state.store.pool import Conn

T = TypeVar("T", bound=msgspec.Struct)


class Report(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`first` to `last` are business days, `currency` is that of the amounts, in its minor unit."""

    first: date
    last: date
    currency: str
    rows: list[Any]


class Intervals(Report, frozen=True, kw_only=True):
    rows: list[r.Interval]


class Days(Report, frozen=True, kw_only=True):
    rows: list[r.Day]


class Stations(Report, frozen=True, kw_only=True):
    rows: list[r.Preparation]


class VoidReasons(Report, frozen=True, kw_only=True):
    rows: list[r.Voids]


class Now(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Figures of this moment; `openOrders` are those not served yet.

    `latePercent` is of today's items at all stations, as each station counts them.
    """

    seq: int
    today: date
    open_orders: int
    oldest: r.OldestOrder | None
    stations: list[r.OpenStation]
    late_percent: float | None
    alerts: list[r.WaitingAlert]
    sold_out: list[r.SoldOut]
    jobs: list[r.Offloaded]
    sales: r.Sales


async def intervals(rid: str, period: Period, who: Actor, deps: Deps) -> Intervals:
    """Return orders, items and sales per quarter of an hour; as CSV with `Accept: text/csv`."""
    return await report(rid, period, who, deps, store.intervals, Intervals)


async def days(rid: str, period: Period, who: Actor, deps: Deps) -> Days:
    """Return orders, items and sales per business day; as CSV with `Accept: text/csv`."""
    return await report(rid, period, who, deps, store.by_day, Days)


async def stations(rid: str, period: Period, who: Actor, deps: Deps) -> Stations:
    """Return how long each station took; as CSV with `Accept: text/csv`."""
    return await report(rid, period, who, deps, store.preparation, Stations)


async def voids(rid: str, period: Period, who: Actor, deps: Deps) -> VoidReasons:
    """Return what was voided, by reason; as CSV with `Accept: text/csv`."""
    return await report(rid, period, who, deps, store.voids, VoidReasons)


async def now(rid: str, who: Actor, deps: Deps) -> Now:
    """Return how the house is doing, all of it as of one moment."""
    await require_place(rid, who, deps)
    async with moment(deps) as conn:
        here = await restaurants.get(conn, rid)
        today = _today(here, deps)
        count, oldest = await store.open_orders(conn, rid)
        stations, late = await store.open_stations(conn, rid, today, deps.now())
        return Now(
            seq=await log.head(conn, rid),
            today=today,
            open_orders=count,
            oldest=oldest,
            stations=stations,
            late_percent=late,
            alerts=await store.unanswered(conn, rid),
            sold_out=await store.sold_out(conn, rid, here.language),
            jobs=await store.offloaded(conn, rid, deps.now()),
            sales=await store.sales(conn, rid, here.currency, today),
        )


async def report(
    rid: str,
    period: Period,
    who: Actor,
    deps: Deps,
    read: Callable[[Conn, str, store.Days], Awaitable[list[Any]]],
    kind: Callable[..., T],
) -> T:
    """Return a report of business days that `read` finds the rows of."""
    await require_place(rid, who, deps)
    async with deps.pool.acquire() as conn:
        here = await restaurants.get(conn, rid)
        first, last = require_period(period, _today(here, deps))
        rows = await read(conn, rid, (first, last))
    return kind(first=first, last=last, currency=here.currency, rows=rows)


def _today(here: Restaurant, deps: Deps) -> date:
    return business_day(deps.now(), here.timezone, here.day_cutover)
