"""Service requests."""

from state.domain.service import ServiceRequest
from state.store.pool import Conn
from state.store.rows import Rows

REQUESTS = Rows("service_requests", ServiceRequest)
CHANGES = (
    *("session_id", "table_id", "table_number", "status"),
    *("acknowledged_by", "acknowledged_by_name", "done_at"),
)


async def undone(conn: Conn, restaurant_id: str) -> list[ServiceRequest]:
    rows = await conn.fetch(
        f"SELECT {REQUESTS.columns} FROM service_requests"
        " WHERE restaurant_id = $1 AND status <> 'DONE' ORDER BY requested_at",
        restaurant_id,
    )
    return [REQUESTS.struct(row) for row in rows]
