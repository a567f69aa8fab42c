"""What clients may ask about hotels: one Struct for each payload."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from state.domain.commands import WHOLE, Command, Id
from state.domain.hotel import Stay

Text = Annotated[str, Meta(min_length=1, max_length=200, pattern=WHOLE)]
Short = Annotated[str, Meta(max_length=100, pattern=WHOLE)]
Country = Annotated[str, Meta(pattern=r"^[A-Za-z]{2}$")]
Adults = Annotated[int, Meta(ge=1, le=10)]
Ages = Annotated[tuple[Annotated[int, Meta(ge=0, le=17)], ...], Meta(max_length=6)]
Provider = Literal["own", "booking", "cloudbeds"]
Amount = Annotated[int, Meta(ge=0, le=2**53)]
Signed = Annotated[str, Meta(min_length=1, max_length=64)]


class Wish(Command, frozen=True, kw_only=True):
    """`children` are their ages. Staff of several restaurants name theirs."""

    checkin: date
    checkout: date
    adults: Adults = 2
    children: Ages = ()
    rooms: Annotated[int, Meta(ge=1, le=5)] = 1
    restaurant_id: Id | None = None

    @property
    def stay(self) -> Stay:
        return Stay(
            checkin=self.checkin,
            checkout=self.checkout,
            adults=self.adults,
            children=tuple(sorted(self.children)),
            rooms=self.rooms,
        )


class HotelSearch(Wish, frozen=True, kw_only=True):
    """`city` is Booking.com's number of one; where it is left out, the house's own is searched."""

    city: Annotated[int, Meta(ge=-(2**53), le=2**53)] | None = None


class HotelAvailability(Wish, frozen=True, kw_only=True):
    """Which rooms of one hotel, as a search found it, are left right now."""

    provider: Provider
    hotel_id: Text


class Booker(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Who will stay. Booking.com also wants to know the phone number, address and city."""

    first_name: Text
    last_name: Text
    email: Annotated[str, Meta(max_length=200, pattern=r"^[^@\s\x00]+@[^@\s\x00]+\.[^@\s\x00]+$")]
    phone: Short = ""
    country: Country = "us"
    city: Short = ""
    address: Short = ""
    post_code: Short = ""


class HotelBook(Wish, frozen=True, kw_only=True):
    """`expectedTotal` is what the guest was shown; where the room costs something else by now,
    nothing is booked, and PRICE_CHANGED says so.
    """

    provider: Provider
    hotel_id: Text
    room_type_id: Text
    rooms: Literal[1] = 1
    guest: Booker
    expected_total: Amount | None = None


class BookingCommand(Command, frozen=True, kw_only=True):
    """About one booking: one's own by its `bookingId`; with the `token` of its link, anybody's."""

    booking_id: Id
    token: Signed | None = None


class CheckinForm(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What a hotel has to write down of its guests; `nationality` is an ISO 3166 code."""

    first_name: Text
    last_name: Text
    birth_date: date
    nationality: Country
    document: Text
    address: Text


class HotelCheckin(BookingCommand, frozen=True, kw_only=True):
    registration: CheckinForm


class RoomCharge(BookingCommand, frozen=True, kw_only=True):
    """A guest names one of its party's orders, which is paid for by that. Programs may name an
    `amount`, its `currency`, and the `reference` under which it is charged once.
    """

    order_id: Id | None = None
    amount: Annotated[int, Meta(ge=1, le=2**53)] | None = None
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$")] | None = None
    reference: Id | None = None
    description: Short = ""
