"""Items, the truth of an order: step by step, course by course, station by station."""

from typing import Any

from hub.app import Node
from tests.client import Client
from tests.place import Place
from tests.scenes import Order, code, cook_order, place_order, step, token


def statuses(order: Order) -> list[str]:
    return [item["status"] for item in order["items"]]


def of(order: Order, place: int = 0, **more: Any) -> dict[str, Any]:
    """Name an item of an order."""
    return {"orderId": order["id"], "itemId": order["items"][place]["id"], **more}


async def tried(client: Client, *steps: tuple[str, Order, int]) -> list[str | None]:
    return [code(await client.ask(name, of(order, place))) for name, order, place in steps]


async def test_an_order_follows_its_items(mirrored: Place) -> None:
    guest, manager = await mirrored.guest(node=0), await mirrored.worker("manager", node=1)
    order = await place_order(mirrored, guest, mirrored.line(), mirrored.line("bar"))
    seen = []
    for name, place in (
        ("item:start", 0),
        ("item:ready", 0),
        ("item:start", 1),
        ("item:ready", 1),
        ("item:serve", 1),
        ("item:serve", 0),
    ):
        ack = await manager.ask(name, of(order, place))
        seen.append((ack["data"]["status"], *statuses(ack["data"])))
        heard, meta = await guest.hears(
            "order:itemChanged", lambda o, v=ack["version"]: o["version"] == v
        )
        assert heard == ack["data"]
        assert meta["change"]["changedItems"] == [order["items"][place]["id"]]
    assert seen == [
        ("PREPARING", "PREPARING", "QUEUED"),
        ("PREPARING", "READY", "QUEUED"),
        ("PREPARING", "READY", "PREPARING"),
        ("READY", "READY", "READY"),
        ("READY", "READY", "SERVED"),
        ("DELIVERED", "SERVED", "SERVED"),
    ]
    assert heard["items"][0]["startedAt"] < heard["items"][0]["readyAt"]
    assert heard["items"][0]["readyAt"] < heard["items"][0]["servedAt"]
    assert len(guest.named("order:ready")) == 1
    assert len(guest.named("order:confirmed")) == 1, "cooking what nobody accepted accepts it"


async def test_an_item_takes_no_step_out_of_turn(mirrored: Place) -> None:
    guest, manager = await mirrored.guest(), await mirrored.worker("manager")
    order = await place_order(mirrored, guest)

    async def refused(*names: str) -> None:
        found = await tried(manager, *((name, order, 0) for name in names))
        assert found == ["ILLEGAL_TRANSITION"] * len(names)

    await refused("item:ready", "item:serve", "item:recall", "item:remake")
    await manager.send("item:start", **of(order))
    await refused("item:start", "item:serve", "item:remake")
    await manager.send("item:ready", **of(order))
    await refused("item:start", "item:ready")
    await manager.send("item:serve", **of(order))
    await refused("item:start", "item:ready", "item:serve")
    await manager.send("order:updateStatus", orderId=order["id"], status="COMPLETED")
    await refused("item:start", "item:recall", "item:remake", "item:void")


async def test_a_recall_takes_an_item_one_step_back(mirrored: Place) -> None:
    guest, manager = await mirrored.guest(node=1), await mirrored.worker("manager")
    order = await step(
        manager, "item:serve", await cook_order(manager, await place_order(mirrored, guest))
    )
    fields = {"SERVED": "servedAt", "READY": "readyAt", "PREPARING": "startedAt"}
    for left, now in (("SERVED", "READY"), ("READY", "PREPARING"), ("PREPARING", "QUEUED")):
        order = await manager.send("item:recall", **of(order, reason="wrong table"))
        [item] = order["items"]
        assert (item["status"], item[fields[left]], item["reason"]) == (now, None, "wrong table")
    assert order["status"] == "CONFIRMED"
    assert (order["readyAt"], order["deliveredAt"]) == (None, None)
    await guest.hears("order:statusChanged", lambda o: o["version"] == order["version"])


async def test_a_remake_is_cooked_again_and_counted(mirrored: Place) -> None:
    guest, cook = await mirrored.guest(), await mirrored.cook(node=1)
    waiter = await mirrored.waiter()
    order = await cook_order(
        cook, await place_order(mirrored, guest, mirrored.line(), mirrored.line())
    )
    await waiter.send("item:serve", **of(order, 0))
    again = await waiter.send("item:remake", **of(order, 0, reason="too salty"))
    assert statuses(again) == ["QUEUED", "READY"]
    assert (again["items"][0]["remakes"], again["items"][0]["reason"]) == (1, "too salty")
    assert again["totalAmount"] == order["totalAmount"], "the guest pays once"
    await cook.hears("order:itemChanged", lambda o: o["version"] == again["version"])
    await cook.send("item:start", **of(order, 0))
    await cook.send("item:ready", **of(order, 0))
    twice = await cook.send("item:remake", **of(order, 0))
    assert twice["items"][0]["remakes"] == 2


async def test_what_is_voided_is_not_paid(mirrored: Place) -> None:
    guest, waiter = await mirrored.guest(node=1), await mirrored.waiter()
    cook, manager = await mirrored.cook(), await mirrored.worker("manager")
    lines = [mirrored.line(), mirrored.line("bar", 2), mirrored.line("pastry", course=1)]
    order = await place_order(mirrored, guest, *lines)
    prices = [item["lineTotal"] for item in order["items"]]
    left = await waiter.send("item:void", **of(order, 0))
    assert (left["status"], left["totalAmount"]) == ("PENDING", sum(prices[1:]))
    assert await tried(waiter, ("item:void", order, 0), ("item:remake", order, 0)) == (
        ["ILLEGAL_TRANSITION"] * 2
    )
    await cook.send("item:start", **of(order, 1))
    assert await tried(waiter, ("item:void", order, 1)) == ["FORBIDDEN"]
    assert await tried(manager, ("item:void", order, 1)) == ["INVALID"]
    left = await manager.send("item:void", **of(order, 1, reason="spilt"))
    assert (left["status"], left["totalAmount"]) == ("CONFIRMED", prices[2])
    left = await waiter.send("item:void", **of(order, 2))
    assert (left["status"], left["totalAmount"]) == ("CANCELLED", 0)
    await guest.hears("order:cancelled", lambda o: o["id"] == order["id"])


async def test_later_courses_are_held_until_somebody_fires_them(mirrored: Place) -> None:
    guest, cook = await mirrored.guest(node=0), await mirrored.cook(node=1)
    waiter = await mirrored.waiter(node=0)
    lines = [mirrored.line(), mirrored.line(course=2), mirrored.line("bar", course=3)]
    order = await place_order(mirrored, guest, *lines)
    assert statuses(order) == ["QUEUED", "HELD", "HELD"]
    assert order["items"][1]["queuedAt"] is None
    assert await tried(cook, ("item:start", order, 1)) == ["ILLEGAL_TRANSITION"]
    first = await waiter.refused("course:fire", {"orderId": order["id"], "course": 1})
    assert first["code"] == "ILLEGAL_TRANSITION"

    await cook.send("item:start", **of(order, 0))
    ready = await cook.send("item:ready", **of(order, 0))
    assert ready["status"] == "READY", "what is held keeps nobody waiting"
    served = await waiter.send("item:serve", **of(order, 0))
    assert served["status"] == "PREPARING", "there is more to come"

    fired = await waiter.send("course:fire", orderId=order["id"], course=2)
    assert statuses(fired) == ["SERVED", "QUEUED", "HELD"]
    heard, meta = await cook.hears("order:itemChanged", lambda o: statuses(o)[1] == "QUEUED")
    assert heard["items"][1]["queuedAt"] is not None
    assert meta["change"]["changedItems"] == [order["items"][1]["id"]]
    again = await waiter.refused("course:fire", {"orderId": order["id"], "course": 2})
    assert again["code"] == "ILLEGAL_TRANSITION"
    await waiter.send("course:fire", orderId=order["id"], course=3)


async def test_a_round_of_desserts_alone_is_not_held(mirrored: Place) -> None:
    guest = await mirrored.guest()
    order = await place_order(mirrored, guest, mirrored.line("pastry", course=2))
    assert statuses(order) == ["QUEUED"]


async def test_a_station_sees_and_cooks_its_own_dishes(mirrored: Place, nodes: list[Node]) -> None:
    guest = await mirrored.guest()
    narrow = await token(mirrored, nodes[0], "kitchen", stations=frozenset({"bar"}))
    bar = await mirrored.client(narrow, node=1)
    joined = await bar.send("join:kitchen", restaurantId=mirrored.id)
    assert [room for room in joined["rooms"] if room.endswith(":bar")]
    food = await place_order(mirrored, guest)
    mixed = await place_order(mirrored, guest, mirrored.line(), mirrored.line("bar"))
    heard, _ = await bar.hears("order:new")
    assert heard["id"] == mixed["id"], "what the bar has no part in, it does not hear"
    assert (await bar.refused("join:kitchen", {"restaurantId": mirrored.id, "station": "grill"}))[
        "code"
    ] == "FORBIDDEN"
    assert await tried(bar, ("item:start", mixed, 0), ("item:start", mixed, 1)) == (
        ["FORBIDDEN", None]
    )
    assert await tried(bar, ("item:void", mixed, 0), ("item:start", food, 0)) == ["FORBIDDEN"] * 2
    done = await bar.send("item:ready", **of(mixed, 1))
    assert statuses(done) == ["QUEUED", "READY"]
    fresh = await mirrored.client(narrow, node=0)
    await fresh.send("join:kitchen", restaurantId=mirrored.id)
    shown, _ = await fresh.hears("orders:pending")
    assert [order["id"] for order in shown] == [mixed["id"]]


async def test_any_screen_may_show_one_station_only(mirrored: Place) -> None:
    guest, cook = await mirrored.guest(), await mirrored.cook(node=1, station="grill")
    await place_order(mirrored, guest, mirrored.line("bar"))
    food = await place_order(mirrored, guest, mirrored.line("grill"))
    heard, _ = await cook.hears("order:new")
    assert heard["id"] == food["id"]
    await guest.hears("order:new", lambda o: o["id"] == food["id"])
    assert len(cook.named("order:new")) == 1
