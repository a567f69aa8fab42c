"""Bills, payments, refunds, drawers and the ledger."""

from collections.abc import Sequence
from datetime import datetime

from state.domain.bill import Bill
from state.domain.drawer import Drawer
from state.domain.ledger import Entry
from state.domain.payment import Payment, Refund
from state.store.pool import Conn
from state.store.rows import Rows

LEDGER = Rows("ledger", Entry)
BILL_CHANGES = ("discount", "split", "tips", "version")
BILLS = Rows("bills", Bill, changing=BILL_CHANGES)
PAYMENT_CHANGES = (
    *("method", "status", "amount", "tip", "refunded", "provider_ref", "closing", "tendered"),
    "sandbox",
    *("drawer_id", "breakdown", "failure", "version", "looked_at", "settled_at"),
)
PAYMENTS = Rows("payments", Payment, changing=PAYMENT_CHANGES)
REFUND_CHANGES = ("status", "provider_ref", "failure", "settled_at")
REFUNDS = Rows("refunds", Refund, changing=REFUND_CHANGES)
DRAWER_CHANGES = ("expected", "counted", "closed_at")
DRAWERS = Rows("drawers", Drawer, changing=DRAWER_CHANGES)


async def payment(conn: Conn, payment_id: str) -> Payment | None:
    row = await conn.fetchrow(f"SELECT {PAYMENTS.columns} FROM payments WHERE id = $1", payment_id)
    return None if row is None else PAYMENTS.struct(row)


async def payment_at(conn: Conn, provider_ref: str) -> Payment | None:
    """Return a payment by what its company calls it."""
    row = await conn.fetchrow(
        f"SELECT {PAYMENTS.columns} FROM payments WHERE provider_ref = $1", provider_ref
    )
    return None if row is None else PAYMENTS.struct(row)


async def payments_for(conn: Conn, purpose: str, reference: str) -> list[Payment]:
    """Return all payments for one thing, also those that failed."""
    rows = await conn.fetch(
        f"SELECT {PAYMENTS.columns} FROM payments WHERE purpose = $1 AND reference = $2",
        *(purpose, reference),
    )
    return [PAYMENTS.struct(row) for row in rows]


async def unsettled(conn: Conn, before: datetime, limit: int) -> list[Payment]:
    """Return payments under way at another company that nobody has looked at since then."""
    rows = await conn.fetch(
        f"SELECT {PAYMENTS.columns} FROM payments"
        " WHERE (status IN ('PENDING', 'AUTHORIZED')"
        "     OR id IN (SELECT payment_id FROM refunds WHERE status = 'PENDING'))"
        " AND method NOT IN ('CASH', 'ROOM_CHARGE', 'TON_WALLET')"
        " AND coalesce(looked_at, created_at) < $1"
        " ORDER BY coalesce(looked_at, created_at) LIMIT $2",
        *(before, limit),
    )
    return [PAYMENTS.struct(row) for row in rows]


async def owed_coins(conn: Conn, restaurant_id: str, limit: int) -> list[Payment]:
    """Return payments in TON of what could not be had, which nobody has given back yet."""
    rows = await conn.fetch(
        f"SELECT {PAYMENTS.columns} FROM payments"
        " JOIN charges ON charges.purpose = payments.purpose"
        " AND charges.reference::text = payments.reference"
        " WHERE payments.restaurant_id = $1 AND method = 'TON_WALLET'"
        " AND payments.status IN ('PAID', 'PARTIALLY_REFUNDED')"
        " AND charges.status IN ('OWED', 'VOID') ORDER BY payments.created_at LIMIT $2",
        *(restaurant_id, limit),
    )
    return [PAYMENTS.struct(row) for row in rows]


async def enter(conn: Conn, entries: Sequence[Entry]) -> None:
    """Write a movement of the ledger: all of it in one statement, or it would not add up."""
    rows = [LEDGER.row(each) for each in entries]
    names = ", ".join(rows[0])
    await conn.execute(
        f"INSERT INTO ledger ({names})"
        f" SELECT {names} FROM json_populate_recordset(NULL::ledger, $1)",
        rows,
    )


async def open_drawers(conn: Conn, restaurant_id: str) -> list[Drawer]:
    rows = await conn.fetch(
        f"SELECT {DRAWERS.columns} FROM drawers WHERE restaurant_id = $1 AND closed_at IS NULL"
        " ORDER BY opened_at",
        restaurant_id,
    )
    return [DRAWERS.struct(row) for row in rows]


async def refunds_of(conn: Conn, payment_ids: Sequence[str]) -> list[Refund]:
    rows = await conn.fetch(
        f"SELECT {REFUNDS.columns} FROM refunds WHERE payment_id = ANY($1) ORDER BY created_at",
        list(payment_ids),
    )
    return [REFUNDS.struct(row) for row in rows]
