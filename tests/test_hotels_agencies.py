"""Rooms of other companies: found, kept, booked once, and settled where the line broke."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import aiohttp
import asyncpg
import msgspec
import pytest

from hub.app import Node, run_node
from hub.settings import Settings
from scripts.standins.base import Fault
from tests.agencies import SECRET, USED, Agencies, agencies, ended
from tests.client import Client
from tests.guesthouse import ADA, FORM, rooms, stay
from tests.interpreters import cancel_all
from tests.place import Place
from tests.scenes import place_order, token

WHO = {**ADA, "phone": "+4420", "address": "12 St James's Square", "city": "London"}
DAYS = count(40)
CREATE = {"booking": "/orders/create", "cloudbeds": "/postReservation"}
EVERY = pytest.mark.parametrize("name", ["booking", "cloudbeds"])


@pytest.fixture(scope="module")
async def office(settings: Settings) -> AsyncIterator[Node]:
    """A node that knows these companies."""
    async with run_node(msgspec.structs.replace(settings, **USED)) as node:
        yield node


@pytest.fixture
async def house(office: Node) -> AsyncIterator[Agencies]:
    await cancel_all(office.deps)
    async with agencies(office.deps) as made:
        yield made


@pytest.fixture
async def guest(place: Place, office: Node) -> Client:
    """A guest at the node that knows these companies."""
    place.urls.append(f"http://127.0.0.1:{office.port}")
    return await place.guest(node=2)


def dates() -> dict[str, Any]:
    """Return the dates of a stay that nobody has looked for yet."""
    return stay(next(DAYS))


async def offers(guest: Client, house: Agencies, **when: Any) -> dict[str, dict[str, Any]]:
    """Look for rooms; return the cheapest of each company."""
    found = await house.result(guest, await guest.send("hotel:search", **when))
    cheapest: dict[str, dict[str, Any]] = {}
    for offer in found["offers"]:
        cheapest.setdefault(offer["provider"], offer)
    return cheapest


async def wanted(guest: Client, house: Agencies, name: str, when: dict[str, Any]) -> dict[str, Any]:
    """Return what books the cheapest room of a company."""
    offer = (await offers(guest, house, **when))[name]
    chosen = {field: offer[field] for field in ("provider", "hotelId", "roomTypeId")}
    return {**chosen, **when, "guest": WHO, "expectedTotal": offer["total"]}


def asked(house: Agencies, name: str, path: str) -> int:
    return sum(call.path.endswith(path) for call in getattr(house, name).calls)


async def test_a_search_asks_each_company_once_an_hour_however_many_look(
    place: Place, guest: Client, house: Agencies
) -> None:
    mate, when = await place.guest(1, node=2), dates()
    begun = await asyncio.gather(*(c.send("hotel:search", **when) for c in (guest, mate, guest)))
    await asyncio.gather(*(house.perform(each["jobId"]) for each in begun))
    found = (await ended(guest, begun[0]["jobId"]))["result"]
    told = [each["provider"] for each in found["offers"]]
    assert (told[0], sorted(told[1:])) == ("own", ["booking"] * 3 + ["cloudbeds"])
    assert asked(house, "booking", "/accommodations/search") == 2, "two pages, once"
    assert asked(house, "cloudbeds", "/getAvailableRoomTypes") == 1
    again = (await mate.send("hotel:search", **when, children=[], rooms=1))["result"]
    assert again == found, "kept: answered at once"

    offer = next(each for each in found["offers"] if each["provider"] == "booking")
    about = {"provider": "booking", "hotelId": offer["hotelId"], **when}
    left = await house.result(guest, await guest.send("hotel:availability", **about))
    assert left["offers"][0]["available"] == 3
    assert (await mate.send("hotel:availability", **about))["result"] == left
    assert asked(house, "booking", "/accommodations/availability") == 1


async def test_a_company_that_does_not_answer_is_named_and_the_others_are_shown(
    guest: Client, house: Agencies
) -> None:
    house.booking.faults.append(Fault(status=429))
    found = await house.result(guest, await guest.send("hotel:search", **dates()))
    assert found["failed"] == [{"provider": "booking"}]
    assert {each["provider"] for each in found["offers"]} == {"own", "cloudbeds"}


async def test_who_asks_more_than_anybody_looks_at_has_to_wait(
    guest: Client, house: Agencies
) -> None:
    acks = [await guest.ask("hotel:search", dates()) for _ in range(21)]
    assert all(ack["ok"] for ack in acks[:-1])
    assert acks[-1]["error"]["code"] == "RATE_LIMITED"
    await cancel_all(house.deps)


@EVERY
async def test_a_room_is_booked_and_cancelled_at_its_company(
    guest: Client, house: Agencies, name: str
) -> None:
    asking = await wanted(guest, house, name, dates())
    begun = await guest.send("hotel:book", **asking)
    assert (await guest.refused("hotel:book", {**asking, "rooms": 2}))["code"] == "INVALID"
    booking = await house.result(guest, begun)
    assert booking["status"] == "CONFIRMED"
    assert booking["total"] == asking["expectedTotal"]
    assert booking["bookingId"] == begun["jobId"]
    assert booking["sandbox"], "no company has answered"
    assert asked(house, name, CREATE[name]) == 1
    this = {"bookingId": booking["bookingId"]}
    taps = [await guest.send("hotel:cancel", **this) for _ in range(2)]
    off = [await house.result(guest, tap) for tap in taps]
    assert [each["status"] for each in off] == ["CANCELLED"] * 2
    assert (await guest.refused("hotel:cancel", this))["code"] == "ILLEGAL_TRANSITION"


@EVERY
@pytest.mark.parametrize("reset", ["after", "before"])
async def test_a_booking_whose_answer_was_lost_is_read_and_never_made_again(
    guest: Client, house: Agencies, db: asyncpg.Connection, name: str, reset: str
) -> None:
    asking = await wanted(guest, house, name, dates())
    job_id = (await guest.send("hotel:book", **asking))["jobId"]
    getattr(house, name).faults.extend([Fault(), Fault(reset=reset)])
    assert await house.perform(job_id) is not None
    assert (await guest.send("job:get", jobId=job_id))["status"] == "UNKNOWN"
    # As if the doubt had lasted: what has not arrived by then never will.
    long_ago = datetime.now(UTC) - timedelta(minutes=4)
    await db.execute("UPDATE intents SET created_at = $2 WHERE job_id = $1", job_id, long_ago)
    assert await house.perform(job_id) is None
    told = await ended(guest, job_id)
    if reset == "after":
        assert told["result"]["status"] == "CONFIRMED"
    else:
        assert told["error"]["code"] == "PROVIDER_UNAVAILABLE"
    assert asked(house, name, CREATE[name]) == 1


@EVERY
async def test_a_worker_that_dies_while_it_books_leaves_one_booking(
    guest: Client, house: Agencies, name: str
) -> None:
    asking = await wanted(guest, house, name, dates())
    job_id = (await guest.send("hotel:book", **asking))["jobId"]
    standin = getattr(house, name)
    standin.faults.append(Fault(path=CREATE[name], late=60.0))
    made = standin.orders if name == "booking" else standin.reservations
    dying = asyncio.create_task(house.perform(job_id))
    while not made:  # noqa: ASYNC110 - the server is another's
        await asyncio.sleep(0.01)
    dying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dying
    assert await house.perform(job_id) is None
    assert (await ended(guest, job_id))["result"]["status"] == "CONFIRMED"
    assert (len(made), asked(house, name, CREATE[name])) == (1, 1)


async def test_a_room_that_is_dearer_by_now_is_not_booked(guest: Client, house: Agencies) -> None:
    asking = await wanted(guest, house, "booking", dates())
    house.booking.surcharge = 500
    job_id = (await guest.send("hotel:book", **asking))["jobId"]
    assert await house.perform(job_id) is None
    error = (await ended(guest, job_id))["error"]
    details = {"total": asking["expectedTotal"] + 1000, "currency": "EUR"}
    assert (error["code"], error["details"]) == ("PRICE_CHANGED", details)
    assert house.booking.orders == {}


async def test_booking_com_needs_to_know_more_of_its_guest(guest: Client, house: Agencies) -> None:
    asking = await wanted(guest, house, "booking", dates())
    error = await guest.refused("hotel:book", {**asking, "guest": ADA})
    assert error["details"][0]["path"] == "guest.phone"


async def test_a_guest_of_cloudbeds_checks_in_and_charges_dinner_to_the_room(
    place: Place, office: Node, guest: Client, house: Agencies
) -> None:
    asking = await wanted(guest, house, "cloudbeds", stay(0))
    booking = await house.result(guest, await guest.send("hotel:book", **asking))
    this = {"bookingId": booking["bookingId"]}
    order = await place_order(place, guest)
    charge = {**this, "orderId": order["id"]}
    assert (await guest.refused("hotel:roomCharge", charge))["code"] == "CONFLICT"
    taps = [await guest.send("hotel:checkin", **this, registration=FORM) for _ in range(2)]
    moved, again = [await house.result(guest, tap) for tap in taps]
    assert moved == again
    assert (moved["booking"]["status"], moved["booking"]["roomNumber"]) == ("CHECKED_IN", "Q1")

    paying = await guest.send("hotel:roomCharge", **charge)
    assert await house.perform(paying["jobId"]) is not None
    pending, _ = await guest.hears("hotel:folioChanged")
    assert pending["status"] == "PENDING"
    house.cloudbeds.faults.extend([Fault(reset="after")])
    assert await house.perform(pending["jobId"]) is not None, "nobody can tell yet"
    assert await house.perform(pending["jobId"]) is None
    await house.result(guest, paying)
    paid, _ = await guest.hears("bill:changed", lambda b: b["status"] == "PAID")
    assert paid["outstanding"] == 0
    assert [item["price"] for item in house.cloudbeds.items.values()] == [
        order["totalAmount"] / 100
    ]
    assert (await guest.refused("hotel:roomCharge", charge))["code"] == "CONFLICT"

    # The hotel says by itself that the guest has left
    url = f"http://127.0.0.1:{office.port}/webhooks/cloudbeds/"
    house.cloudbeds.reservations[booking["reservation"]]["status"] = "checked_out"
    notice = {
        "event": "reservation/status_changed",
        "propertyID": 49705993547975,
        "reservationID": booking["reservation"],
        "timestamp": 1764120000.25,
    }
    told = []
    for secret in (SECRET, SECRET, "guessed"):
        async with aiohttp.ClientSession() as http, http.post(url + secret, json=notice) as reply:
            told.append((reply.status, (await reply.json()).get("new")))
    assert told == [(200, True), (200, False), (404, None)]
    left = "SELECT id FROM jobs WHERE kind = 'hotelRefresh' AND payload->>'bookingId' = $1"
    async with office.deps.pool.acquire() as conn:
        [row] = await conn.fetch(left, booking["bookingId"])
    assert await house.perform(row["id"]) is None
    news, _ = await guest.hears("hotel:bookingChanged")
    assert news["status"] == "CHECKED_OUT"


async def test_what_a_hotel_tells_late_or_twice_ends_as_it_stands_there(
    office: Node, guest: Client, house: Agencies, db: asyncpg.Connection
) -> None:
    asking = await wanted(guest, house, "cloudbeds", dates())
    booking = await house.result(guest, await guest.send("hotel:book", **asking))
    hotel = house.cloudbeds
    hotel.hook = f"http://127.0.0.1:{office.port}/webhooks/cloudbeds/{SECRET}"
    hotel.telling.mishaps.extend(["swapped", "twice"])
    for status in ("checked_in", "checked_out"):
        hotel.become(booking["reservation"], status)
    while len(hotel.telling.sent) < 3:  # noqa: ASYNC110 - the server is another's
        await asyncio.sleep(0.01)
    assert {each.status for each in hotel.telling.sent} == {200}
    told = "SELECT id FROM jobs WHERE kind = 'hotelRefresh' AND payload->>'bookingId' = $1"
    jobs = await db.fetch(told, booking["bookingId"])
    assert len(jobs) == 2, "what was told twice is looked at once"
    for job in reversed(jobs):
        assert await house.perform(job["id"]) is None
    await guest.hears("hotel:bookingChanged")
    await guest.settled()
    news = [each["status"] for each in guest.named("hotel:bookingChanged")]
    assert news == ["CHECKED_OUT"], "as it stands there, whatever came first"


# Channels


async def test_a_new_price_is_told_to_all_channels_or_to_none(
    place: Place, office: Node, guest: Client, house: Agencies, db: asyncpg.Connection
) -> None:
    double = await rooms(await place.guest(2), "Linden double", **stay())
    for channel, number in (("booking_com", "7"), ("expedia", "8"), ("airbnb", "9")):
        await db.execute(
            "INSERT INTO channel_rooms VALUES ($1, $2, $3, $4, $5)",
            *(double["roomTypeId"], channel, f"99{number}", f"99{number}01", f"99{number}991"),
        )
    boss = await place.client(await token(place, office, "manager"), node=2)
    await boss.send("join:restaurant", restaurantId=place.id)
    first = stay()["checkin"]
    change = {
        "hotelId": double["hotelId"],
        "roomTypeId": double["roomTypeId"],
        "first": first,
        "last": first,
        "amount": 15000,
    }

    async def submit() -> Any:
        path = f"/api/restaurants/{place.id}/room-rates"
        status, answer = await place.ask("PUT", path, change, boss.token, node=2)
        assert status == 200, answer
        return await house.result(boss, answer)

    house.zodomus.refusing = {2}
    told = await submit()
    assert not told["changed"]
    assert [(each["channel"], each["status"]) for each in told["channels"]] == [
        ("airbnb", "RESTORED"),
        ("booking_com", "RESTORED"),
        ("expedia", "FAILED"),
    ]
    prices = {
        number: [each["prices"]["price"] for each in held if "prices" in each]
        for number, held in house.zodomus.held.items()
    }
    assert prices == {1: ["150.00", "129.00"], 2: [], 3: ["150.00", "129.00"]}
    assert (await rooms(await place.guest(2), "Linden double", **stay()))["total"] == 2 * 12900

    house.zodomus.refusing = set()
    told = await submit()
    assert told["changed"]
    assert {each["status"] for each in told["channels"]} == {"SENT"}
    left = [each["availability"] for each in house.zodomus.held[1] if "availability" in each]
    assert left == [6, 6, 6]
    assert (await rooms(await place.guest(2), "Linden double", **stay()))["total"] == 15000 + 12900
