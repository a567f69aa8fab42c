"""Placing an order: what it holds, what it costs, and what cannot be ordered."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from hub.app import Node
from hub.embedded import Engines
from state.domain.hours import Hours
from tests.client import Client
from tests.conftest import connection, new_place
from tests.mirror import Mirror, settle
from tests.place import Place
from tests.scenes import code, place_order

ORDER_FIELDS = {
    *("id", "restaurantId", "tableId", "tableNumber", "sessionId", "orderNumber", "status"),
    *("paymentStatus", "priority", "version", "seq", "currency", "subtotal", "tax", "tips"),
    *("totalAmount", "items", "note", "estimatedReadyAt", "createdAt", "updatedAt", "confirmedAt"),
    *("preparedAt", "readyAt", "deliveredAt", "completedAt", "cancelledAt"),
}
ITEM_FIELDS = {
    *("id", "menuItemId", "name", "quantity", "unitPrice", "modifiers", "note", "station"),
    *("course", "status", "version"),
}
TEXTS = [
    "<script>alert('1')</script> & <b>bold</b>",
    "Robert'); DROP TABLE orders;--",
    "شكرا، بدون بصل \u202e مقلوب",
    "ノンアルコールで 🍣👩‍👩‍👧‍👦 Ünïcödé z̷a̷l̷g̷o̷",
    'back\\slash "quote" {json: [1]} %s \\u0000 \t\n end',
    "x" * 500,
]


async def dish(place: Place, name: str) -> dict[str, Any]:
    """Return a dish as the menu shows it, modifiers and all."""
    _, menu = await place.get(f"/api/restaurants/{place.id}/menu")
    dishes = [dish for category in menu["categories"] for dish in category["items"]]
    return next(dish for dish in dishes if dish["name"] == name)


def choices(shown: dict[str, Any], *names: str) -> list[str]:
    every = [m for group in shown["groups"] for m in group["modifiers"]]
    return [next(m["id"] for m in every if m["name"] == name) for name in names]


@pytest.fixture(scope="module")
async def calm(engines: Engines, nodes: list[Node]) -> AsyncIterator[Place]:
    """One restaurant for all tests that change nothing."""
    async with connection(engines.database_url) as db, new_place(nodes, db) as made:
        yield made


@pytest.fixture(scope="module")
async def guest(calm: Place) -> Client:
    return await calm.guest()


async def test_an_order_says_everything_the_contract_names(mirrored: Place) -> None:
    guest, cook = await mirrored.guest(node=0), await mirrored.cook(node=1)
    order = await place_order(mirrored, guest, mirrored.line(quantity=3), note="for a birthday")
    assert order.keys() >= ORDER_FIELDS
    assert order["items"][0].keys() >= ITEM_FIELDS
    price = mirrored.dish("grill")["price"]
    assert order["subtotal"] == order["totalAmount"] == 3 * price, "this menu includes its tax"
    assert order["tax"] == round(3 * price * 7 / 107)
    assert (order["status"], order["paymentStatus"]) == ("PENDING", "UNPAID")
    assert (order["currency"], order["tips"], order["version"]) == ("EUR", 0, 1)
    assert order["note"] == "for a birthday"
    assert order["createdAt"].endswith("Z")
    assert order["estimatedReadyAt"] > order["createdAt"]
    heard, meta = await cook.hears("order:new")
    assert heard == order
    assert meta["seq"] == order["seq"]
    assert meta["actor"]["role"] == "guest"


async def test_numbers_count_up_whichever_node_takes_the_order(mirrored: Place) -> None:
    guests = [await mirrored.guest(table=n, node=n % 2) for n in range(6)]
    rounds = [place_order(mirrored, guest) for guest in guests for _ in range(2)]
    numbers = [order["orderNumber"] for order in await asyncio.gather(*rounds)]
    assert sorted(numbers) == list(range(1, 13))


async def test_nothing_a_client_says_of_money_or_state_is_believed(mirrored: Place) -> None:
    guest = await mirrored.guest()
    lies = {"unitPrice": 1, "price": 1, "lineTotal": -5, "name": "Caviar", "status": "SERVED"}
    order = await place_order(
        mirrored,
        guest,
        mirrored.line(**lies),
        **{"totalAmount": 0, "subtotal": 0, "tax": 0, "paymentStatus": "PAID", "tips": -9},
        **{"status": "DELIVERED", "orderNumber": 99, "id": "mine", "placedBy": "the boss"},
    )
    asked = mirrored.dish("grill")
    [item] = order["items"]
    assert (item["name"], item["unitPrice"], item["status"]) == (
        asked["name"],
        asked["price"],
        "QUEUED",
    )
    assert (order["totalAmount"], order["tips"]) == (asked["price"], 0)
    assert (order["paymentStatus"], order["status"], order["orderNumber"]) == (
        "UNPAID",
        "PENDING",
        1,
    )
    assert order["placedBy"] != "the boss"


async def test_choices_are_priced_by_the_menu(mirrored: Place) -> None:
    guest = await mirrored.guest()
    burger = await dish(mirrored, "Double Smash Burger")
    chosen = choices(burger, "Sweet potato fries", "Cheddar", "Fried egg")
    line = {"menuItemId": burger["id"], "quantity": 2, "modifiers": chosen}
    [item] = (await place_order(mirrored, guest, line))["items"]
    assert item["unitPrice"] == burger["price"] + 150 + 150 + 180
    assert item["lineTotal"] == 2 * item["unitPrice"]
    assert [m["name"] for m in item["modifiers"]] == ["Sweet potato fries", "Cheddar", "Fried egg"]


@pytest.mark.parametrize(
    ("chosen", "path"),
    [
        ([], "items[0].modifiers"),
        (["Cheddar"], "items[0].modifiers"),
        (["Fries", "Olive oil mash"], "items[0].modifiers"),
        (["Fries", "Fries"], "items[0].modifiers"),
        (["Fries", *["Cheddar"] * 4], "items[0].modifiers"),
        (["Fries", "Rare"], "items[0].modifiers[1]"),
    ],
)
async def test_choices_that_do_not_fit_the_dish_are_refused(
    calm: Place, guest: Client, chosen: list[str], path: str
) -> None:
    burger, ribeye = (
        await dish(calm, "Double Smash Burger"),
        await dish(calm, "Dry-Aged Ribeye, 300 g"),
    )
    both = {"groups": burger["groups"] + ribeye["groups"]}
    line = {"menuItemId": burger["id"], "modifiers": choices(both, *chosen)}
    error = await guest.refused("order:create", {"items": [line]})
    assert (error["code"], error["details"][0]["path"]) == ("INVALID", path)


@pytest.mark.parametrize("quantity", [0, -1, 100, 10**9, 10**30, 1.5, "2", True, None, [1]])
async def test_only_a_quantity_one_could_serve_is_taken(
    calm: Place, guest: Client, quantity: Any
) -> None:
    error = await guest.refused(
        "order:create", {"items": [calm.line(), calm.line(quantity=quantity)]}
    )
    assert (error["code"], error["details"][0]["path"]) == ("INVALID", "items[1].quantity")


@pytest.mark.parametrize("course", [0, -1, 10, "starter", 1.5])
async def test_only_a_course_there_is_is_taken(calm: Place, guest: Client, course: Any) -> None:
    error = await guest.refused("order:create", {"items": [calm.line(course=course)]})
    assert (error["code"], error["details"][0]["path"]) == ("INVALID", "items[0].course")


async def test_an_empty_cart_is_no_order(guest: Client) -> None:
    error = await guest.refused("order:create", {})
    assert (error["code"], error["details"][0]["path"]) == ("INVALID", "items")


@pytest.mark.parametrize("text", TEXTS)
async def test_a_note_comes_back_as_it_was_written(calm: Place, guest: Client, text: str) -> None:
    cook = await calm.cook(node=1)
    order = await place_order(calm, guest, calm.line(note=text), note=text)
    heard, _ = await cook.hears("order:new", lambda o: o["id"] == order["id"])
    fresh = (await cook.send("join:order", orderId=order["id"]))["order"]
    _, read = await calm.get(f"/api/orders/{order['id']}", token=guest.token)
    for seen in (order, heard, fresh, read):
        assert (seen["note"], seen["items"][0]["note"]) == (text, text)


async def test_a_dish_that_is_sold_out_is_refused_until_it_is_back(mirrored: Place) -> None:
    guest, cook = await mirrored.guest(node=0), await mirrored.cook(node=1)
    gone, there = mirrored.dish("grill")["id"], mirrored.line("bar")
    await cook.send("menu:availability", menuItemId=gone, available=False)
    error = await guest.refused("order:create", {"items": [there, mirrored.line("grill")]})
    assert error["code"] == "ITEM_UNAVAILABLE"
    assert error["details"] == [{"menuItemId": gone, "available": False, "quantity": None}]
    await place_order(mirrored, guest, there)
    await cook.send("menu:availability", menuItemId=gone, available=True)
    assert (await place_order(mirrored, guest))["orderNumber"] == 2, "what was refused left no gap"


async def test_fifty_guests_at_once_share_five_portions(
    mirrored: Place, nodes: list[Node], db: asyncpg.Connection
) -> None:
    cook = await mirrored.cook()
    await cook.send(
        "menu:availability", menuItemId=mirrored.dish("grill")["id"], available=True, quantity=5
    )
    guests = [await mirrored.guest(table=n % 40, node=n % 2) for n in range(50)]
    order = {"items": [mirrored.line("bar"), mirrored.line("grill")]}
    acks = await asyncio.gather(*(guest.ask("order:create", order) for guest in guests))
    assert Counter(code(ack) for ack in acks) == {None: 5, "ITEM_UNAVAILABLE": 45}
    assert (
        await db.fetchval("SELECT count(*) FROM orders WHERE restaurant_id = $1", mirrored.id) == 5
    )
    await settle(mirrored, nodes)
    await cook.settled()
    left = [(d["quantity"], d["available"]) for d in cook.named("menu:availability")]
    assert left == [(5, True), (4, True), (3, True), (2, True), (1, True), (0, False)]


async def test_lines_of_one_order_share_what_is_left(mirrored: Place) -> None:
    guest, cook = await mirrored.guest(), await mirrored.cook()
    scarce = mirrored.dish("grill")["id"]
    await cook.send("menu:availability", menuItemId=scarce, available=True, quantity=3)
    lines = [mirrored.line(quantity=2), mirrored.line("bar"), mirrored.line(quantity=2)]
    error = await guest.refused("order:create", {"items": lines})
    assert error["code"] == "ITEM_UNAVAILABLE"
    await place_order(mirrored, guest, mirrored.line(quantity=2), mirrored.line(quantity=1))
    left, _ = await guest.hears("menu:availability", lambda d: d["quantity"] == 0)
    assert left == {"menuItemId": scarce, "available": False, "quantity": 0}


async def test_a_closed_restaurant_takes_no_guests_orders(
    nodes: list[Node], db: asyncpg.Connection
) -> None:
    async with new_place(nodes, db, hours=Hours(week=((),) * 7)) as closed:
        guest, waiter = await closed.guest(), await closed.waiter()
        error = await guest.refused("order:create", {"items": [closed.line()]})
        assert error["code"] == "CONFLICT"
        assert "closed" in error["message"]
        order = await waiter.send(
            "order:create", items=[closed.line()], tableId=closed.tables[0]["id"]
        )
        assert order["sessionId"], "staff may still order, for the last party or themselves"


async def test_a_stay_that_has_expired_takes_no_orders(
    place: Place, db: asyncpg.Connection
) -> None:
    guest = await place.guest()
    await db.execute(
        "UPDATE table_sessions SET expires_at = now() WHERE restaurant_id = $1", place.id
    )
    for name, payload in (
        ("order:create", {"items": [place.line()]}),
        ("cart:add", place.line()),
        ("service:request", {"kind": "call"}),
        ("join:table", {}),
    ):
        assert (await guest.refused(name, payload))["code"] == "SESSION_EXPIRED", name


async def test_a_waiters_order_seats_the_table(place: Place, nodes: list[Node]) -> None:
    async with Mirror(place, nodes):
        waiter, mate = await place.waiter(node=0), await place.waiter(node=1)
        table = place.tables[7]
        order = await waiter.send("order:create", items=[place.line()], tableId=table["id"])
        seated, meta = await mate.hears("table:statusChanged")
        assert seated.pop("seatedAt") <= meta["at"]
        assert seated == {
            "tableId": table["id"],
            "tableNumber": table["number"],
            "sessionId": order["sessionId"],
            "status": "SEATED",
            "ordering": False,
            "settled": {},
        }
        guest = await place.guest(table=7)
        assert (await guest.send("join:table"))["orders"] == [order]
        more = await place_order(place, guest)
        assert more["sessionId"] == order["sessionId"]
    assert (await waiter.refused("order:create", {"items": [place.line()]}))["code"] == "INVALID"
