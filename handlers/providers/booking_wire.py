"""What Booking.com's Demand API answers, as far as we read it."""

from decimal import Decimal
from typing import Any

import msgspec


class Both(msgspec.Struct, frozen=True):
    """An amount in the currency of the booker."""

    booker_currency: Decimal


class Price(msgspec.Struct, frozen=True):
    """`display` is what a guest has to be shown."""

    total: Both
    display: Both | None = None

    @property
    def shown(self) -> Decimal:
        return (self.display or self.total).booker_currency


class Currency(msgspec.Struct, frozen=True):
    booker: str


class Cancellation(msgspec.Struct, frozen=True):
    type: str = ""


class Policies(msgspec.Struct, frozen=True):
    cancellation: Cancellation = Cancellation()


class Product(msgspec.Struct, frozen=True):
    id: str
    price: Price
    room: str = ""
    policies: Policies = Policies()
    number_available: int | None = None


class Found(msgspec.Struct, frozen=True):
    id: int
    currency: Currency
    products: list[Product] = []


class Metadata(msgspec.Struct, frozen=True):
    next_page: str | None = None


class Page(msgspec.Struct, frozen=True):
    data: list[Found]
    metadata: Metadata = Metadata()


class Room(msgspec.Struct, frozen=True):
    id: str
    name: dict[str, str] = {}


class Location(msgspec.Struct, frozen=True):
    """By language."""

    address: dict[str, str] = {}


class Details(msgspec.Struct, frozen=True):
    id: int
    name: dict[str, str] = {}
    location: Location = Location()
    rooms: list[Room] = []


class DetailsPage(msgspec.Struct, frozen=True):
    data: list[Details]


class Previewed(msgspec.Struct, frozen=True):
    id: int
    currency: str
    price: Price
    general_policies: dict[str, Any] = {}


class PreviewData(msgspec.Struct, frozen=True):
    order_token: str
    accommodation: Previewed


class Preview(msgspec.Struct, frozen=True):
    data: PreviewData


class CreatedHotel(msgspec.Struct, frozen=True):
    reservation: str | int


class CreatedData(msgspec.Struct, frozen=True):
    order: str | int
    accommodation: CreatedHotel


class Created(msgspec.Struct, frozen=True):
    data: CreatedData


class OrderHotel(msgspec.Struct, frozen=True):
    reservation: str
    name: str = ""


class OrderPrice(msgspec.Struct, frozen=True):
    total_price: Both


class Order(msgspec.Struct, frozen=True):
    id: str
    status: str = ""
    label: str | None = None
    accommodations: OrderHotel | None = None
    currencies: Currency | None = None
    price: OrderPrice | None = None


class Orders(msgspec.Struct, frozen=True):
    data: list[Order]
    metadata: Metadata = Metadata()


class Problem(msgspec.Struct, frozen=True):
    id: str = ""
    reservation: str = ""


class Problems(msgspec.Struct, frozen=True):
    errors: list[Problem] = []
