"""Hotels: what nights cost, who may move in when, what a folio takes, and links that are signed."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from state.domain import folio, hotel
from state.domain.channel import Span, spans
from state.domain.errors import Code, Refusal
from state.domain.folio import Charge, ChargeStatus, Posting
from state.domain.hotel import Booking, BookingStatus, Person, Registration, Stay
from state.domain.ids import new_id

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = date(2026, 5, 1)
NIGHT = timedelta(days=1)
SECRET = b"a secret of the tests"
BOOKING = Booking(
    id="01955a36-5b66-7c8d-9e0f-a1b2c3d4e5f6",
    tenant_id="t1",
    restaurant_id="r1",
    owner="g1",
    provider="own",
    hotel_id="h1",
    hotel_name="Linden House",
    room_type_id="double",
    room_type="Double",
    guest=Person(first_name="Ada", last_name="Lovelace"),
    adults=2,
    checkin=DAY,
    checkout=DAY + 2 * NIGHT,
    currency="EUR",
    total=20000,
    created_at=NOW,
)
FORM = Registration(
    first_name="Ada",
    last_name="Lovelace",
    birth_date=date(1990, 12, 10),
    nationality="gb",
    document="1",
    address="London",
)
IN_HOUSE = hotel.check_in(BOOKING, FORM, "123456", NOW)


def refusal(call: Any, *args: Any) -> Code:
    with pytest.raises(Refusal) as refused:
        call(*args)
    return refused.value.code


def stay(start: int = 0, nights: int = 2, **more: Any) -> Stay:
    first = DAY + start * NIGHT
    return Stay(checkin=first, checkout=first + nights * NIGHT, **more)


def test_a_stay_costs_what_its_nights_do() -> None:
    rates = {DAY: 15000, DAY + 2 * NIGHT: 99999}
    assert hotel.price(stay(), 10000, {}) == 20000
    assert hotel.price(stay(), 10000, rates) == 25000, "the day of departure is no night"
    assert hotel.price(stay(rooms=3), 10000, rates) == 75000


@given(st.integers(1, 90), st.integers(0, 10**6), st.integers(1, 5))
def test_no_night_is_forgotten_or_counted_twice(nights: int, base: int, rooms: int) -> None:
    one = stay(nights=nights, rooms=rooms)
    assert one.nights == len(set(hotel.nights(one.checkin, one.checkout))) == nights
    assert hotel.price(one, base, {}) == nights * base * rooms


@pytest.mark.parametrize(("start", "nights"), [(-1, 2), (501, 1), (0, 0), (0, -1), (0, 91)])
def test_dates_that_nobody_can_book_are_refused(start: int, nights: int) -> None:
    assert refusal(hotel.require_stay, stay(start, nights), DAY) is Code.INVALID


@pytest.mark.parametrize(("start", "nights"), [(0, 1), (500, 90)])
def test_the_first_and_the_last_day_can_be_booked(start: int, nights: int) -> None:
    hotel.require_stay(stay(start, nights), DAY)


def test_a_price_that_was_not_shown_is_not_paid() -> None:
    hotel.require_price(100, "EUR", None)
    hotel.require_price(100, "EUR", 100)
    assert refusal(hotel.require_price, 101, "EUR", 100) is Code.PRICE_CHANGED


@pytest.mark.parametrize(
    ("lobby", "code"),
    [
        (datetime(2026, 4, 30, 23, 59), Code.CONFLICT),
        (datetime(2026, 5, 1, 14, 59), Code.CONFLICT),
        (datetime(2026, 5, 1, 15, 0), None),
        (datetime(2026, 5, 2, 3, 0), None),
        (datetime(2026, 5, 3, 0, 0), Code.CONFLICT),
    ],
)
def test_guests_move_in_from_the_time_that_rooms_are_ready(
    lobby: datetime, code: Code | None
) -> None:
    args = (BOOKING, lobby.replace(tzinfo=UTC), time(15))
    if code is None:
        hotel.require_arrived(*args)
    else:
        assert refusal(hotel.require_arrived, *args) is code


@pytest.mark.parametrize("status", [s for s in BookingStatus if s != "CONFIRMED"])
def test_what_has_begun_or_ended_is_neither_cancelled_nor_begun(status: BookingStatus) -> None:
    booking = replace(BOOKING, status=status)
    assert refusal(hotel.cancel, booking, NOW) is Code.ILLEGAL_TRANSITION
    assert refusal(hotel.require_confirmed, booking) is Code.ILLEGAL_TRANSITION


def test_a_door_code_is_six_digits() -> None:
    codes = {hotel.new_door_code() for _ in range(200)}
    assert {len(code) for code in codes} == {6}
    assert all(code.isdecimal() for code in codes)
    assert len(codes) > 190


def test_a_link_speaks_of_its_booking_and_cannot_be_made_by_others() -> None:
    token = hotel.link_token(BOOKING.id, SECRET)
    assert hotel.booking_of(token, SECRET) == BOOKING.id
    assert len(token) <= 64
    other = hotel.link_token(new_id(), SECRET)
    forged = token[:24] + other[24:]
    for wrong in (forged, token[:-1], "", "guessed", "Ж" * 38):
        assert refusal(hotel.booking_of, wrong, SECRET) is Code.NOT_FOUND
    assert refusal(hotel.booking_of, token, b"another secret") is Code.NOT_FOUND


@pytest.mark.parametrize("status", [s for s in BookingStatus if s != "CHECKED_IN"])
def test_only_who_is_in_the_house_is_charged(status: BookingStatus) -> None:
    booking = replace(BOOKING, status=status)
    assert refusal(folio.require_chargeable, booking, "EUR", DAY) is Code.CONFLICT


def test_a_folio_takes_its_own_currency_until_the_day_of_departure() -> None:
    folio.require_chargeable(IN_HOUSE, "EUR", DAY)
    folio.require_chargeable(IN_HOUSE, "EUR", IN_HOUSE.checkout)
    for args in (
        (IN_HOUSE, "USD", DAY),
        (IN_HOUSE, "EUR", IN_HOUSE.checkout + NIGHT),
        (replace(IN_HOUSE, provider="booking"), "EUR", DAY),
    ):
        assert refusal(folio.require_chargeable, *args) is Code.CONFLICT


def test_a_reference_stands_for_one_charge() -> None:
    wish = Posting(booking_id=BOOKING.id, amount=42, currency="EUR", reference="bill-1")
    charge = Charge(
        id="c1",
        tenant_id="t1",
        restaurant_id="r1",
        booking_id=BOOKING.id,
        reference="bill-1",
        description="",
        amount=42,
        currency="EUR",
        status=ChargeStatus.PENDING,
        created_at=NOW,
    )
    folio.require_same(charge, wish)
    for changes in ({"amount": 43}, {"currency": "USD"}, {"booking_id": "another"}):
        assert refusal(folio.require_same, charge, replace(wish, **changes)) is Code.CONFLICT
    assert refusal(folio.require_voidable, charge) is Code.ILLEGAL_TRANSITION
    assert refusal(folio.require_voidable, folio.rejected(charge, "no")) is Code.ILLEGAL_TRANSITION
    folio.require_voidable(folio.posted(charge, "x", NOW))


def test_nights_that_are_alike_go_out_as_one() -> None:
    days = [DAY + n * NIGHT for n in (0, 1, 2, 4, 5)]
    amounts = dict(zip(days, (100, 100, 120, 120, 120), strict=True))
    free = dict(zip(days, (3, 3, 3, 3, 2), strict=True))
    assert spans(amounts, free) == [
        Span(first=days[0], last=days[1], amount=100, available=3),
        Span(first=days[2], last=days[2], amount=120, available=3),
        Span(first=days[3], last=days[3], amount=120, available=3),
        Span(first=days[4], last=days[4], amount=120, available=2),
    ]
