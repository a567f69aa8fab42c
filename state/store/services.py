"""Service requests."""

from state.domain.errors import not_found
from state.domain.service import ServiceRequest
from state.store.pool import Conn
from state.store.rows import Rows

REQUESTS = Rows("service_requests", ServiceRequest)
CHANGES = ("status", "acknowledged_by", "acknowledged_by_name", "done_at")


async def lock(conn: Conn, request_id: str, tenant_id: str) -> ServiceRequest:
    row = await conn.fetchrow(
        f"SELECT {REQUESTS.columns} FROM service_requests"
        " JOIN restaurants r ON r.id = service_requests.restaurant_id"
        " WHERE service_requests.id = $1 AND r.tenant_id = $2"
        " FOR NO KEY UPDATE OF service_requests",
        *(request_id, tenant_id),
    )
    if row is None:
        raise not_found("service request")
    return REQUESTS.struct(row)


async def undone(conn: Conn, restaurant_id: str) -> list[ServiceRequest]:
    return await _where(conn, "restaurant_id = $1 AND status <> 'DONE'", restaurant_id)


async def undone_of_session(
    conn: Conn, session_id: str, *, hold: bool = False
) -> list[ServiceRequest]:
    return await _where(conn, "session_id = $1 AND status <> 'DONE'", session_id, hold=hold)


async def _where(
    conn: Conn, condition: str, value: str, *, hold: bool = False
) -> list[ServiceRequest]:
    rows = await conn.fetch(
        f"SELECT {REQUESTS.columns} FROM service_requests WHERE {condition} ORDER BY requested_at"
        f"{' FOR NO KEY UPDATE' if hold else ''}",
        value,
    )
    return [REQUESTS.struct(row) for row in rows]
