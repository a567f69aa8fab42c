"""Payments in TON: invoices, what has arrived, and how far the chain was read."""

from datetime import datetime

import msgspec

from state.domain.ton import Asset, Deposit, Invoice, Outcome
from state.store.pool import Conn
from state.store.rows import Rows

INVOICES = Rows("ton_invoices", Invoice)
DEPOSITS = Rows("ton_deposits", Deposit)


class Cursor(msgspec.Struct, frozen=True):
    """Until where the transfers of an asset were read; `looked_at` is when the last look began."""

    lt: int
    looked_at: datetime


async def add_invoice(conn: Conn, invoice: Invoice) -> Invoice:
    """Keep an invoice; where its payment has one already, return that."""
    await INVOICES.add(conn, invoice)
    found = await invoice_of(conn, invoice.payment_id)
    assert found is not None, "it was just written"
    return found


async def invoice_of(conn: Conn, payment_id: str) -> Invoice | None:
    sql = f"SELECT {INVOICES.columns} FROM ton_invoices WHERE payment_id = $1"
    row = await conn.fetchrow(sql, payment_id)
    return None if row is None else INVOICES.struct(row)


async def invoice_by(conn: Conn, comment: str) -> Invoice | None:
    sql = f"SELECT {INVOICES.columns} FROM ton_invoices WHERE comment = $1"
    row = await conn.fetchrow(sql, comment)
    return None if row is None else INVOICES.struct(row)


async def overdue(conn: Conn, account: str, asset: Asset, before: datetime) -> list[Invoice]:
    """Return invoices nobody has paid until then, the oldest first."""
    rows = await conn.fetch(
        f"SELECT {INVOICES.columns} FROM ton_invoices"
        " JOIN payments ON payments.id = ton_invoices.payment_id"
        " WHERE payments.status = 'PENDING' AND account = $1 AND asset = $2 AND expires_at < $3"
        " ORDER BY expires_at LIMIT 100",
        *(account, asset, before),
    )
    return [INVOICES.struct(row) for row in rows]


async def is_awaited(conn: Conn, account: str, asset: Asset) -> bool:
    """Tell whether somebody is paying just now."""
    found: bool = await conn.fetchval(
        "SELECT EXISTS (SELECT FROM payments JOIN ton_invoices ON payment_id = payments.id"
        " WHERE method = 'TON_WALLET' AND status = 'PENDING' AND account = $1 AND asset = $2)",
        *(account, asset),
    )
    return found


async def arrived(conn: Conn, deposit: Deposit) -> Deposit:
    """Keep a transfer, unless it is known; return it as it stands."""
    await DEPOSITS.add(conn, deposit)
    sql = f"SELECT {DEPOSITS.columns} FROM ton_deposits WHERE hash = $1"
    row = await conn.fetchrow(sql, deposit.hash)
    assert row is not None, "it was just written"
    return DEPOSITS.struct(row)


async def parts(conn: Conn, payment_id: str) -> int:
    """Return how many units have come for a payment that is not settled yet."""
    sql = "SELECT coalesce(sum(units), 0)::bigint FROM ton_deposits WHERE payment_id = $1"
    found: int = await conn.fetchval(f"{sql} AND outcome IN ('NEW', 'PART')", payment_id)
    return found


async def payer(conn: Conn, purpose: str, reference: str) -> str:
    """Return the address from which something was paid, "" where that was by other means."""
    found: str | None = await conn.fetchval(
        "SELECT source FROM ton_deposits JOIN payments ON payments.id = payment_id"
        " WHERE purpose = $1 AND reference = $2 AND outcome = 'SETTLED' ORDER BY lt DESC LIMIT 1",
        *(purpose, reference),
    )
    return found or ""


async def judge(conn: Conn, deposit: Deposit, outcome: Outcome, excess: int = 0) -> None:
    """Note what a transfer came to; with one that settles, the parts before it do.

    Of two who read it at once the first has said it.
    """
    await conn.execute(
        "UPDATE ton_deposits SET outcome = $2, excess = $3 WHERE hash = $1 AND outcome = 'NEW'",
        *(deposit.hash, outcome, excess),
    )
    if outcome is Outcome.SETTLED:
        await conn.execute(
            "UPDATE ton_deposits SET outcome = $2 WHERE payment_id = $1 AND outcome = 'PART'",
            *(deposit.payment_id, outcome),
        )


async def give_up(conn: Conn) -> None:
    """Leave to people what came for payments that came to nothing."""
    await conn.execute(
        "UPDATE ton_deposits SET outcome = 'LATE' FROM payments"
        " WHERE outcome = 'PART' AND payments.id = payment_id AND status = 'FAILED'"
    )


async def cursor(conn: Conn, account: str, asset: Asset) -> Cursor | None:
    sql = "SELECT lt, looked_at FROM ton_cursors WHERE account = $1 AND asset = $2"
    row = await conn.fetchrow(sql, account, asset)
    return None if row is None else Cursor(**row)


async def begin(conn: Conn, account: str, asset: Asset, lt: int, now: datetime) -> None:
    """Read the chain from there on; who was first decides."""
    await conn.execute(
        "INSERT INTO ton_cursors VALUES ($1, $2, $3, $4, $4) ON CONFLICT DO NOTHING",
        *(account, asset, lt, now),
    )


async def claim(
    conn: Conn, account: str, asset: Asset, now: datetime, until: datetime
) -> Cursor | None:
    """Have the next look, for so long; return from where on, None where it is not due."""
    row = await conn.fetchrow(
        "UPDATE ton_cursors SET next_at = $4 WHERE account = $1 AND asset = $2 AND next_at <= $3"
        " RETURNING lt, looked_at",
        *(account, asset, now, until),
    )
    return None if row is None else Cursor(**row)


async def advance(conn: Conn, account: str, asset: Asset, lt: int, until: datetime) -> None:
    """Note how far it was read, and go on reading. It never goes back, whoever is late."""
    await conn.execute(
        "UPDATE ton_cursors SET lt = greatest(lt, $3), next_at = $4"
        " WHERE account = $1 AND asset = $2",
        *(account, asset, lt, until),
    )


async def looked(conn: Conn, account: str, asset: Asset, began: datetime, then: datetime) -> None:
    """Note that all was read that was there as the look began; the next is due `then`."""
    await conn.execute(
        "UPDATE ton_cursors SET looked_at = greatest(looked_at, $3), next_at = $4"
        " WHERE account = $1 AND asset = $2",
        *(account, asset, began, then),
    )
