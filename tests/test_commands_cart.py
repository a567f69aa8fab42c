"""The shared cart: every phone at the table sees what the others are about to order."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from tests.client import Client
from tests.place import Place
from tests.scenes import NOWHERE, code

Cart = dict[str, Any]


async def mates(place: Place, table: int = 0) -> tuple[Client, Client]:
    """Two guests of one table, on different nodes."""
    ada = await place.guest(table=table, node=0, name="Ada")
    return ada, await place.guest(table=table, node=1, name="Bo")


async def seen(client: Client, cart: Cart) -> Cart:
    """Wait until a phone has heard of a cart; return it as it was heard."""
    heard, _ = await client.hears("cart:changed", lambda c: c["version"] >= cart["version"])
    found: Cart = heard
    return found


async def test_a_cart_is_seen_by_the_whole_table_and_its_waiter_sees_it_begin(
    mirrored: Place,
) -> None:
    ada, bo = await mates(mirrored)
    other, waiter = await mirrored.guest(table=1), await mirrored.waiter()
    first = await ada.send("cart:add", **mirrored.line("grill", 2, note="no salt"))
    [line] = first["lines"]
    dish = mirrored.dish("grill")
    assert (line["name"], line["unitPrice"], line["lineTotal"]) == (
        dish["name"],
        dish["price"],
        2 * dish["price"],
    )
    assert (line["quantity"], line["note"], line["addedByName"]) == (2, "no salt", "Ada")
    assert first["total"] == line["lineTotal"]
    assert await seen(bo, first) == first
    second = await bo.send("cart:add", **mirrored.line("bar"))
    assert [line["addedByName"] for line in second["lines"]] == ["Ada", "Bo"]
    assert second["version"] == first["version"] + 1
    assert await seen(ada, second) == second
    assert (await (await mirrored.guest(table=0)).send("join:table"))["cart"] == second
    for client, heard in ((other, []), (waiter, [first])):
        await client.settled()
        assert client.named("cart:changed") == heard


async def test_any_guest_of_the_table_changes_or_removes_any_line(mirrored: Place) -> None:
    ada, bo = await mates(mirrored)
    cart = await ada.send("cart:add", **mirrored.line("grill", 2, note="rare", course=2))
    line_id = cart["lines"][0]["id"]
    cart = await bo.send("cart:update", lineId=line_id, quantity=3)
    kept = {**cart["lines"][0]}
    assert (kept["quantity"], kept["note"], kept["course"]) == (3, "rare", 2)
    assert kept["addedByName"] == "Ada"
    cart = await ada.send("cart:update", lineId=line_id, note="", course=None)
    assert (cart["lines"][0]["note"], cart["lines"][0]["course"]) == ("", None)
    cart = await bo.send("cart:remove", lineId=line_id)
    assert (cart["lines"], cart["total"]) == ([], 0)
    assert await seen(ada, cart) == cart
    for name in ("cart:remove", "cart:update"):
        assert (await ada.refused(name, {"lineId": line_id}))["code"] == "NOT_FOUND"


async def test_a_line_that_could_never_be_ordered_is_refused(place: Place) -> None:
    guest = await place.guest()
    burger = next(d for d in place.dishes if d["requiresModifiers"])["id"]
    assert (await guest.refused("cart:add", {"menuItemId": NOWHERE}))["code"] == "NOT_FOUND"
    for line, path in (
        ({"menuItemId": burger}, "modifiers"),
        ({"menuItemId": place.dish("grill")["id"], "modifiers": [NOWHERE]}, "modifiers[0]"),
        (place.line(quantity=0), "quantity"),
        (place.line(quantity=100), "quantity"),
        (place.line(note="x" * 501), "note"),
        (place.line(course=0), "course"),
    ):
        error = await guest.refused("cart:add", line)
        assert (error["code"], error["details"][0]["path"]) == ("INVALID", path)
    cart = await guest.send("cart:add", **place.line())
    for change, path in (
        ({"quantity": 0}, "quantity"),
        ({"quantity": None}, "quantity"),
        ({"modifiers": [NOWHERE]}, "modifiers[0]"),
    ):
        error = await guest.refused("cart:update", {"lineId": cart["lines"][0]["id"], **change})
        assert (error["code"], error["details"][0]["path"]) == ("INVALID", path)
    assert (await guest.send("join:table"))["cart"] == cart


async def test_nothing_is_lost_when_all_add_at_once_and_a_cart_has_its_limit(
    mirrored: Place,
) -> None:
    guests = [await mirrored.guest(node=n % 2) for n in range(6)]
    adding = [guest.ask("cart:add", mirrored.line()) for guest in guests for _ in range(9)]
    acks = await asyncio.gather(*adding)
    assert Counter(code(ack) for ack in acks) == {None: 50, "CONFLICT": 4}
    fresh = (await guests[0].send("join:table"))["cart"]
    assert len(fresh["lines"]) == 50
    assert fresh["version"] == 50
    for guest in guests:
        assert await seen(guest, fresh) == fresh
        versions = [cart["version"] for cart in guest.named("cart:changed")]
        assert versions == sorted(versions)


async def test_two_guests_who_press_place_at_once_place_one_order(mirrored: Place) -> None:
    ada, bo = await mates(mirrored)
    cook = await mirrored.cook()
    for number in range(1, 9):
        await ada.send("cart:add", **mirrored.line("grill"))
        await bo.send("cart:add", **mirrored.line("bar"))
        acks = await asyncio.gather(ada.ask("order:create", {}), bo.ask("order:create", {}))
        assert sorted(code(ack) or "" for ack in acks) == ["", "INVALID"]
        order = next(ack["data"] for ack in acks if ack["ok"])
        assert order["orderNumber"] == number
        assert len(order["items"]) == 2
        assert (await cook.hears("order:new", lambda o, i=order["id"]: o["id"] == i))[0] == order
    assert len(cook.named("order:new")) == 8


async def test_a_placed_cart_is_empty_for_everyone(mirrored: Place) -> None:
    ada, bo = await mates(mirrored)
    cart = await ada.send("cart:add", **mirrored.line("grill", 2, note="well done", course=1))
    order = await bo.send("order:create")
    empty, _ = await ada.hears("cart:changed", lambda c: not c["lines"])
    assert (empty["version"], empty["total"]) == (cart["version"] + 1, 0)
    [item] = order["items"]
    assert (item["quantity"], item["note"], item["course"]) == (2, "well done", 1)
    assert (await bo.refused("order:create", {}))["code"] == "INVALID"


async def test_an_order_with_items_leaves_the_cart_alone(mirrored: Place) -> None:
    ada, bo = await mates(mirrored)
    cart = await ada.send("cart:add", **mirrored.line("grill"))
    await bo.send("order:create", items=[mirrored.line("bar")])
    assert (await bo.send("join:table"))["cart"] == cart


async def test_a_cart_with_a_dish_that_sold_out_is_kept_and_says_so(mirrored: Place) -> None:
    ada, bo = await mates(mirrored)
    cook = await mirrored.cook()
    await ada.send("cart:add", **mirrored.line("grill"))
    await ada.send("cart:add", **mirrored.line("bar"))
    gone = mirrored.dish("grill")["id"]
    await cook.send("menu:availability", menuItemId=gone, available=False)
    assert (await bo.refused("order:create", {}))["code"] == "ITEM_UNAVAILABLE"
    cart = (await bo.send("join:table"))["cart"]
    assert [line["available"] for line in cart["lines"]] == [False, True]
    await bo.send("cart:remove", lineId=cart["lines"][0]["id"])
    assert [item["menuItemId"] for item in (await ada.send("order:create"))["items"]] == [
        mirrored.dish("bar")["id"]
    ]


async def test_a_waiter_fills_the_cart_of_the_table_it_names(mirrored: Place) -> None:
    guest, waiter = await mirrored.guest(table=2, node=1), await mirrored.waiter()
    table = {"tableId": mirrored.tables[2]["id"]}
    cart = await waiter.send("cart:add", **mirrored.line(), **table)
    assert await seen(guest, cart) == cart
    assert cart["lines"][0]["addedByName"]
    line = {"lineId": cart["lines"][0]["id"], **table}
    assert (await waiter.send("cart:update", **line, quantity=4))["lines"][0]["quantity"] == 4
    assert (await waiter.send("cart:remove", **line))["lines"] == []
    await waiter.send("cart:add", **mirrored.line(), **table)
    order = await waiter.send("order:create", **table)
    assert (await guest.hears("order:new"))[0] == order


@pytest.mark.parametrize("name", ["cart:add", "cart:update", "cart:remove"])
async def test_staff_must_name_the_table(place: Place, name: str) -> None:
    waiter = await place.worker("waiter")
    line = {**place.line(), "lineId": NOWHERE}
    error = await waiter.refused(name, line)
    assert (error["code"], error["details"][0]["path"]) == ("INVALID", "tableId")
