"""Ids of others: another tenant's, another restaurant's, another table's. None of them exists."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from hub.app import Node
from hub.embedded import Engines
from state.domain.ids import new_id
from tests.client import Client
from tests.conftest import connection, new_place
from tests.place import Place
from tests.scenes import NOWHERE, cook_order, place_order, token

Ids = dict[str, str]

# Every command that takes an id of something, with `?` for the id that is tried.
TRIED: list[tuple[str, dict[str, Any], str]] = [
    ("join:restaurant", {"restaurantId": "?"}, "restaurant"),
    ("join:kitchen", {"restaurantId": "?"}, "restaurant"),
    ("join:waiter", {"restaurantId": "?"}, "restaurant"),
    ("join:order", {"orderId": "?"}, "order"),
    ("leave", {"room": "?"}, "restaurant"),
    ("sync:resume", {"restaurantId": "?", "since": 0}, "restaurant"),
    ("display:ack", {"restaurantId": "?", "seq": 0}, "restaurant"),
    ("cart:add", {"menuItemId": NOWHERE, "tableId": "?"}, "table"),
    ("cart:update", {"lineId": NOWHERE, "tableId": "?"}, "table"),
    ("cart:remove", {"lineId": NOWHERE, "tableId": "?"}, "table"),
    ("order:create", {"items": [{"menuItemId": NOWHERE}], "tableId": "?"}, "table"),
    ("order:updateStatus", {"orderId": "?", "status": "CONFIRMED"}, "order"),
    ("order:accept", {"orderId": "?"}, "order"),
    ("order:reject", {"orderId": "?", "reason": "no"}, "order"),
    ("order:cancel", {"orderId": "?", "reason": "no"}, "order"),
    ("order:recall", {"orderId": "?"}, "order"),
    ("order:rush", {"orderId": "?"}, "order"),
    ("order:transfer", {"orderId": "?", "tableId": NOWHERE}, "order"),
    ("item:start", {"orderId": "?", "itemId": NOWHERE}, "order"),
    ("item:ready", {"orderId": "?", "itemId": NOWHERE}, "order"),
    ("item:recall", {"orderId": "?", "itemId": NOWHERE}, "order"),
    ("item:serve", {"orderId": "?", "itemId": NOWHERE}, "order"),
    ("item:void", {"orderId": "?", "itemId": NOWHERE}, "order"),
    ("item:remake", {"orderId": "?", "itemId": NOWHERE}, "order"),
    ("course:fire", {"orderId": "?", "course": 1}, "order"),
    ("menu:availability", {"menuItemId": "?", "available": False}, "dish"),
    ("service:ack", {"requestId": "?"}, "request"),
    ("service:done", {"requestId": "?"}, "request"),
    ("alert:ack", {"alertId": "?"}, "alert"),
]
# The same for ids beside one of our own: `order`, `item`, `table`, `dish` of the caller's place.
BESIDE: list[tuple[str, dict[str, Any], str]] = [
    ("order:transfer", {"orderId": "order", "tableId": "?"}, "table"),
    ("item:start", {"orderId": "order", "itemId": "?"}, "item"),
    ("item:void", {"orderId": "order", "itemId": "?"}, "item"),
    ("cart:add", {"menuItemId": "?", "tableId": "table"}, "dish"),
    ("cart:update", {"lineId": "?", "tableId": "table"}, "line"),
    ("cart:remove", {"lineId": "?", "tableId": "table"}, "line"),
    ("order:create", {"tableId": "table", "restaurantId": "?"}, "restaurant"),
]


def filled(payload: dict[str, Any], tried: str, own: Ids) -> dict[str, Any]:
    """Put the id that is tried, and those of our own, into a payload."""
    ids = {"?": tried, **own}
    return {
        field: ids.get(value, value) if isinstance(value, str) else value
        for field, value in payload.items()
    }


async def things(place: Place) -> Ids:
    """Let something of every kind happen at a restaurant; return the ids."""
    guest, manager = await place.guest(), await place.worker("manager")
    order = await cook_order(manager, await place_order(place, guest))
    floor = await manager.send("join:waiter", restaurantId=place.id)
    cart = await guest.send("cart:add", **place.line())
    return {
        "restaurant": place.id,
        "order": order["id"],
        "item": order["items"][0]["id"],
        "alert": floor["alerts"][0]["id"],
        "request": (await guest.send("service:request", kind="call"))["id"],
        "line": cart["lines"][0]["id"],
        "dish": place.dish("grill")["id"],
        "table": place.tables[0]["id"],
    }


async def second_restaurant(db: asyncpg.Connection, place: Place) -> str:
    """Open one more restaurant of the same tenant; return its id."""
    rid = new_id()
    await db.execute(
        "INSERT INTO restaurants (id, tenant_id, name, currency, tax_mode, timezone, language,"
        " languages, hours) SELECT $2, tenant_id, 'Second', currency, tax_mode, timezone, language,"
        " languages, hours FROM restaurants WHERE id = $1",
        *(place.id, rid),
    )
    return rid


class Neighbours:
    """A restaurant with something of every kind, and managers of others who ask for it."""

    def __init__(self, ids: Ids, outsiders: dict[str, Client], stranger: Client, own: Ids) -> None:
        self.ids, self.outsiders, self.stranger, self.own = ids, outsiders, stranger, own


@pytest.fixture(scope="module")
async def neighbours(engines: Engines, nodes: list[Node]) -> AsyncIterator[Neighbours]:
    async with (
        connection(engines.database_url) as db,
        new_place(nodes, db) as place,
        new_place(nodes, db) as other,
    ):
        second = await second_restaurant(db, place)
        narrow = await token(place, nodes[0], "manager", restaurants=frozenset({second}))
        stranger = await other.worker("manager")
        outsiders = {"another tenant": stranger, "another restaurant": await place.client(narrow)}
        yield Neighbours(await things(place), outsiders, stranger, await things(other))


@pytest.mark.parametrize("outsider", ["another tenant", "another restaurant"])
@pytest.mark.parametrize(("name", "payload", "kind"), TRIED, ids=[name for name, *_ in TRIED])
async def test_an_id_of_others_is_as_unknown_as_one_of_nothing(
    neighbours: Neighbours, name: str, payload: dict[str, Any], kind: str, outsider: str
) -> None:
    client = neighbours.outsiders[outsider]
    unknown = await client.refused(name, filled(payload, NOWHERE, {}))
    assert unknown["code"] == "NOT_FOUND"
    for tried in (neighbours.ids[kind], "no id at all", "%", neighbours.ids["item"][:-1]):
        assert await client.refused(name, filled(payload, tried, {})) == unknown


@pytest.mark.parametrize(("name", "payload", "kind"), BESIDE)
async def test_an_id_of_others_beside_ones_own_is_unknown_too(
    neighbours: Neighbours, name: str, payload: dict[str, Any], kind: str
) -> None:
    client, own = neighbours.stranger, neighbours.own
    unknown = await client.refused(name, filled(payload, NOWHERE, own))
    assert unknown["code"] == "NOT_FOUND"
    assert await client.refused(name, filled(payload, neighbours.ids[kind], own)) == unknown


async def test_an_order_cannot_hold_a_dish_or_a_choice_of_others(
    neighbours: Neighbours, place: Place
) -> None:
    guest = await place.guest()
    error = await guest.refused("order:create", {"items": [{"menuItemId": neighbours.ids["dish"]}]})
    assert error == await guest.refused("order:create", {"items": [{"menuItemId": NOWHERE}]})
    assert error["code"] == "NOT_FOUND"
    assert error["details"][0]["path"] == "items[0].menuItemId"


async def test_an_order_moves_to_tables_of_its_own_restaurant_only(
    place: Place, db: asyncpg.Connection
) -> None:
    second, table = await second_restaurant(db, place), new_id()
    await db.execute(
        "INSERT INTO tables (id, tenant_id, restaurant_id, number)"
        " SELECT $2, tenant_id, id, '1' FROM restaurants WHERE id = $1",
        *(second, table),
    )
    guest, admin = await place.guest(), await place.worker("admin")
    order = await place_order(place, guest)
    move = {"orderId": order["id"], "tableId": table}
    assert (await admin.refused("order:transfer", move))["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("join:order", {}),
        ("order:cancel", {}),
        ("order:updateStatus", {"status": "CANCELLED"}),
    ],
)
async def test_guests_touch_only_the_orders_of_their_own_table(
    place: Place, name: str, more: dict[str, Any]
) -> None:
    here, there = await place.guest(table=0), await place.guest(table=1, node=1)
    order = await place_order(place, here)
    unknown = await there.refused(name, {"orderId": NOWHERE, **more})
    assert unknown["code"] == "NOT_FOUND"
    assert await there.refused(name, {"orderId": order["id"], **more}) == unknown
    await there.settled()
    assert order["id"] not in [o["id"] for o in there.named("order:new")]
    mate = await place.guest(table=0, node=1)
    assert (await mate.ask(name, {"orderId": order["id"], **more}))["ok"]


async def test_a_guest_of_the_last_party_does_not_see_the_next_ones_orders(place: Place) -> None:
    first = await place.scan()
    waiter = await place.worker("waiter")
    status, _ = await place.post(f"/api/tables/{place.tables[0]['id']}/close", token=waiter.token)
    assert status == 200
    second = await place.guest()
    order = await place_order(place, second)
    status, answer = await place.get(f"/api/orders/{order['id']}", token=first["token"])
    assert (status, answer["error"]["code"]) == (410, "SESSION_CLOSED")


async def test_a_table_in_a_guests_payload_is_not_believed(place: Place) -> None:
    guest = await place.guest(table=0)
    order = await place_order(place, guest, tableId=place.tables[5]["id"])
    assert order["tableId"] == place.tables[0]["id"]
    cart = await guest.send("cart:add", **place.line(), tableId=place.tables[5]["id"])
    assert cart["sessionId"] == order["sessionId"]


async def test_an_id_is_only_what_it_is_spelled(place: Place) -> None:
    """Rooms carry ids as they are, so another spelling would join a room where nobody speaks."""
    guest, admin = await place.guest(), await place.worker("admin")
    order = await place_order(place, guest)
    for spelled in (order["id"].upper(), order["id"].replace("-", "")):
        assert (await admin.refused("join:order", spelled))["code"] == "NOT_FOUND"
    for spelled in (place.id.upper(), place.id.replace("-", "")):
        assert (await admin.refused("join:restaurant", spelled))["code"] == "NOT_FOUND"
