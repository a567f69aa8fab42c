"""What every company with hotel rooms offers, behind one interface; so do the house's own rooms."""

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

import msgspec

from handlers.providers.keys import Keys
from state.domain.hotel import BookingStatus, Offer, Person, Stay
from state.domain.money import exponent


class Wanted(Stay, frozen=True, kw_only=True):
    """A stay as it is looked for: `city` is Booking.com's number of one."""

    city: int | None = None


class Reserve(Stay, frozen=True, kw_only=True):
    """One room to be booked; `expected` is the total that the guest was shown."""

    hotel_id: str
    room_type_id: str
    guest: Person
    expected: int | None = None


class Reserved(msgspec.Struct, frozen=True, kw_only=True):
    """A booking as the provider has it."""

    reservation: str
    hotel_name: str
    room_type: str
    currency: str
    total: int
    sandbox: bool = False


class Lodging(Protocol):
    """Whoever has rooms. All of it raises ProviderErrors."""

    @property
    def name(self) -> str: ...

    async def search(self, wanted: Wanted) -> list[Offer]:
        """Return the cheapest that each hotel has for a stay."""

    async def availability(self, hotel_id: str, wanted: Wanted) -> list[Offer]:
        """Return all that one hotel has for a stay right now."""


class Agency(Lodging, Protocol):
    """A company at which rooms are booked. What changes something there is asked once."""

    async def reserve(self, wish: Reserve, key: str) -> Reserved:
        """Book a room that still costs what was expected; raise PRICE_CHANGED where it does not.

        `key` is what the booking can be found by. Raises AmbiguousError where nobody can tell.
        """

    async def find(self, wish: Reserve, key: str, since: datetime) -> Reserved | None:
        """Return the booking made under a key, None where there certainly is none (yet)."""

    async def cancel(self, reservation: str) -> None: ...

    async def is_cancelled(self, reservation: str) -> bool: ...


class Assigned(msgspec.Struct, frozen=True, kw_only=True):
    """Where a guest sleeps."""

    room: str
    checked_in: bool


class FrontDesk(Protocol):
    """A hotel whose front desk can be spoken to."""

    async def assigned(self, reservation: str) -> Assigned:
        """Return the room of a booking, empty where it has none yet."""

    async def assign(self, reservation: str) -> None:
        """Give a booking a room that is free."""

    async def check_in(self, reservation: str) -> None: ...

    async def charge(
        self, reservation: str, amount: int, currency: str, what: str, key: str
    ) -> str:
        """Post an amount to the guest's folio; return what it can be voided by.

        Under a key that was posted before nothing more is: this may be repeated.
        """

    async def void(self, reservation: str, posted: str) -> None:
        """Take a posted amount off again; may be repeated."""

    async def standing(self, reservation: str) -> BookingStatus:
        """Return how a booking stands at the hotel."""


def configured(keys: Keys) -> tuple[str, ...]:
    """Return the names of the companies that are set up."""
    named: Sequence[tuple[str, str]] = (
        ("booking", keys.booking_api_token),
        ("cloudbeds", keys.cloudbeds_api_key),
    )
    return tuple(name for name, key in named if key)


def minor(amount: Decimal, currency: str) -> int:
    """Return an amount as companies write it in the currency's minor unit."""
    scaled = amount.scaleb(exponent(currency))
    return int(scaled.quantize(Decimal(1), ROUND_HALF_UP))


def major(amount: int, currency: str) -> str:
    """Return an amount in the minor unit as companies write it."""
    digits = exponent(currency)
    return f"{Decimal(amount).scaleb(-digits):.{digits}f}"
