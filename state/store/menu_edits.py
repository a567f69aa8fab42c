"""The menu for its editor: all languages, versions, and what hangs together."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from state.domain.menu import Texts
from state.store.pool import Conn
from state.store.rows import Row, Rows


class EditedCategory(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    version: int
    texts: Texts
    machine: tuple[str, ...]


class EditedItem(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A dish. `photo` names its picture, see `/api/photos/{photo}/{size}`."""

    id: str
    version: int
    category_id: str
    texts: Texts
    descriptions: Texts
    machine: tuple[str, ...]
    price: int
    tax_rate: int
    allergens: tuple[str, ...]
    station: str
    course: int
    prep_seconds: int
    groups: tuple[str, ...]
    available: bool
    quantity: int | None
    photo: str | None


class EditedModifier(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    texts: Texts
    machine: tuple[str, ...]
    price_delta: int
    available: bool


class EditedGroup(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    id: str
    version: int
    texts: Texts
    machine: tuple[str, ...]
    min: int
    max: int
    modifiers: tuple[EditedModifier, ...]


CATEGORIES = Rows("categories", EditedCategory)
ITEMS = Rows("menu_items", EditedItem, skip=["groups"])
GROUPS = Rows("modifier_groups", EditedGroup, skip=["modifiers"])
LIVE = "restaurant_id = $1 AND deleted_at IS NULL"


async def categories(conn: Conn, restaurant_id: str) -> list[EditedCategory]:
    rows = await conn.fetch(
        f"SELECT {CATEGORIES.columns} FROM categories WHERE {LIVE} ORDER BY position, id",
        restaurant_id,
    )
    return [CATEGORIES.struct(row) for row in rows]


async def items(conn: Conn, restaurant_id: str) -> list[EditedItem]:
    rows = await conn.fetch(
        f"SELECT {ITEMS.columns}, ARRAY(SELECT group_id FROM menu_item_groups link"
        "  JOIN modifier_groups g ON g.id = link.group_id AND g.deleted_at IS NULL"
        "  WHERE link.menu_item_id = menu_items.id ORDER BY link.position) AS groups"
        f" FROM menu_items WHERE {LIVE} ORDER BY position, id",
        restaurant_id,
    )
    return [ITEMS.struct(row) for row in rows]


async def groups(conn: Conn, restaurant_id: str) -> list[EditedGroup]:
    rows = await conn.fetch(
        f"""
        SELECT {GROUPS.columns}, (
            SELECT coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'texts', m.texts,
                'machine', m.machine, 'priceDelta', m.price_delta, 'available', m.available)
                ORDER BY m.position, m.id), '[]')
            FROM modifiers m WHERE m.group_id = modifier_groups.id AND m.deleted_at IS NULL
        ) AS modifiers
        FROM modifier_groups WHERE {LIVE} ORDER BY id
        """,
        restaurant_id,
    )
    return [GROUPS.struct(row) for row in rows]


async def next_version(conn: Conn, restaurant_id: str) -> int:
    """Raise the version of the menu; return it."""
    version = await conn.fetchval(
        "UPDATE restaurants SET menu_version = menu_version + 1 WHERE id = $1"
        " RETURNING menu_version",
        restaurant_id,
    )
    return int(version)


async def items_in(conn: Conn, restaurant_id: str, column: str, key: str) -> bool:
    """Tell whether dishes are in a category, or at a station."""
    assert column in {"category_id", "station"}
    found = await conn.fetchval(
        f"SELECT EXISTS (SELECT FROM menu_items WHERE {LIVE} AND {column} = $2)",
        *(restaurant_id, key),
    )
    return bool(found)


async def link(conn: Conn, item_id: str, group_ids: Sequence[str]) -> None:
    """Let a dish offer these choices, in this order, and no others."""
    await conn.execute("DELETE FROM menu_item_groups WHERE menu_item_id = $1", item_id)
    await conn.execute(
        "INSERT INTO menu_item_groups (menu_item_id, group_id, position)"
        " SELECT $1, given.id, given.place FROM unnest($2::uuid[]) WITH ORDINALITY"
        " AS given(id, place)",
        *(item_id, list(group_ids)),
    )


async def unlink(conn: Conn, group_id: str) -> None:
    await conn.execute("DELETE FROM menu_item_groups WHERE group_id = $1", group_id)


async def modifiers_of(conn: Conn, group_id: str) -> dict[str, int]:
    """Return the modifiers of a group, each with its price."""
    rows = await conn.fetch(
        "SELECT id, price_delta FROM modifiers WHERE group_id = $1 AND deleted_at IS NULL",
        group_id,
    )
    return {row["id"]: row["price_delta"] for row in rows}


async def change_modifier(conn: Conn, modifier_id: str, columns: Row) -> None:
    sets = ", ".join(f"{name} = ${number}" for number, name in enumerate(columns, 2))
    values: tuple[Any, ...] = (modifier_id, *columns.values())
    await conn.execute(f"UPDATE modifiers SET {sets} WHERE id = $1", *values)


async def remove_modifiers(conn: Conn, ids: Sequence[str], now: datetime) -> None:
    await conn.execute(
        "UPDATE modifiers SET deleted_at = $2 WHERE id = ANY($1::uuid[])", *(list(ids), now)
    )


async def set_photo(conn: Conn, restaurant_id: str, item_id: str, photo: str | None) -> None:
    await conn.execute(
        "UPDATE menu_items SET photo = $3, version = version + 1"
        " WHERE restaurant_id = $1 AND id = $2",
        *(restaurant_id, item_id, photo),
    )
