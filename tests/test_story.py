"""The main job, end to end: from the code on the table to the waiter's phone, on two nodes."""

from hub.app import Node
from tests.mirror import Mirror
from tests.place import Place


async def test_an_order_goes_from_the_table_to_the_kitchen_and_back(
    place: Place, nodes: list[Node]
) -> None:
    async with Mirror(place, nodes):
        guest, mate = await place.guest(node=0, name="Ada"), await place.guest(node=1, name="Bo")
        cook, waiter = await place.cook(node=1), await place.waiter(node=0)

        await guest.send("cart:add", **place.line("grill", 2, note="no salt"))
        cart, _ = await mate.hears("cart:changed")
        assert [line["addedByName"] for line in cart["lines"]] == ["Ada"]
        await mate.send("cart:add", **place.line("bar"))

        order = await guest.send("order:create", commandId="round-1")
        assert order["status"] == "PENDING"
        assert order["orderNumber"] == 1
        seen, meta = await cook.hears("order:new")
        assert seen == order
        assert meta["seq"] == order["seq"]
        assert (await mate.hears("cart:changed", lambda c: not c["lines"]))[0]["total"] == 0

        await cook.send("order:accept", orderId=order["id"])
        await guest.hears("order:confirmed")
        for item in order["items"]:
            await cook.send("item:start", orderId=order["id"], itemId=item["id"])
            await cook.send("item:ready", orderId=order["id"], itemId=item["id"])
        ready, _ = await waiter.hears("order:ready")
        assert ready["id"] == order["id"]
        alert, _ = await waiter.hears("alert:raised")
        await waiter.send("alert:ack", alertId=alert["id"])
        for item in order["items"]:
            await waiter.send("item:serve", orderId=order["id"], itemId=item["id"])
        done, _ = await guest.hears("order:statusChanged", lambda o: o["status"] == "DELIVERED")
        assert done["deliveredAt"] is not None
