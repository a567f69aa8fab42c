"""The house's own rooms: found, booked by one guest a night, checked into, charged to."""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from msgspec.structs import replace

from handlers import folio, work
from handlers import hotels as hotels_use
from handlers.deps import system
from handlers.erasing import erase_registrations
from handlers.providers.all import Providers
from hub.app import Node
from hub.embedded import Engines
from state.domain.errors import Refusal
from state.domain.folio import Posting
from state.domain.hotel_commands import BookingCommand
from state.domain.ids import new_id
from state.store import bookings, hotels
from state.store.pool import create_pool
from tests.desk import desk
from tests.guesthouse import ADA, FORM, booked, moved_in, open_early, rooms, stay, today, wish
from tests.make_hotels import booking as make_booking
from tests.place import Place
from tests.routes import HOTEL
from tests.scenes import place_order, token
from tests.test_commands_tenants import second_restaurant

SUITE = "Ember suite"  # there is one


async def test_rooms_are_offered_with_what_all_nights_cost(
    place: Place, db: asyncpg.Connection
) -> None:
    guest = await place.guest(node=1)
    found = (await guest.send("hotel:search", **stay()))["result"]
    assert found["failed"] == []
    [cheapest] = found["offers"]
    assert (cheapest["hotelName"], cheapest["roomType"]) == ("Linden House", "Linden double")
    assert (cheapest["total"], cheapest["currency"], cheapest["nights"]) == (2 * 12900, "EUR", 2)

    suite = await rooms(guest, SUITE, **stay())
    night = today() + timedelta(days=31)
    await hotels.set_rates(db, suite["roomTypeId"], [night], 30000)
    assert (await rooms(guest, SUITE, **stay()))["total"] == 21900 + 30000
    family = stay(children=[3, 5, 9])
    asked = {"provider": "own", "hotelId": suite["hotelId"], **family}
    [fits] = (await guest.send("hotel:availability", **asked))["result"]["offers"]
    assert fits["roomType"] == SUITE


async def test_a_booked_room_is_nobody_elses_until_it_is_cancelled(place: Place) -> None:
    guest, other = await place.guest(), await place.guest(1, node=1)
    suite = await rooms(guest, SUITE, **stay())
    booking = (await guest.send("hotel:book", **wish(suite, **stay())))["booking"]
    assert (booking["status"], booking["roomNumber"], booking["total"]) == (
        ("CONFIRMED", "301", 43800)
    )
    told, _ = await guest.hears("hotel:bookingChanged")
    assert told == booking

    overlapping = wish(suite, **stay(31))
    assert (await other.refused("hotel:book", overlapping))["code"] == "ITEM_UNAVAILABLE"
    after = await other.send("hotel:book", **wish(suite, **stay(32)))
    assert after["booking"]["roomNumber"] == "301", "who leaves makes room for who comes that day"
    this = {"bookingId": booking["bookingId"]}
    assert (await other.refused("hotel:cancel", this))["code"] == "NOT_FOUND"
    assert (await guest.send("hotel:cancel", **this))["booking"]["status"] == "CANCELLED"
    assert (await guest.refused("hotel:cancel", this))["code"] == "ILLEGAL_TRANSITION"
    again = wish(suite, **stay(30, 2))
    assert (await other.send("hotel:book", **again))["booking"]["roomNumber"] == "301"
    await other.settled()
    assert {each["guest"]["lastName"] for each in other.named("hotel:bookingChanged")} == {
        "Lovelace"
    }
    assert booking["bookingId"] not in str(other.named("hotel:bookingChanged"))


async def test_fifty_at_once_on_two_nodes_get_one_room_once(
    place: Place, nodes: list[Node], db: asyncpg.Connection
) -> None:
    second = await second_restaurant(db, place)
    tokens = [
        await token(place, nodes[0], "service", id=new_id(), restaurants=frozenset({rid}))
        for rid in (place.id, second)
    ]
    clients = [await place.client(each, node=n) for each in tokens for n in (0, 1)]
    suite = await rooms(clients[0], SUITE, **stay())

    async def hold(number: int) -> dict[str, Any]:
        client, asked = clients[number % 4], {**wish(suite, **stay()), "commandId": f"n{number}"}
        while True:  # a busy machine may say "try again shortly": so a client does
            ack = await client.ask("hotel:book", asked)
            if ack["ok"] or ack["error"]["code"] != "UNAVAILABLE":
                return ack

    acks = await asyncio.gather(*(hold(number) for number in range(50)))
    refused = [ack["error"]["code"] for ack in acks if not ack["ok"]]
    assert refused == ["ITEM_UNAVAILABLE"] * 49
    held = "SELECT count(*) FROM hotel_bookings WHERE room_type_id = $1"
    assert await db.fetchval(held, suite["roomTypeId"]) == 1


async def test_postgres_itself_lets_no_two_guests_into_one_room(
    place: Place, engines: Engines, db: asyncpg.Connection
) -> None:
    guest = await place.guest()
    double = await rooms(guest, "Linden double", **stay())
    tenant = await db.fetchval("SELECT tenant_id FROM restaurants WHERE id = $1", place.id)
    pool = await create_pool(engines.database_url, 20)

    async def hold(number: int) -> str | None:
        async with pool.acquire(timeout=60) as conn:
            made = make_booking(tenant, place.id, double, start=30 + number % 3)
            held = await bookings.hold_room(conn, made)
        return held and held.room_number

    got = await asyncio.gather(*(hold(number) for number in range(50)))
    await pool.close()
    # Three nights each from three neighbouring days: they overlap, so six rooms take six guests.
    assert sorted(room for room in got if room) == ["201", "202", "203", "204", "205", "206"]
    [held] = await db.fetch("SELECT * FROM hotel_bookings WHERE room_number = '206'")
    twice = {**dict(held), "id": new_id()}
    places = ", ".join(f"${n}" for n in range(1, len(twice) + 1))
    with pytest.raises(asyncpg.ExclusionViolationError):
        await db.execute(
            f"INSERT INTO hotel_bookings ({', '.join(twice)}) VALUES ({places})", *twice.values()
        )


async def test_what_cannot_be_booked_says_why(place: Place) -> None:
    guest = await place.guest()
    double = await rooms(guest, "Linden double", **stay())
    good = wish(double, **stay())
    past = {"checkin": "2020-01-01", "checkout": "2020-01-02"}
    cases: list[tuple[dict[str, Any], str, str]] = [
        (past, "INVALID", "checkin"),
        ({"checkout": good["checkin"]}, "INVALID", "checkout"),
        ({"provider": "cloudbeds"}, "INVALID", "provider"),
        ({"guest": {**ADA, "email": "nobody"}}, "INVALID", "guest.email"),
        ({"adults": 3}, "NOT_FOUND", "roomTypeId"),
        ({"roomTypeId": new_id()}, "NOT_FOUND", "roomTypeId"),
        ({"hotelId": new_id()}, "NOT_FOUND", "hotelId"),
    ]
    for changes, code, path in cases:
        error = await guest.refused("hotel:book", good | changes)
        assert (error["code"], error["details"][0]["path"]) == (code, path), error
    error = await guest.refused("hotel:book", {**good, "expectedTotal": 1})
    assert (error["code"], error["details"]) == (
        ("PRICE_CHANGED", {"total": 25800, "currency": "EUR"})
    )


async def test_a_guest_holds_five_rooms_at_most(place: Place) -> None:
    guest = await place.guest()
    held = [await booked(guest, **stay(30 + 3 * n)) for n in range(5)]
    wanted = wish(await rooms(guest, SUITE, **stay()), **stay())
    assert (await guest.refused("hotel:book", wanted))["code"] == "CONFLICT"
    await guest.send("hotel:cancel", bookingId=held[0]["bookingId"])
    await guest.send("hotel:book", **wanted)


async def test_another_tenants_hotel_does_not_exist(place: Place, other_place: Place) -> None:
    guest, stranger = await place.guest(), await other_place.guest()
    double = await rooms(guest, "Linden double", **stay())
    assert (await stranger.refused("hotel:book", wish(double, **stay())))["code"] == "NOT_FOUND"
    booking = await booked(guest)
    token = booking["checkinUrl"].rpartition("/")[2]
    for more in ({}, {"token": token}):
        asked = {"bookingId": booking["bookingId"], **more}
        assert (await stranger.refused("hotel:cancel", asked))["code"] == "NOT_FOUND"


async def test_a_double_tap_books_one_room(place: Place, db: asyncpg.Connection) -> None:
    guest = await place.guest()
    suite = await rooms(guest, SUITE, **stay())
    asked = {**wish(suite, **stay()), "commandId": "tap"}
    first, second = await asyncio.gather(*(guest.ask("hotel:book", asked) for _ in range(2)))
    assert first == second
    assert first["ok"]


# Check-in


async def test_checking_in_gives_a_room_and_the_code_of_its_door(
    place: Place, db: asyncpg.Connection
) -> None:
    guest, other = await place.guest(), await place.guest(1, node=1)
    later = await booked(guest)
    form = {"bookingId": later["bookingId"], "registration": FORM}
    assert (await guest.refused("hotel:checkin", form))["code"] == "CONFLICT"
    await open_early(db, place)
    booking = await booked(guest, **stay(0))
    await db.execute(
        "UPDATE rooms SET in_order = false FROM hotel_bookings AS b"
        " WHERE rooms.id = b.room_id AND b.id = $1",
        booking["bookingId"],
    )
    form["bookingId"] = booking["bookingId"]
    assert (await other.refused("hotel:checkin", form))["code"] == "NOT_FOUND"
    answer = await guest.send("hotel:checkin", **form)
    assert answer["booking"]["status"] == "CHECKED_IN"
    room = answer["booking"]["roomNumber"]
    assert room != booking["roomNumber"], "the room that was held is out of order"
    door, _ = await guest.hears("hotel:doorCode")
    assert door == answer["door"]
    assert (door["roomNumber"], len(door["doorCode"])) == (room, 6)
    assert (await guest.refused("hotel:checkin", form))["code"] == "ILLEGAL_TRANSITION"
    assert (await guest.refused("hotel:cancel", {"bookingId": form["bookingId"]}))["code"] == (
        "ILLEGAL_TRANSITION"
    )
    await other.settled()
    assert other.named("hotel:doorCode") == []


# What managers arrange


async def test_managers_arrange_hotels_and_see_guests_off(
    place: Place, other_place: Place, db: asyncpg.Connection
) -> None:
    boss, stranger, guest = await desk(place), await desk(other_place), await place.guest()
    [first] = (await boss.get("hotels"))["hotels"]
    assert [kind["name"] for kind in first["roomTypes"]] == [
        *("Garden single", "Linden double", "Ember suite")
    ]
    loft = {"name": "Loft", "price": 30000, "rooms": [{"number": "1"}, {"number": "2"}]}
    saved = await boss.post("hotels", **HOTEL, roomTypes=[loft])
    found = (await guest.send("hotel:search", **stay()))["result"]["offers"]
    assert {each["hotelName"] for each in found} == {"Linden House", "Annexe"}

    held = await booked(guest, SUITE, **stay(60))
    changed = {name: value for name, value in first.items() if name != "id"}
    double = {**first["roomTypes"][1], "price": 9900, "name": "Courtyard double"}
    double["rooms"] = [{"number": "201"}, {"number": "207"}]
    double["channels"] = [
        {"channel": "expedia", "propertyId": "8", "roomId": "801", "rateId": "801991"}
    ]
    changed["roomTypes"] = [double]
    path = f"hotels/{first['id']}"
    assert await stranger.refused("PUT", path, changed) == ("NOT_FOUND", "hotelId")
    await boss.put(path, **changed)
    offer = await rooms(guest, "Courtyard double", **stay())
    assert (offer["total"], offer["available"]) == (19800, 2)
    [_, after] = (await boss.get("hotels"))["hotels"]
    assert next(kind["channels"] for kind in after["roomTypes"]) == double["channels"]
    again = await guest.send("hotel:cancel", bookingId=held["bookingId"])
    assert again["booking"]["roomNumber"] == "301", "who had booked a room keeps it"

    for wrong, field in (
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"roomTypes": [{**loft, "rooms": [{"number": "1"}] * 2}]}, "roomTypes[0].rooms"),
        ({"roomTypes": [{**loft, "channels": double["channels"] * 2}]}, "roomTypes[0].channels"),
    ):
        assert await boss.refused("POST", "hotels", {**HOTEL, **wrong}) == ("INVALID", field)
    foreign = {**HOTEL, "roomTypes": [{**loft, "id": offer["roomTypeId"]}]}
    assert await boss.refused("PUT", f"hotels/{saved['id']}", foreign) == (
        ("NOT_FOUND", "roomTypes[0].id")
    )
    await boss.delete(f"hotels/{saved['id']}")
    found = (await guest.send("hotel:search", **stay()))["result"]["offers"]
    assert {each["hotelName"] for each in found} == {"Linden House"}

    await open_early(db, place)
    offer = await rooms(guest, "Courtyard double", **stay(0))
    here = (await guest.send("hotel:book", **wish(offer, **stay(0))))["booking"]["bookingId"]
    leaving, chief = f"/api/hotel-bookings/{here}/checkout", await place.login("manager")
    assert (await place.post(leaving, {}, chief))[0] == 409
    await guest.send("hotel:checkin", bookingId=here, registration=FORM)
    status, gone = await place.post(leaving, {}, chief)
    assert (status, gone["status"]) == (200, "CHECKED_OUT")
    order = await place_order(place, guest)
    charge = {"bookingId": here, "orderId": order["id"]}
    assert (await guest.refused("hotel:roomCharge", charge))["code"] == "CONFLICT"


async def test_what_a_hotel_writes_down_of_its_guests_is_forgotten_long_after_they_left(
    place: Place, nodes: list[Node], db: asyncpg.Connection
) -> None:
    guest = await place.guest()
    booking = (await moved_in(guest, db, place))["bookingId"]
    kept = "SELECT registration->>'document' FROM hotel_bookings WHERE id = $1"
    left = (
        "UPDATE hotel_bookings SET checkin = current_date - $2::int - 1,"
        " checkout = current_date - $2::int WHERE id = $1"
    )
    for days, document in ((365, FORM["document"]), (367, None)):
        await db.execute(left, booking, days)
        await erase_registrations(nodes[0].deps, timedelta(days=365))
        assert await db.fetchval(kept, booking) == document
    assert await db.fetchval("SELECT status FROM hotel_bookings WHERE id = $1", booking)


# Charge to room


async def test_an_order_is_charged_to_the_room_of_a_guest_in_the_house_once(
    place: Place, nodes: list[Node], db: asyncpg.Connection
) -> None:
    guest, other = await place.guest(), await place.guest(1, node=1)
    order = await place_order(place, guest)
    arriving = await booked(guest)
    charge = {"bookingId": arriving["bookingId"], "orderId": order["id"]}
    error = await guest.refused("hotel:roomCharge", charge)
    assert (error["code"], error["details"]) == ("CONFLICT", {"status": "CONFIRMED"})

    booking = await moved_in(guest, db, place)
    charge["bookingId"] = booking["bookingId"]
    begun = await guest.send("hotel:roomCharge", **charge)
    assert begun["payment"]["method"] == "ROOM_CHARGE"
    assert (await guest.refused("hotel:roomCharge", charge))["code"] == "CONFLICT"
    assert await work.perform(begun["jobId"], work.KINDS, Providers({}), nodes[0].deps) is None
    told, _ = await guest.hears("hotel:folioChanged")
    assert (told["status"], told["amount"]) == ("POSTED", order["totalAmount"])
    bill, _ = await guest.hears("bill:changed", lambda b: b["status"] == "PAID")
    assert bill["outstanding"] == 0
    assert (await guest.refused("hotel:roomCharge", charge))["code"] == "CONFLICT"
    count = "SELECT count(*) FROM folio_charges WHERE booking_id = $1"
    assert await db.fetchval(count, booking["bookingId"]) == 1

    foreign = await place_order(place, other)
    error = await guest.refused("hotel:roomCharge", charge | {"orderId": foreign["id"]})
    assert error["code"] == "NOT_FOUND"
    token = booking["checkinUrl"].rpartition("/")[2]
    own = {"bookingId": booking["bookingId"], "orderId": foreign["id"]}
    assert (await other.refused("hotel:roomCharge", own))["code"] == "NOT_FOUND"
    assert "jobId" in await other.send("hotel:roomCharge", **own, token=token)
    invented = {"bookingId": booking["bookingId"], "amount": 1}
    assert (await guest.refused("hotel:roomCharge", invented))["code"] == "FORBIDDEN"


async def test_payments_charge_a_room_once_and_take_it_off_again(
    place: Place, nodes: list[Node], db: asyncpg.Connection
) -> None:
    guest, deps = await place.guest(), nodes[0].deps
    arriving, booking = await booked(guest), await moved_in(guest, db, place)
    assert guest.token is not None
    payer = deps.tokens.read(guest.token)
    us, stranger = system(payer.tenant), replace(payer, id="a stranger")
    about = BookingCommand(booking_id=booking["bookingId"])
    linked = replace(about, token=booking["checkinUrl"].rpartition("/")[2])
    wish = Posting(booking_id=about.booking_id, amount=4200, currency="EUR", reference=new_id())
    for asked, who in ((about, payer), (linked, stranger)):
        held = await hotels_use.find(asked, who, deps)
        assert (await folio.post(held, wish, us, deps)).data.status == "POSTED"
    with pytest.raises(Refusal, match="no such"):
        await hotels_use.find(about, stranger, deps)
    too_early = await hotels_use.find(BookingCommand(booking_id=arriving["bookingId"]), payer, deps)
    with pytest.raises(Refusal, match="not checked in"):
        await folio.post(too_early, replace(wish, reference=new_id()), us, deps)
    for _ in range(2):
        off = (await folio.void(held, wish.reference, us, deps)).data
        assert off.status == "VOIDED"


async def test_a_program_charges_an_amount_once_under_its_reference(
    place: Place, nodes: list[Node], db: asyncpg.Connection
) -> None:
    booking = await moved_in(await place.guest(), db, place)
    till = await place.client(await token(place, nodes[0], "service", id=new_id()))
    twin = await place.client(till.token, node=1)
    charge = {
        "bookingId": booking["bookingId"],
        "amount": 4200,
        "currency": "EUR",
        "reference": new_id(),
    }
    acks = await asyncio.gather(
        *(client.ask("hotel:roomCharge", charge) for client in (till, twin) * 5)
    )
    assert {ack["data"]["chargeId"] for ack in acks} == {acks[0]["data"]["chargeId"]}
    for changes, code in (
        ({"amount": 4300}, "CONFLICT"),
        ({"currency": "USD", "reference": "another"}, "CONFLICT"),
        ({"reference": None}, "INVALID"),
    ):
        error = await till.refused("hotel:roomCharge", charge | changes)
        assert error["code"] == code
