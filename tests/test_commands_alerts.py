"""Food that waits at the pass: its waiter is told, then all, until somebody answers."""

import asyncio
from typing import Any

import asyncpg
import pytest

from hub import worker
from hub.app import Node
from tests.client import Client
from tests.place import Place
from tests.scenes import Order, code, cook_order, place_order, step


async def alerts(place: Place, node: int = 0) -> list[dict[str, Any]]:
    """The alerts a waiter is shown who comes just now."""
    waiter = await place.worker("waiter", node)
    found: list[dict[str, Any]] = (await waiter.send("join:waiter", restaurantId=place.id))[
        "alerts"
    ]
    return found


async def raised(client: Client, order: Order) -> dict[str, Any]:
    alert: dict[str, Any] = (
        await client.hears("alert:raised", lambda a: a["orderId"] == order["id"])
    )[0]
    return alert


async def test_a_ready_order_calls_the_waiter_of_its_table(mirrored: Place) -> None:
    guest, cook = await mirrored.guest(table=2), await mirrored.cook(node=1)
    own = await mirrored.waiter(node=0, tables=[mirrored.tables[2]["id"]])
    elsewhere = await mirrored.waiter(node=0, tables=[mirrored.tables[3]["id"]])
    board = await mirrored.worker("manager", node=1)
    await board.send("join:restaurant", restaurantId=mirrored.id)
    order = await place_order(mirrored, guest, mirrored.line(), mirrored.line("bar"))
    await step(cook, "item:start", order)
    first, second = ({"orderId": order["id"], "itemId": item["id"]} for item in order["items"])
    await cook.send("item:ready", **first)
    assert await alerts(mirrored) == [], "the round is not complete yet"
    await cook.send("item:ready", **second)
    alert = await raised(own, order)
    assert (alert["status"], alert["level"], alert["kind"]) == ("RAISED", 0, "ready")
    assert (alert["tableNumber"], alert["orderNumber"]) == (order["tableNumber"], 1)
    assert await raised(board, order) == alert
    assert await alerts(mirrored, node=1) == [alert]
    await elsewhere.settled()
    await guest.settled()
    assert not elsewhere.heard
    assert not guest.named("alert:raised")


async def test_an_answered_alert_says_who_answered_and_ends_when_the_food_is_served(
    mirrored: Place,
) -> None:
    guest, cook = await mirrored.guest(), await mirrored.cook()
    waiter, mate = await mirrored.waiter(node=0), await mirrored.waiter(node=1)
    order = await cook_order(cook, await place_order(mirrored, guest))
    alert = await raised(waiter, order)
    answered = await waiter.send("alert:ack", alertId=alert["id"])
    assert (answered["status"], answered["acknowledgedByName"]) == (
        "ACKNOWLEDGED",
        "Lena Hoffmann",
    )
    assert answered["nextAt"] is None
    assert (await mate.hears("alert:resolved"))[0] == answered
    assert await alerts(mirrored) == [answered]
    assert (await mate.refused("alert:ack", {"alertId": alert["id"]}))["code"] == (
        "ILLEGAL_TRANSITION"
    )
    await step(mate, "item:serve", order)
    await waiter.hears("alert:resolved", lambda a: a["status"] == "RESOLVED")
    assert await alerts(mirrored) == []


async def test_of_two_waiters_who_answer_at_once_one_has_it(mirrored: Place) -> None:
    guest, cook = await mirrored.guest(), await mirrored.cook()
    waiters = [await mirrored.waiter(node=n) for n in range(2)]
    for _ in range(5):
        order = await cook_order(cook, await place_order(mirrored, guest))
        alert = {"alertId": (await raised(waiters[0], order))["id"]}
        acks = await asyncio.gather(*(waiter.ask("alert:ack", alert) for waiter in waiters))
        assert sorted(code(ack) or "" for ack in acks) == ["", "ILLEGAL_TRANSITION"]


@pytest.mark.parametrize("way", ["item:serve", "item:recall", "item:remake", "order:cancel"])
async def test_an_alert_ends_when_nothing_waits_any_more(mirrored: Place, way: str) -> None:
    guest, manager = await mirrored.guest(), await mirrored.worker("manager")
    waiter = await mirrored.waiter(node=1)
    order = await cook_order(manager, await place_order(mirrored, guest))
    alert = await raised(waiter, order)
    item = {"itemId": order["items"][0]["id"]} if way.startswith("item") else {}
    await manager.send(way, orderId=order["id"], reason="a test", **item)
    gone, _ = await waiter.hears("alert:resolved")
    assert (gone["id"], gone["status"]) == (alert["id"], "RESOLVED")
    assert (await waiter.refused("alert:ack", {"alertId": alert["id"]}))["code"] == (
        "ILLEGAL_TRANSITION"
    )
    if way in ("item:recall", "item:remake"):
        order = await manager.send("order:updateStatus", orderId=order["id"], status="READY")
        again, _ = await waiter.hears("alert:raised", lambda a: a["id"] != alert["id"])
        assert again["orderId"] == order["id"]


async def test_an_alert_nobody_answers_gets_louder(
    mirrored: Place, nodes: list[Node], db: asyncpg.Connection
) -> None:
    guest, cook = await mirrored.guest(), await mirrored.cook()
    own = await mirrored.waiter(node=0, tables=[mirrored.tables[0]["id"]])
    zone = await mirrored.waiter(node=1, tables=[mirrored.tables[5]["id"]])
    expo = await mirrored.worker("expo", node=1)
    await expo.send("join:kitchen", restaurantId=mirrored.id)
    order = await cook_order(cook, await place_order(mirrored, guest))
    alert = await raised(own, order)

    async def later() -> None:
        due = "UPDATE alerts SET next_at = now() WHERE id = $1 AND next_at IS NOT NULL"
        await db.execute(due, alert["id"])
        await worker.all_due(nodes[0].deps)

    await later()
    for waiter in (own, zone):
        louder, meta = await waiter.hears("alert:escalated")
        assert (louder["id"], louder["level"]) == (alert["id"], 1)
        assert meta["actor"] == {"role": "service", "id": "hub"}
    await expo.settled()
    assert not expo.named("alert:escalated")
    await later()
    loudest, _ = await expo.hears("alert:escalated")
    assert (loudest["level"], loudest["nextAt"]) == (2, None)
    await later()
    await expo.send("alert:ack", alertId=alert["id"])
    for client in (own, zone, expo):
        await client.hears("alert:resolved", lambda a: a["status"] == "ACKNOWLEDGED")
    assert len(own.named("alert:escalated")) == 2


async def test_an_alert_that_was_answered_stays_quiet(
    mirrored: Place, nodes: list[Node], db: asyncpg.Connection
) -> None:
    guest, cook, waiter = await mirrored.guest(), await mirrored.cook(), await mirrored.waiter()
    order = await cook_order(cook, await place_order(mirrored, guest))
    alert = await raised(waiter, order)
    await waiter.send("alert:ack", alertId=alert["id"])
    due = await db.fetchval("SELECT next_at FROM alerts WHERE id = $1", alert["id"])
    assert due is None
    await worker.all_due(nodes[0].deps)
    await waiter.settled()
    assert not waiter.named("alert:escalated")
