"""Receipts and credit notes: written with what they are of (`record.py`), then only read."""

from collections.abc import Sequence
from datetime import date, datetime

from state.domain.payment import TAKEN
from state.domain.receipt import Receipt
from state.store.pool import Conn
from state.store.rows import Rows

RECEIPTS = Rows("receipts", Receipt)
READ = f"SELECT {RECEIPTS.columns} FROM receipts"


async def get(conn: Conn, receipt_id: str) -> Receipt | None:
    row = await conn.fetchrow(f"{READ} WHERE id = $1", receipt_id)
    return None if row is None else RECEIPTS.struct(row)


async def of_payment(conn: Conn, payment_id: str) -> list[Receipt]:
    """Return the receipt of a payment, and then the credit notes of its refunds."""
    rows = await conn.fetch(
        f"{READ} WHERE payment_id = $1 ORDER BY refund_id IS NOT NULL, issued_at, id", payment_id
    )
    return [RECEIPTS.struct(row) for row in rows]


async def latest(conn: Conn, restaurant_id: str, limit: int) -> Sequence[Receipt]:
    """Return a restaurant's newest, newest first."""
    rows = await conn.fetch(
        f"{READ} WHERE restaurant_id = $1 ORDER BY issued_at DESC, id DESC LIMIT $2",
        *(restaurant_id, limit),
    )
    return [RECEIPTS.struct(row) for row in rows]


async def left_of(conn: Conn, payments: Sequence[str]) -> dict[str, int]:
    """Return how much of each payment may still be given back."""
    rows = await conn.fetch(
        "SELECT id, amount + tip - refunded AS left FROM payments WHERE id = ANY($1)",
        list(payments),
    )
    return {row["id"]: row["left"] for row in rows}


async def none_until(conn: Conn, restaurant_id: str) -> datetime | None:
    """Return when the last payment was taken that is older than a restaurant's receipts."""
    found: datetime | None = await conn.fetchval(
        "SELECT max(settled_at) FROM payments WHERE restaurant_id = $1 AND status = ANY($2)"
        " AND settled_at < (SELECT coalesce(min(issued_at), 'infinity') FROM receipts"
        "     WHERE restaurant_id = $1)",
        *(restaurant_id, list(TAKEN)),
    )
    return found


async def mailed(conn: Conn, receipt_id: str) -> int:
    """Return how often a receipt was sent by e-mail."""
    count = await conn.fetchval(
        "SELECT count(*) FROM receipt_mails WHERE receipt_id = $1", receipt_id
    )
    return int(count)


async def note_mail(conn: Conn, job_id: str, receipt_id: str, at: datetime) -> None:
    await conn.execute(
        "INSERT INTO receipt_mails (job_id, receipt_id, at) VALUES ($1, $2, $3)",
        *(job_id, receipt_id, at),
    )


async def between(
    conn: Conn, restaurant_id: str, days: tuple[date, date]
) -> list[tuple[Receipt, str]]:
    """Return what was issued on these days of the house, in order, with each one's original."""
    rows = await conn.fetch(
        f"{READ} JOIN restaurants ON restaurants.id = restaurant_id WHERE restaurant_id = $1"
        " AND (issued_at AT TIME ZONE restaurants.timezone)::date BETWEEN $2 AND $3"
        " ORDER BY series, year, number",
        *(restaurant_id, *days),
    )
    found = [RECEIPTS.struct(row) for row in rows]
    ids = [each.payment_id for each in found if each.refund_id is not None]
    firsts = await conn.fetch(
        f"{READ} WHERE payment_id = ANY($1) AND refund_id IS NULL", list(set(ids))
    )
    names = {row["paymentId"]: RECEIPTS.struct(row).name for row in firsts}
    return [(each, names.get(each.payment_id, "") if each.refund_id else "") for each in found]
