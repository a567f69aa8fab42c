"""Ready alerts."""

from datetime import datetime

from state.domain.alert import Alert
from state.domain.errors import not_found
from state.store.pool import Conn
from state.store.rows import Rows

ALERTS = Rows("alerts", Alert)
CHANGES = (
    *("level", "status", "next_at", "table_id", "table_number"),
    *("acknowledged_by", "acknowledged_by_name", "acknowledged_at"),
)


async def lock(conn: Conn, alert_id: str, tenant_id: str) -> Alert:
    row = await conn.fetchrow(
        f"SELECT {ALERTS.columns} FROM alerts JOIN restaurants r ON r.id = alerts.restaurant_id"
        " WHERE alerts.id = $1 AND r.tenant_id = $2 FOR NO KEY UPDATE OF alerts",
        *(alert_id, tenant_id),
    )
    if row is None:
        raise not_found("alert")
    return ALERTS.struct(row)


async def due(conn: Conn, now: datetime) -> tuple[Alert, str] | None:
    """Return one alert that nobody answered in time, with its tenant, and hold it."""
    row = await conn.fetchrow(
        f"SELECT r.tenant_id, {ALERTS.columns} FROM alerts"
        " JOIN restaurants r ON r.id = alerts.restaurant_id"
        " WHERE alerts.next_at <= $1 ORDER BY alerts.next_at LIMIT 1"
        " FOR NO KEY UPDATE OF alerts SKIP LOCKED",
        now,
    )
    return (ALERTS.struct(row), row["tenant_id"]) if row else None


async def of_order(conn: Conn, order_id: str) -> list[Alert]:
    """Return the alerts of an order that are not resolved, and hold them."""
    return await _where(conn, "order_id = $1 AND status <> 'RESOLVED'", order_id, hold=True)


async def unresolved(conn: Conn, restaurant_id: str) -> list[Alert]:
    return await _where(conn, "restaurant_id = $1 AND status <> 'RESOLVED'", restaurant_id)


async def _where(conn: Conn, condition: str, value: str, *, hold: bool = False) -> list[Alert]:
    rows = await conn.fetch(
        f"SELECT {ALERTS.columns} FROM alerts WHERE {condition} ORDER BY raised_at"
        f"{' FOR NO KEY UPDATE' if hold else ''}",
        value,
    )
    return [ALERTS.struct(row) for row in rows]
