"""Paying by the room: what a party owes stands on a hotel guest's folio, once."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from hub.app import Node
from hub.settings import Settings
from tests.cards import Till, none, till
from tests.guesthouse import booked, moved_in
from tests.ledger import audit
from tests.paid import until
from tests.place import Place


@pytest.fixture
async def cards(settings: Settings, nodes: list[Node], place: Place) -> AsyncIterator[Till]:
    async with till(settings, nodes[0].deps, place) as made:
        yield made


async def test_a_guest_of_the_house_pays_by_the_room_and_it_can_be_taken_off_again(
    place: Place, cards: Till, db: asyncpg.Connection
) -> None:
    guest, mate = await place.guest(), await place.guest(node=1)
    manager = await place.worker("manager")
    order = await guest.send("order:create", items=[place.line("grill")])
    stay = (await moved_in(guest, db, place))["bookingId"]
    pays = {"method": "ROOM_CHARGE", "stay": stay, "tip": 100}
    assert (await guest.refused("bill:pay", {"method": "ROOM_CHARGE"}))["code"] == "INVALID"
    assert (await mate.refused("bill:pay", pays))["code"] == "NOT_FOUND"
    begun = (await guest.send("bill:pay", **pays))["payment"]
    assert await until(cards, db, begun["id"], "PAID") == "PAID"
    lines = await db.fetch("SELECT amount, status FROM folio_charges WHERE booking_id = $1", stay)
    assert [tuple(line) for line in lines] == [(order["totalAmount"] + 100, "POSTED")]
    paid, _ = await mate.hears("bill:changed", lambda b: b["status"] == "PAID", 60)
    assert paid["outstanding"] == 0
    books = await audit(db, place.id)
    assert books["method:ROOM_CHARGE"] == order["totalAmount"] + 100

    part = {"paymentId": begun["id"], "amount": 1, "reason": "cold"}
    assert (await manager.refused("payment:refund", part))["code"] == "CONFLICT"
    await manager.send("payment:refund", paymentId=begun["id"], reason="cold")
    await none(
        db, "SELECT 1 FROM refunds WHERE payment_id = $1 AND status = 'PENDING'", begun["id"]
    )
    off = "SELECT status FROM folio_charges WHERE booking_id = $1"
    assert await db.fetchval(off, stay) == "VOIDED"
    assert set((await audit(db, place.id)).values()) == {0}


async def test_a_room_whose_guest_is_not_in_the_house_pays_nothing(
    place: Place, cards: Till, db: asyncpg.Connection
) -> None:
    guest = await place.guest()
    await guest.send("order:create", items=[place.line("grill")])
    stay = (await booked(guest))["bookingId"]
    begun = (await guest.send("bill:pay", method="ROOM_CHARGE", stay=stay))["payment"]
    assert await until(cards, db, begun["id"], "FAILED") == "FAILED"
    told, _ = await guest.hears("job:failed", seconds=60)
    assert told["error"]["code"] == "CONFLICT"
    bill = await guest.send("bill:get")
    assert bill["outstanding"] == bill["total"]
    assert await audit(db, place.id) == {}
