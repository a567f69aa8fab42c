"""Hotels: what stays cost, who may stay where, and how a booking goes on. Nights are dates.

A stay has a night for each date from the day of arrival to the day before departure.
"""

import secrets
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from state.domain import signed
from state.domain.errors import Code, Refusal, illegal, invalid, not_found

OWN = "own"  # the provider of the house's own rooms
MOST_NIGHTS, MOST_AHEAD = 90, timedelta(days=500)  # as far as Booking.com looks
DOOR_DIGITS = 6
NIGHT = timedelta(days=1)


class BookingStatus(StrEnum):
    CONFIRMED = "CONFIRMED"
    CHECKED_IN = "CHECKED_IN"
    CHECKED_OUT = "CHECKED_OUT"
    CANCELLED = "CANCELLED"


class Hotel(msgspec.Struct, frozen=True, kw_only=True):
    """A hotel of the house."""

    id: str
    tenant_id: str
    name: str
    city: str
    country: str
    currency: str
    timezone: str
    checkin_from: time
    checkout_until: time

    def clock(self, now: datetime) -> datetime:
        """Return what the clock in its lobby says."""
        return now.astimezone(ZoneInfo(self.timezone))


class Stay(msgspec.Struct, frozen=True, kw_only=True):
    """When, and for whom. `children` are ages."""

    checkin: date
    checkout: date
    adults: int = 2
    children: tuple[int, ...] = ()
    rooms: int = 1

    @property
    def nights(self) -> int:
        return (self.checkout - self.checkin).days


class Offer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A kind of room that can be had for a stay; `total` is for all its nights and rooms.

    `available` is how many of it are left, None where the provider does not say. Until it is
    booked the price may change, except where `provider` is `own`. `sandbox`: for trying out only.
    """

    provider: str
    hotel_id: str
    hotel_name: str
    address: str = ""
    room_type_id: str
    room_type: str
    nights: int
    currency: str
    total: int
    available: int | None = None
    free_cancellation: bool | None = None
    sandbox: bool = False


class Person(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Who will stay. `country` is an ISO 3166 code of two letters."""

    first_name: str
    last_name: str
    email: str = ""
    phone: str = ""
    country: str = ""
    city: str = ""
    address: str = ""
    post_code: str = ""


class Registration(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What a hotel has to write down of its guests."""

    first_name: str
    last_name: str
    birth_date: date
    nationality: str
    document: str
    address: str


class Booking(msgspec.Struct, frozen=True, kw_only=True):
    """A room for a stay. `hotel_id` and `room_type_id` are the provider's names for them.

    `reservation` is its number there. `room_id` is the room of our own that is held for it. A
    `sandbox` one is for trying out: nobody waits for its guest.
    """

    id: str
    tenant_id: str
    restaurant_id: str
    owner: str
    provider: str
    hotel_id: str
    hotel_name: str
    room_type_id: str
    room_type: str
    room_id: str | None = None
    room_number: str = ""
    guest: Person
    adults: int
    children: tuple[int, ...] = ()
    checkin: date
    checkout: date
    currency: str
    total: int
    status: BookingStatus = BookingStatus.CONFIRMED
    reservation: str = ""
    door_code: str = ""
    sandbox: bool = False
    registration: Registration | None = None
    created_at: datetime
    checked_in_at: datetime | None = None
    checked_out_at: datetime | None = None
    cancelled_at: datetime | None = None


class BookingNews(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A booking as its owner sees it. `checkinUrl` opens its digital check-in."""

    booking_id: str
    provider: str
    hotel_id: str
    hotel_name: str
    room_type_id: str
    room_type: str
    room_number: str
    guest: Person
    adults: int
    children: tuple[int, ...]
    checkin: date
    checkout: date
    currency: str
    total: int
    status: BookingStatus
    reservation: str
    checkin_url: str
    sandbox: bool
    created_at: datetime


class DoorCode(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What opens the door of a room, and until when."""

    booking_id: str
    room_number: str
    door_code: str
    until: datetime


def news(booking: Booking, link: str) -> BookingNews:
    return BookingNews(
        booking_id=booking.id,
        provider=booking.provider,
        hotel_id=booking.hotel_id,
        hotel_name=booking.hotel_name,
        room_type_id=booking.room_type_id,
        room_type=booking.room_type,
        room_number=booking.room_number,
        guest=booking.guest,
        adults=booking.adults,
        children=booking.children,
        checkin=booking.checkin,
        checkout=booking.checkout,
        currency=booking.currency,
        total=booking.total,
        status=booking.status,
        reservation=booking.reservation,
        checkin_url=link,
        sandbox=booking.sandbox,
        created_at=booking.created_at,
    )


def nights(checkin: date, checkout: date) -> Iterator[date]:
    night = checkin
    while night < checkout:
        yield night
        night += NIGHT


def price(stay: Stay, base: int, rates: Mapping[date, int]) -> int:
    """Return what a room costs for a stay, by the night."""
    return stay.rooms * sum(rates.get(night, base) for night in nights(stay.checkin, stay.checkout))


def require_stay(stay: Stay, today: date) -> None:
    """Raise INVALID for dates that nobody can book."""
    if stay.checkin < today:
        raise invalid("checkin", "is in the past")
    if stay.checkin > today + MOST_AHEAD:
        raise invalid("checkin", f"is more than {MOST_AHEAD.days} days ahead")
    if not 1 <= stay.nights <= MOST_NIGHTS:
        raise invalid("checkout", f"is 1 to {MOST_NIGHTS} nights after checkin")


def require_price(total: int, currency: str, expected: int | None) -> None:
    """Raise PRICE_CHANGED where a room no longer costs what the guest was shown."""
    if expected is not None and expected != total:
        details = {"total": total, "currency": currency}
        raise Refusal(Code.PRICE_CHANGED, "the room has another price by now", details)


def cancel(booking: Booking, now: datetime) -> Booking:
    if booking.status is not BookingStatus.CONFIRMED:
        raise illegal(f"a {booking.status} booking cannot be cancelled")
    return replace(booking, status=BookingStatus.CANCELLED, cancelled_at=now)


def require_confirmed(booking: Booking) -> None:
    if booking.status is not BookingStatus.CONFIRMED:
        raise illegal(f"a {booking.status} booking cannot be checked in")


def require_arrived(booking: Booking, lobby: datetime, opens: time) -> None:
    """Raise CONFLICT outside of the time in which a booking's guest may move in."""
    require_confirmed(booking)
    if (lobby.date(), lobby.time()) < (booking.checkin, opens):
        raise Refusal(Code.CONFLICT, f"rooms are ready from {opens:%H:%M} on {booking.checkin}")
    if lobby.date() >= booking.checkout:
        raise Refusal(Code.CONFLICT, "the stay is over")


def check_in(booking: Booking, given: Registration, door_code: str, now: datetime) -> Booking:
    return replace(
        booking,
        status=BookingStatus.CHECKED_IN,
        registration=given,
        door_code=door_code,
        checked_in_at=now,
    )


def new_door_code() -> str:
    return f"{secrets.randbelow(10**DOOR_DIGITS):0{DOOR_DIGITS}d}"


def link_token(booking_id: str, secret: bytes) -> str:
    """Return what a booking's check-in link ends with: whoever has it may check in."""
    return signed.token(b"stay", booking_id, 0, secret)


def booking_of(token: str, secret: bytes) -> str:
    """Return the booking a link speaks of; raise NOT_FOUND unless it is one of ours."""
    found = signed.id_of(token, "booking")
    if not signed.is_genuine(token, link_token(found, secret)):
        raise not_found("booking")
    return found
