"""Two hands on one order: of those who act at once, one wins and the other learns why."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from hub.app import Node
from tests.client import Client
from tests.mirror import settle
from tests.place import Place
from tests.scenes import NOWHERE, Order, code, cook_order, place_order, step

ROUNDS = 8
LOSERS = {"STALE_VERSION", "ILLEGAL_TRANSITION"}


async def both(name: str, payload: dict[str, Any], clients: tuple[Client, ...]) -> list[Any]:
    return await asyncio.gather(*(client.ask(name, payload) for client in clients))


def one_won(acks: list[Any]) -> Order:
    """Return the order as the winner left it; the others were told that they came too late."""
    winners = [ack["data"] for ack in acks if ack["ok"]]
    assert len(winners) == 1, acks
    assert {code(ack) for ack in acks if not ack["ok"]} <= LOSERS
    return winners[0]


async def test_a_stale_version_is_answered_with_the_order_as_it_is(mirrored: Place) -> None:
    guest, cook = await mirrored.guest(node=0), await mirrored.cook(node=1)
    seen = await place_order(mirrored, guest)
    now = await cook.send("order:accept", orderId=seen["id"])
    item = {"orderId": seen["id"], "itemId": seen["items"][0]["id"]}
    for name, payload in (
        ("item:start", item),
        ("item:void", item),
        ("order:updateStatus", {"orderId": seen["id"], "status": "PREPARING"}),
        ("order:rush", {"orderId": seen["id"]}),
        ("order:recall", {"orderId": seen["id"]}),
        ("order:reject", {"orderId": seen["id"]}),
        ("course:fire", {"orderId": seen["id"], "course": 2}),
    ):
        client = await mirrored.worker("manager")
        error = await client.refused(name, {**payload, "expectedVersion": seen["version"]})
        assert error["code"] == "STALE_VERSION", name
        assert error["details"] == {"version": now["version"], "order": now}
    ahead = await cook.refused("item:start", {**item, "expectedVersion": now["version"] + 1})
    assert ahead["code"] == "STALE_VERSION"
    done = await cook.ask("item:start", {**item, "expectedVersion": now["version"]})
    assert done["version"] == now["version"] + 1


async def test_whom_an_order_does_not_concern_learns_nothing_by_a_stale_version(
    place: Place, other_place: Place
) -> None:
    order = await place_order(place, await place.guest())
    for client in (await place.guest(table=1), await other_place.worker("manager")):
        error = await client.refused(
            "order:cancel", {"orderId": order["id"], "expectedVersion": 99}
        )
        assert error == await client.refused(
            "order:cancel", {"orderId": NOWHERE, "expectedVersion": 99}
        )


@pytest.mark.parametrize("knowing", [True, False], ids=["with version", "without"])
async def test_of_two_cooks_on_one_item_one_wins_and_one_event_is_heard(
    mirrored: Place, nodes: list[Node], knowing: bool
) -> None:
    guest = await mirrored.guest()
    cooks = (await mirrored.cook(node=0), await mirrored.cook(node=1))
    for _ in range(ROUNDS):
        order = await place_order(mirrored, guest)
        payload = {"orderId": order["id"], "itemId": order["items"][0]["id"]}
        if knowing:
            payload["expectedVersion"] = order["version"]
        acks = await both("item:start", payload, cooks)
        assert one_won(acks)["version"] == order["version"] + 1
        if knowing:
            assert Counter(code(ack) for ack in acks)["STALE_VERSION"] == 1
    await settle(mirrored, nodes)
    for client in (guest, *cooks):
        await client.settled()
        assert len(client.named("order:itemChanged")) == ROUNDS


async def test_steps_on_different_items_at_once_all_happen(mirrored: Place) -> None:
    guest = await mirrored.guest()
    cooks = [await mirrored.cook(node=n % 2) for n in range(6)]
    order = await place_order(mirrored, guest, *(mirrored.line() for _ in range(6)))
    acks = await asyncio.gather(
        *(
            cook.ask("item:start", {"orderId": order["id"], "itemId": item["id"]})
            for cook, item in zip(cooks, order["items"], strict=True)
        )
    )
    assert sorted(ack["version"] for ack in acks) == [2, 3, 4, 5, 6, 7]
    last = next(ack["data"] for ack in acks if ack["version"] == 7)
    assert {item["status"] for item in last["items"]} == {"PREPARING"}


async def test_a_guest_who_cancels_while_the_kitchen_accepts_gets_one_or_the_other(
    mirrored: Place,
) -> None:
    guest, cook = await mirrored.guest(node=0), await mirrored.cook(node=1)
    for _ in range(ROUNDS):
        order = await place_order(mirrored, guest)
        which = {"orderId": order["id"]}
        one_won(
            await asyncio.gather(guest.ask("order:cancel", which), cook.ask("order:accept", which))
        )


async def test_an_order_served_while_its_alert_is_answered_leaves_no_alert(
    mirrored: Place,
) -> None:
    guest, cook = await mirrored.guest(), await mirrored.cook()
    waiters = [await mirrored.waiter(node=n) for n in range(2)]
    for _ in range(ROUNDS):
        order = await cook_order(cook, await place_order(mirrored, guest))
        alert, _ = await waiters[0].hears(
            "alert:raised", lambda a, i=order["id"]: a["orderId"] == i
        )
        served, acked = await asyncio.gather(
            waiters[0].ask(
                "item:serve", {"orderId": order["id"], "itemId": order["items"][0]["id"]}
            ),
            waiters[1].ask("alert:ack", {"alertId": alert["id"]}),
        )
        assert served["ok"]
        assert code(acked) in (None, "ILLEGAL_TRANSITION")
    floor = await waiters[0].send("join:waiter", restaurantId=mirrored.id)
    assert floor["alerts"] == []


async def test_of_two_waiters_who_move_an_order_at_once_one_does(mirrored: Place) -> None:
    guest = await mirrored.guest()
    waiters = [await mirrored.waiter(node=n) for n in range(2)]
    for number in range(1, ROUNDS):
        order = await place_order(mirrored, guest)
        acks = await asyncio.gather(
            *(
                waiter.ask(
                    "order:transfer",
                    {"orderId": order["id"], "tableId": table["id"], "expectedVersion": 1},
                )
                for waiter, table in zip(
                    waiters, mirrored.tables[2 * number : 2 * number + 2], strict=True
                )
            )
        )
        one_won(acks)


async def test_a_table_is_not_closed_over_an_order_that_comes_back_at_that_moment(
    mirrored: Place,
) -> None:
    guest, manager = await mirrored.guest(), await mirrored.worker("manager", node=1)
    token = await mirrored.login("waiter")
    path = f"/api/tables/{mirrored.tables[0]['id']}/close"
    for _ in range(4):
        order = await cook_order(manager, await place_order(mirrored, guest))
        await step(manager, "item:serve", order)
        item = {"orderId": order["id"], "itemId": order["items"][0]["id"]}
        recall, (status, answer) = await asyncio.gather(
            manager.ask("item:recall", item), mirrored.post(path, token=token)
        )
        if recall["ok"]:
            assert (status, answer["error"]["code"]) == (409, "CONFLICT")
            await manager.send("item:serve", **item)
            continue
        assert (status, code(recall)) == (200, "ILLEGAL_TRANSITION")
        guest = await mirrored.guest()
