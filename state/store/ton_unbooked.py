"""Transfers in TON that were not booked, and what people have made of them."""

from collections.abc import Sequence

import msgspec

from state.domain.unbooked import Arrival, Handling
from state.store.pool import Conn
from state.store.rows import Rows

HANDLINGS = Rows("ton_handlings", Handling)
OWN = ("price", "currency", "session_id", "table_number")
FIELDS = [f.name for f in msgspec.structs.fields(Arrival) if f.name not in OWN]
# One with a comment of nobody's is shown where all who are paid at that address are of one tenant:
# elsewhere it is nobody's business but that of who runs the hub.
FIND = f"""
    SELECT {", ".join(f"d.{name}" for name in FIELDS)}, coalesce(i.price, '') AS price,
        coalesce(p.currency, r.currency) AS currency, p.session_id AS "sessionId",
        coalesce(t.number, '') AS "tableNumber"
    FROM ton_deposits d
    JOIN restaurants r ON r.id = $1
    LEFT JOIN payments p ON p.id = d.payment_id
    LEFT JOIN ton_invoices i ON i.payment_id = d.payment_id
    LEFT JOIN tables t ON t.id = p.table_id
    WHERE (
        (p.restaurant_id = $1 AND (d.excess > 0 OR d.outcome IN ('EXTRA', 'LATE')))
        OR (d.outcome = 'UNKNOWN' AND r.tenant_id = ALL(
            SELECT q.tenant_id FROM ton_invoices j JOIN payments q ON q.id = j.payment_id
            WHERE j.account = d.account)
            AND EXISTS (SELECT FROM ton_invoices WHERE account = d.account))
    )
"""


async def arrivals(conn: Conn, restaurant_id: str, limit: int) -> list[Arrival]:
    """Return what came for a restaurant and was not booked, the newest first."""
    sql = f"{FIND} ORDER BY d.at DESC, d.lt DESC LIMIT $2"
    rows = await conn.fetch(sql, restaurant_id, limit)
    return [msgspec.convert(dict(row), Arrival) for row in rows]


async def arrival(conn: Conn, restaurant_id: str, hash: str) -> Arrival | None:
    """Return one of them."""
    row = await conn.fetchrow(f"{FIND} AND d.hash = $2", restaurant_id, hash)
    return None if row is None else msgspec.convert(dict(row), Arrival)


async def handlings(conn: Conn, hashes: Sequence[str]) -> dict[str, list[Handling]]:
    """Return what was made of transfers, by their hashes, in order."""
    rows = await conn.fetch(
        f"SELECT {HANDLINGS.columns} FROM ton_handlings WHERE hash = ANY($1) ORDER BY number",
        list(hashes),
    )
    found: dict[str, list[Handling]] = {each: [] for each in hashes}
    for row in rows:
        made = HANDLINGS.struct(row)
        found[made.hash].append(made)
    return found


async def add(conn: Conn, handling: Handling) -> None:
    await HANDLINGS.insert(conn, handling)
