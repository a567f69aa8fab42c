"""Paying by card: once, whatever the company, the line, and other guests do meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from hub.app import Node
from hub.settings import Settings
from scripts.standins.base import Fault
from tests.cards import Till, agree, none, till
from tests.client import Client
from tests.ledger import audit
from tests.paid import until
from tests.place import Place


@pytest.fixture
async def cards(settings: Settings, nodes: list[Node], place: Place) -> AsyncIterator[Till]:
    async with till(settings, nodes[0].deps, place) as made:
        yield made


async def seated(place: Place, db: asyncpg.Connection, **more: Any) -> tuple[Client, Client, Any]:
    """Two guests of a table on two nodes, with something to pay for."""
    one, two = await place.guest(node=0, name="Ana"), await place.guest(node=1, name="Ben")
    order = await one.send("order:create", items=[place.line("grill"), place.line("bar")])
    return one, two, order


async def test_two_guests_split_and_pay_and_the_books_agree(
    place: Place, cards: Till, db: asyncpg.Connection
) -> None:
    one, two, order = await seated(place, db)
    manager = await place.worker("manager")
    bill = await one.send("bill:split", mode="equal", parts=2)
    cards.stripe.wallet = "apple_pay"
    for client, leg, tip in ((one, "1", 100), (two, "2", 0)):
        begun = await client.send("bill:pay", method="CARD", leg=leg, tip=tip)
        assert begun["payment"]["status"] == "PENDING"
        await cards.stripe.settle(await cards.page(client, begun["payment"]))
        heard, _ = await one.hears(
            "payment:statusChanged",
            lambda p, name=begun["payment"]["id"]: p["id"] == name and p["status"] == "PAID",
            60,
        )
        assert (heard["method"], heard["tip"]) == ("APPLE_PAY", tip)
    paid, _ = await two.hears("bill:changed", lambda b: b["status"] == "PAID")
    assert (paid["paid"], paid["tips"]) == (bill["total"], 100)
    other = [m for _, m, _ in two.heard if "checkoutUrl" in str(m) and "Ana" in str(m)]
    assert other == [], "a page is for its payer alone"
    assert not await db.fetchval("SELECT completed_at FROM orders WHERE id = $1", order["id"])
    for status in ("READY", "DELIVERED"):
        done = await manager.send("order:updateStatus", orderId=order["id"], status=status)
    assert (done["status"], done["paymentStatus"]) == ("COMPLETED", "PAID")
    await agree(cards, db, place)
    assert (await audit(db, place.id))["tips"] == -100


@pytest.mark.parametrize("notices", [0, 2])
async def test_webhooks_that_never_come_or_come_twice_change_nothing(
    place: Place, cards: Till, db: asyncpg.Connection, notices: int
) -> None:
    one, _two, order = await seated(place, db)
    cards.stripe.notices = notices
    begun = (await one.send("bill:pay", method="CARD"))["payment"]
    await cards.stripe.settle(await cards.page(one, begun))
    assert await until(cards, db, begun["id"], "PAID") == "PAID"
    for event in cards.stripe.sent * 2:
        assert await cards.stripe.send(event) == 200
    await cards.look()
    assert begun["amount"] == order["totalAmount"]
    await agree(cards, db, place)
    await audit(db, place.id)


async def test_forged_and_stale_webhooks_are_refused(
    place: Place, cards: Till, db: asyncpg.Connection
) -> None:
    one, _two, _order = await seated(place, db)
    begun = (await one.send("bill:pay", method="CARD"))["payment"]
    page = await cards.page(one, begun)
    lie = {
        "id": "evt_lie",
        "type": "checkout.session.completed",
        "data": {"object": {**cards.stripe.sessions[page], "payment_status": "paid"}},
    }
    assert await cards.stripe.send(lie, secret="whsec_of_somebody_else") == 400
    assert await cards.stripe.send(lie, at=int(time.time()) - 301) == 400
    assert (await place.post("/webhooks/stripe", lie))[0] == 400
    assert await cards.stripe.send(lie) == 200  # signed, but not true: it is read
    await cards.look()
    await until(cards, db, begun["id"], "PENDING")
    await none(db, "SELECT id FROM jobs WHERE restaurant_id = $1 AND ended_at IS NULL", place.id)
    assert await until(cards, db, begun["id"], "PENDING") == "PENDING"
    await agree(cards, db, place)


@pytest.mark.parametrize(
    "broken",
    [Fault(reset="before"), Fault(reset="after"), Fault(seconds=2.5), Fault(late=2.5)],
    ids=["reset before", "reset after", "timeout before", "timeout after"],
)
async def test_a_line_that_breaks_before_or_after_the_charge_settles_itself(
    place: Place,
    cards: Till,
    db: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    broken: Fault,
) -> None:
    monkeypatch.setattr("handlers.providers.stripe.TOTAL_SECONDS", 1.5)
    monkeypatch.setattr("handlers.work.DOUBT_SECONDS", 0.5)
    one, _two, _order = await seated(place, db)
    cards.stripe.faults.extend([broken] * 3)
    begun = (await one.send("bill:pay", method="CARD"))["payment"]
    page = await cards.page(one, begun)
    assert cards.stripe.asked() == 4, "twice by the SDK, and twice again"
    assert len(cards.stripe.sessions) == 1, "one page, however often it was asked for"
    cards.stripe.faults.extend([broken] * 2)
    await cards.stripe.settle(page)
    await until(cards, db, begun["id"], "PAID")
    await agree(cards, db, place)
    await audit(db, place.id)


async def test_who_waits_90_seconds_takes_over_and_the_late_payer_is_not_charged(
    place: Place, cards: Till, db: asyncpg.Connection
) -> None:
    one, two, order = await seated(place, db)
    steak = order["items"][0]["id"]
    first = (await one.send("bill:pay", method="CARD", items=[{"itemId": steak}]))["payment"]
    page = await cards.page(one, first)
    wanted = {"method": "CARD", "items": [{"itemId": steak}]}
    assert (await two.refused("bill:pay", wanted))["code"] == "CONFLICT"
    await db.execute(
        "UPDATE payments SET locked_until = now() - interval '1 second' WHERE id = $1", first["id"]
    )
    second = (await two.send("bill:pay", **wanted))["payment"]
    other = await cards.page(two, second)
    assert cards.stripe.sessions[page]["status"] == "expired"
    await cards.stripe.settle(page)  # too late
    await cards.stripe.settle(other)
    await until(cards, db, second["id"], "PAID")
    await until(cards, db, first["id"], "FAILED")
    await agree(cards, db, place)
    await audit(db, place.id)


async def test_who_is_paid_in_the_last_moment_is_not_taken_over(
    place: Place, cards: Till, db: asyncpg.Connection
) -> None:
    one, two, _order = await seated(place, db)
    cards.stripe.notices = 0
    first = (await one.send("bill:pay", method="CARD"))["payment"]
    page = await cards.page(one, first)
    await db.execute(
        "UPDATE payments SET locked_until = now() - interval '1 second' WHERE id = $1", first["id"]
    )
    await cards.stripe.settle(page)  # and nobody has told us
    second = (await two.send("bill:pay", method="CARD"))["payment"]
    assert await until(cards, db, second["id"], "FAILED") == "FAILED"
    assert await until(cards, db, first["id"], "PAID") == "PAID"
    failed, _ = await two.hears("job:failed", seconds=60)
    assert failed["error"]["code"] == "CONFLICT"
    await agree(cards, db, place)


async def test_a_payment_called_off_is_free_for_others_once_that_is_certain(
    place: Place, cards: Till, db: asyncpg.Connection
) -> None:
    one, two, _order = await seated(place, db)
    begun = (await one.send("bill:pay", method="CARD"))["payment"]
    await cards.page(one, begun)
    called = await one.send("payment:cancel", paymentId=begun["id"])
    assert called["closing"]
    await two.hears("payment:statusChanged", lambda p: p["status"] == "FAILED", 60)
    bill = await two.send("bill:get")
    assert bill["outstanding"] == bill["total"]
    await agree(cards, db, place)


async def test_a_house_that_is_paid_first_cooks_what_is_set_aside_and_takes_what_was_brought(
    place: Place, cards: Till, db: asyncpg.Connection
) -> None:
    await db.execute("UPDATE restaurants SET pay_first = true WHERE id = $1", place.id)
    one, cook = await place.guest(), await place.cook(node=1)
    manager = await place.worker("manager")
    order = await one.send("order:create", items=[place.line("grill"), place.line("bar")])
    assert {item["status"] for item in order["items"]} == {"HELD"}
    error = await cook.refused("order:accept", {"orderId": order["id"]})
    assert error["code"] == "ILLEGAL_TRANSITION"
    fresh = await place.cook()
    assert (await fresh.hears("orders:pending"))[0] == []
    begun = (await one.send("bill:pay", method="CARD", tip=50))["payment"]
    await cards.stripe.settle(await cards.page(one, begun))
    sent, _ = await cook.hears("order:new", seconds=60)
    assert (sent["id"], sent["paymentStatus"]) == (order["id"], "AUTHORIZED")
    assert {item["status"] for item in sent["items"]} == {"QUEUED"}
    assert "order:placed" not in {name for name, _, _ in cook.heard}
    assert cards.stripe.taken() == {begun["id"]: 0}
    void = {"orderId": order["id"], "itemId": order["items"][1]["id"], "reason": "sold out"}
    await manager.send("item:void", **void)
    for status in ("READY", "DELIVERED"):
        await manager.send("order:updateStatus", orderId=order["id"], status=status)
    await until(cards, db, begun["id"], "PAID")
    amount = order["items"][0]["lineTotal"] + 50
    assert cards.stripe.taken() == {begun["id"]: amount}
    done, _ = await one.hears("order:statusChanged", lambda o: o["status"] == "COMPLETED", 60)
    assert done["paymentStatus"] == "PAID"
    await agree(cards, db, place)
    await audit(db, place.id)


async def test_who_calls_off_too_late_has_set_the_money_aside_and_it_is_taken(
    place: Place, cards: Till, db: asyncpg.Connection
) -> None:
    await db.execute("UPDATE restaurants SET pay_first = true WHERE id = $1", place.id)
    one, manager = await place.guest(), await place.worker("manager")
    order = await one.send("order:create", items=[place.line("grill")])
    begun = (await one.send("bill:pay", method="CARD"))["payment"]
    page = await cards.page(one, begun)
    cards.stripe.notices = 0
    await cards.stripe.settle(page)  # and nobody has told us
    assert (await one.send("payment:cancel", paymentId=begun["id"]))["closing"]
    await until(cards, db, begun["id"], "AUTHORIZED")
    for status in ("READY", "DELIVERED"):
        await manager.send("order:updateStatus", orderId=order["id"], status=status)
    await until(cards, db, begun["id"], "PAID")
    assert cards.stripe.taken() == {begun["id"]: order["totalAmount"]}
    await agree(cards, db, place)
    await audit(db, place.id)


async def test_what_the_company_did_not_let_us_take_is_tried_again_or_let_go(
    place: Place, cards: Till, db: asyncpg.Connection
) -> None:
    await db.execute("UPDATE restaurants SET pay_first = true WHERE id = $1", place.id)
    manager = await place.worker("manager")
    error = {"type": "invalid_request_error", "code": "capture_charge_authorization_expired"}
    for table, way in enumerate(("PAID", "FAILED")):
        guest = await place.guest(table)
        order = await guest.send("order:create", items=[place.line("grill")])
        begun = (await guest.send("bill:pay", method="CARD"))["payment"]
        await cards.stripe.settle(await cards.page(guest, begun))
        await until(cards, db, begun["id"], "AUTHORIZED")
        refused = Fault(status=400, body={"error": {**error, "message": ""}}, path="/capture")
        cards.stripe.faults.append(refused)
        for status in ("READY", "DELIVERED"):
            await manager.send("order:updateStatus", orderId=order["id"], status=status)
        vain = "SELECT FROM jobs WHERE kind = 'payment.capture' AND status = 'FAILED'"
        mine = "payload->>'paymentId' = $1"
        await none(db, f"SELECT 1 WHERE NOT EXISTS ({vain} AND {mine})", begun["id"])
        assert not await db.fetchval("SELECT closing FROM payments WHERE id = $1", begun["id"])
        if way == "PAID":
            await guest.send("bill:tip", amount=1)
        else:
            await manager.send("payment:cancel", paymentId=begun["id"])
        assert await until(cards, db, begun["id"], way) == way
    await agree(cards, db, place)
    await audit(db, place.id)


async def test_what_is_rejected_after_it_was_set_aside_is_let_go(
    place: Place, cards: Till, db: asyncpg.Connection
) -> None:
    await db.execute("UPDATE restaurants SET pay_first = true WHERE id = $1", place.id)
    one, cook = await place.guest(), await place.cook(node=1)
    order = await one.send("order:create", items=[place.line("grill")])
    begun = (await one.send("bill:pay", method="CARD"))["payment"]
    await cards.stripe.settle(await cards.page(one, begun))
    await cook.hears("order:new", seconds=60)
    await cook.send("order:reject", orderId=order["id"], reason="no gas")
    await until(cards, db, begun["id"], "FAILED")
    assert cards.stripe.taken() == {begun["id"]: 0}
    await agree(cards, db, place)


async def test_fifty_managers_give_it_back_once(
    place: Place, cards: Till, db: asyncpg.Connection
) -> None:
    one, _two, order = await seated(place, db)
    begun = (await one.send("bill:pay", method="CARD"))["payment"]
    await cards.stripe.settle(await cards.page(one, begun))
    await until(cards, db, begun["id"], "PAID")
    managers = [await place.worker("manager", node=n) for n in range(2)]
    part = {"paymentId": begun["id"], "amount": order["totalAmount"] // 2 + 1, "reason": "cold"}
    cards.stripe.faults.extend([Fault(reset="after")] * 2)
    acks = await asyncio.gather(*(managers[n % 2].ask("payment:refund", part) for n in range(50)))
    assert sum(ack["ok"] for ack in acks) == 1
    left = begun["amount"] - part["amount"]
    rest = await managers[0].send("payment:refund", paymentId=begun["id"], reason="cold")
    assert rest["amount"] == left
    open_ = "SELECT id FROM refunds WHERE restaurant_id = $1 AND status <> 'SUCCEEDED'"
    await none(db, open_, place.id)
    assert len(cards.stripe.refunds) == 2
    assert cards.stripe.taken() == {begun["id"]: 0}
    await agree(cards, db, place)
    assert set((await audit(db, place.id)).values()) == {0}
    bill = await one.send("bill:get")
    assert (bill["status"], bill["refunded"]) == ("REFUNDED", begun["amount"])


async def test_what_somebody_gives_back_at_the_company_is_booked_too(
    place: Place, cards: Till, db: asyncpg.Connection
) -> None:
    one, _two, _order = await seated(place, db)
    begun = (await one.send("bill:pay", method="CARD"))["payment"]
    await cards.stripe.settle(await cards.page(one, begun))
    await until(cards, db, begun["id"], "PAID")
    [intent] = cards.stripe.intents
    cards.stripe.create_refund(None, {"payment_intent": intent, "amount": "100"})  # type: ignore[arg-type]
    await one.hears("payment:statusChanged", lambda p: p["refunded"] == 100, 60)
    await agree(cards, db, place)
    await audit(db, place.id)


@pytest.mark.parametrize("wrong", [{"amount": 1}, {"currency": "usd"}, {"metadata": {}}])
async def test_what_does_not_agree_is_not_booked(
    place: Place, cards: Till, db: asyncpg.Connection, wrong: dict[str, Any]
) -> None:
    one, _two, _order = await seated(place, db)
    begun = (await one.send("bill:pay", method="CARD"))["payment"]
    page = await cards.page(one, begun)
    cards.stripe.sessions[page]["_intent"] |= wrong
    await cards.stripe.settle(page)
    await none(
        db,
        "SELECT 1 WHERE NOT EXISTS (SELECT FROM jobs WHERE restaurant_id = $1"
        " AND kind = 'payment.read' AND status = 'COMPLETED')",
        place.id,
    )
    assert await until(cards, db, begun["id"], "PENDING") == "PENDING"
    assert await audit(db, place.id) == {}


async def test_native_apps_get_a_secret_and_nobody_else_does(
    place: Place, cards: Till, db: asyncpg.Connection
) -> None:
    one, two, _order = await seated(place, db)
    begun = (await one.send("bill:pay", method="CARD", flow="intent"))["payment"]
    told, _ = await one.hears("job:completed", seconds=60)
    secret = told["result"]["clientSecret"]
    assert secret.startswith("pi_")
    [asked] = [call for call in cards.stripe.calls if call.path.endswith("/payment_intents")]
    assert asked.headers["Idempotency-Key"] == begun["id"]
    assert asked.body["automatic_payment_methods[enabled]"] == "true"
    assert (asked.body["amount"], asked.body["currency"]) == (str(begun["amount"]), "eur")
    assert asked.body["capture_method"] == "automatic"
    await cards.stripe.confirm(told["result"]["reference"])
    await until(cards, db, begun["id"], "PAID")
    await two.hears("bill:changed", lambda b: b["status"] == "PAID")
    assert secret not in str(two.heard)
    await agree(cards, db, place)


async def test_what_the_company_refuses_is_told_and_others_may_pay(
    place: Place, cards: Till, db: asyncpg.Connection
) -> None:
    one, two, _order = await seated(place, db)
    refused = {"type": "invalid_request_error", "code": "amount_too_small", "message": "secret"}
    cards.stripe.faults.append(Fault(status=400, body={"error": refused}))
    begun = (await one.send("bill:pay", method="CARD"))["payment"]
    told, _ = await one.hears("job:failed", seconds=60)
    assert told["error"]["code"] == "PAYMENT_FAILED"
    assert "secret" not in str(told)
    assert await until(cards, db, begun["id"], "FAILED") == "FAILED"
    again = (await two.send("bill:pay", method="CARD"))["payment"]
    await cards.stripe.settle(await cards.page(two, again))
    await until(cards, db, again["id"], "PAID")
    await agree(cards, db, place)


async def test_what_is_asked_again_a_day_later_happens_once(
    place: Place, cards: Till, db: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By then the company has forgotten our keys, and other jobs would have been given up."""
    monkeypatch.setattr("handlers.work.DOUBT_SECONDS", 3.0)
    await db.execute("UPDATE restaurants SET pay_first = true WHERE id = $1", place.id)
    one, manager = await place.guest(), await place.worker("manager")
    order = await one.send("order:create", items=[place.line("grill")])
    begun = (await one.send("bill:pay", method="CARD"))["payment"]
    await cards.stripe.settle(await cards.page(one, begun))
    await until(cards, db, begun["id"], "AUTHORIZED")
    job = "SELECT id FROM jobs WHERE restaurant_id = $1 AND kind = $2 AND status = $3"
    late = "UPDATE {} SET created_at = created_at - interval '25 hours' WHERE {} = ANY($1)"

    async def a_day_later(kind: str, status: str) -> None:
        await none(db, f"SELECT 1 WHERE NOT EXISTS ({job})", place.id, kind, status)
        ids = [row["id"] for row in await db.fetch(job, place.id, kind, status)]
        for table, key in (("jobs", "id"), ("intents", "job_id")):
            await db.execute(late.format(table, key), ids)
        cards.stripe.forget()

    cards.stripe.faults.extend([Fault(status=429, path="/capture")] * 2)
    for status in ("READY", "DELIVERED"):
        await manager.send("order:updateStatus", orderId=order["id"], status=status)
    await a_day_later("payment.capture", "RUNNING")
    await until(cards, db, begun["id"], "PAID")
    cards.stripe.faults.extend([Fault(reset="after", path="/refunds")] * 2)
    await manager.send("payment:refund", paymentId=begun["id"], amount=100, reason="cold")
    await a_day_later("payment.refund", "UNKNOWN")
    open_ = "SELECT 1 FROM refunds WHERE payment_id = $1 AND status <> 'SUCCEEDED'"
    await none(db, open_, begun["id"])
    assert len(cards.stripe.refunds) == 1
    assert cards.stripe.taken() == {begun["id"]: begun["amount"] - 100}
    await agree(cards, db, place)
    await audit(db, place.id)


async def test_what_is_due_stays_due_while_the_company_is_down(
    place: Place, cards: Till, db: asyncpg.Connection
) -> None:
    """Taking what was set aside, and giving back, are not given up for an hour of trouble."""
    await db.execute("UPDATE restaurants SET pay_first = true WHERE id = $1", place.id)
    one, manager = await place.guest(), await place.worker("manager")
    order = await one.send("order:create", items=[place.line("grill")])
    begun = (await one.send("bill:pay", method="CARD"))["payment"]
    await cards.stripe.settle(await cards.page(one, begun))
    await until(cards, db, begun["id"], "AUTHORIZED")
    cards.stripe.faults.extend([Fault(status=429)] * 4)
    for status in ("READY", "DELIVERED"):
        await manager.send("order:updateStatus", orderId=order["id"], status=status)
    await until(cards, db, begun["id"], "PAID")
    cards.stripe.faults.extend([Fault(status=429)] * 4)
    await manager.send("payment:refund", paymentId=begun["id"], reason="cold")
    await none(
        db, "SELECT 1 FROM refunds WHERE payment_id = $1 AND status = 'PENDING'", begun["id"]
    )
    assert cards.stripe.taken() == {begun["id"]: 0}
    await agree(cards, db, place)
    assert set((await audit(db, place.id)).values()) == {0}
