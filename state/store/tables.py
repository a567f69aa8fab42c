"""Tables, and the sessions of the parties that sit at them."""

from collections.abc import Sequence
from datetime import datetime

from state.domain.errors import not_found
from state.domain.table import Table, TableSession
from state.store.pool import Conn
from state.store.rows import Rows

TABLES = Rows("tables", Table)
CHANGES = (
    *("table_id", "table_number", "expires_at", "closed_at", "cleared_at"),
    *("cart", "cart_version"),
)
SESSIONS = Rows("table_sessions", TableSession, changing=CHANGES)
REVOKED = "revoked"  # the channel on which nodes hear of sessions that ended


async def get(conn: Conn, table_id: str, tenant_id: str) -> Table:
    row = await conn.fetchrow(
        f"SELECT {TABLES.columns} FROM tables"
        " WHERE id = $1 AND tenant_id = $2 AND deleted_at IS NULL",
        *(table_id, tenant_id),
    )
    if row is None:
        raise not_found("table")
    return TABLES.struct(row)


async def find(conn: Conn, table_id: str) -> tuple[Table, str]:
    """Return any tenant's table, and its tenant: for whoever holds the table's code."""
    row = await conn.fetchrow(
        f"SELECT tenant_id, {TABLES.columns} FROM tables WHERE id = $1 AND deleted_at IS NULL",
        table_id,
    )
    if row is None:
        raise not_found("table code")
    return TABLES.struct(row), row["tenant_id"]


async def of_restaurant(conn: Conn, restaurant_id: str) -> list[Table]:
    rows = await conn.fetch(
        f"SELECT {TABLES.columns} FROM tables WHERE restaurant_id = $1 AND deleted_at IS NULL"
        " ORDER BY position, number",
        restaurant_id,
    )
    return [TABLES.struct(row) for row in rows]


async def session(conn: Conn, session_id: str) -> TableSession | None:
    return await _session(conn, "id = $1", session_id)


async def open_at(conn: Conn, table_id: str) -> TableSession | None:
    """Return the session at a table that nobody has closed, expired or not."""
    return await _session(conn, "table_id = $1 AND closed_at IS NULL", table_id)


async def open_sessions(conn: Conn, restaurant_id: str, now: datetime) -> list[TableSession]:
    rows = await conn.fetch(
        f"SELECT {SESSIONS.columns} FROM table_sessions"
        " WHERE restaurant_id = $1 AND closed_at IS NULL AND expires_at > $2",
        *(restaurant_id, now),
    )
    return [SESSIONS.struct(row) for row in rows]


async def left_behind(conn: Conn, restaurant_id: str, since: datetime) -> dict[str, str]:
    """Return, by table, the last party that left it since then, unless it was cleared after that.

    Nobody asks what was not cleared after parties before: others have sat there since.
    """
    rows = await conn.fetch(
        "SELECT table_id, id FROM (SELECT DISTINCT ON (table_id) table_id, id, cleared_at"
        " FROM table_sessions WHERE restaurant_id = $1 AND closed_at > $2"
        " ORDER BY table_id, closed_at DESC) AS last WHERE cleared_at IS NULL",
        *(restaurant_id, since),
    )
    return {row["table_id"]: row["id"] for row in rows}


async def arrange(conn: Conn, restaurant_id: str, places: Sequence[tuple[str, int, int]]) -> int:
    """Put tables of a restaurant where they stand on the map; return how many there were."""
    done = await conn.execute(
        "UPDATE tables SET x = given.x, y = given.y"
        " FROM unnest($2::uuid[], $3::integer[], $4::integer[]) AS given(id, x, y)"
        " WHERE tables.id = given.id AND restaurant_id = $1 AND deleted_at IS NULL",
        *(restaurant_id, *map(list, zip(*places, strict=True))),
    )
    return int(done.removeprefix("UPDATE "))


async def expired(conn: Conn, now: datetime) -> list[tuple[str, str]]:
    """Return sessions whose time is up, and their tenants."""
    rows = await conn.fetch(
        "SELECT id, tenant_id FROM table_sessions"
        " WHERE closed_at IS NULL AND expires_at <= $1 LIMIT 100",
        now,
    )
    return [(row["id"], row["tenant_id"]) for row in rows]


async def announce_closed(conn: Conn, session_ids: Sequence[str]) -> None:
    """Tell every node, at the commit, that these sessions (tables' or logins) are over."""
    for session_id in session_ids:
        await conn.execute("SELECT pg_notify($1, $2)", REVOKED, session_id)


async def _session(conn: Conn, where: str, value: str) -> TableSession | None:
    row = await conn.fetchrow(f"SELECT {SESSIONS.columns} FROM table_sessions WHERE {where}", value)
    return SESSIONS.struct(row) if row else None
