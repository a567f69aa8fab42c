"""The demo restaurant: put into an empty database once, and told to whoever asks."""

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from argon2 import PasswordHasher

from handlers.staff import pin_key
from state.domain.billing import Operator, Subscription, Tariff
from state.domain.hours import ALWAYS
from state.domain.ids import new_id
from state.domain.table import table_token
from state.store import billing, menus, restaurants, tables
from state.store.pool import Conn, set_codecs

DEMO = json.loads((Path(__file__).parent / "demo.json").read_text())
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


async def seed(database_url: str, secret: str, url: str) -> dict[str, Any]:
    """Add the demo restaurant unless there is one; return its part of dev.json (PROTOCOL 8).

    `secret` is the hub's JWT_SECRET, `url` where guests reach it.
    """
    conn = await asyncpg.connect(database_url)
    try:
        await set_codecs(conn)
        async with conn.transaction():
            found = await conn.fetchval("SELECT id FROM restaurants ORDER BY id LIMIT 1")
            legal = DEMO["restaurant"]["legal"]
            rid = found or await add(conn, DEMO, secret, legal=legal)
            if found is None:
                await _plan(conn, rid, DEMO["billing"])
        return await describe(conn, rid, DEMO, secret, url)
    finally:
        await conn.close()


class Rows:
    """What is to be inserted, table by table in the order of their first rows."""

    def __init__(self) -> None:
        self._of: dict[str, list[dict[str, Any]]] = {}

    def add(self, table: str, row: dict[str, Any]) -> None:
        """Take a row; all rows of a table have the same columns."""
        self._of.setdefault(table, []).append(row)

    async def insert(self, conn: Conn) -> None:
        """Insert all of them, with one round trip a table: a restaurant has hundreds."""
        for table, rows in self._of.items():
            columns = rows[0]
            places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
            sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"
            await conn.executemany(sql, [[row[name] for name in columns] for row in rows])


async def add(conn: Conn, demo: dict[str, Any], secret: str, **changes: Any) -> str:
    """Add a restaurant of a tenant of its own, with menu, tables and staff; return its id.

    `changes` replace columns of the restaurant, such as its hours. E-mail addresses must be new.
    """
    tenant, rid = new_id(), new_id()
    rows = Rows()
    rows.add("tenants", {"id": tenant, "name": demo["tenant"]["name"]})
    about = demo["restaurant"]
    row = {
        "id": rid,
        "tenant_id": tenant,
        "name": about["name"],
        "currency": about["currency"],
        "tax_mode": about["taxMode"],
        "timezone": about["timezone"],
        "language": about["language"],
        "languages": about["languages"],
        "hours": ALWAYS,
    } | changes
    rows.add("restaurants", row)
    owner = {"tenant_id": tenant, "restaurant_id": rid}
    _menu(rows, demo, owner)
    for place, table in enumerate(demo["tables"]):
        rows.add("tables", {"id": new_id(), "position": place, **table, **owner})
    for person in demo["staff"]:
        _person(rows, person, tenant, rid, secret)
    for hotel in demo["hotels"]:
        _hotel(rows, hotel, tenant)
    await rows.insert(conn)
    return rid


async def describe(
    conn: Conn, rid: str, demo: dict[str, Any], secret: str, url: str
) -> dict[str, Any]:
    """Return what a developer needs to use a restaurant."""
    restaurant = await restaurants.get(conn, rid)
    menu = await menus.get(conn, rid, restaurant.menu_version)
    tokens = [
        (t, table_token(t.id, t.key_version, secret.encode()))
        for t in await tables.of_restaurant(conn, rid)
    ]
    return {
        "restaurantId": rid,
        "currency": restaurant.currency,
        "tables": [
            {
                "id": table.id,
                "number": table.number,
                "token": token,
                "scanUrl": f"{url}/scan/{token}",
            }
            for table, token in tokens
        ],
        "menu": [
            {
                "id": dish.id,
                "name": dish.texts[restaurant.language],
                "price": dish.price,
                "station": dish.station,
                "requiresModifiers": any(group.min > 0 for group in dish.groups),
            }
            for dish in menu.items.values()
        ],
        "staff": {
            person["role"]: {
                "email": person["email"],
                "password": password(person),
                "pin": person["pin"],
            }
            for person in demo["staff"]
        },
    }


def password(person: dict[str, Any]) -> str:
    """The demo's passwords are no secret: the demo exists in development only."""
    return f"demo-{person['role']}"


async def _plan(conn: Conn, rid: str, about: dict[str, Any]) -> None:
    """Let the demo pay for the hub since the month before this: so there is an invoice at once."""
    if await billing.operator(conn) is not None:
        return
    tariff = msgspec.convert(about["tariff"], Tariff)
    here = await restaurants.get(conn, rid)
    since = (datetime.now(UTC).date().replace(day=1) - timedelta(days=1)).replace(day=1)
    await billing.set_operator(conn, msgspec.convert(about["operator"], Operator))
    await billing.set_tariff(conn, tariff)
    plan = Subscription(
        restaurant_id=rid,
        tenant_id=here.tenant_id,
        tariff=tariff.code,
        currency=tariff.currency,
        email=about["email"],
        since=since,
        billed_until=since,
    )
    await billing.save_plan(conn, plan)


def _menu(rows: Rows, demo: dict[str, Any], owner: dict[str, str]) -> None:
    for place, station in enumerate(demo["stations"]):
        row = {"id": station["key"], "name": station["name"], "position": place}
        rows.add("stations", row | owner)
    categories = {category["key"]: new_id() for category in demo["categories"]}
    for place, category in enumerate(demo["categories"]):
        row = {"id": categories[category["key"]], "texts": category["texts"], "position": place}
        rows.add("categories", row | owner)
    groups = {group["key"]: new_id() for group in demo["groups"]}
    for group in demo["groups"]:
        _group(rows, group, groups[group["key"]], owner)
    for place, item in enumerate(demo["items"]):
        _item(rows, item, place, categories, groups, demo["restaurant"]["taxRate"], owner)


def _group(rows: Rows, group: dict[str, Any], group_id: str, owner: dict[str, str]) -> None:
    row = {"id": group_id, "texts": group["texts"], "min": group["min"], "max": group["max"]}
    rows.add("modifier_groups", row | owner)
    for place, modifier in enumerate(group["modifiers"]):
        row = {
            "id": new_id(),
            "group_id": group_id,
            "texts": modifier["texts"],
            "price_delta": modifier["priceDelta"],
            "position": place,
            "tenant_id": owner["tenant_id"],
        }
        rows.add("modifiers", row)


def _item(
    rows: Rows,
    item: dict[str, Any],
    place: int,
    categories: dict[str, str],
    groups: dict[str, str],
    tax_rate: int,
    owner: dict[str, str],
) -> None:
    row = {
        "id": new_id(),
        "category_id": categories[item["category"]],
        "texts": item["texts"],
        "descriptions": item["descriptions"],
        "price": item["price"],
        "tax_rate": item.get("taxRate", tax_rate),
        "allergens": item["allergens"],
        "station": item["station"],
        "course": item["course"],
        "prep_seconds": item["prepSeconds"],
        "position": place,
    }
    rows.add("menu_items", row | owner)
    for order, key in enumerate(item["groups"]):
        link = {"menu_item_id": row["id"], "group_id": groups[key], "position": order}
        rows.add("menu_item_groups", link)


def _hotel(rows: Rows, hotel: dict[str, Any], tenant: str) -> None:
    row = {"id": new_id(), "tenant_id": tenant, "name": hotel["name"], "city": hotel["city"]}
    row |= {name: hotel[name] for name in ("country", "currency", "timezone")}
    rows.add("hotels", row)
    for place, kind in enumerate(hotel["roomTypes"]):
        of = {"id": new_id(), "hotel_id": row["id"], "position": place}
        of |= {name: kind[name] for name in ("name", "adults", "children", "price")}
        rows.add("room_types", of)
        for number in kind["rooms"]:
            room = {"id": new_id(), "room_type_id": of["id"], "number": number}
            rows.add("rooms", room)


def _person(rows: Rows, person: dict[str, Any], tenant: str, rid: str, secret: str) -> None:
    row = {
        "id": new_id(),
        "tenant_id": tenant,
        "email": person["email"],
        "name": person["name"],
        "role": person["role"],
        "lang": person["lang"],
        "password_hash": _hash(password(person)),
        "all_restaurants": person["role"] == "admin",
    }
    rows.add("staff", row)
    key = pin_key(rid, person["pin"], secret.encode())
    link = {"staff_id": row["id"], "restaurant_id": rid, "pin_key": key}
    rows.add("staff_restaurants", link)


@cache
def _hash(password: str) -> str:
    """Return a hash that is quick to check: a slow one would guard what everyone may read."""
    return QUICK.hash(password)
