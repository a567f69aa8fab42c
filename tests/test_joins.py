"""Joining: the snapshot a newcomer is shown, and the events it hears from there on."""

from typing import Any

import pytest

from hub.app import Node
from tests.mirror import settle
from tests.place import Place
from tests.scenes import NOWHERE, code, cook_order, own_room, place_order, step, token


@pytest.mark.parametrize(
    ("name", "role", "snapshot"),
    [
        ("join:restaurant", "waiter", "orders:active"),
        ("join:kitchen", "kitchen", "orders:pending"),
    ],
)
@pytest.mark.parametrize("form", ["positional", "object"])
async def test_a_board_joins_in_both_forms_and_its_orders_follow(
    place: Place, name: str, role: str, snapshot: str, form: str
) -> None:
    guest, client = await place.guest(node=0), await place.worker(role, node=1)
    order = await place_order(place, guest)
    ack = await client.ask(name, place.id if form == "positional" else {"restaurantId": place.id})
    assert ack["ok"]
    assert f"{name.removeprefix('join:')}:{place.id}" in ack["data"]["rooms"]
    orders, meta = await client.hears(snapshot)
    assert orders == [order]
    assert meta["seq"] == ack["seq"] == ack["data"]["seq"] == order["seq"]
    assert meta["restaurantId"] == place.id
    more = await place_order(place, guest)
    heard, meta = await client.hears("order:new")
    assert (heard, meta["seq"]) == (more, more["seq"])
    assert "replay" not in meta


async def test_a_board_shows_what_its_readers_may_still_touch(place: Place) -> None:
    guest, manager = await place.guest(), await place.worker("manager")
    new, cooking, ready, served, done, gone = [await place_order(place, guest) for _ in range(6)]
    await step(manager, "item:start", cooking)
    for order in (ready, served, done):
        await cook_order(manager, order)
    for order in (served, done):
        await step(manager, "item:serve", order)
    await manager.send("order:updateStatus", orderId=done["id"], status="COMPLETED")
    await manager.send("order:cancel", orderId=gone["id"])
    for name, snapshot, shown in (
        ("join:kitchen", "orders:pending", [new, cooking, ready]),
        ("join:restaurant", "orders:active", [new, cooking, ready, served]),
    ):
        client = await place.worker("manager", node=1)
        await client.ask(name, place.id)
        orders, _ = await client.hears(snapshot)
        assert [order["id"] for order in orders] == [order["id"] for order in shown]


@pytest.mark.parametrize("form", ["positional", "object"])
async def test_an_order_is_joined_by_its_guest_and_by_staff(place: Place, form: str) -> None:
    owner, cook = await place.guest(node=0), await place.worker("kitchen", node=1)
    order = await place_order(place, owner)
    guest = await place.client(owner.token, node=1)
    for client in (guest, cook):
        ack = await client.ask(
            "join:order", order["id"] if form == "positional" else {"orderId": order["id"]}
        )
        assert ack["data"] == {
            "rooms": [f"order:{order['id']}", own_room(place, client)],
            "seq": order["seq"],
            "menuSeq": 0,
            "order": order,
        }
    await cook.send("order:accept", orderId=order["id"])
    for client in (guest, cook):
        await client.hears("order:confirmed")
    await place_order(place, owner)
    await owner.hears("order:new", lambda o: o["orderNumber"] == 2)
    for client in (guest, cook):
        await client.settled()
        assert not client.named("order:new"), "other orders are not its business"


async def test_a_table_joins_with_all_that_its_guests_share(place: Place) -> None:
    guest = await place.guest(node=0, name="Ada")
    order = await place_order(place, guest)
    cart = await guest.send("cart:add", **place.line())
    call = await guest.send("service:request", kind="water")
    mate = await place.client((await place.scan())["token"], node=1)
    joined = await mate.send("join:table")
    assert (joined["orders"], joined["cart"], joined["requests"]) == ([order], cart, [call])
    assert joined["session"]["tableNumber"] == place.tables[0]["number"]
    rooms = [f"guests:{place.id}", own_room(place, mate), f"table:{order['sessionId']}"]
    assert joined["rooms"] == rooms


async def test_a_waiter_hears_of_the_tables_it_asked_for(place: Place) -> None:
    tables = [table["id"] for table in place.tables]
    some, every = await place.waiter(tables=tables[:2]), await place.waiter(node=1)
    none = await place.waiter(tables=[])
    for number in (0, 1, 2):
        await place_order(place, await place.guest(table=number))
    await every.hears("order:new", lambda o: o["tableId"] == tables[2])
    await some.hears("order:new", lambda o: o["tableId"] == tables[1])
    for client, count in ((some, 2), (every, 3), (none, 0)):
        await client.settled()
        assert len(client.named("order:new")) == count


async def test_a_waiter_with_a_zone_stays_in_it(place: Place, nodes: list[Node]) -> None:
    tables = [table["id"] for table in place.tables]
    narrow = await token(place, nodes[0], "waiter", tables=frozenset(tables[:2]))
    waiter = await place.client(narrow, node=1)
    joined = await waiter.send("join:waiter", restaurantId=place.id)
    assert [f"waiter:{place.id}:{table}" in joined["rooms"] for table in tables[:3]] == [
        *(True, True),
        False,
    ]
    for wanted in ([tables[2]], [tables[0], tables[2]]):
        error = await waiter.refused("join:waiter", {"restaurantId": place.id, "tables": wanted})
        assert error["code"] == "FORBIDDEN"
    await place_order(place, await place.guest(table=2))
    mine = await place_order(place, await place.guest(table=1))
    heard, _ = await waiter.hears("order:new")
    assert heard == mine


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("join:waiter", {"tables": [NOWHERE]}),
        ("join:waiter", {"tables": ["another restaurant's"]}),
        ("join:kitchen", {"station": "sushi"}),
    ],
)
async def test_what_is_not_there_cannot_be_joined(
    place: Place, other_place: Place, name: str, more: dict[str, Any]
) -> None:
    if more.get("tables") == ["another restaurant's"]:
        more = {"tables": [place.tables[0]["id"], other_place.tables[0]["id"]]}
    manager = await place.worker("manager")
    error = await manager.refused(name, {"restaurantId": place.id, **more})
    assert error["code"] == "NOT_FOUND"


async def test_in_several_rooms_an_event_is_heard_once(place: Place, nodes: list[Node]) -> None:
    guest, manager = await place.guest(), await place.worker("manager", node=1)
    order = await place_order(place, guest)
    for name in ("join:restaurant", "join:kitchen", "join:waiter", "join:restaurant"):
        await manager.send(name, restaurantId=place.id)
    await manager.send("join:kitchen", restaurantId=place.id, station="grill")
    await manager.send("join:order", orderId=order["id"])
    await cook_order(manager, order)
    await step(manager, "item:serve", order)
    await settle(place, nodes)
    await manager.settled()
    seqs = manager.seqs()
    assert seqs == list(range(order["seq"] + 1, seqs[-1] + 1)), "every one, in order, once"
    assert manager.named("order:statusChanged")[-1]["status"] == "DELIVERED"


async def test_who_leaves_a_room_hears_it_no_longer(place: Place) -> None:
    guest, manager = await place.guest(), await place.worker("manager", node=1)
    await manager.send("join:kitchen", restaurantId=place.id, station="grill")
    await manager.send("join:waiter", restaurantId=place.id)
    left = await manager.send("leave", room=f"kitchen:{place.id}")
    assert not [room for room in left["rooms"] if room.startswith("kitchen:")]
    assert code(await manager.ask("leave", f"kitchen:{place.id}")) == "NOT_FOUND"
    await place_order(place, guest)
    await manager.hears("order:new")
    await manager.send("leave", room=f"waiter:{place.id}")
    await place_order(place, guest)
    await guest.hears("order:new", lambda o: o["orderNumber"] == 2)
    await manager.settled()
    assert len(manager.named("order:new")) == 1
    await manager.send("join:kitchen", restaurantId=place.id)
    orders, _ = await manager.hears("orders:pending", lambda orders: len(orders) == 2)
    assert [order["orderNumber"] for order in orders] == [1, 2]
