"""What happened: the log's events that a manager cares for, and the book of edits."""

from collections.abc import Collection
from datetime import datetime

import msgspec

from state.domain.events import Name
from state.domain.history import REACHED, Entry
from state.domain.menu import Texts
from state.store.pool import Conn

EVENTS = f"""
    SELECT event_id AS id, at, name AS what, actor_role AS role, actor_id AS actor,
        about->'change' AS change, data
    FROM events WHERE restaurant_id = $1 AND at < $2 AND name = ANY($3)
        AND ($4::text IS NULL OR actor_id = $4)
        AND (name <> '{Name.ORDER_ITEM}' OR data::text LIKE '%"VOIDED"%')
        AND (name <> '{Name.ORDER_STATUS}' OR data->>'status' IN {tuple(map(str, REACHED))})
    ORDER BY seq DESC LIMIT $5
"""
EDITS = """
    SELECT id, at, action AS what, '' AS role, actor_id AS actor, subject, details AS data
    FROM audit_log WHERE restaurant_id = $1 AND at < $2 AND ($3::text IS NULL OR actor_id = $3)
    ORDER BY at DESC LIMIT $4
"""


async def events(
    conn: Conn,
    restaurant_id: str,
    before: datetime,
    names: Collection[str],
    who: str | None,
    limit: int,
) -> list[Entry]:
    rows = await conn.fetch(EVENTS, restaurant_id, before, list(names), who, limit)
    return [msgspec.convert({**dict(row), "change": row["change"] or {}}, Entry) for row in rows]


async def edits(
    conn: Conn, restaurant_id: str, before: datetime, who: str | None, limit: int
) -> list[Entry]:
    rows = await conn.fetch(EDITS, restaurant_id, before, who, limit)
    return [msgspec.convert(dict(row), Entry) for row in rows]


async def people(conn: Conn, tenant_id: str, ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return role and name of those who are, or were, of the staff."""
    rows = await conn.fetch(
        "SELECT id::text AS id, role, name FROM staff WHERE tenant_id = $1 AND id::text = ANY($2)",
        *(tenant_id, list(ids)),
    )
    return {row["id"]: (row["role"], row["name"]) for row in rows}


async def dishes(conn: Conn, restaurant_id: str, ids: Collection[str]) -> dict[str, Texts]:
    rows = await conn.fetch(
        "SELECT id::text AS id, texts FROM menu_items"
        " WHERE restaurant_id = $1 AND id::text = ANY($2)",
        *(restaurant_id, list(ids)),
    )
    return {row["id"]: row["texts"] for row in rows}
