"""What came in, read from the ledger: of business days, or since the last closing."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from state.domain.takings import Closing, Taking, Taxed, Totals
from state.store.pool import Conn
from state.store.rows import Rows

CLOSINGS = Rows("day_closings", Closing)
DAYS = "l.restaurant_id = $1 AND l.business_day BETWEEN $2 AND $3"
OPEN = "l.restaurant_id = $1 AND l.closing_id IS NULL"
TAKINGS = """
    SELECT p.method, count(DISTINCT p.id) FILTER (WHERE l.refund_id IS NULL) AS payments,
        coalesce(sum(l.amount) FILTER (WHERE l.amount > 0 AND l.refund_id IS NULL), 0)::bigint
            AS taken,
        coalesce(-sum(l.amount) FILTER (WHERE l.account = 'tips'), 0)::bigint AS tips,
        coalesce(-sum(l.amount) FILTER (WHERE l.amount < 0 AND l.refund_id IS NOT NULL), 0)::bigint
            AS refunded
    FROM ledger l JOIN payments p ON p.id = l.payment_id WHERE {where}
    GROUP BY p.method ORDER BY p.method
"""
TAXES = """
    SELECT coalesce(substring(l.account FROM '^(?:sales|tax):(.*)'), l.account) AS account,
        coalesce(-sum(l.amount) FILTER (WHERE l.account NOT LIKE 'tax:%'), 0)::bigint AS net,
        coalesce(-sum(l.amount) FILTER (WHERE l.account LIKE 'tax:%'), 0)::bigint AS tax
    FROM ledger l WHERE {where} AND l.payment_id IS NOT NULL
        AND l.account <> 'tips' AND l.account <> 'cash' AND l.account NOT LIKE 'method:%'
    GROUP BY 1 ORDER BY 1
"""
DISPUTED = f"""
    SELECT coalesce(-sum(l.amount), 0)::bigint FROM ledger l
    WHERE {OPEN} AND l.dispute_id IS NOT NULL AND l.account LIKE 'method:%'
"""


async def takings(conn: Conn, restaurant_id: str, days: tuple[date, date]) -> list[Taking]:
    return await _takings(conn, DAYS, restaurant_id, *days)


async def taxes(conn: Conn, restaurant_id: str, days: tuple[date, date]) -> list[Taxed]:
    return await _taxes(conn, DAYS, restaurant_id, *days)


async def unclosed(conn: Conn, restaurant_id: str) -> Totals:
    """Return what is booked and not part of a closing yet."""
    found = await _takings(conn, OPEN, restaurant_id)
    return Totals(
        takings=found,
        taxes=await _taxes(conn, OPEN, restaurant_id),
        tips=sum(each.tips for each in found),
        disputed=await conn.fetchval(DISPUTED, restaurant_id),
    )


async def closings(conn: Conn, restaurant_id: str, limit: int) -> list[Closing]:
    """Return the closed days, the last one first."""
    rows = await conn.fetch(
        f"SELECT {CLOSINGS.columns} FROM day_closings WHERE restaurant_id = $1"
        " ORDER BY number DESC LIMIT $2",
        *(restaurant_id, limit),
    )
    return [CLOSINGS.struct(row) for row in rows]


async def close(conn: Conn, tenant_id: str, restaurant_id: str, made: Closing) -> None:
    """Keep a closing, and note which entries are part of it."""
    await CLOSINGS.insert(
        conn,
        msgspec.structs.replace(made, totals=msgspec.to_builtins(made.totals)),
        tenant_id=tenant_id,
        restaurant_id=restaurant_id,
    )
    await conn.execute(
        "UPDATE ledger SET closing_id = $2 WHERE restaurant_id = $1 AND closing_id IS NULL",
        *(restaurant_id, made.id),
    )


async def pending(conn: Conn, restaurant_id: str) -> int:
    """Return how many payments are under way."""
    count = await conn.fetchval(
        "SELECT count(*) FROM payments WHERE restaurant_id = $1"
        " AND status IN ('PENDING', 'AUTHORIZED')",
        restaurant_id,
    )
    return int(count)


async def _takings(conn: Conn, where: str, *values: object) -> list[Taking]:
    return _rows(await conn.fetch(TAKINGS.format(where=where), *values), Taking)


async def _taxes(conn: Conn, where: str, *values: object) -> list[Taxed]:
    return _rows(await conn.fetch(TAXES.format(where=where), *values), Taxed)


def _rows(rows: Sequence[Any], kind: type[Any]) -> list[Any]:
    return [msgspec.convert(dict(row), kind) for row in rows]
