"""What becomes of a whole order: its statuses, and who may turn it which way."""

from typing import Any

import pytest

from tests.client import Client
from tests.place import Place
from tests.scenes import Order, code, cook_order, place_order, step

LIFE = ["CONFIRMED", "PREPARING", "READY", "DELIVERED", "COMPLETED"]


def stamps(order: Order) -> list[str]:
    return [
        name
        for name in ("confirmedAt", "preparedAt", "readyAt", "deliveredAt", "completedAt")
        if order[name] is not None
    ]


async def test_an_order_lives_by_the_statuses_the_kitchen_and_the_waiter_set(
    mirrored: Place,
) -> None:
    guest, cook = await mirrored.guest(node=0), await mirrored.cook(node=1)
    waiter = await mirrored.waiter(node=0)
    order = await place_order(mirrored, guest, mirrored.line(), mirrored.line("bar"))
    for number, status in enumerate(LIFE, 1):
        who = cook if status in LIFE[:3] else waiter
        ack = await who.ask("order:updateStatus", {"orderId": order["id"], "status": status})
        assert ack["ok"], ack
        assert (ack["data"]["status"], ack["version"]) == (status, number + 1)
        assert len(stamps(ack["data"])) == number
        heard, meta = await guest.hears("order:statusChanged", lambda o, s=status: o["status"] == s)
        assert heard == ack["data"]
        assert meta["actor"]["role"] == ("kitchen" if who is cook else "waiter")
    for client in (guest, waiter):
        assert {"order:confirmed", "order:itemChanged", "order:ready"} <= {
            name for name, _, _ in client.heard
        }


@pytest.mark.parametrize("form", ["positional", "object"])
async def test_a_status_is_read_in_any_letter_case_and_in_both_forms(
    mirrored: Place, form: str
) -> None:
    guest, cook = await mirrored.guest(), await mirrored.cook()
    for spelled in ("preparing", "Preparing", "PREPARING", " pREPARing\n"):
        order = await place_order(mirrored, guest)
        args: list[Any] = [order["id"], spelled]
        if form == "object":
            args = [{"orderId": order["id"], "status": spelled}]
        ack = await cook.ask("order:updateStatus", *args)
        assert ack["data"]["status"] == "PREPARING"
        assert [item["status"] for item in ack["data"]["items"]] == ["PREPARING"]


async def test_a_status_nobody_knows_is_named(place: Place) -> None:
    guest, cook = await place.guest(), await place.cook()
    order = await place_order(place, guest)
    for status in (
        "",
        "DONE",
        "SERVED",
        "PENDING ORDER",
        "READY\N{ZERO WIDTH SPACE}",
    ):
        error = await cook.refused("order:updateStatus", order["id"], status)
        assert (error["code"], error["details"][0]["path"]) == ("INVALID", "status")


async def test_an_order_goes_no_way_but_forward(mirrored: Place) -> None:
    guest, manager = await mirrored.guest(), await mirrored.worker("manager")
    order = await place_order(mirrored, guest)
    for status in ("PENDING", "DELIVERED", "COMPLETED"):
        error = await manager.refused("order:updateStatus", order["id"], status)
        assert error["code"] == "ILLEGAL_TRANSITION", status
    await manager.ask("order:updateStatus", order["id"], "READY")
    for status in ("PENDING", "CONFIRMED", "PREPARING", "READY", "COMPLETED"):
        error = await manager.refused("order:updateStatus", order["id"], status)
        assert error["code"] == "ILLEGAL_TRANSITION", status
    assert (await manager.refused("order:accept", {"orderId": order["id"]}))["code"] == (
        "ILLEGAL_TRANSITION"
    )


async def test_a_rejected_order_tells_the_guest_why(mirrored: Place) -> None:
    guest, cook = await mirrored.guest(node=0), await mirrored.cook(node=1)
    order = await place_order(mirrored, guest)
    await cook.send("order:reject", orderId=order["id"], reason="the grill is cold")
    told, _ = await guest.hears("order:cancelled")
    assert (told["status"], told["reason"]) == ("CANCELLED", "the grill is cold")
    assert [item["status"] for item in told["items"]] == ["VOIDED"]
    assert (told["totalAmount"], told["tax"]) == (0, 0)
    again = await cook.refused("order:reject", {"orderId": order["id"]})
    assert again["code"] == "ILLEGAL_TRANSITION"


async def cancelled(client: Client, order: Order, reason: str = "") -> str | None:
    return code(await client.ask("order:cancel", {"orderId": order["id"], "reason": reason}))


async def test_who_may_cancel_depends_on_how_far_the_order_is(mirrored: Place) -> None:
    guest, waiter = await mirrored.guest(), await mirrored.waiter()
    manager, cook = await mirrored.worker("manager"), await mirrored.cook()
    assert await cancelled(guest, await place_order(mirrored, guest)) is None

    accepted = await place_order(mirrored, guest)
    await cook.send("order:accept", orderId=accepted["id"])
    assert await cancelled(guest, accepted) == "ILLEGAL_TRANSITION"
    assert await cancelled(waiter, accepted) is None

    cooking = await step(cook, "item:start", await place_order(mirrored, guest))
    assert await cancelled(waiter, cooking, "they left") == "FORBIDDEN"
    assert await cancelled(manager, cooking) == "INVALID"
    assert await cancelled(manager, cooking, "they left") is None

    served = await cook_order(cook, await place_order(mirrored, guest))
    await step(waiter, "item:serve", served)
    assert await cancelled(manager, served, "cold") == "ILLEGAL_TRANSITION"


async def test_a_rush_is_seen_by_all_and_can_be_taken_back(mirrored: Place) -> None:
    guest, cook = await mirrored.guest(node=0), await mirrored.cook(node=1)
    waiter = await mirrored.waiter(node=0)
    order = await place_order(mirrored, guest)
    await waiter.send("order:rush", orderId=order["id"])
    assert (await cook.hears("order:priority"))[0]["priority"] == "RUSH"
    again = await waiter.refused("order:rush", {"orderId": order["id"]})
    assert again["code"] == "ILLEGAL_TRANSITION"
    await cook.send("order:rush", orderId=order["id"], rush=False)
    assert (await waiter.hears("order:priority", lambda o: o["priority"] == "NORMAL"))[0]
    done = await cook_order(cook, order)
    await step(waiter, "item:serve", done)
    late = await waiter.refused("order:rush", {"orderId": order["id"]})
    assert late["code"] == "ILLEGAL_TRANSITION"


async def test_a_recall_brings_back_what_was_bumped_last(mirrored: Place) -> None:
    guest, cook = await mirrored.guest(node=0), await mirrored.cook(node=1)
    order = await place_order(mirrored, guest)
    assert (await cook.refused("order:recall", {"orderId": order["id"]}))["code"] == (
        "ILLEGAL_TRANSITION"
    )
    await cook_order(cook, order)
    for status in ("PREPARING", "CONFIRMED"):
        back = await cook.send("order:recall", orderId=order["id"])
        assert back["status"] == status
        assert back["readyAt"] is None
    await guest.hears("order:statusChanged", lambda o: o["version"] == back["version"])
    await cook_order(cook, back)
    waiter = await mirrored.waiter()
    await step(waiter, "item:serve", order)
    served = await waiter.send("order:recall", orderId=order["id"])
    assert (served["status"], served["deliveredAt"]) == ("READY", None)


async def test_an_order_moves_to_another_table_with_all_that_hangs_on_it(mirrored: Place) -> None:
    here, there = await mirrored.guest(table=0, node=0), await mirrored.guest(table=1, node=1)
    cook = await mirrored.cook()
    tables = [table["id"] for table in mirrored.tables]
    of_old, of_new = [await mirrored.waiter(node=1, tables=[table]) for table in tables[:2]]
    waiter = await mirrored.waiter(node=0)
    order = await cook_order(cook, await place_order(mirrored, here))
    moved = await waiter.send("order:transfer", orderId=order["id"], tableId=tables[1])
    assert (moved["tableId"], moved["tableNumber"]) == (tables[1], mirrored.tables[1]["number"])
    for client in (here, there, of_new):
        heard, meta = await client.hears("order:transferred")
        assert heard == moved
        assert meta["change"]["fromTableId"] == tables[0]
    for client in (of_old, of_new):
        await client.hears("alert:raised", lambda alert: alert["tableId"] == tables[1])
    assert (await here.send("join:table"))["orders"] == []
    assert (await there.send("join:table"))["orders"] == [moved]
    assert (await here.refused("join:order", order["id"]))["code"] == "NOT_FOUND"
    floor = await of_new.send("join:waiter", restaurantId=mirrored.id)
    assert [alert["tableId"] for alert in floor["alerts"]] == [tables[1]]

    same = await waiter.refused("order:transfer", {"orderId": order["id"], "tableId": tables[1]})
    assert same["code"] == "ILLEGAL_TRANSITION"
    await step(waiter, "item:serve", order)
    late = await waiter.refused("order:transfer", {"orderId": order["id"], "tableId": tables[0]})
    assert late["code"] == "ILLEGAL_TRANSITION"
    await there.hears("order:statusChanged", lambda o: o["status"] == "DELIVERED")
    await here.settled()
    assert "DELIVERED" not in [o["status"] for o in here.named("order:statusChanged")]


async def test_an_order_moved_to_an_empty_table_seats_it(mirrored: Place) -> None:
    guest, waiter = await mirrored.guest(), await mirrored.waiter(node=1)
    order = await place_order(mirrored, guest)
    table = mirrored.tables[9]["id"]
    moved = await waiter.send("order:transfer", orderId=order["id"], tableId=table)
    seated, _ = await waiter.hears("table:statusChanged", lambda t: t["tableId"] == table)
    assert (seated["status"], seated["sessionId"]) == ("SEATED", moved["sessionId"])
