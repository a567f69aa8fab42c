"""Menus, read whole by version. What is left of a dish is read fresh: see facts.py."""

from typing import Any

from state.domain.menu import Category, Menu, MenuItem, Station
from state.store.pool import Conn
from state.store.rows import Rows

CATEGORIES = Rows("categories", Category)
STATIONS = Rows("stations", Station)
CHANGES = ("available", "quantity")
DISHES = Rows("menu_items", MenuItem, skip=["groups"], changing=CHANGES)


async def get(conn: Conn, restaurant_id: str, version: int) -> Menu:
    """Return the menu as it stands. What is sold out is only true of this moment."""
    dishes = await _of(conn, "menu_items", DISHES.columns, restaurant_id)
    groups = await _groups(conn, restaurant_id)
    return Menu(
        version=version,
        stations=await stations(conn, restaurant_id),
        categories=tuple(
            CATEGORIES.struct(r)
            for r in await _of(conn, "categories", CATEGORIES.columns, restaurant_id)
        ),
        items={r["id"]: DISHES.struct(r, groups=groups.get(r["id"], ())) for r in dishes},
    )


async def version(conn: Conn, restaurant_id: str) -> int | None:
    """Return the version of the menu in force."""
    found: int | None = await conn.fetchval(
        "SELECT menu_version FROM restaurants WHERE id = $1", restaurant_id
    )
    return found


async def told(conn: Conn, restaurant_id: str) -> int:
    """Return the seq of the last event about the menu that the log holds; 0 without any."""
    found: int = await conn.fetchval(
        "SELECT coalesce(max(seq), 0) FROM events WHERE restaurant_id = $1 AND name LIKE 'menu:%'",
        restaurant_id,
    )
    return found


async def stations(conn: Conn, restaurant_id: str) -> tuple[Station, ...]:
    rows = await _of(conn, "stations", STATIONS.columns, restaurant_id)
    return tuple(STATIONS.struct(row) for row in rows)


async def _of(conn: Conn, table: str, columns: str, restaurant_id: str) -> list[Any]:
    return await conn.fetch(
        f"SELECT {columns} FROM {table} WHERE restaurant_id = $1 AND deleted_at IS NULL"
        " ORDER BY position, id",
        restaurant_id,
    )


async def _groups(conn: Conn, restaurant_id: str) -> dict[str, list[dict[str, Any]]]:
    """Return the modifier groups of each dish, in order, as JSON would have them."""
    rows = await conn.fetch(
        """
        SELECT link.menu_item_id, g.id, g.texts, g.min, g.max,
               coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'texts', m.texts,
                   'priceDelta', m.price_delta, 'available', m.available)
                   ORDER BY m.position, m.id) FILTER (WHERE m.id IS NOT NULL), '[]') AS modifiers
        FROM menu_item_groups link
        JOIN modifier_groups g ON g.id = link.group_id AND g.deleted_at IS NULL
        LEFT JOIN modifiers m ON m.group_id = g.id AND m.deleted_at IS NULL
        WHERE g.restaurant_id = $1
        GROUP BY link.menu_item_id, link.position, g.id
        ORDER BY link.menu_item_id, link.position
        """,
        restaurant_id,
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["menu_item_id"], []).append(dict(row))
    return found
