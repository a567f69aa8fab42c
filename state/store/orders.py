"""Orders and their items."""

from collections.abc import Sequence
from datetime import date

from asyncpg import Record

from state.domain.errors import not_found
from state.domain.order import Item, Order
from state.store.pool import Conn
from state.store.rows import Rows

CHANGES = (
    *("table_id", "table_number", "session_id", "status", "payment_status", "priority"),
    "awaiting_payment",
    *("version", "seq", "subtotal", "tax", "tips", "total_amount", "reason", "updated_at"),
    "note_translation",
    *("estimated_ready_at", "confirmed_at", "prepared_at", "ready_at"),
    *("delivered_at", "completed_at", "cancelled_at"),
)
ORDERS = Rows("orders", Order, skip=["items"], changing=CHANGES)
ITEM_CHANGES = (
    *("status", "version", "remakes", "reason", "note_translation"),
    *("queued_at", "started_at", "ready_at", "served_at", "voided_at"),
)
ITEMS = Rows("order_items", Item, changing=ITEM_CHANGES)


async def get(conn: Conn, order_id: str, tenant_id: str) -> Order:
    sql = f"SELECT {ORDERS.columns} FROM orders WHERE id = $1 AND tenant_id = $2"
    row = await conn.fetchrow(sql, order_id, tenant_id)
    if row is None:
        raise not_found("order")
    return (await _with_items(conn, [row]))[0]


async def active(conn: Conn, restaurant_id: str) -> list[Order]:
    """Return the orders of a restaurant that are not settled, oldest first."""
    return await _where(
        conn, "restaurant_id = $1 AND status NOT IN ('COMPLETED', 'CANCELLED')", restaurant_id
    )


async def of_session(conn: Conn, session_id: str) -> list[Order]:
    return await _where(conn, "session_id = $1", session_id)


async def settled(conn: Conn, session_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return, by table session and order, what is brought and paid, in minor units."""
    rows = await conn.fetch(
        "SELECT session_id, id, total_amount FROM orders"
        " WHERE session_id = ANY($1) AND status = 'COMPLETED' ORDER BY created_at, id",
        session_ids,
    )
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row["session_id"], {})[row["id"]] = row["total_amount"]
    return found


async def since(conn: Conn, restaurant_id: str, day: date) -> list[Order]:
    """Return all orders of a restaurant from a business day on, oldest first."""
    return await _where(conn, "restaurant_id = $1 AND business_day >= $2", restaurant_id, day)


async def _where(conn: Conn, condition: str, *values: object) -> list[Order]:
    rows = await conn.fetch(
        f"SELECT {ORDERS.columns} FROM orders WHERE {condition} ORDER BY created_at, id",
        *values,
    )
    return await _with_items(conn, rows)


async def _with_items(conn: Conn, rows: Sequence[Record]) -> list[Order]:
    items: dict[str, list[dict[str, object]]] = {row["id"]: [] for row in rows}
    found = await conn.fetch(
        f"SELECT order_id, {ITEMS.columns} FROM order_items WHERE order_id = ANY($1)"
        " ORDER BY order_id, position",
        list(items),
    )
    for row in found:
        items[row["order_id"]].append(dict(row))
    return [ORDERS.struct(row, items=items[row["id"]]) for row in rows]
