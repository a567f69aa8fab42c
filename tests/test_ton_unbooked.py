"""Transfers in TON that paid nothing: managers see them, book them, or note that they went back."""

from typing import Any

import asyncpg
import pytest

from handlers.ton_unbooked import Book, _payment_id, book
from handlers.unit import carry_out
from hub.app import Node
from tests.client import Client
from tests.ledger import audit
from tests.paid import until
from tests.place import Place
from tests.test_payments_charges import asked
from tests.wallets import Chain


async def begun(place: Place, wallets: Chain) -> tuple[Client, dict[str, Any]]:
    """A guest who is told what to send."""
    guest = await place.guest(name="Ana")
    await guest.send("order:create", items=[place.line("grill"), place.line("bar")])
    paying = await guest.send("bill:pay", method="TON_WALLET")
    return guest, await wallets.asked(place, guest, paying)


async def too_late(place: Place, wallets: Chain, db: asyncpg.Connection) -> dict[str, Any]:
    """A transfer that came when its price stood no longer."""
    _guest, shown = await begun(place, wallets)
    await db.execute(
        "UPDATE ton_invoices SET expires_at = now() - interval '2 minutes' WHERE payment_id = $1",
        shown["paymentId"],
    )
    wallets.pay(shown)
    await until(wallets, db, shown["paymentId"], "FAILED")
    await wallets.look()
    return shown


class Manager:
    def __init__(self, place: Place, token: str) -> None:
        self.place, self.token = place, token
        self.path = f"/api/restaurants/{place.id}/ton/deposits"

    async def sees(self) -> list[dict[str, Any]]:
        status, told = await self.place.get(self.path, self.token, node=1)
        assert status == 200, told
        found: list[dict[str, Any]] = told["deposits"]
        return found

    async def makes(self, deposit: dict[str, Any], **what: Any) -> dict[str, Any]:
        status, told = await self.tries(deposit, **what)
        assert status == 200, told
        return told

    async def refused(self, deposit: dict[str, Any], **what: Any) -> tuple[int, str]:
        status, told = await self.tries(deposit, **what)
        return status, told["error"]["code"]

    async def tries(self, deposit: dict[str, Any], **what: Any) -> tuple[int, Any]:
        return await self.place.post(self.path, {"hash": deposit["hash"], **what}, self.token)


@pytest.fixture
async def manager(place: Place) -> Manager:
    return Manager(place, await place.login("manager"))


async def test_what_came_too_late_is_booked_on_its_bill_once(
    place: Place, wallets: Chain, db: asyncpg.Connection, manager: Manager
) -> None:
    await too_late(place, wallets, db)
    guest = await place.guest(node=1)
    total = (await guest.send("bill:get"))["total"]
    [late] = await manager.sees()
    assert (late["outcome"], late["worth"], late["left"]) == ("LATE", total, total)
    assert late["tableNumber"] == place.tables[0]["number"]
    part = await manager.makes(late, how="booked", amount=100)
    assert (part["left"], part["handled"][0]["amount"]) == (total - 100, 100)
    bill, _ = await guest.hears("bill:changed", lambda b: b["paid"] == 100, 60)
    assert bill["outstanding"] == total - 100
    assert await manager.refused(late, how="booked", amount=total) == (409, "CONFLICT")
    done = await manager.makes(late, how="booked", note="he came back")
    assert [each["amount"] for each in done["handled"]] == [100, total - 100]
    assert (await manager.sees())[0]["left"] == 0
    assert (await guest.send("bill:get"))["status"] == "PAID"
    assert await manager.refused(late, how="booked") == (409, "CONFLICT")
    books = await audit(db, place.id)
    assert books["method:TON_WALLET"] == total
    back = await (await place.worker("manager")).send(
        "payment:refund", paymentId=done["handled"][0]["paymentId"], reason="cold"
    )
    assert back["status"] == "SUCCEEDED"


async def test_what_went_back_by_hand_is_noted_with_both_of_its_movements(
    place: Place, wallets: Chain, db: asyncpg.Connection, manager: Manager
) -> None:
    _guest, shown = await begun(place, wallets)
    wallets.pay(shown, 10**9)  # a whole coin too much
    await until(wallets, db, shown["paymentId"], "PAID")
    before = await audit(db, place.id)
    [much] = await manager.sees()
    assert (much["outcome"], much["amount"], much["worth"]) == ("SETTLED", "1", 250)
    assert await manager.refused(much, how="returned", note=" ") == (400, "INVALID")
    assert await manager.refused(much, how="booked") == (409, "CONFLICT"), "the bill is paid"
    done = await manager.makes(much, how="returned", note="sent back to EQ..")
    assert done["left"] == 0
    assert done["handled"][0]["byName"]
    assert await manager.refused(much, how="returned", note="again") == (409, "CONFLICT")
    assert {**before, "unclaimed": 0} == await audit(db, place.id)
    memos = "SELECT count(*) FROM ledger WHERE restaurant_id = $1 AND memo = 'sent back to EQ..'"
    assert await db.fetchval(memos, place.id) == 4


async def test_a_comment_of_nobodys_is_valued_and_placed_by_a_manager(
    place: Place, other_place: Place, wallets: Chain, db: asyncpg.Connection, manager: Manager
) -> None:
    _guest, shown = await begun(place, wallets)
    guest = await place.guest(1)
    await guest.send("order:create", items=[place.line("grill")])
    wallets.toncenter.pay(shown["address"], 10**9, "for the other table")
    await wallets.look()
    [stray] = await manager.sees()
    assert (stray["outcome"], stray["worth"], stray["left"]) == ("UNKNOWN", None, None)
    theirs = Manager(other_place, await other_place.login("manager"))
    assert await theirs.sees() == []
    assert await theirs.refused(stray, how="returned", amount=1, note="mine") == (404, "NOT_FOUND")
    assert await manager.refused(stray, how="booked") == (400, "INVALID")
    assert await manager.refused(stray, how="booked", amount=250) == (400, "INVALID")
    table = place.tables[1]["id"]
    done = await manager.makes(stray, how="booked", amount=250, tableId=table)
    assert done["left"] == 0
    assert (await guest.send("bill:get"))["paid"] == 250
    await audit(db, place.id)


async def test_who_dies_between_booking_and_noting_has_booked_it_once(
    place: Place, nodes: list[Node], wallets: Chain, db: asyncpg.Connection, manager: Manager
) -> None:
    await too_late(place, wallets, db)
    [late] = await manager.sees()
    who = nodes[0].deps.tokens.read(manager.token)
    cmd = Book(
        payment_id=_payment_id(late["hash"], []),
        session_id=late["sessionId"],
        ref=f"{late['hash']}#1",
        amount=late["left"],
        sandbox=True,
    )
    await carry_out(book, cmd, who, nodes[0].deps)
    assert (await manager.sees())[0]["left"] == late["worth"], "nobody has noted it"
    assert await manager.refused(late, how="returned", note="sent back") == (409, "CONFLICT")
    done = await manager.makes(late, how="booked")
    assert [each["amount"] for each in done["handled"]] == [late["worth"]]
    assert (await audit(db, place.id))["method:TON_WALLET"] == late["worth"]


async def test_coins_that_are_owed_are_listed_until_they_went_back(
    place: Place, nodes: list[Node], wallets: Chain, db: asyncpg.Connection, manager: Manager
) -> None:
    guest = await place.guest()
    charge = await asked(place, guest, nodes[0], db)
    paying = await guest.send("payment:start", **charge, method="TON_WALLET")
    shown = await wallets.asked(place, guest, paying)
    wallets.pay(shown)
    await until(wallets, db, shown["paymentId"], "PAID")
    await db.execute("UPDATE charges SET status = 'OWED' WHERE reference = $1", charge["reference"])
    [owed] = (await place.get(manager.path, manager.token))[1]["owed"]
    assert (owed["id"], owed["amount"]) == (shown["paymentId"], 450)
    staff = await place.worker("manager")
    await staff.send("payment:refund", paymentId=owed["id"], reason="sent back")
    assert (await place.get(manager.path, manager.token))[1]["owed"] == []
    await audit(db, place.id)
