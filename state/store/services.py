"""Service requests."""

from datetime import datetime

from state.domain.service import ServiceRequest
from state.store.pool import Conn
from state.store.rows import Rows

CHANGES = (
    *("session_id", "table_id", "table_number", "level", "status", "next_at"),
    *("acknowledged_by", "acknowledged_by_name", "done_at"),
)
REQUESTS = Rows("service_requests", ServiceRequest, changing=CHANGES)


async def due(conn: Conn, now: datetime) -> list[tuple[str, str]]:
    """Return the calls that nobody answered in time, and their tenants."""
    rows = await conn.fetch(
        "SELECT calls.id, r.tenant_id FROM service_requests calls"
        " JOIN restaurants r ON r.id = calls.restaurant_id"
        " WHERE calls.next_at <= $1 ORDER BY calls.next_at LIMIT 100",
        now,
    )
    return [(row["id"], row["tenant_id"]) for row in rows]


async def undone(conn: Conn, restaurant_id: str) -> list[ServiceRequest]:
    rows = await conn.fetch(
        f"SELECT {REQUESTS.columns} FROM service_requests"
        " WHERE restaurant_id = $1 AND status <> 'DONE' ORDER BY requested_at",
        restaurant_id,
    )
    return [REQUESTS.struct(row) for row in rows]
