"""Booking.com's Demand API, version 3.2: hotels all over the world, paid for when one is there."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from handlers.providers.api import Api
from handlers.providers.booking_errors import BookedBefore, meaning
from handlers.providers.booking_names import LANGUAGE, UNKNOWN, Directory, Names
from handlers.providers.booking_wire import (
    Created,
    Found,
    Order,
    OrderHotel,
    Orders,
    Page,
    Preview,
    Previewed,
    Product,
)
from handlers.providers.errors import (
    AmbiguousError,
    ProviderError,
    RefusedError,
    UnavailableError,
)
from handlers.providers.keys import Keys
from handlers.providers.lodgings import Reserve, Reserved, Wanted, minor
from handlers.providers.wiring import Wiring
from state.domain.hotel import Offer, Stay, require_price
from state.live.gates import Limits

NAME = "booking"
LIMITS = Limits(slots=8, rate=0.4, burst=25, lease=70.0)  # its sandbox takes 50 a minute
TIMES = (5.0, 60.0)
PAGES = 3
TRYING_OUT = "demandapi-sandbox"  # its own sandbox takes the same token
AT_PROPERTY = "pay_at_the_property"


class Booking:
    name = NAME

    def __init__(self, api: Api, keys: Keys) -> None:
        self._api = api
        self._headers = {
            "Authorization": f"Bearer {keys.booking_api_token}",
            "X-Affiliate-Id": str(keys.booking_affiliate_id),
        }
        self._sandbox = TRYING_OUT in keys.booking_base_url
        self._country, self._city = keys.booking_country, keys.booking_city
        self._names = Directory(self._ask)

    async def search(self, wanted: Wanted) -> list[Offer]:
        city = wanted.city or self._city
        if not city:
            return []
        body = {**self._about(wanted), "city": city, "extras": ["products"]}
        found: list[Found] = []
        for _ in range(PAGES):
            page = await self._ask("/accommodations/search", body, Page)
            found += page.data
            if page.metadata.next_page is None:
                break
            body = {**body, "page": page.metadata.next_page}
        return await self._offers([(each, each.products[:1]) for each in found], wanted)

    async def availability(self, hotel_id: str, wanted: Wanted) -> list[Offer]:
        body = {**self._about(wanted), "accommodations": [_number(hotel_id)]}
        page = await self._ask("/accommodations/availability", body, Page)
        return await self._offers([(each, each.products) for each in page.data], wanted)

    async def reserve(self, wish: Reserve, key: str) -> Reserved:
        """Preview the order, which gives its price and a token for a quarter of an hour; create it.

        An order that was created before under the same token is read, not asked for again.
        """
        preview = await self._ask("/orders/preview", self._preview(wish), Preview)
        held = preview.data.accommodation
        total = minor(held.price.shown, held.currency)
        require_price(total, held.currency, wish.expected)
        _require_later(held)
        names = await self._names.of([held.id])
        body = _order(wish, preview.data.order_token, key)
        try:
            made = await self._api.change(
                "POST", "/orders/create", Created, json=body, headers=self._headers
            )
            number = _join(made.data.order, made.data.accommodation.reservation)
        except BookedBefore as exc:
            number = await self._order_of(exc.reservation)
        hotel = names.get(held.id, UNKNOWN)
        return Reserved(
            reservation=number,
            hotel_name=hotel.hotel,
            room_type=hotel.room_of(wish.room_type_id),
            currency=held.currency,
            total=total,
            sandbox=self._sandbox,
        )

    async def find(self, wish: Reserve, key: str, since: datetime) -> Reserved | None:
        async for order in self._created(since):
            if order.label == key and order.accommodations is not None:
                return await self._reserved(order, order.accommodations, wish)
        return None

    async def cancel(self, reservation: str) -> None:
        order, number = _split(reservation)
        body = {"order": order, "accommodation": {"reservation": number, "reason": "guest"}}
        await self._api.change(
            "POST", "/orders/cancel", dict[str, Any], json=body, headers=self._headers
        )

    async def is_cancelled(self, reservation: str) -> bool:
        order, _ = _split(reservation)
        body = {"orders": [order], "currency": "EUR"}
        found = await self._ask("/orders/details", body, Orders)
        return any(each.status.startswith("cancelled") for each in found.data)

    async def _ask(self, path: str, body: dict[str, Any], kind: Any) -> Any:
        """Ask for what changes nothing there."""
        reply = await self._api.ask("POST", path, json=body, headers=self._headers)
        self._sandbox |= reply.sandbox
        return reply.json(kind)

    def _about(self, stay: Stay) -> dict[str, Any]:
        guests: dict[str, Any] = {
            "number_of_adults": stay.adults,
            "number_of_rooms": stay.rooms,
        }
        if stay.children:
            guests["children"] = list(stay.children)
        return {**self._when(stay), "guests": guests}

    def _when(self, stay: Stay) -> dict[str, Any]:
        return {
            "booker": {"country": self._country, "platform": "mobile"},
            "checkin": stay.checkin.isoformat(),
            "checkout": stay.checkout.isoformat(),
        }

    def _preview(self, wish: Reserve) -> dict[str, Any]:
        allocation = {"number_of_adults": wish.adults, "children": list(wish.children)}
        product = {"id": wish.room_type_id, "allocation": allocation}
        hotel = {"id": _number(wish.hotel_id), **self._when(wish), "products": [product]}
        return {"accommodation": hotel}

    async def _offers(
        self, found: Iterable[tuple[Found, list[Product]]], stay: Stay
    ) -> list[Offer]:
        those = list(found)
        names = await self._names.of([hotel.id for hotel, _ in those])
        return [
            _offer(hotel, product, names.get(hotel.id, UNKNOWN), stay, self._sandbox)
            for hotel, products in those
            for product in products
        ]

    async def _created(self, since: datetime) -> Any:
        """Yield the orders that were created around a time, page by page."""
        span = {"from": _time(since - timedelta(minutes=5)), "to": _time(since + timedelta(days=1))}
        body: dict[str, Any] = {"created": span, "currency": "EUR", "services": ["accommodations"]}
        while True:
            page = await self._ask("/orders/details", body, Orders)
            for order in page.data:
                yield order
            if page.metadata.next_page is None:
                return
            body = {"page": page.metadata.next_page}

    async def _reserved(self, order: Order, hotel: OrderHotel, wish: Reserve) -> Reserved:
        if order.price is None or order.currencies is None:
            raise UnavailableError("booking tells of an order without its price")
        names = await self._names.of([_number(wish.hotel_id)])
        known = names.get(_number(wish.hotel_id), Names(hotel.name, {}))
        currency = order.currencies.booker
        return Reserved(
            reservation=_join(order.id, hotel.reservation),
            hotel_name=hotel.name or known.hotel,
            room_type=known.room_of(wish.room_type_id),
            currency=currency,
            sandbox=self._sandbox,
            total=minor(order.price.total_price.booker_currency, currency),
        )

    async def _order_of(self, reservation: str) -> str:
        """Return an order that is there for certain; in doubt it is, nobody asks for another."""
        body = {"reservations": [reservation], "currency": "EUR"}
        try:
            found = await self._ask("/orders/details", body, Orders)
        except ProviderError as exc:
            raise AmbiguousError("booking has made an order, and does not tell which") from exc
        if not found.data:
            raise AmbiguousError("booking has made an order, and does not tell which")
        return _join(found.data[0].id, reservation)


def _offer(hotel: Found, product: Product, names: Names, stay: Stay, sandbox: bool) -> Offer:
    currency = hotel.currency.booker
    return Offer(
        provider=NAME,
        hotel_id=str(hotel.id),
        hotel_name=names.hotel,
        address=names.address,
        room_type_id=product.id,
        room_type=names.rooms.get(product.room, ""),
        nights=stay.nights,
        currency=currency,
        total=minor(product.price.shown, currency),
        available=product.number_available,
        sandbox=sandbox,
        free_cancellation=product.policies.cancellation.type == "free_cancellation",
    )


def _order(wish: Reserve, token: str, key: str) -> dict[str, Any]:
    """Return the order as it is created; it can be found again by its label."""
    who = wish.guest
    full_name = f"{who.first_name} {who.last_name}"
    return {
        "order_token": token,
        "booker": {
            "name": {"first_name": who.first_name, "last_name": who.last_name},
            "email": who.email,
            "telephone": who.phone,
            "language": LANGUAGE,
            "address": {
                "address_line": who.address,
                "city": who.city,
                "country": who.country,
                "post_code": who.post_code,
            },
        },
        "accommodation": {
            "label": key,
            "products": [
                {"id": wish.room_type_id, "guests": [{"name": full_name, "email": who.email}]}
            ],
        },
        "payment": {"timing": AT_PROPERTY},
    }


def _require_later(held: Previewed) -> None:
    """Raise RefusedError where a card is wanted: card data is not for us to see."""
    payment = held.general_policies.get("payment") or {}
    later = payment.get(AT_PROPERTY)
    if later is None or later.get("method_required"):
        raise RefusedError("this room has to be paid by card on Booking.com itself")


def _number(hotel_id: str) -> int:
    if not hotel_id.isdecimal():
        raise RefusedError("booking knows its hotels by numbers")
    return int(hotel_id)


def _time(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _join(order: str | int, reservation: str | int) -> str:
    return f"{order}/{reservation}"


def _split(reservation: str) -> tuple[str, str]:
    order, _, number = reservation.partition("/")
    return order, number


def create(keys: Keys, wiring: Wiring) -> Booking | None:
    if not keys.booking_api_token:
        return None
    base = f"{keys.booking_base_url.rstrip('/')}/{keys.booking_version}"
    return Booking(wiring.api(NAME, base, times=TIMES, limits=LIMITS, meaning=meaning), keys)
