"""The people and devices of a restaurant, for its managers."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from state.domain.actor import Role
from state.store.pool import Conn
from state.store.rows import Row, Rows

STAFF_COLUMNS = """
    staff.id, staff.version, staff.name, staff.role, staff.email, staff.lang, staff.tables,
    staff.stations, staff.all_restaurants AS everywhere,
    link.pin_key IS NOT NULL AS "hasPin"
"""
HERE = """
    FROM staff LEFT JOIN staff_restaurants link
        ON link.staff_id = staff.id AND link.restaurant_id = $1
    WHERE staff.tenant_id = $2 AND staff.deleted_at IS NULL
        AND (link.staff_id IS NOT NULL OR staff.all_restaurants)
"""


class Person(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`everywhere` tells of somebody who works in all restaurants of the house."""

    id: str
    version: int
    name: str
    role: Role
    email: str
    lang: str
    tables: tuple[str, ...] | None
    stations: tuple[str, ...] | None
    everywhere: bool
    has_pin: bool


class PairedDevice(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`seen_at` is when somebody last signed in there."""

    id: str
    name: str
    paired_at: datetime
    seen_at: datetime | None


class OpenLogin(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A login that is not over; `device_name` is null where it came by password."""

    id: str
    staff_id: str
    name: str
    role: Role
    everywhere: bool
    device_id: str | None
    device_name: str | None
    created_at: datetime
    expires_at: datetime


PEOPLE = Rows("staff", Person)


async def people(conn: Conn, restaurant_id: str, tenant_id: str) -> list[Person]:
    rows = await conn.fetch(
        f"SELECT {STAFF_COLUMNS} {HERE} ORDER BY staff.name, staff.id",
        *(restaurant_id, tenant_id),
    )
    return [msgspec.convert(dict(row), Person) for row in rows]


async def person(conn: Conn, restaurant_id: str, tenant_id: str, staff_id: str) -> Person | None:
    row = await conn.fetchrow(
        f"SELECT {STAFF_COLUMNS} {HERE} AND staff.id = $3", *(restaurant_id, tenant_id, staff_id)
    )
    return msgspec.convert(dict(row), Person) if row else None


async def change(conn: Conn, staff_id: str, columns: Row) -> None:
    sets = ", ".join(f"{name} = ${number}" for number, name in enumerate(columns, 2))
    await conn.execute(
        f"UPDATE staff SET version = version + 1, {sets} WHERE id = $1",
        *(staff_id, *columns.values()),
    )


async def employ(conn: Conn, staff_id: str, restaurant_id: str) -> None:
    await conn.execute(
        "INSERT INTO staff_restaurants (staff_id, restaurant_id) VALUES ($1, $2)"
        " ON CONFLICT DO NOTHING",
        *(staff_id, restaurant_id),
    )


async def dismiss(conn: Conn, staff_id: str, restaurant_id: str) -> bool:
    """Let somebody go from a restaurant; tell whether they work at another one."""
    await conn.execute(
        "DELETE FROM staff_restaurants WHERE staff_id = $1 AND restaurant_id = $2",
        *(staff_id, restaurant_id),
    )
    found = await conn.fetchval(
        "SELECT EXISTS (SELECT FROM staff_restaurants WHERE staff_id = $1)", staff_id
    )
    return bool(found)


async def set_pin(conn: Conn, staff_id: str, restaurant_id: str, key: bytes | None) -> None:
    await conn.execute(
        "INSERT INTO staff_restaurants (staff_id, restaurant_id, pin_key) VALUES ($1, $2, $3)"
        " ON CONFLICT (staff_id, restaurant_id) DO UPDATE SET pin_key = excluded.pin_key",
        *(staff_id, restaurant_id, key),
    )


async def devices(conn: Conn, restaurant_id: str) -> list[PairedDevice]:
    rows = await conn.fetch(
        'SELECT id, name, paired_at AS "pairedAt", (SELECT max(created_at) FROM sessions'
        ' WHERE device_id = devices.id AND revoked_at IS NULL) AS "seenAt" FROM devices'
        " WHERE restaurant_id = $1 AND revoked_at IS NULL ORDER BY paired_at",
        restaurant_id,
    )
    return [msgspec.convert(dict(row), PairedDevice) for row in rows]


async def revoke_device(conn: Conn, restaurant_id: str, device_id: str, now: datetime) -> bool:
    """Take a device's pairing away; tell whether there was one."""
    done = await conn.execute(
        "UPDATE devices SET revoked_at = $3"
        " WHERE restaurant_id = $1 AND id = $2 AND revoked_at IS NULL",
        *(restaurant_id, device_id, now),
    )
    return bool(done == "UPDATE 1")


async def logins(conn: Conn, restaurant_id: str, tenant_id: str, now: datetime) -> list[OpenLogin]:
    """Return the logins that reach a restaurant and are not over."""
    rows = await conn.fetch(
        """
        SELECT s.id, s.staff_id AS "staffId", staff.name, staff.role,
            staff.all_restaurants AS everywhere, s.device_id AS "deviceId",
            d.name AS "deviceName", s.created_at AS "createdAt", s.expires_at AS "expiresAt"
        FROM staff JOIN sessions s ON s.staff_id = staff.id AND s.revoked_at IS NULL
        LEFT JOIN devices d ON d.id = s.device_id
        WHERE staff.tenant_id = $2 AND staff.deleted_at IS NULL AND s.expires_at > $3
            AND d.revoked_at IS NULL
            AND (s.restaurant_id = $1 OR (s.restaurant_id IS NULL AND (staff.all_restaurants
                OR EXISTS (SELECT FROM staff_restaurants link
                    WHERE link.staff_id = staff.id AND link.restaurant_id = $1))))
        ORDER BY s.created_at DESC LIMIT 500
        """,
        *(restaurant_id, tenant_id, now),
    )
    return [msgspec.convert(dict(row), OpenLogin) for row in rows]


async def revoke(
    conn: Conn,
    now: datetime,
    *,
    staff_id: str | None = None,
    device_id: str | None = None,
    sessions: Sequence[str] = (),
    but: str = "",
) -> list[str]:
    """End logins: all of a person, all on a device, or those named; return which they were."""
    rows = await conn.fetch(
        "UPDATE sessions SET revoked_at = $1 WHERE revoked_at IS NULL AND id <> $5"
        " AND (staff_id = $2 OR device_id = $3 OR id = ANY($4::uuid[])) RETURNING id",
        *(now, staff_id, device_id, list(sessions), but),
    )
    return [row["id"] for row in rows]
