"""The house as its managers see it."""

import msgspec

from state.domain.hours import Hours
from state.domain.house import Settings
from state.domain.legal import Legal
from state.store.pool import Conn
from state.store.rows import Row, Rows


class EditedTable(msgspec.Struct, frozen=True, rename="camel"):
    """`key_version` is raised to make the codes printed before void."""

    id: str
    version: int
    number: str
    zone: str
    seats: int
    key_version: int


class EditedStation(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    version: int
    name: str


SETTINGS = Rows("restaurants", Settings, skip=["version"])
TABLES = Rows("tables", EditedTable)
STATIONS = Rows("stations", EditedStation)
LIVE = "WHERE restaurant_id = $1 AND deleted_at IS NULL"


async def settings(conn: Conn, restaurant_id: str) -> Settings:
    row = await conn.fetchrow(
        f"SELECT settings_version, {SETTINGS.columns} FROM restaurants WHERE id = $1",
        restaurant_id,
    )
    assert row is not None, "the caller has seen the restaurant"
    return SETTINGS.struct(row, version=row["settings_version"])


async def save_settings(conn: Conn, restaurant_id: str, columns: Row | dict[str, Hours]) -> None:
    """Write columns of the restaurant, its settings one version on."""
    sets = ", ".join(f"{name} = ${number}" for number, name in enumerate(columns, 2))
    await conn.execute(
        f"UPDATE restaurants SET settings_version = settings_version + 1, {sets} WHERE id = $1",
        *(restaurant_id, *columns.values()),
    )


async def save_legal(conn: Conn, restaurant_id: str, legal: Legal) -> None:
    await conn.execute("UPDATE restaurants SET legal = $2 WHERE id = $1", restaurant_id, legal)


async def tables(conn: Conn, restaurant_id: str) -> list[EditedTable]:
    rows = await conn.fetch(
        f"SELECT {TABLES.columns} FROM tables {LIVE} ORDER BY position, number", restaurant_id
    )
    return [TABLES.struct(row) for row in rows]


async def stations(conn: Conn, restaurant_id: str) -> list[EditedStation]:
    rows = await conn.fetch(
        f"SELECT {STATIONS.columns} FROM stations {LIVE} ORDER BY position, id", restaurant_id
    )
    return [STATIONS.struct(row) for row in rows]


async def is_taken(conn: Conn, restaurant_id: str, station_id: str) -> bool:
    """Tell whether there is, or once was, such a station."""
    found = await conn.fetchval(
        "SELECT EXISTS (SELECT FROM stations WHERE restaurant_id = $1 AND id = $2)",
        *(restaurant_id, station_id),
    )
    return bool(found)


async def is_seated(conn: Conn, table_id: str) -> bool:
    found = await conn.fetchval(
        "SELECT EXISTS (SELECT FROM table_sessions WHERE table_id = $1 AND closed_at IS NULL)",
        table_id,
    )
    return bool(found)
