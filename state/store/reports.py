"""Figures out of orders. Days are found by the index that numbers them, items by their orders."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from state.domain.menu import text
from state.domain.reports import (
    LATE,
    STEP,
    Day,
    Interval,
    Offloaded,
    OldestOrder,
    OpenStation,
    Preparation,
    Sales,
    SoldOut,
    Voids,
    WaitingAlert,
)
from state.store.pool import Conn

# $1 is the restaurant, $2 and $3 the first and the last business day.
SOLD = """
    FROM orders o JOIN order_items i ON i.order_id = o.id AND i.status <> 'VOIDED'
    WHERE o.restaurant_id = $1 AND o.business_day BETWEEN $2 AND $3 AND o.status <> 'CANCELLED'
"""
FIGURES = """
    count(DISTINCT o.id) AS orders, coalesce(sum(i.quantity), 0)::bigint AS items,
    coalesce(sum(i.line_total), 0)::bigint AS sales
"""
TOOK = "extract(epoch FROM i.ready_at - i.queued_at)"
TOO_LONG = f"greatest({int(LATE.total_seconds())}, i.prep_seconds)"
TIMES = f"""
    SELECT i.station, count(*) AS items,
        percentile_cont(ARRAY[0.5, 0.9, 0.99]) WITHIN GROUP (ORDER BY {TOOK}) AS took,
        count(*) FILTER (WHERE {TOOK} > {TOO_LONG}) AS late
    FROM orders o JOIN order_items i ON i.order_id = o.id
    WHERE o.restaurant_id = $1 AND o.business_day BETWEEN $2 AND $3
        AND i.ready_at IS NOT NULL AND i.queued_at IS NOT NULL
    GROUP BY i.station
"""
STATIONS = """
    SELECT id, name FROM stations WHERE restaurant_id = $1 AND deleted_at IS NULL
    ORDER BY position, id
"""
OPEN_ITEMS = f"""
    SELECT i.station, sum(i.quantity) AS open, coalesce(sum(i.quantity) FILTER (WHERE late), 0)
        AS late, count(*) FILTER (WHERE late) AS items_late
    FROM orders o JOIN order_items i ON i.order_id = o.id,
        LATERAL (SELECT extract(epoch FROM $2 - i.queued_at) > {TOO_LONG} AS late) AS by_now
    WHERE o.restaurant_id = $1 AND o.status NOT IN ('COMPLETED', 'CANCELLED')
        AND i.status IN ('QUEUED', 'PREPARING')
    GROUP BY i.station
"""
# Each half has an index of its own.
OFFLOADED = """
    SELECT kind, count(*) FILTER (WHERE NOT over) AS open,
        min(created_at) FILTER (WHERE NOT over) AS since, count(*) FILTER (WHERE over) AS failed
    FROM (
        SELECT kind, created_at, false AS over FROM jobs
        WHERE restaurant_id = $1 AND status IN ('QUEUED', 'RUNNING', 'UNKNOWN')
        UNION ALL
        SELECT kind, created_at, true FROM jobs
        WHERE restaurant_id = $1 AND status = 'FAILED' AND created_at > $2
    ) AS found
    GROUP BY kind ORDER BY kind
"""
Days = tuple[date, date]


async def intervals(conn: Conn, restaurant_id: str, days: Days) -> list[Interval]:
    rows = await conn.fetch(
        f"SELECT date_bin($4, o.created_at, timestamptz 'epoch') AS at, {FIGURES} {SOLD}"
        " GROUP BY 1 ORDER BY 1",
        *(restaurant_id, *days, STEP),
    )
    return [msgspec.convert(dict(row), Interval) for row in rows]


async def by_day(conn: Conn, restaurant_id: str, days: Days) -> list[Day]:
    rows = await conn.fetch(
        f"SELECT o.business_day AS day, {FIGURES} {SOLD} GROUP BY 1 ORDER BY 1",
        *(restaurant_id, *days),
    )
    return [msgspec.convert(dict(row), Day) for row in rows]


async def preparation(conn: Conn, restaurant_id: str, days: Days) -> list[Preparation]:
    found = {row["station"]: row for row in await conn.fetch(TIMES, restaurant_id, *days)}
    return [
        Preparation(station["id"], station["name"], *_times(found.get(station["id"])))
        for station in await conn.fetch(STATIONS, restaurant_id)
    ]


async def voids(conn: Conn, restaurant_id: str, days: Days) -> list[Voids]:
    """Return what was voided, the most frequent reason first."""
    rows = await conn.fetch(
        "SELECT coalesce(nullif(i.reason, ''), o.reason) AS reason,"
        " sum(i.quantity)::bigint AS items, sum(i.line_total)::bigint AS amount"
        " FROM orders o JOIN order_items i ON i.order_id = o.id"
        " WHERE o.restaurant_id = $1 AND o.business_day BETWEEN $2 AND $3"
        " AND i.status = 'VOIDED' GROUP BY 1 ORDER BY items DESC, reason",
        *(restaurant_id, *days),
    )
    return [msgspec.convert(dict(row), Voids) for row in rows]


async def open_stations(
    conn: Conn, restaurant_id: str, today: date, now: datetime
) -> tuple[list[OpenStation], float | None]:
    """Return each station now, and the percentage of today's items of all that is late."""
    waiting = {row["station"]: row for row in await conn.fetch(OPEN_ITEMS, restaurant_id, now)}
    done = {row["station"]: row for row in await conn.fetch(TIMES, restaurant_id, today, today)}
    found, shares = [], []
    for station in await conn.fetch(STATIONS, restaurant_id):
        row, times = waiting.get(station["id"]), done.get(station["id"])
        items, p50, p90, *_ = _times(times)
        share = _late(times, row)
        shares.append(share)
        found.append(
            OpenStation(
                station=station["id"],
                name=station["name"],
                open=int(row["open"]) if row else 0,
                late=int(row["late"]) if row else 0,
                items=items,
                p50=p50,
                p90=p90,
                late_percent=_percent(*share),
            )
        )
    return found, _percent(*map(sum, zip(*shares, strict=True))) if shares else None


async def open_orders(conn: Conn, restaurant_id: str) -> tuple[int, OldestOrder | None]:
    """Return how many orders the kitchen and the waiters are not done with, and the oldest."""
    rows = await conn.fetch(
        'SELECT id, order_number AS "orderNumber", table_number AS "tableNumber",'
        ' created_at AS "createdAt" FROM orders WHERE restaurant_id = $1'
        " AND status NOT IN ('DELIVERED', 'COMPLETED', 'CANCELLED') ORDER BY created_at",
        restaurant_id,
    )
    return len(rows), msgspec.convert(dict(rows[0]), OldestOrder) if rows else None


async def sales(conn: Conn, restaurant_id: str, currency: str, today: date) -> Sales:
    row = await conn.fetchrow(f"SELECT {FIGURES} {SOLD}", restaurant_id, today, today)
    due = await conn.fetchrow(
        "SELECT count(*) AS waiting, coalesce(sum(total_amount), 0)::bigint AS unpaid FROM orders"
        " WHERE restaurant_id = $1 AND status = 'DELIVERED'"
        " AND payment_status NOT IN ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED')",
        restaurant_id,
    )
    assert row is not None, "an aggregate has one row"
    assert due is not None, "an aggregate has one row"
    return Sales(currency, row["orders"], row["items"], row["sales"], due["unpaid"], due["waiting"])


async def unanswered(conn: Conn, restaurant_id: str) -> list[WaitingAlert]:
    """Return what nobody has answered yet: dishes that are ready, and guests who call."""
    rows = await conn.fetch(
        'SELECT id, kind, order_number AS "orderNumber", table_number AS "tableNumber", level,'
        ' raised_at AS "raisedAt" FROM alerts'
        " WHERE restaurant_id = $1 AND status <> 'RESOLVED' AND status = 'RAISED'"
        " UNION ALL SELECT id, kind, NULL, table_number, level, requested_at FROM service_requests"
        " WHERE restaurant_id = $1 AND status <> 'DONE' AND status = 'REQUESTED'"
        " ORDER BY 6",
        restaurant_id,
    )
    return [msgspec.convert(dict(row), WaitingAlert) for row in rows]


async def offloaded(conn: Conn, restaurant_id: str, now: datetime) -> list[Offloaded]:
    rows = await conn.fetch(OFFLOADED, restaurant_id, now - timedelta(days=1))
    return [msgspec.convert(dict(row), Offloaded) for row in rows]


async def sold_out(conn: Conn, restaurant_id: str, language: str) -> list[SoldOut]:
    rows = await conn.fetch(
        "SELECT id, texts FROM menu_items WHERE restaurant_id = $1 AND deleted_at IS NULL"
        " AND NOT available ORDER BY position, id",
        restaurant_id,
    )
    return [SoldOut(row["id"], text(row["texts"], language, language)) for row in rows]


def _times(row: Any) -> Sequence[Any]:
    """Return items, p50, p90, p99 and the percentage that was late."""
    if row is None:
        return 0, None, None, None, None
    took = [round(float(seconds), 1) for seconds in row["took"]]
    return row["items"], *took, _percent(row["late"], row["items"])


def _late(done: Any, waiting: Any) -> tuple[int, int]:
    """Return how many items are late, and of how many that is known."""
    late, of = (done["late"], done["items"]) if done else (0, 0)
    by_now = waiting["items_late"] if waiting else 0
    return late + by_now, of + by_now


def _percent(part: int, of: int) -> float | None:
    return round(100 * part / of, 1) if of else None
