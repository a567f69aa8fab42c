"""Rows that managers edit. The caller holds the restaurant, so nothing changes under its eyes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from state.store.pool import Conn
from state.store.rows import Row

# What may be edited: by the restaurant, and the id that its rows have within it.
EDITED = {"categories", "menu_items", "modifier_groups", "stations", "tables"}


async def find(conn: Conn, table: str, restaurant_id: str, key: str) -> Row | None:
    """Return a row that is not deleted."""
    row = await conn.fetchrow(
        f"SELECT * FROM {_known(table)} WHERE restaurant_id = $1 AND id = $2"
        " AND deleted_at IS NULL",
        *(restaurant_id, key),
    )
    return dict(row) if row else None


async def add(conn: Conn, table: str, row: Mapping[str, Any]) -> None:
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    await conn.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", *row.values())


async def change(
    conn: Conn, table: str, restaurant_id: str, key: str, columns: Mapping[str, Any]
) -> None:
    """Write columns of a row, one version on."""
    sets = ", ".join(f"{name} = ${number}" for number, name in enumerate(columns, 3))
    await conn.execute(
        f"UPDATE {_known(table)} SET version = version + 1{', ' if sets else ''}{sets}"
        " WHERE restaurant_id = $1 AND id = $2",
        *(restaurant_id, key, *columns.values()),
    )


async def sort(conn: Conn, table: str, restaurant_id: str, ids: Sequence[str]) -> int:
    """Give rows the order in which they are named; return how many there are of them."""
    done = await conn.execute(
        f"UPDATE {_known(table)} AS t SET position = given.place"
        " FROM unnest($2::uuid[]) WITH ORDINALITY AS given(id, place)"
        " WHERE t.restaurant_id = $1 AND t.id = given.id AND t.deleted_at IS NULL",
        *(restaurant_id, list(ids)),
    )
    return int(done.split()[-1])


async def last_place(conn: Conn, table: str, restaurant_id: str) -> int:
    """Return the position behind all others."""
    place = await conn.fetchval(
        f"SELECT coalesce(max(position), -1) + 1 FROM {_known(table)} WHERE restaurant_id = $1",
        restaurant_id,
    )
    return int(place)


async def audit(
    conn: Conn,
    row_id: str,
    about: tuple[str, str, str],
    action: str,
    subject: str,
    details: Row,
    at: datetime,
) -> None:
    """Note who did what; `about` is the tenant, the restaurant, and who."""
    tenant, restaurant, who = about
    await conn.execute(
        "INSERT INTO audit_log (id, tenant_id, restaurant_id, at, actor_id, action, subject,"
        " details) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        *(row_id, tenant, restaurant, at, who, action, subject, details),
    )


def _known(table: str) -> str:
    assert table in EDITED, table
    return table
