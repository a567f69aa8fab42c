"""Ready alerts."""

from datetime import datetime

from state.domain.alert import Alert
from state.store.pool import Conn
from state.store.rows import Rows

CHANGES = (
    *("level", "status", "next_at", "table_id", "table_number"),
    *("acknowledged_by", "acknowledged_by_name", "acknowledged_at"),
)
ALERTS = Rows("alerts", Alert, changing=CHANGES)


async def due(conn: Conn, now: datetime) -> list[tuple[str, str]]:
    """Return the alerts that nobody answered in time, and their tenants."""
    rows = await conn.fetch(
        "SELECT alerts.id, r.tenant_id FROM alerts"
        " JOIN restaurants r ON r.id = alerts.restaurant_id"
        " WHERE alerts.next_at <= $1 ORDER BY alerts.next_at LIMIT 100",
        now,
    )
    return [(row["id"], row["tenant_id"]) for row in rows]


async def unresolved(conn: Conn, restaurant_id: str) -> list[Alert]:
    rows = await conn.fetch(
        f"SELECT {ALERTS.columns} FROM alerts"
        " WHERE restaurant_id = $1 AND status <> 'RESOLVED' ORDER BY raised_at",
        restaurant_id,
    )
    return [ALERTS.struct(row) for row in rows]
