"""Counted dishes come back when nobody cooked them; times and alerts follow what changes."""

from typing import Any

import pytest

from hub.app import Node
from tests.client import Client
from tests.mirror import Mirror
from tests.place import Place


async def sold_out(place: Place) -> tuple[Client, Client, str, dict[str, Any]]:
    """Return a guest, a cook, a dish counted to three, and an order that took all of it."""
    guest, cook = await place.guest(node=0), await place.cook(node=1)
    dish = place.dish("grill")["id"]
    await cook.send("menu:availability", menuItemId=dish, available=True, quantity=3)
    order = await guest.send("order:create", items=[place.line("grill", 3)])
    await guest.hears("menu:availability", lambda d: d["quantity"] == 0 and not d["available"])
    return guest, cook, dish, order


@pytest.mark.parametrize("by", ["reject", "cancel", "void"])
async def test_portions_that_nobody_cooked_can_be_ordered_again(
    place: Place, nodes: list[Node], by: str
) -> None:
    async with Mirror(place, nodes):
        guest, cook, dish, order = await sold_out(place)
        if by == "reject":
            await cook.send("order:reject", orderId=order["id"], reason="too late")
        elif by == "cancel":
            await guest.send("order:cancel", orderId=order["id"])
        else:
            item = order["items"][0]["id"]
            await cook.send("item:void", orderId=order["id"], itemId=item)
        back, _ = await guest.hears("menu:availability", lambda d: d["available"] and d["quantity"])
        assert back == {"menuItemId": dish, "available": True, "quantity": 3}
        again = await guest.send("order:create", items=[place.line("grill", 2)])
        assert again["status"] == "PENDING"


async def test_what_was_cooked_is_gone(place: Place, nodes: list[Node]) -> None:
    async with Mirror(place, nodes):
        guest, cook, _, order = await sold_out(place)
        manager = await place.worker("manager")
        item = order["items"][0]["id"]
        await cook.send("item:start", orderId=order["id"], itemId=item)
        await manager.send("item:void", orderId=order["id"], itemId=item, reason="burnt")
        error = await guest.refused("order:create", {"items": [place.line("grill")]})
        assert error["code"] == "ITEM_UNAVAILABLE"


async def test_a_fired_course_tells_when_it_will_be_ready(place: Place, nodes: list[Node]) -> None:
    async with Mirror(place, nodes):
        guest, waiter = await place.guest(), await place.waiter(node=1)
        lines = [place.line("grill", course=1), place.line("bar", course=2)]
        order = await guest.send("order:create", items=lines)
        cook = await place.cook()
        first = order["items"][0]["id"]
        await cook.send("item:start", orderId=order["id"], itemId=first)
        fired = await waiter.send("course:fire", orderId=order["id"], course=2)
        assert fired["estimatedReadyAt"] != order["estimatedReadyAt"]


async def test_an_alert_moves_to_the_waiter_of_the_new_table(
    place: Place, nodes: list[Node]
) -> None:
    async with Mirror(place, nodes):
        guest, cook = await place.guest(0), await place.cook()
        order = await guest.send("order:create", items=[place.line()])
        await cook.send("order:updateStatus", orderId=order["id"], status="READY")
        waiter = await place.worker("waiter", node=1)
        target = place.tables[5]
        await waiter.send("join:waiter", restaurantId=place.id, tables=[target["id"]])
        manager = await place.worker("manager")
        await manager.send("order:transfer", orderId=order["id"], tableId=target["id"])
        alert, _ = await waiter.hears("alert:raised")
        assert (alert["orderId"], alert["tableNumber"]) == (order["id"], target["number"])
