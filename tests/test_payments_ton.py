"""Paying in TON: once, whatever arrives on the chain, in whatever order, and however it is read."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from handlers import ton_deposits
from scripts.standins.base import Fault
from tests.client import Client
from tests.ledger import audit
from tests.paid import until
from tests.place import Place
from tests.wallets import MASTER, Chain, outcomes


async def begun(place: Place, wallets: Chain, **what: Any) -> tuple[Client, dict[str, Any]]:
    """A guest who is told what to send."""
    guest = await place.guest(node=0, name="Ana")
    await guest.send("order:create", items=[place.line("grill"), place.line("bar")])
    paying = await guest.send("bill:pay", method="TON_WALLET", **what)
    return guest, await wallets.asked(place, guest, paying)


async def test_a_guest_pays_in_coins_and_everybody_sees_it(
    place: Place, wallets: Chain, db: asyncpg.Connection
) -> None:
    guest, shown = await begun(place, wallets, tip=100)
    bill = await guest.send("bill:get")
    total = bill["total"] + 100
    assert int(shown["units"]) == total * 10**9 // 250  # a coin is 2.50
    assert (shown["coin"], shown["sandbox"], shown["price"]) == ("GRAM", True, "2.5")
    assert shown["link"].startswith(f"ton://transfer/{shown['address']}?amount={shown['units']}&")
    assert f"text={shown['comment']}" in shown["link"]
    other = await place.guest(node=1, name="Ben")
    sent = wallets.pay(shown)
    await until(wallets, db, shown["paymentId"], "PAID")
    paid, _ = await other.hears("bill:changed", lambda b: b["status"] == "PAID", 60)
    assert paid["payments"][0]["method"] == "TON_WALLET"
    assert paid["payments"][0]["sandbox"]
    assert shown["comment"] not in str(other.heard), "what is to be sent is for its payer alone"
    assert await outcomes(db, wallets) == ["SETTLED"]
    row = await db.fetchrow("SELECT * FROM payments WHERE id = $1", shown["paymentId"])
    assert row["provider_ref"] == sent["hash"]
    assert (await audit(db, place.id))["method:TON_WALLET"] == total
    status, svg = await place.get(f"/api/ton/{shown['comment']}/qr.svg")
    assert status == 200
    assert b"<svg" in svg
    assert (await place.get("/api/ton/om-nobodys"))[0] == 404


async def test_a_guest_pays_in_usdt_and_another_jetton_is_none(
    place: Place, wallets: Chain, db: asyncpg.Connection
) -> None:
    _guest, shown = await begun(place, wallets, asset="USDT")
    bill = int(await db.fetchval("SELECT amount FROM payments WHERE id = $1", shown["paymentId"]))
    assert int(shown["units"]) == bill * 10**4
    assert "jetton=" in shown["link"]
    wallets.pay(shown, jetton_master=f"0:{64 * '9'}")
    wallets.pay(shown, transaction_aborted=True)
    wallets.toncenter.pay(shown["address"], int(shown["units"]), shown["comment"])  # of the coin
    await wallets.look()
    assert await until(wallets, db, shown["paymentId"], "PENDING") == "PENDING"
    wallets.toncenter.send_jettons(
        shown["address"], MASTER, int(shown["units"]), shown["comment"], transaction_lt="1000000"
    )  # of a shard that is read late
    await wallets.look()
    wallets.pay(shown)
    await until(wallets, db, shown["paymentId"], "PAID")
    assert (await audit(db, place.id))["method:TON_WALLET"] == bill


async def test_what_is_not_money_of_this_payment_pays_nothing(
    place: Place, wallets: Chain, db: asyncpg.Connection
) -> None:
    _guest, shown = await begun(place, wallets)
    to, units, comment = shown["address"], int(shown["units"]), shown["comment"]
    pay = wallets.toncenter.pay
    pay(to, units, None)
    pay(to, units, comment + "x")
    pay(to, units, comment.upper())
    pay(to, units, comment, bounced=True)
    pay(to, units, comment, source=None)
    pay(to, 5, None)  # dust
    encrypted = {"type": "encrypted_text_comment", "encrypted": "TEST", "comment": comment}
    pay(to, units, None, message_content={"decoded": encrypted})
    went_back = pay(to, units, comment)
    went_back["out_msgs"] = [{**went_back["in_msg"], "bounced": True}]
    await wallets.look()
    assert await outcomes(db, wallets) == ["UNKNOWN"] * 4
    assert await until(wallets, db, shown["paymentId"], "PENDING") == "PENDING"
    assert await audit(db, place.id) == {}


async def test_parts_add_up_and_more_is_for_a_person_to_look_at(
    place: Place, wallets: Chain, db: asyncpg.Connection
) -> None:
    _guest, shown = await begun(place, wallets)
    first = int(shown["units"]) // 3
    wallets.pay(shown, first - int(shown["units"]))
    await wallets.look()
    _status, now = await place.get(f"/api/ton/{shown['comment']}")
    assert f"amount={int(shown['units']) - first}&" in now["link"]
    wallets.pay(shown)
    await until(wallets, db, shown["paymentId"], "PAID")
    wallets.pay(shown)
    await wallets.look()
    assert await outcomes(db, wallets) == ["SETTLED", "SETTLED", "EXTRA"]
    sql = "SELECT excess FROM ton_deposits WHERE account = $1 ORDER BY lt"
    assert [row["excess"] for row in await db.fetch(sql, wallets.account)] == [0, first, 0]
    path = f"/api/restaurants/{place.id}/ton/deposits"
    _status, seen = await place.get(path, await place.login("manager"), node=1)
    assert [each["outcome"] for each in seen["deposits"]] == ["EXTRA", "SETTLED"]
    assert [each["excess"] for each in seen["deposits"]] == [0, first]
    total = (await audit(db, place.id))["method:TON_WALLET"]
    assert total == await db.fetchval(
        "SELECT amount FROM payments WHERE id = $1", shown["paymentId"]
    )


async def test_nothing_counts_before_it_is_final_and_everything_once(
    place: Place, wallets: Chain, db: asyncpg.Connection
) -> None:
    _guest, shown = await begun(place, wallets)
    wallets.toncenter.pending, wallets.toncenter.twice = 1, True
    wallets.pay(shown)
    for _ in range(2):
        await wallets.look()
    assert await outcomes(db, wallets) == []
    wallets.toncenter.pending = 0
    for _ in range(130):
        wallets.toncenter.pay(shown["address"], 1, None)  # more than a page of dust
    sent = wallets.pay(shown)
    await asyncio.gather(*(wallets.look() for _ in range(4)))
    await until(wallets, db, shown["paymentId"], "PAID")
    await db.execute("UPDATE ton_cursors SET lt = 0 WHERE account = $1", wallets.account)
    await wallets.look()
    assert await outcomes(db, wallets) == ["SETTLED", "EXTRA"]
    read = await db.fetchval(
        "SELECT lt FROM ton_cursors WHERE account = $1 AND asset = 'COIN'", wallets.account
    )
    assert read == int(sent["lt"])
    await audit(db, place.id)


async def test_who_dies_half_way_leaves_it_to_the_next(
    place: Place, wallets: Chain, db: asyncpg.Connection
) -> None:
    _guest, shown = await begun(place, wallets)
    leased = "UPDATE ton_cursors SET next_at = now() + $2::interval WHERE account = $1"
    await db.execute(leased, wallets.account, timedelta(seconds=60))
    wallets.pay(shown)
    await ton_deposits.look(wallets.deps, wallets.client)  # somebody else has this one
    assert await outcomes(db, wallets) == []
    for undone in (
        "UPDATE ton_deposits SET outcome = 'NEW' WHERE account = $1",  # booked, and not noted
        "UPDATE ton_cursors SET lt = 0 WHERE account = $1",  # noted, and read again
    ):
        await until(wallets, db, shown["paymentId"], "PAID")
        await db.execute(undone, wallets.account)
        await db.execute("UPDATE ton_cursors SET lt = 0 WHERE account = $1", wallets.account)
        await wallets.look()
        assert await outcomes(db, wallets) == ["SETTLED"]
    total = (await audit(db, place.id))["method:TON_WALLET"]
    assert total == await db.fetchval(
        "SELECT amount FROM payments WHERE id = $1", shown["paymentId"]
    )


async def test_while_the_chain_cannot_be_read_nothing_expires(
    place: Place, wallets: Chain, db: asyncpg.Connection
) -> None:
    _guest, shown = await begun(place, wallets)
    sent = wallets.pay(shown)
    sent["now"] -= 3660  # while the price stood
    await db.execute(
        "UPDATE ton_invoices SET expires_at = now() - interval '1 hour' WHERE payment_id = $1",
        shown["paymentId"],
    )
    status = "SELECT status FROM payments WHERE id = $1"
    wallets.toncenter.pending = 1
    for _ in range(2):
        wallets.toncenter.faults.append(Fault(status=422))
        await wallets.look()  # they do not answer
        await wallets.look()  # they do, and it is not final yet
        assert await db.fetchval(status, shown["paymentId"]) == "PENDING"
    wallets.toncenter.pending = 0
    assert await until(wallets, db, shown["paymentId"], "PAID", "FAILED") == "PAID"
    await audit(db, place.id)


@pytest.mark.parametrize("part", [0, 1])
async def test_a_price_that_has_expired_is_paid_too_late(
    place: Place, wallets: Chain, db: asyncpg.Connection, part: int
) -> None:
    guest, shown = await begun(place, wallets)
    if part:
        wallets.pay(shown, -1)
        await wallets.look()
    await db.execute(
        "UPDATE ton_invoices SET expires_at = now() - interval '2 minutes' WHERE payment_id = $1",
        shown["paymentId"],
    )
    wallets.pay(shown)
    await until(wallets, db, shown["paymentId"], "FAILED")
    heard, _ = await guest.hears("payment:statusChanged", lambda p: p["status"] == "FAILED", 60)
    assert heard["failure"] == (
        "only a part of it has arrived in time" if part else "nobody has paid in time"
    )
    assert await outcomes(db, wallets) == ["LATE"] * (part + 1)
    bill = await guest.send("bill:get")
    assert bill["outstanding"] == bill["total"]
    assert await audit(db, place.id) == {}


@pytest.mark.parametrize("sent", [True, False])
async def test_a_payment_called_off_waits_for_what_is_on_its_way(
    place: Place, wallets: Chain, db: asyncpg.Connection, sent: bool
) -> None:
    guest, shown = await begun(place, wallets)
    called = await guest.send("payment:cancel", paymentId=shown["paymentId"])
    assert called["closing"]
    if sent:
        wallets.pay(shown)
        await wallets.look()
    await db.execute(
        "UPDATE jobs SET created_at = created_at - interval '10 seconds'"
        " WHERE restaurant_id = $1 AND kind = 'payment.withdraw'",
        place.id,
    )
    expected = "PAID" if sent else "FAILED"
    assert await until(wallets, db, shown["paymentId"], "PAID", "FAILED") == expected
    wallets.pay(shown)
    await wallets.look()
    assert (await outcomes(db, wallets))[-1] == ("EXTRA" if sent else "LATE")
    await audit(db, place.id)


async def test_a_manager_gives_it_back_in_cash(
    place: Place, wallets: Chain, db: asyncpg.Connection
) -> None:
    _guest, shown = await begun(place, wallets)
    wallets.pay(shown)
    await until(wallets, db, shown["paymentId"], "PAID")
    manager = await place.worker("manager")
    back = await manager.send("payment:refund", paymentId=shown["paymentId"], reason="cold")
    assert back["status"] == "SUCCEEDED"
    books = await audit(db, place.id)
    assert books["method:TON_WALLET"] == -books["cash"] == back["amount"]


async def test_without_a_price_nothing_is_asked_for(place: Place, wallets: Chain) -> None:
    guest = await place.guest()
    await guest.send("order:create", items=[place.line("grill")])
    wallets.rates.faults.append(Fault(status=400))
    begun = await guest.send("bill:pay", method="TON_WALLET")
    told, _ = await guest.hears("job:failed", seconds=60)
    assert told["error"]["code"] == "PROVIDER_UNAVAILABLE"
    await guest.hears("payment:statusChanged", lambda p: p["id"] == begun["payment"]["id"], 60)
