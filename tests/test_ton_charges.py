"""Paying in TON for what other services sell, and what becomes of coins that buy nothing."""

import asyncpg

from handlers import purchases
from hub.app import Node
from state.domain.charge import ChargeStatus
from tests.ledger import audit
from tests.paid import until
from tests.place import Place
from tests.test_payments_charges import asked, becomes, status
from tests.wallets import Chain, outcomes


async def test_coins_pay_for_what_a_job_waits_for_once(
    place: Place, nodes: list[Node], wallets: Chain, db: asyncpg.Connection
) -> None:
    guest = await place.guest()
    charge = await asked(place, guest, nodes[0], db)
    wanted = {**charge, "method": "TON_WALLET", "asset": "COIN"}
    begun = await guest.send("payment:start", **wanted)
    assert (await guest.refused("payment:start", wanted))["code"] == "CONFLICT"
    shown = await wallets.asked(place, guest, begun)
    assert (int(shown["units"]), shown["currency"]) == (450 * 10**9 // 250, "EUR")
    wallets.pay(shown, -1)
    await wallets.look()
    assert await status(db, charge) == ChargeStatus.OPEN, "a part buys nothing"
    wallets.toncenter.pay(shown["address"], 1, shown["comment"])
    await until(wallets, db, shown["paymentId"], "PAID")
    await becomes(db, charge, ChargeStatus.SETTLED)
    wallets.pay(shown)
    await wallets.look()
    assert await outcomes(db, wallets) == ["SETTLED", "SETTLED", "EXTRA"]
    assert await audit(db, place.id) == {"method:TON_WALLET": 450, "other:esim": -450}


async def test_who_pays_in_another_way_waits_until_the_chain_was_read(
    place: Place, nodes: list[Node], wallets: Chain, db: asyncpg.Connection
) -> None:
    guest = await place.guest()
    charge = await asked(place, guest, nodes[0], db)
    begun = await guest.send("payment:start", **charge, method="TON_WALLET")
    shown = await wallets.asked(place, guest, begun)
    await guest.send("payment:cancel", paymentId=shown["paymentId"])
    assert (await guest.refused("payment:start", charge))["code"] == "CONFLICT"
    await db.execute(
        "UPDATE jobs SET created_at = created_at - interval '10 seconds'"
        " WHERE restaurant_id = $1 AND kind = 'payment.withdraw'",
        place.id,
    )
    assert await until(wallets, db, shown["paymentId"], "PAID", "FAILED") == "FAILED"
    await guest.hears("payment:statusChanged", lambda p: p["status"] == "FAILED", 60)
    again = await guest.send("payment:start", **charge, method="TON_WALLET")
    assert again["payment"]["id"] != shown["paymentId"]


async def test_coins_for_which_nothing_is_had_wait_for_a_person(
    place: Place, nodes: list[Node], wallets: Chain, db: asyncpg.Connection
) -> None:
    guest = await place.guest()
    charge = await asked(place, guest, nodes[0], db)
    begun = await guest.send("payment:start", **charge, method="TON_WALLET")
    shown = await wallets.asked(place, guest, begun)
    wallets.pay(shown)
    await until(wallets, db, shown["paymentId"], "PAID")
    await becomes(db, charge, ChargeStatus.SETTLED)
    await db.execute("UPDATE charges SET status = 'OWED' WHERE reference = $1", charge["reference"])
    for _ in range(2):
        await purchases.give_back_owed(nodes[0].deps)
    assert await status(db, charge) == ChargeStatus.OWED, "nobody has given anything back"
    manager = await place.worker("manager")
    back = await manager.send("payment:refund", paymentId=shown["paymentId"], reason="sent back")
    assert back["status"] == "SUCCEEDED"
    await purchases.give_back_owed(nodes[0].deps)
    assert await status(db, charge) == ChargeStatus.VOID
    assert set((await audit(db, place.id)).values()) == {0}
    drawers = "SELECT count(*) FROM drawers WHERE restaurant_id = $1"
    assert await db.fetchval(drawers, place.id) == 0, "no drawer has coins"
