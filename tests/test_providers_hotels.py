"""Each company's client against a server that speaks as the company does, error by error."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import aiohttp
import cloudbeds_pms_v1_3 as cloudbeds_sdk
import pytest
from cloudbeds_pms_v1_3.exceptions import UnauthorizedException
from msgspec.structs import replace

from handlers.providers import booking, cloudbeds, zodomus
from handlers.providers.errors import (
    AmbiguousError,
    ExhaustedError,
    ProviderError,
    RefusedError,
    UnavailableError,
)
from handlers.providers.keys import Keys
from handlers.providers.lodgings import Reserve, Wanted, major, minor
from handlers.providers.wiring import Wiring
from hub.embedded import Engines
from scripts.standins.base import Fault, serving
from scripts.standins.booking import Booking
from scripts.standins.cloudbeds import Cloudbeds
from scripts.standins.environment import CITY
from scripts.standins.zodomus import Zodomus
from state.domain.channel import Place, Span
from state.domain.errors import Code, Refusal
from state.domain.hotel import BookingStatus, Person
from state.domain.ids import new_id
from state.live import client
from tests.interpreters import forget_gate

KEY = "a-key-of-the-tests"
ARRIVAL = date.today() + timedelta(days=30)
LOOK: dict[str, Any] = {"checkin": ARRIVAL, "checkout": ARRIVAL + timedelta(days=2)}
ADA = Person(
    first_name="Ada",
    last_name="Lovelace",
    email="ada@example.test",
    phone="+4420",
    country="gb",
    city="London",
    address="12 St James's Square",
    post_code="SW1Y",
)
NAMES = ["booking", "cloudbeds", "zodomus"]
EVERY = pytest.mark.parametrize("name", NAMES[:2])
NOW = Fault(status=503, headers={"Retry-After": "0"})


class House:
    """The stand-ins, and our clients of them."""

    def __init__(self, urls: dict[str, str], wiring: Wiring) -> None:
        self.urls, self.wiring = urls, wiring
        self.booking, self.cloudbeds = Booking(KEY), Cloudbeds(KEY)
        self.zodomus = Zodomus("user", KEY)

    def client(self, name: str, **more: Any) -> Any:
        known: dict[str, Any] = {
            "booking_api_token": KEY,
            "booking_affiliate_id": 1,
            "booking_base_url": self.urls["booking"],
            "booking_city": CITY,
            "zodomus_user": "user",
            "zodomus_password": KEY,
            "zodomus_base_url": self.urls["zodomus"],
            "cloudbeds_api_key": KEY,
            "cloudbeds_base_url": self.urls["cloudbeds"],
        }
        made = {"booking": booking, "cloudbeds": cloudbeds, "zodomus": zodomus}[name]
        return made.create(Keys(**known | more), self.wiring)

    def standin(self, name: str) -> Any:
        return getattr(self, name)

    async def fresh(self, name: str) -> Any:
        """Return a client that knows the names of the hotels already."""
        made = self.client(name)
        await made.search(Wanted(**LOOK))
        return made


@pytest.fixture
async def house(engines: Engines) -> AsyncIterator[House]:
    redis = client.connect(engines.redis_url)
    for name in NAMES:
        await forget_gate(redis, name)
    async with aiohttp.ClientSession() as http:
        made = House({}, Wiring(http, redis, lambda *_: None))
        async with serving([made.booking, made.cloudbeds, made.zodomus]) as urls:
            made.urls = urls
            yield made
    await redis.aclose()


async def wish(client: Any, **more: Any) -> Reserve:
    """Return a wish for the cheapest room there is."""
    [offer, *_] = sorted(await client.search(Wanted(**LOOK)), key=lambda each: each.total)
    fields = {"hotel_id": offer.hotel_id, "room_type_id": offer.room_type_id, "guest": ADA}
    return Reserve(**LOOK | fields | {"expected": offer.total} | more)


def asked(house: House, name: str, path: str) -> list[Any]:
    return [call for call in house.standin(name).calls if call.path.endswith(path)]


CREATE = {"booking": "/orders/create", "cloudbeds": "/postReservation"}


@EVERY
async def test_what_is_found_can_be_booked_found_again_and_cancelled(
    house: House, name: str
) -> None:
    agency = house.client(name)
    found = await agency.search(Wanted(**LOOK))
    assert [each.nights for each in found] == [2] * len(found)
    cheapest = min(found, key=lambda each: each.total)
    expected = {
        "booking": ("The Old Mint", "Single Room", 17600),
        "cloudbeds": ("Casa Nuvola", "Queen Room", 19900),
    }[name]
    assert (cheapest.hotel_name, cheapest.room_type, cheapest.total) == expected
    left = await agency.availability(cheapest.hotel_id, Wanted(**LOOK))
    assert cheapest.room_type_id in {each.room_type_id for each in left}

    asking, key, since = await wish(agency), new_id(), datetime.now(UTC)
    assert await agency.find(asking, key, since) is None
    made = await agency.reserve(asking, key)
    assert (made.hotel_name, made.room_type, made.total, made.currency) == (*expected, "EUR")
    assert await agency.find(asking, key, since) == made
    assert not await agency.is_cancelled(made.reservation)
    await agency.cancel(made.reservation)
    assert await agency.is_cancelled(made.reservation)
    assert len(asked(house, name, CREATE[name])) == 1


@EVERY
@pytest.mark.parametrize("reset", ["before", "after"])
async def test_a_line_that_breaks_leaves_doubt_and_nothing_is_asked_twice(
    house: House, name: str, reset: str
) -> None:
    agency = await house.fresh(name)
    asking, key, since = await wish(agency), new_id(), datetime.now(UTC)
    before = Fault(seconds=0.0)  # what is looked at before, which goes well
    house.standin(name).faults.extend([before, Fault(reset=reset)])
    with pytest.raises(AmbiguousError):
        await agency.reserve(asking, key)
    assert len(asked(house, name, CREATE[name])) == 1
    found = await agency.find(asking, key, since)
    assert (found is not None) is (reset == "after")


@EVERY
@pytest.mark.parametrize("fault", [Fault(status=500), Fault(status=503), Fault(malformed=True)])
async def test_an_answer_that_says_nothing_leaves_doubt_too(
    house: House, name: str, fault: Fault
) -> None:
    agency = await house.fresh(name)
    asking = await wish(agency)
    house.standin(name).faults.extend([Fault(), fault])
    with pytest.raises(AmbiguousError):
        await agency.reserve(asking, new_id())
    assert len(asked(house, name, CREATE[name])) == 1


@EVERY
@pytest.mark.parametrize("fault", [NOW, Fault(reset="before"), Fault(reset="after")])
async def test_what_only_looks_is_tried_again(house: House, name: str, fault: Fault) -> None:
    agency = await house.fresh(name)
    before = len(house.standin(name).calls)
    house.standin(name).faults.append(fault)
    assert await agency.search(Wanted(**LOOK))
    pages = 2 if name == "booking" else 1
    assert len(house.standin(name).calls) == before + pages + 1


@EVERY
async def test_who_asks_too_often_is_left_alone_at_once(house: House, name: str) -> None:
    agency = await house.fresh(name)
    before = len(house.standin(name).calls)
    house.standin(name).faults.append(Fault(status=429))
    with pytest.raises(UnavailableError):
        await agency.search(Wanted(**LOOK))
    assert len(house.standin(name).calls) == before + 1


@EVERY
async def test_a_wrong_key_is_not_tried_again(house: House, name: str) -> None:
    wrong = {"booking": {"booking_api_token": "no"}, "cloudbeds": {"cloudbeds_api_key": "no"}}
    agency = house.client(name, **wrong[name])
    for _ in range(2):
        with pytest.raises(ProviderError):
            await agency.search(Wanted(**LOOK))
    assert len(house.standin(name).calls) == 1


@EVERY
async def test_a_room_that_is_dearer_or_gone_by_now_is_not_booked(house: House, name: str) -> None:
    agency = await house.fresh(name)
    asking = await wish(agency, expected=1)
    with pytest.raises(Refusal) as refused:
        await agency.reserve(asking, new_id())
    assert refused.value.code is Code.PRICE_CHANGED
    assert asked(house, name, CREATE[name]) == []
    gone = await wish(agency, room_type_id="777_1/1")
    with pytest.raises(RefusedError):
        await agency.reserve(gone, new_id())


WRONG: list[tuple[str, int, dict[str, str], type[ProviderError]]] = [
    ("booking", 400, {"id": "missing_parameter"}, RefusedError),
    ("booking", 400, {"id": "invalid_parameter"}, RefusedError),
    ("booking", 400, {"id": "invalid_request"}, RefusedError),
    ("booking", 400, {"id": "expired_token"}, RefusedError),
    ("booking", 400, {"id": "invalid_token"}, RefusedError),
    ("booking", 401, {"id": "401"}, ExhaustedError),
    ("booking", 403, {"id": "sandbox_blocked"}, RefusedError),
    ("booking", 403, {"id": "403"}, ExhaustedError),
    ("booking", 409, {"id": "order_unavailable"}, RefusedError),
    ("booking", 429, {"id": "429"}, UnavailableError),
    ("booking", 500, {"id": "500"}, AmbiguousError),
    ("cloudbeds", 200, {}, RefusedError),
    ("cloudbeds", 400, {}, RefusedError),
    ("cloudbeds", 401, {}, ExhaustedError),
    ("cloudbeds", 403, {}, ExhaustedError),
    ("cloudbeds", 429, {}, UnavailableError),
    ("cloudbeds", 500, {}, AmbiguousError),
]


@pytest.mark.parametrize(("name", "status", "problem", "error"), WRONG)
async def test_each_error_of_a_booking_means_what_the_company_says_it_means(
    house: House, name: str, status: int, problem: dict[str, str], error: type[ProviderError]
) -> None:
    agency = await house.fresh(name)
    asking = await wish(agency)
    body: Any = {"request_id": "r", "errors": [{**problem, "message": "no"}]}
    if name == "cloudbeds":
        body = {"success": False, "message": "no"}
    house.standin(name).faults.extend([Fault(), Fault(status=status, body=body)])
    with pytest.raises(error):
        await agency.reserve(asking, new_id())
    assert len(asked(house, name, CREATE[name])) == 1


# Booking.com


async def test_an_order_that_exists_already_is_read_and_not_made_again(house: House) -> None:
    agency = await house.fresh("booking")
    asking = await wish(agency)
    made = await agency.reserve(asking, new_id())
    _, number = made.reservation.split("/")
    told = {"errors": [{"id": "duplicate_request", "message": "", "reservation": number}]}
    house.booking.faults.extend([Fault(), Fault(status=409, body=told)])
    assert (await agency.reserve(asking, new_id())).reservation == made.reservation
    told["errors"][0]["reservation"] = "unknown"
    house.booking.faults.extend([Fault(), Fault(status=409, body=told)])
    with pytest.raises(AmbiguousError):
        await agency.reserve(asking, new_id())
    assert len(house.booking.orders) == 1


async def test_a_room_that_wants_a_card_is_not_for_us(house: House) -> None:
    agency = await house.fresh("booking")
    asking = await wish(agency)
    house.booking.card_only = True
    with pytest.raises(RefusedError):
        await agency.reserve(asking, new_id())
    assert house.booking.orders == {}


async def test_the_stand_in_keeps_booking_coms_limits(house: House) -> None:
    headers = {"Authorization": f"Bearer {KEY}", "X-Affiliate-Id": "1"}
    about = {
        "booker": {"country": "nl", "platform": "mobile"},
        "checkin": ARRIVAL.isoformat(),
        "checkout": (ARRIVAL + timedelta(days=2)).isoformat(),
        "guests": {"number_of_adults": 2, "number_of_rooms": 1},
    }
    far = {"checkin": "2031-01-01", "checkout": "2031-01-02"}
    product = {"id": "1050736201_1_2_0_0", "allocation": {"number_of_adults": 2}}
    hotel = {**about, "id": 10507362, "products": [product]}

    async def post(path: str, body: Any, **sign: str) -> tuple[int, Any]:
        url = f"{house.urls['booking']}/3.2{path}"
        async with house.wiring.http.post(url, json=body, headers=headers | sign) as reply:
            return reply.status, await reply.json()

    search = "/accommodations/search"
    assert (await post(search, about, **{"X-Affiliate-Id": "2"}))[0] == 401
    assert (await post(search, about, Authorization="Bearer no"))[0] == 401
    for more in ({}, {"city": CITY, "country": "nl"}, {"city": CITY, **far}):
        assert (await post(search, {**about, **more}))[0] == 400
    status, token = await post("/orders/preview", {"accommodation": hotel})
    assert status == 200
    order = {"order_token": token["data"]["order_token"], "accommodation": {"label": "one"}}
    assert (await post("/orders/create", {**order, "order_token": "none"}))[0] == 400
    assert (await post("/orders/create", order))[0] == 200
    assert (await post("/orders/create", order))[1]["errors"][0]["id"] == "duplicate_request"
    _, late = await post("/orders/preview", {"accommodation": hotel})
    house.booking.ahead += timedelta(minutes=16)
    order["order_token"] = late["data"]["order_token"]
    assert (await post("/orders/create", order))[1]["errors"][0]["id"] == "expired_token"
    house.booking.a_minute = 1
    assert (await post(search, {**about, "city": CITY}))[0] == 429


# Zodomus

PLACE = Place(channel="booking_com", property_id="999", room_id="99901", rate_id="99901991")
SPAN = Span(first=ARRIVAL, last=ARRIVAL, amount=12950, available=4)


async def test_rates_and_availability_are_pushed_as_channels_read_them(house: House) -> None:
    manager = house.client("zodomus")
    await manager.push(PLACE, SPAN, "EUR")
    await manager.push(replace(PLACE, channel="airbnb"), SPAN, "EUR")
    rates, left = house.zodomus.held[1]
    assert (rates["prices"], rates["currencyCode"]) == ({"price": "129.50"}, "EUR")
    assert (rates["dateFrom"], left["availability"]) == (ARRIVAL.isoformat(), 4)
    after = (ARRIVAL + timedelta(days=1)).isoformat()
    assert (rates["dateTo"], house.zodomus.held[3][0]["dateTo"]) == (after, ARRIVAL.isoformat())
    assert len(asked(house, "zodomus", "/channels")) == 1, "numbers of channels are read once"


@pytest.mark.parametrize(
    ("fault", "error", "tries"),
    [
        (Fault(status=401), ExhaustedError, 1),
        (Fault(status=400), RefusedError, 1),
        (NOW, UnavailableError, 3),
        (Fault(reset="before"), UnavailableError, 3),
        (Fault(malformed=True), UnavailableError, 1),
        (Fault(status=200, body={"status": {"returnCode": "400"}}), RefusedError, 1),
    ],
)
async def test_a_channel_that_fails_says_so(
    house: House, fault: Fault, error: type[ProviderError], tries: int
) -> None:
    manager = house.client("zodomus")
    await manager.push(PLACE, SPAN, "EUR")
    house.zodomus.faults.extend([fault._replace(path="/rates")] * tries)
    before = len(asked(house, "zodomus", "/rates"))
    with pytest.raises(error):
        await manager.push(PLACE, SPAN, "EUR")
    assert len(asked(house, "zodomus", "/rates")) == before + tries


# Cloudbeds


async def test_a_guest_is_checked_in_and_pays_at_the_desk_once(house: House) -> None:
    desk = await house.fresh("cloudbeds")
    number = (await desk.reserve(await wish(desk), new_id())).reservation
    assert (await desk.assigned(number)).room == ""
    with pytest.raises(RefusedError):
        await desk.check_in(number)
    for _ in range(2):
        await desk.assign(number)
    assert (await desk.assigned(number)).room == "Q1"
    with pytest.raises(RefusedError):
        await desk.charge(number, 4200, "EUR", "Dinner", "bill-1")
    await desk.check_in(number)
    assert (await desk.assigned(number)).checked_in
    assert await desk.standing(number) is BookingStatus.CHECKED_IN

    house.cloudbeds.faults.append(Fault(reset="after"))
    with pytest.raises(AmbiguousError):
        await desk.charge(number, 4200, "EUR", "Dinner", "bill-1")
    posted = await desk.charge(number, 4200, "EUR", "Dinner", "bill-1")
    assert [item["price"] for item in house.cloudbeds.items.values()] == [42.0]
    await desk.void(number, posted)
    assert house.cloudbeds.items[posted]["voided"]


async def test_cloudbeds_own_client_understands_our_stand_in(house: House) -> None:
    ours = await house.fresh("cloudbeds")
    number = (await ours.reserve(await wish(ours), "ours")).reservation
    known: dict[str, Any] = {"api_key": {"api_key": KEY}, "host": house.urls["cloudbeds"]}

    def talk() -> None:
        with cloudbeds_sdk.ApiClient(cloudbeds_sdk.Configuration(**known)) as api:
            hotels = cloudbeds_sdk.HotelApi(api).get_hotels_get()
            assert hotels.data[0].property_name == "Casa Nuvola"
            rooms, reservations = cloudbeds_sdk.RoomApi(api), cloudbeds_sdk.ReservationApi(api)
            found = rooms.get_available_room_types_get(LOOK["checkin"], LOOK["checkout"], 1, 2, 0)
            kind = found.data[0].property_rooms[0]
            assert (kind.room_type_name, kind.rooms_available) == ("Queen Room", 2)
            held = reservations.get_reservation_get(number).data
            assert (held.third_party_identifier, held.total) == ("ours", 199.0)
            assert reservations.get_reservations_get().total == 1
            given = {"new_room_id": "Q2", "room_type_id": kind.room_type_id}
            assert rooms.post_room_assign_post(reservation_id=number, **given).success
            assert rooms.post_room_check_in_post(reservation_id=number, room_id="Q2").success
            assert reservations.get_reservation_get(number).data.assigned[0].room_name == "Q2"
            left = reservations.put_reservation_put(reservation_id=number, status="checked_out")
            assert left.success
            # It writes the fields of arrays as Python does, which no server reads.
            array = [{"roomTypeID": kind.room_type_id, "quantity": 1}]
            assert not reservations.post_reservation_post(rooms=array).success
        known["api_key"] = {"api_key": "another"}
        with (
            cloudbeds_sdk.ApiClient(cloudbeds_sdk.Configuration(**known)) as stranger,
            pytest.raises(UnauthorizedException),
        ):
            cloudbeds_sdk.HotelApi(stranger).get_hotels_get()

    await asyncio.to_thread(talk)


def test_amounts_are_written_as_companies_write_them() -> None:
    written = ((4205, "EUR", "42.05"), (500, "JPY", "500"), (1, "KWD", "0.001"))
    for amount, currency, text in written:
        assert major(amount, currency) == text
        assert minor(Decimal(text), currency) == amount
