"""A party's bill over two nodes: opened, split, paid in cash, given back; and the books of it."""

import asyncio
from typing import Any

import asyncpg
import pytest

from tests.client import Client
from tests.ledger import audit
from tests.place import Place
from tests.scenes import code


async def party(place: Place, **more: Any) -> tuple[Client, Client, Client, dict[str, Any]]:
    """Two guests of a table on two nodes, its waiter, and an order that was brought to it."""
    one, two = await place.guest(node=0, name="Ana"), await place.guest(node=1, name="Ben")
    waiter = await place.waiter(node=1)
    order = await one.send("order:create", items=[place.line("grill", 2), place.line("bar", 3)])
    await bring(place, order)
    return one, two, waiter, order


async def bring(place: Place, order: dict[str, Any]) -> None:
    manager = await place.worker("manager")
    for status in ("READY", "DELIVERED"):
        await manager.send("order:updateStatus", orderId=order["id"], status=status)


async def test_a_bill_is_live_for_everyone_at_the_table(
    place: Place, db: asyncpg.Connection
) -> None:
    one, two, waiter, order = await party(place)
    assert (await one.send("join:table"))["bill"] is None
    bill = await one.send("bill:get")
    assert (bill["total"], bill["outstanding"], bill["status"]) == (
        order["totalAmount"],
        order["totalAmount"],
        "UNPAID",
    )
    for client in (one, two, waiter):
        assert (await client.hears("bill:changed"))[0] == bill
    assert await two.send("bill:get") == bill
    assert (await two.send("join:table"))["bill"] == bill

    more = await two.send("order:create", items=[place.line("bar")])
    heard, _ = await one.hears("bill:changed", lambda b: len(b["lines"]) == 3)
    assert heard["total"] == bill["total"] + more["totalAmount"]
    assert {line["guestName"] for line in heard["lines"]} == {"Ana", "Ben"}
    await two.send("order:cancel", orderId=more["id"])
    heard, _ = await one.hears("bill:changed", lambda b: b["version"] == heard["version"] + 1)
    assert heard["total"] == bill["total"]
    assert (await waiter.send("bill:get", tableId=place.tables[0]["id"]))["id"] == bill["id"]
    other = await place.guest(table=1)
    await other.settled()
    assert not other.named("bill:changed")
    await audit(db, place.id)


async def test_legs_are_paid_in_cash_and_the_last_completes_the_orders(
    mirrored: Place, db: asyncpg.Connection
) -> None:
    place = mirrored
    one, two, waiter, _order = await party(place)
    table = place.tables[0]["id"]
    bill = await one.send("bill:split", mode="equal", parts=3)
    assert sum(leg["amount"] for leg in bill["legs"]) == bill["total"]
    await waiter.send("drawer:open", restaurantId=place.id, opening=10_000)
    first = bill["legs"][0]["amount"]
    paid = await waiter.send("payment:cash", tableId=table, leg="1", tendered=first + 350, tip=150)
    assert (paid["status"], paid["change"], paid["tip"]) == ("PAID", 200, 150)
    heard, _ = await two.hears("bill:changed", lambda b: b["paid"] == first)
    assert [leg["status"] for leg in heard["legs"]] == ["PAID", "OPEN", "OPEN"]
    changed, _ = await two.hears("order:paymentChanged")
    assert (changed["paymentStatus"], changed["status"]) == ("PARTIALLY_PAID", "DELIVERED")

    error = await waiter.refused("payment:cash", {"tableId": table, "leg": "1"})
    assert error["code"] == "CONFLICT"
    status, _ = await place.post(f"/api/tables/{table}/close", token=await place.login("waiter"))
    assert status == 409

    for leg in ("2", "3"):
        await waiter.send("payment:cash", tableId=table, leg=leg)
    done, _ = await one.hears("order:statusChanged", lambda o: o["status"] == "COMPLETED")
    assert done["paymentStatus"] == "PAID"
    assert (await two.hears("bill:changed", lambda b: b["status"] == "PAID"))[0]["outstanding"] == 0
    counted = await waiter.send("drawer:count", restaurantId=place.id, counted=10_000)
    assert counted["expected"] == 10_000 + bill["total"] + 150
    books = await audit(db, place.id)
    assert books["safe"] == 0
    assert books["cash:difference"] == bill["total"] + 150
    assert books["tips"] == -150
    assert (await place.post(f"/api/tables/{table}/close", token=await place.login("waiter")))[
        0
    ] == 200


async def test_of_those_who_pay_the_last_part_at_once_one_does(
    place: Place, db: asyncpg.Connection
) -> None:
    one, _two, _waiter, order = await party(place)
    await one.send("bill:get")
    waiters = [await place.waiter(node=n % 2) for n in range(8)]
    table = {"tableId": place.tables[0]["id"]}
    acks = await asyncio.gather(*(waiter.ask("payment:cash", table) for waiter in waiters))
    assert sorted(code(ack) or "" for ack in acks) == ["", *["CONFLICT"] * 7]
    books = await audit(db, place.id)
    assert books["cash"] == order["totalAmount"]


async def test_items_that_somebody_pays_are_kept_from_others(
    place: Place, db: asyncpg.Connection
) -> None:
    one, two, waiter, order = await party(place)
    steak, _drink = (item["id"] for item in order["items"])
    paying = await one.send("bill:pay", method="CASH", items=[{"itemId": steak, "of": 2}], tip=100)
    assert paying["payment"]["status"] == "PENDING"
    call, _ = await waiter.hears("service:requested")
    assert call["kind"] == "bill"
    assert call["nextAt"] is not None, "a call for cash escalates like any other"
    error = await two.refused("bill:pay", {"method": "CASH", "items": [{"itemId": steak}]})
    assert (error["code"], error["details"][0]["path"]) == ("CONFLICT", "items[0].itemId")
    ours = await two.send("bill:pay", method="CASH", items=[{"itemId": steak, "of": 2}])
    line = order["items"][0]["lineTotal"]
    assert paying["payment"]["amount"] + ours["payment"]["amount"] == line
    about = {"paymentId": paying["payment"]["id"]}
    assert (await two.refused("payment:cancel", about))["code"] == "FORBIDDEN"
    await waiter.send("payment:cash", **about, tendered=10_000)
    await two.send("payment:cancel", paymentId=ours["payment"]["id"])
    bill, _ = await one.hears("bill:changed", lambda b: b["paid"] and not b["pending"])
    assert bill["outstanding"] == bill["total"] - paying["payment"]["amount"]
    assert bill["tips"] == 100
    rest = await two.send("bill:pay", method="CASH")
    assert rest["payment"]["amount"] == bill["outstanding"]
    assert not waiter.named("service:changed"), "there is still something to come for"
    await waiter.send("payment:cash", paymentId=rest["payment"]["id"])
    for client in (one, waiter):
        done, _ = await client.hears("service:changed")
        assert (done["id"], done["status"], done["nextAt"]) == (call["id"], "DONE", None)
    heard, _ = await two.hears("order:statusChanged", lambda o: o["status"] == "COMPLETED")
    assert heard["id"] == order["id"]
    await audit(db, place.id)


async def test_tips_are_meant_first_and_given_with_the_payment(place: Place) -> None:
    one, two, _waiter, order = await party(place)
    bill = await one.send("bill:tip", rate=1000)
    expected = (order["totalAmount"] + 5) // 10
    assert bill["tipsMeant"] == {one_id(bill): expected}
    paying = await one.send("bill:pay", method="CASH")
    assert paying["payment"]["tip"] == expected
    assert (await two.hears("bill:changed", lambda b: b["pending"]))[0]["tipsMeant"] == {}
    assert (await two.refused("bill:tip", {}))["code"] == "INVALID"


def one_id(bill: dict[str, Any]) -> str:
    [payer] = bill["tipsMeant"]
    found: str = payer
    return found


async def test_a_bill_by_guest_gives_each_what_they_chose(place: Place) -> None:
    one, two, _waiter, order = await party(place)
    more = await two.send("order:create", items=[place.line("pastry")])
    bill = await one.send("bill:split", mode="guest")
    assert [(leg["name"], leg["amount"]) for leg in bill["legs"]] == [
        ("Ana", order["totalAmount"]),
        ("Ben", more["totalAmount"]),
    ]
    leg = bill["legs"][1]["id"]
    paying = await two.send("bill:pay", method="CASH", leg=leg)
    assert paying["payment"]["amount"] == more["totalAmount"]


@pytest.mark.parametrize("mode", ["equal", "guest", "amount"])
async def test_a_party_that_has_paid_orders_dessert_and_splits_again(
    place: Place, db: asyncpg.Connection, mode: str
) -> None:
    how: dict[str, Any] = {"equal": {"parts": 2}, "amount": {"legs": [{"amount": 100}]}}
    one, two, waiter, _order = await party(place)
    for _ in range(2):
        bill = await one.send("bill:split", mode=mode, **how.get(mode, {}))
        legs = [leg for leg in bill["legs"] if leg["status"] == "OPEN"]
        assert len(legs) == (1 if mode == "guest" else 2)
        assert sum(leg["amount"] for leg in legs) == bill["outstanding"]
        for leg in legs:
            await waiter.send("payment:cash", tableId=place.tables[0]["id"], leg=leg["id"])
        await two.hears("bill:changed", lambda b: b["status"] == "PAID")
        two.heard.clear()
        await one.send("order:create", items=[place.line("pastry")])
    await audit(db, place.id)


@pytest.mark.parametrize(
    ("payload", "refusal", "path"),
    [
        ({"mode": "thirds"}, "INVALID", "mode"),
        ({"mode": "equal"}, "INVALID", "parts"),
        ({"mode": "equal", "parts": 0}, "INVALID", "parts"),
        ({"mode": "amount", "legs": [{"name": "A"}]}, "INVALID", "legs[0].amount"),
        ({"mode": "items", "legs": [{"name": "A"}]}, "INVALID", "legs[0].items"),
        (
            {"mode": "items", "legs": [{"items": [{"itemId": "none"}]}]},
            "NOT_FOUND",
            "legs[0].items[0].itemId",
        ),
    ],
)
async def test_a_split_that_makes_no_sense_names_the_field(
    place: Place, payload: dict[str, Any], refusal: str, path: str
) -> None:
    guest = await place.guest()
    await guest.send("order:create", items=[place.line()])
    error = await guest.refused("bill:split", payload)
    assert (error["code"], error["details"][0]["path"]) == (refusal, path)


async def test_managers_take_something_off_and_give_money_back_with_a_reason(
    place: Place, db: asyncpg.Connection
) -> None:
    one, _two, waiter, order = await party(place)
    manager = await place.worker("manager", node=1)
    table = {"tableId": place.tables[0]["id"]}
    assert (await waiter.refused("bill:discount", {**table, "rate": 1000}))["code"] == "FORBIDDEN"
    assert (await manager.refused("bill:discount", {**table, "rate": 1000}))["code"] == "INVALID"
    bill = await manager.send("bill:discount", **table, rate=1000, reason="waited long")
    assert bill["discount"] == (order["subtotal"] + 5) // 10
    assert bill["total"] == order["totalAmount"] - bill["discount"]
    paid = await waiter.send("payment:cash", **table, tip=200)
    about = {"paymentId": paid["id"]}
    assert (await waiter.refused("payment:refund", {**about, "reason": "x"}))["code"] == "FORBIDDEN"
    assert (await manager.refused("payment:refund", {**about, "reason": " "}))["code"] == "INVALID"
    asked = {**about, "amount": paid["amount"] + 200, "reason": "cold"}
    managers = [await place.worker("manager", node=n) for n in range(2)]
    acks = await asyncio.gather(*(managers[n % 2].ask("payment:refund", asked) for n in range(50)))
    assert sorted(code(ack) or "" for ack in acks) == ["", *["CONFLICT"] * 49]
    heard, _ = await one.hears("bill:changed", lambda b: b["refunded"])
    assert (heard["status"], heard["refunded"]) == ("REFUNDED", paid["amount"] + 200)
    books = await audit(db, place.id)
    assert set(books.values()) == {0}


async def test_what_was_voided_after_it_was_paid_is_owed_to_the_guest(place: Place) -> None:
    one, _two, waiter, _order = await party(place)
    manager = await place.worker("manager")
    table = {"tableId": place.tables[0]["id"]}
    more = await one.send("order:create", items=[place.line("bar"), place.line("grill")])
    paid = await waiter.send("payment:cash", **table)
    item = more["items"][0]
    await waiter.send("item:void", orderId=more["id"], itemId=item["id"])
    heard, _ = await one.hears("bill:changed", lambda b: b["overpaid"])
    assert heard["overpaid"] == item["lineTotal"]
    await manager.send(
        "payment:refund", paymentId=paid["id"], amount=item["lineTotal"], reason="sold out"
    )
    heard, _ = await one.hears("bill:changed", lambda b: b["refunded"])
    assert (heard["overpaid"], heard["outstanding"]) == (0, 0)


async def test_nobody_sees_or_touches_the_bill_of_others(place: Place, other_place: Place) -> None:
    one, _two, waiter, _order = await party(place)
    paying = await one.send("bill:pay", method="CASH")
    payment = {"paymentId": paying["payment"]["id"]}
    stranger = await other_place.worker("manager")
    for name, payload in (
        ("bill:get", {"tableId": place.tables[0]["id"]}),
        ("bill:get", {"sessionId": paying["payment"]["sessionId"]}),
        ("payment:refund", {**payment, "reason": "mine"}),
        ("payment:cash", payment),
        ("payment:cancel", payment),
        ("drawer:open", {"restaurantId": place.id}),
    ):
        assert (await stranger.refused(name, payload))["code"] == "NOT_FOUND", name
    neighbour = await place.guest(table=1)
    assert (await neighbour.refused("payment:cancel", payment))["code"] == "NOT_FOUND"
    assert (await neighbour.refused("payment:cash", payment))["code"] == "FORBIDDEN"
    assert (await waiter.refused("bill:get", {}))["code"] == "INVALID"


async def test_one_who_pays_twice_by_accident_pays_once(
    place: Place, db: asyncpg.Connection
) -> None:
    _one, _two, waiter, order = await party(place)
    half = order["totalAmount"] // 2
    payload = {"tableId": place.tables[0]["id"], "amount": half, "commandId": "tap-1"}
    acks = await asyncio.gather(*(waiter.ask("payment:cash", payload) for _ in range(5)))
    assert len({ack["data"]["id"] for ack in acks}) == 1
    assert (await audit(db, place.id))["cash"] == half
