"""Disputes, and what is booked of them."""

from collections.abc import Sequence
from datetime import datetime

from state.domain.dispute import Dispute
from state.domain.ledger import Entry
from state.store.money import LEDGER
from state.store.pool import Conn
from state.store.rows import Rows

DISPUTES = Rows("disputes", Dispute)


async def find(conn: Conn, provider_ref: str) -> Dispute | None:
    """Return a dispute by what its company calls it."""
    row = await conn.fetchrow(
        f"SELECT {DISPUTES.columns} FROM disputes WHERE provider_ref = $1", provider_ref
    )
    return None if row is None else DISPUTES.struct(row)


async def put(conn: Conn, held: Dispute, made: Sequence[Entry]) -> None:
    """Keep a dispute as it is by now, and book what came of it."""
    if not await DISPUTES.add(conn, held):
        await conn.execute(
            "UPDATE disputes SET status = $2, closed_at = $3 WHERE id = $1",
            *(held.id, held.status, held.closed_at),
        )
    await LEDGER.insert_all(conn, made)  # half a movement is refused


async def shown(conn: Conn, restaurant_id: str, since: datetime | None) -> list[Dispute]:
    """Return the disputes that are open, and those that have ended since."""
    rows = await conn.fetch(
        f"SELECT {DISPUTES.columns} FROM disputes WHERE restaurant_id = $1"
        " AND (closed_at IS NULL OR closed_at > coalesce($2::timestamptz, '-infinity'))"
        " ORDER BY opened_at",
        *(restaurant_id, since),
    )
    return [DISPUTES.struct(row) for row in rows]
