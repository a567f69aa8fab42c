"""86: what is sold out is sold out on every phone and every screen at once."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from hub.app import Node
from hub.embedded import Engines
from tests.conftest import connection, new_place
from tests.place import Place
from tests.scenes import code, place_order


@pytest.fixture(scope="module")
async def calm(engines: Engines, nodes: list[Node]) -> AsyncIterator[Place]:
    """One restaurant for the tests that look at one dish only."""
    async with connection(engines.database_url) as db, new_place(nodes, db) as made:
        yield made


async def test_availability_reaches_every_table_and_every_screen(mirrored: Place) -> None:
    listeners = [
        *[await mirrored.guest(table=n, node=n % 2) for n in range(4)],
        await mirrored.cook(node=0),
        await mirrored.cook(node=1, station="bar"),
        await mirrored.waiter(node=1, tables=[mirrored.tables[3]["id"]]),
    ]
    outside = await mirrored.client((await mirrored.scan(5))["token"])
    board = await mirrored.worker("expo", node=0)
    await board.send("join:restaurant", restaurantId=mirrored.id)
    gone = mirrored.dish("grill")["id"]
    ack = await board.ask("menu:availability", {"menuItemId": gone, "available": False})
    assert ack["data"] == {"menuItemId": gone, "available": False, "quantity": None}
    for client in (*listeners, board):
        heard, meta = await client.hears("menu:availability")
        assert heard == ack["data"]
        assert (meta["seq"], meta["actor"]["role"]) == (ack["seq"], "expo")
    await outside.settled()
    assert not outside.heard, "who has not joined hears nothing"
    for client in listeners:
        await client.settled()
        assert len(client.named("menu:availability")) == 1


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({"available": True}, (True, None)),
        ({"available": True, "quantity": 7}, (True, 7)),
        ({"available": True, "quantity": 0}, (False, 0)),
        ({"available": False}, (False, None)),
        ({"available": False, "quantity": 3}, (False, None)),
        ({"available": True, "quantity": None}, (True, None)),
    ],
)
async def test_a_dish_is_counted_or_it_is_just_there(
    calm: Place, asked: dict[str, object], shown: tuple[bool, int | None]
) -> None:
    cook = await calm.worker("kitchen")
    dish = calm.dish("pastry")["id"]
    answer = await cook.send("menu:availability", menuItemId=dish, **asked)
    assert (answer["available"], answer["quantity"]) == shown
    _, menu = await calm.get(f"/api/restaurants/{calm.id}/menu", node=1)
    [found] = [d for c in menu["categories"] for d in c["items"] if d["id"] == dish]
    assert (found["available"], found["quantity"]) == shown


@pytest.mark.parametrize("quantity", [-1, 10_000, 1.5, "3", True])
async def test_only_a_count_of_portions_is_taken(calm: Place, quantity: object) -> None:
    cook = await calm.worker("kitchen")
    payload = {"menuItemId": calm.dish("pastry")["id"], "available": True, "quantity": quantity}
    error = await cook.refused("menu:availability", payload)
    assert (error["code"], error["details"][0]["path"]) == ("INVALID", "quantity")


async def test_the_kitchen_may_correct_the_count_between_orders(mirrored: Place) -> None:
    guest, cook = await mirrored.guest(), await mirrored.cook(node=1)
    count = {"menuItemId": mirrored.dish("grill")["id"], "available": True}
    await cook.send("menu:availability", **count, quantity=1)
    await place_order(mirrored, guest)
    assert (await guest.hears("menu:availability", lambda d: d["quantity"] == 0))[0]
    order = {"items": [mirrored.line()]}
    assert (await guest.refused("order:create", order))["code"] == "ITEM_UNAVAILABLE"
    await cook.send("menu:availability", **count, quantity=2)
    await place_order(mirrored, guest, mirrored.line(quantity=2))
    await cook.send("menu:availability", **count)
    await place_order(mirrored, guest, mirrored.line(quantity=99))


async def test_a_count_that_begins_while_orders_are_on_their_way_is_kept(place: Place) -> None:
    """Orders are under way on both nodes when the bar starts counting: there is one glass."""
    cook = await place.cook()
    scarce = {"menuItemId": place.dish("bar", 1)["id"], "available": True}
    guests = [await place.guest(table=n, node=n % 2) for n in range(6)]
    for _ in range(6):
        await cook.send("menu:availability", **scarce)
        asked = [
            asyncio.create_task(
                guest.ask("order:create", {"items": [{"menuItemId": scarce["menuItemId"]}]})
            )
            for guest in guests
        ]
        counted = await cook.ask("menu:availability", {**scarce, "quantity": 1})
        acks = await asyncio.gather(*asked)
        late = [ack for ack in acks if not ack["ok"] or ack["seq"] > counted["seq"]]
        assert [code(ack) for ack in late if not ack["ok"]] == ["ITEM_UNAVAILABLE"] * max(
            0, len(late) - 1
        )


async def test_who_joins_learns_whether_the_menu_they_have_read_is_the_last(place: Place) -> None:
    """What changed between reading the menu and joining, no event tells them."""
    _, read = await place.get(f"/api/restaurants/{place.id}/menu")
    guest = await place.client((await place.scan())["token"])
    cook = await place.cook(node=1)
    gone = {"menuItemId": place.dish("grill")["id"], "available": False}
    changed = await cook.ask("menu:availability", gone)
    for client, join in ((guest, "join:table"), (cook, "join:kitchen")):
        payload = {} if client is guest else {"restaurantId": place.id}
        joined = await client.send(join, **payload)
        assert joined["menuSeq"] == changed["seq"] > read["seq"]
    _, read = await place.get(f"/api/restaurants/{place.id}/menu")
    assert read["seq"] == changed["seq"]
