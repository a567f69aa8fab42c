"""A command under its caller's own id happens once, however often and wherever it is sent."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from hub import worker
from hub.app import Node
from tests.client import Client
from tests.mirror import settle
from tests.place import Place
from tests.scenes import code, cook_order, place_order

ROUNDS = 10


async def twins(place: Place, role: str = "guest") -> list[Client]:
    """One person with a connection to each node."""
    if role == "guest":
        token = (await place.scan())["token"]
        clients = [await place.client(token, node=n) for n in range(2)]
        for client in clients:
            await client.send("join:table")
        return clients
    return [await place.worker(role, node=n) for n in range(2)]


async def at_once(clients: list[Client], name: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Send the same from all at once; return the answer, which must be the same for all."""
    acks = await asyncio.gather(*(client.ask(name, payload) for client in clients))
    assert all(ack == acks[0] for ack in acks), acks
    found: dict[str, Any] = acks[0]
    return found


async def test_a_double_tap_on_two_nodes_is_one_order(
    mirrored: Place, nodes: list[Node], db: asyncpg.Connection
) -> None:
    guests, cook = await twins(mirrored), await mirrored.cook()
    acks = [
        await at_once(
            guests * 2, "order:create", {"items": [mirrored.line()], "commandId": f"tap {n}"}
        )
        for n in range(ROUNDS)
    ]
    assert [ack["data"]["orderNumber"] for ack in acks] == list(range(1, ROUNDS + 1))
    count = "SELECT count(*) FROM orders WHERE restaurant_id = $1"
    assert await db.fetchval(count, mirrored.id) == ROUNDS
    await settle(mirrored, nodes)
    await cook.settled()
    assert [order["id"] for order in cook.named("order:new")] == [ack["data"]["id"] for ack in acks]


async def test_the_shared_cart_is_placed_once_by_a_double_tap(mirrored: Place) -> None:
    guests = await twins(mirrored)
    for number in range(1, ROUNDS):
        await guests[0].send("cart:add", **mirrored.line())
        ack = await at_once(guests, "order:create", {"commandId": f"place {number}"})
        assert (ack["ok"], ack["data"]["orderNumber"]) == (True, number)


async def test_every_kind_of_command_happens_once_under_its_id(
    mirrored: Place, nodes: list[Node]
) -> None:
    guests, staff = await twins(mirrored), await twins(mirrored, "manager")
    listener = await mirrored.waiter()
    order = await place_order(mirrored, guests[0])
    item = {"orderId": order["id"], "itemId": order["items"][0]["id"]}
    dish = {"menuItemId": mirrored.dish("bar")["id"], "available": False}

    async def once(clients: list[Client], name: str, payload: dict[str, Any]) -> dict[str, Any]:
        ack = await at_once(clients, name, {**payload, "commandId": f"once {name}"})
        assert ack["ok"], (name, ack)
        return ack

    cart = await once(guests, "cart:add", mirrored.line())
    assert len(cart["data"]["lines"]) == 1
    call = await once(guests, "service:request", {"kind": "call"})
    await once(staff, "service:done", {"requestId": call["data"]["id"]})
    await once(staff, "order:rush", {"orderId": order["id"]})
    await once(staff, "item:start", item)
    await once(staff, "item:ready", item)
    alert, _ = await listener.hears("alert:raised")
    await once(staff, "alert:ack", {"alertId": alert["id"]})
    await once(staff, "item:serve", item)
    await once(staff, "item:remake", item)
    await once(staff, "menu:availability", dish)
    await settle(mirrored, nodes)
    await listener.settled()
    heard = [name for name, _, _ in listener.heard]
    for name, times in (
        ("service:requested", 1),
        ("service:changed", 1),
        ("order:priority", 1),
        ("order:itemChanged", 4),
        ("menu:availability", 1),
    ):
        assert heard.count(name) == times, name


async def test_the_same_id_of_somebody_else_is_another_command(mirrored: Place) -> None:
    ada, bo = await mirrored.guest(node=0), await mirrored.guest(node=1)
    waiter = await mirrored.worker("waiter")
    command = {"items": [mirrored.line()], "commandId": "1"}
    orders = await asyncio.gather(
        ada.send("order:create", **command),
        bo.send("order:create", **command),
        waiter.send("order:create", **command, tableId=mirrored.tables[0]["id"]),
    )
    assert sorted(order["orderNumber"] for order in orders) == [1, 2, 3]


async def test_the_same_id_gets_the_first_answer_whatever_is_sent_under_it(
    mirrored: Place,
) -> None:
    guest = await mirrored.guest()
    first = await guest.ask("order:create", {"items": [mirrored.line()], "commandId": "x"})
    for name, payload in (
        ("order:create", {"items": [mirrored.line("bar", 9)]}),
        ("order:create", {}),
        ("cart:add", mirrored.line()),
        ("order:cancel", {"orderId": first["data"]["id"]}),
    ):
        assert await guest.ask(name, {**payload, "commandId": "x"}) == first
    joined = await guest.send("join:table")
    assert joined["cart"]["lines"] == []
    assert joined["orders"] == [first["data"]]


async def test_a_refused_command_repeats_its_refusal(mirrored: Place) -> None:
    guests, cook = await twins(mirrored), await mirrored.cook()
    dish = mirrored.dish("grill")["id"]
    await cook.send("menu:availability", menuItemId=dish, available=False)
    command = {"items": [mirrored.line()], "commandId": "too late"}
    refused = await at_once(guests, "order:create", command)
    assert code(refused) == "ITEM_UNAVAILABLE"
    await cook.send("menu:availability", menuItemId=dish, available=True)
    assert await at_once(guests, "order:create", command) == refused
    fresh = await at_once(guests, "order:create", {**command, "commandId": "in time"})
    assert fresh["ok"]
    stale = {"orderId": fresh["data"]["id"], "expectedVersion": 9, "commandId": "stale"}
    first = await at_once(guests, "order:cancel", stale)
    assert code(first) == "STALE_VERSION"
    await cook.send("order:accept", orderId=fresh["data"]["id"])
    assert await at_once(guests, "order:cancel", stale) == first


async def test_a_command_nobody_understood_may_be_sent_again_under_its_id(
    mirrored: Place,
) -> None:
    guest = await mirrored.guest()
    for items in ([], [{"quantity": 1}], "soup"):
        error = await guest.refused("order:create", {"items": items, "commandId": "typo"})
        assert error["code"] == "INVALID"
    ack = await guest.ask("order:create", {"items": [mirrored.line()], "commandId": "typo"})
    assert ack["data"]["orderNumber"] == 1


async def test_an_answer_lost_with_the_connection_is_there_after_it(mirrored: Place) -> None:
    token = (await mirrored.scan())["token"]
    for number in range(1, 5):
        guest = await mirrored.client(token, node=0)
        command = {"items": [mirrored.line()], "commandId": f"lost {number}"}
        await guest.sio.emit("order:create", command)
        await guest.close()
        again = await mirrored.client(token, node=1)
        order = await again.send("order:create", **command)
        assert order["orderNumber"] == number
        assert await again.send("order:create", **command) == order
        status, over_http = await mirrored.post(
            "/api/orders",
            {"items": command["items"]},
            token,
            **{"Idempotency-Key": f"lost {number}"},
        )
        assert (status, over_http) == (201, order)


async def test_an_id_is_remembered_for_a_day(
    mirrored: Place, nodes: list[Node], db: asyncpg.Connection
) -> None:
    guest = await mirrored.guest()
    command = {"items": [mirrored.line()], "commandId": "daily"}
    first = await guest.send("order:create", **command)

    async def after(age: timedelta) -> Any:
        aged = "UPDATE commands SET at = now() - $1::interval WHERE command_id = 'daily'"
        await db.execute(aged, age)
        await worker.prune(nodes[0].deps)
        return await guest.send("order:create", **command)

    assert await after(timedelta(hours=23, minutes=59)) == first
    assert (await after(timedelta(hours=24, minutes=1)))["orderNumber"] == 2


@pytest.mark.parametrize("role", ["guest", "manager"])
async def test_without_an_id_every_tap_counts(mirrored: Place, role: str) -> None:
    clients = await twins(mirrored, role)
    table = {} if role == "guest" else {"tableId": mirrored.tables[0]["id"]}
    orders = [client.send("order:create", items=[mirrored.line()], **table) for client in clients]
    assert {order["orderNumber"] for order in await asyncio.gather(*orders)} == {1, 2}


async def test_a_step_repeated_later_does_not_step_again(mirrored: Place) -> None:
    """The cook's tablet sends its start once more, when the dish is long ready."""
    guest, cook = await mirrored.guest(), await mirrored.cook()
    order = await place_order(mirrored, guest)
    item = {"orderId": order["id"], "itemId": order["items"][0]["id"]}
    first = await cook.ask("item:start", {**item, "commandId": "start"})
    await cook.send("item:ready", **item)
    await cook.send("item:recall", **item)
    await cook.send("item:recall", **item)
    assert await cook.ask("item:start", {**item, "commandId": "start"}) == first
    fresh = (await cook.send("join:order", orderId=order["id"]))["order"]
    assert fresh["items"][0]["status"] == "QUEUED"
    await cook_order(cook, fresh)
