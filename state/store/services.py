"""Service requests."""

from state.domain.service import ServiceRequest
from state.store.pool import Conn
from state.store.rows import Rows

REQUESTS = Rows("service_requests", ServiceRequest)
CHANGES = ("status", "acknowledged_by", "acknowledged_by_name", "done_at")


async def undone(conn: Conn, restaurant_id: str) -> list[ServiceRequest]:
    return await _undone(conn, "restaurant_id = $1", restaurant_id)


async def undone_of_session(conn: Conn, session_id: str) -> list[ServiceRequest]:
    return await _undone(conn, "session_id = $1", session_id)


async def _undone(conn: Conn, where: str, value: str) -> list[ServiceRequest]:
    rows = await conn.fetch(
        f"SELECT {REQUESTS.columns} FROM service_requests"
        f" WHERE {where} AND status <> 'DONE' ORDER BY requested_at",
        value,
    )
    return [REQUESTS.struct(row) for row in rows]
