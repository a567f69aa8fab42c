"""A waiter who joins some tables is shown those tables, and hears of no others."""

from hub.app import Node
from tests.client import Client
from tests.place import Place

OWN, FOREIGN = 0, 5


async def test_a_zone_is_shown_and_heard_alike(place: Place, nodes: list[Node]) -> None:
    orders = {}
    for table in (OWN, FOREIGN):
        guest = await place.guest(table)
        orders[table] = await guest.send("order:create", items=[place.line()])
        await guest.send("service:request", kind="call")
    waiter: Client = await place.worker("waiter", node=1)
    own = place.tables[OWN]
    shown = await waiter.send("join:waiter", restaurantId=place.id, tables=[own["id"]])
    assert [order["id"] for order in shown["orders"]] == [orders[OWN]["id"]]
    assert {request["tableId"] for request in shown["requests"]} == {own["id"]}
    assert [table["id"] for table in shown["tables"]] == [own["id"]]

    cook = await place.cook()
    for table in (FOREIGN, OWN):
        await cook.send("order:accept", orderId=orders[table]["id"])
    await waiter.hears("order:confirmed")
    assert {order["id"] for order in waiter.named("order:confirmed")} == {orders[OWN]["id"]}
