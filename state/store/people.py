"""Staff, their logins, and paired devices."""

from datetime import datetime

from state.domain.staff import Device, Login, Staff
from state.store.pool import Conn
from state.store.rows import Rows

STAFF = Rows("staff", Staff)
DEVICES = Rows("devices", Device)
LOGINS = Rows("sessions", Login)


async def staff_by_email(conn: Conn, email: str) -> Staff | None:
    return await _staff(conn, "lower(email) = lower($1)", email)


async def staff_by_id(conn: Conn, staff_id: str) -> Staff | None:
    return await _staff(conn, "id = $1", staff_id)


async def staff_by_pin(conn: Conn, restaurant_id: str, pin_key: bytes) -> Staff | None:
    return await _staff(
        conn,
        "id = (SELECT staff_id FROM staff_restaurants WHERE restaurant_id = $1 AND pin_key = $2)",
        *(restaurant_id, pin_key),
    )


async def restaurants_of(conn: Conn, staff_id: str) -> frozenset[str]:
    rows = await conn.fetch(
        "SELECT restaurant_id FROM staff_restaurants WHERE staff_id = $1", staff_id
    )
    return frozenset(row["restaurant_id"] for row in rows)


async def device_by_token(conn: Conn, token_hash: bytes) -> Device | None:
    row = await conn.fetchrow(
        f"SELECT {DEVICES.columns} FROM devices WHERE token_hash = $1 AND revoked_at IS NULL",
        token_hash,
    )
    return DEVICES.struct(row) if row else None


async def add_device(conn: Conn, device: Device, token_hash: bytes) -> None:
    await DEVICES.insert(conn, device, token_hash=token_hash)


async def add_login(
    conn: Conn, login: Login, tenant_id: str, device_id: str | None, refresh_hash: bytes
) -> None:
    await LOGINS.insert(
        conn, login, tenant_id=tenant_id, device_id=device_id, refresh_hash=refresh_hash
    )


async def login_by_refresh(conn: Conn, refresh_hash: bytes) -> tuple[Login, bool] | None:
    """Return the login a refresh token belongs to, held, and whether the token is its newest."""
    row = await conn.fetchrow(
        f"SELECT refresh_hash = $1 AS newest, {LOGINS.columns} FROM sessions"
        " WHERE refresh_hash = $1 OR spent_hash = $1 FOR NO KEY UPDATE",
        refresh_hash,
    )
    return (LOGINS.struct(row), row["newest"]) if row else None


async def rotate(
    conn: Conn, login_id: str, refresh_hash: bytes, expires_at: datetime, now: datetime
) -> None:
    """Let a new refresh token follow the one that is spent now."""
    await conn.execute(
        "UPDATE sessions SET spent_hash = refresh_hash, spent_at = $4, refresh_hash = $2,"
        " expires_at = $3 WHERE id = $1",
        *(login_id, refresh_hash, expires_at, now),
    )


async def revoke(conn: Conn, login_id: str, now: datetime) -> None:
    await conn.execute(
        "UPDATE sessions SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1",
        *(login_id, now),
    )


async def ended(conn: Conn, session_ids: list[str], now: datetime) -> set[str]:
    """Return which of these sessions, logins' or tables', are over.

    A login is over, too, when its person has left or its device was taken away.
    """
    rows = await conn.fetch(
        """
        SELECT id FROM unnest($1::uuid[]) AS asked (id)
        WHERE NOT EXISTS (SELECT FROM sessions s
                          JOIN staff ON staff.id = s.staff_id AND staff.deleted_at IS NULL
                          LEFT JOIN devices d ON d.id = s.device_id
                          WHERE s.id = asked.id AND s.revoked_at IS NULL AND s.expires_at > $2
                          AND d.revoked_at IS NULL)
          AND NOT EXISTS (SELECT FROM table_sessions t WHERE t.id = asked.id
                          AND t.closed_at IS NULL)
        """,
        *(session_ids, now),
    )
    return {row["id"] for row in rows}


async def _staff(conn: Conn, where: str, *values: object) -> Staff | None:
    row = await conn.fetchrow(
        f"SELECT {STAFF.columns} FROM staff WHERE {where} AND deleted_at IS NULL", *values
    )
    return STAFF.struct(row) if row else None
