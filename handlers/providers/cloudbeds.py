"""Cloudbeds' PMS API, version 1.3: hotels whose front desk runs on it."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from handlers.providers.api import Api, Reply
from handlers.providers.cloudbeds_pms import Pms
from handlers.providers.cloudbeds_wire import (
    Answer,
    Availability,
    Available,
    Made,
    Posted,
    Properties,
    Property,
    Reservations,
    RoomType,
)
from handlers.providers.errors import ProviderError, RefusedError, UnavailableError
from handlers.providers.keys import Keys
from handlers.providers.lodgings import Assigned, Reserve, Reserved, Wanted, major, minor
from handlers.providers.wiring import Wiring
from state.domain.errors import Code
from state.domain.hotel import BookingStatus, Offer, Stay, require_price
from state.live.gates import Limits

NAME = "cloudbeds"
LIMITS = Limits(slots=4, rate=5.0, burst=5, lease=50.0)  # five a second, or keys are suspended
TIMES = (3.0, 45.0)
HOTELS_SECONDS = 24 * 3600.0
PAGE = 100
STATUS = {
    "canceled": BookingStatus.CANCELLED,
    "no_show": BookingStatus.CANCELLED,
    "checked_in": BookingStatus.CHECKED_IN,
    "checked_out": BookingStatus.CHECKED_OUT,
}
RATE = "/"  # between the id of a room type and that of its rate


class Cloudbeds:
    name = NAME

    def __init__(self, api: Api, key: str) -> None:
        self._pms = Pms(api, key)
        self._hotels: Mapping[str, Property] = {}
        self._asked_at = -HOTELS_SECONDS

    async def search(self, wanted: Wanted) -> list[Offer]:
        found = [min(each, key=lambda offer: offer.total) for each in await self._left(wanted)]
        return found

    async def availability(self, hotel_id: str, wanted: Wanted) -> list[Offer]:
        found = await self._left(wanted, hotel_id)
        return [offer for offers in found for offer in offers]

    async def reserve(self, wish: Reserve, key: str) -> Reserved:
        """Look what the room costs by now, and book it; it is found again by the key."""
        offer = await self._offer(wish)
        require_price(offer.total, offer.currency, wish.expected)
        made: Made = await self._pms.change("POST", "/postReservation", Made, _booked(wish, key))
        return Reserved(
            reservation=made.id,
            hotel_name=offer.hotel_name,
            room_type=offer.room_type,
            currency=offer.currency,
            total=minor(made.total, offer.currency) or offer.total,
            sandbox=self._pms.sandbox,
        )

    async def find(self, wish: Reserve, key: str, since: datetime) -> Reserved | None:
        async for found in self._made_since(wish.hotel_id, since):
            if found.key == key:
                return await self._reserved(found.id, wish)
        return None

    async def cancel(self, reservation: str) -> None:
        given = {"reservationID": reservation, "status": "canceled"}
        await self._pms.change("PUT", "/putReservation", Answer, given)

    async def is_cancelled(self, reservation: str) -> bool:
        return await self.standing(reservation) is BookingStatus.CANCELLED

    async def standing(self, reservation: str) -> BookingStatus:
        held = await self._pms.reservation(reservation)
        return STATUS.get(held.status, BookingStatus.CONFIRMED)

    # At the front desk

    async def assigned(self, reservation: str) -> Assigned:
        held = await self._pms.reservation(reservation)
        room = held.assigned[0].room_name if held.assigned else ""
        return Assigned(room=room, checked_in=held.status == "checked_in")

    async def assign(self, reservation: str) -> None:
        held = await self._pms.reservation(reservation)
        if not held.unassigned:
            return
        kind = held.unassigned[0].type_id
        room = await self._pms.free_room(held.property_id, kind)
        given = {"reservationID": reservation, "newRoomID": room, "roomTypeID": kind}
        await self._pms.change("POST", "/postRoomAssign", Answer, given)

    async def check_in(self, reservation: str) -> None:
        held = await self._pms.reservation(reservation)
        given = {"reservationID": reservation}
        if held.assigned:
            given["roomID"] = held.assigned[0].room_id
        await self._pms.change("POST", "/postRoomCheckIn", Answer, given)

    async def charge(
        self, reservation: str, amount: int, currency: str, what: str, key: str
    ) -> str:
        """Post an item. Under a `referenceID` that it has, Cloudbeds posts nothing more."""
        given = {
            "reservationID": reservation,
            "referenceID": key,
            "items[0][appItemID]": "restaurant",
            "items[0][itemName]": what,
            "items[0][itemCategoryName]": "Restaurant",
            "items[0][itemQuantity]": "1",
            "items[0][itemPrice]": major(amount, currency),
        }
        posted: Posted = await self._pms.change("POST", "/postCustomItem", Posted, given)
        return posted.data.id if posted.data is not None else ""

    async def void(self, reservation: str, posted: str) -> None:
        given = {"reservationID": reservation, "soldProductID": posted}
        await self._pms.change("POST", "/postVoidItem", Answer, given)

    async def _left(self, stay: Stay, hotel_id: str | None = None) -> list[list[Offer]]:
        params = {
            "startDate": stay.checkin.isoformat(),
            "endDate": stay.checkout.isoformat(),
            "rooms": str(stay.rooms),
            "adults": str(stay.adults),
            "children": str(len(stay.children)),
            "detailedRates": "true",
        }
        if hotel_id is not None:
            params["propertyIDs"] = hotel_id
        found: Availability = await self._pms.ask("/getAvailableRoomTypes", Availability, params)
        known = await self._known()
        mark = self._pms.sandbox
        offered = [
            _offers(each, known[each.id].name, stay, mark)
            for each in found.data
            if each.id in known
        ]
        return [offers for offers in offered if offers]

    async def _offer(self, wish: Reserve) -> Offer:
        for offers in await self._left(wish, wish.hotel_id):
            for offer in offers:
                if offer.room_type_id == wish.room_type_id:
                    return offer
        raise RefusedError("this hotel has no such room left", Code.ITEM_UNAVAILABLE)

    async def _known(self) -> Mapping[str, Property]:
        """Return the hotels there are, which are asked for once a day."""
        if monotonic() - self._asked_at > HOTELS_SECONDS:
            found: Properties = await self._pms.ask("/getHotels", Properties, {})
            self._hotels = {each.id: each for each in found.data}
            self._asked_at = monotonic()
        return self._hotels

    async def _hotel(self, hotel_id: str) -> Property:
        found = (await self._known()).get(hotel_id)
        if found is None or not found.currency:
            raise UnavailableError("cloudbeds does not tell of this hotel")
        return found

    async def _made_since(self, hotel_id: str, since: datetime) -> AsyncIterator[Any]:
        """Yield what was booked since a time; the hotel's clock may be behind ours."""
        begin = since - timedelta(days=1)
        params = {"propertyID": hotel_id, "resultsFrom": f"{begin:%Y-%m-%d %H:%M:%S}"}
        params["pageSize"] = str(PAGE)
        number, seen = 0, 0
        while True:
            number += 1
            page: Reservations = await self._pms.ask(
                "/getReservations", Reservations, {**params, "pageNumber": str(number)}
            )
            for found in page.data:
                yield found
            seen += len(page.data)
            if not page.data or seen >= page.total:
                return

    async def _reserved(self, reservation: str, wish: Reserve) -> Reserved:
        held = await self._pms.reservation(reservation)
        rooms = [*held.assigned, *held.unassigned]
        hotel = await self._hotel(held.property_id)
        currency = hotel.currency[0].currency_code
        return Reserved(
            reservation=reservation,
            hotel_name=hotel.name,
            room_type=rooms[0].type_name if rooms else "",
            currency=currency,
            total=minor(held.total, currency),
            sandbox=self._pms.sandbox,
        )


def _offers(found: Available, name: str, stay: Stay, sandbox: bool) -> list[Offer]:
    if not found.currency:
        return []
    currency = found.currency[0].currency_code
    return [
        Offer(
            provider=NAME,
            hotel_id=found.id,
            hotel_name=name,
            room_type_id=f"{kind.id}{RATE}{kind.rate_id}",
            room_type=kind.name,
            nights=stay.nights,
            currency=currency,
            total=_total(kind, currency, stay),
            available=kind.left,
            sandbox=sandbox,
        )
        for kind in found.rooms
        if kind.left >= stay.rooms and kind.nights
    ]


def _total(kind: RoomType, currency: str, stay: Stay) -> int:
    return stay.rooms * sum(minor(night.rate, currency) for night in kind.nights)


def _booked(wish: Reserve, key: str) -> dict[str, str]:
    kind, _, rate = wish.room_type_id.partition(RATE)
    who = wish.guest
    return {
        "propertyID": wish.hotel_id,
        "thirdPartyIdentifier": key,
        "startDate": wish.checkin.isoformat(),
        "endDate": wish.checkout.isoformat(),
        "guestFirstName": who.first_name,
        "guestLastName": who.last_name,
        "guestCountry": who.country.upper(),
        "guestZip": who.post_code,
        "guestEmail": who.email,
        "guestPhone": who.phone,
        "rooms[0][roomTypeID]": kind,
        "rooms[0][roomRateID]": rate,
        "rooms[0][quantity]": "1",
        "adults[0][roomTypeID]": kind,
        "adults[0][quantity]": str(wish.adults),
        "children[0][roomTypeID]": kind,
        "children[0][quantity]": str(len(wish.children)),
        "paymentMethod": "cash",
    }


def meaning(reply: Reply) -> ProviderError | None:
    """Whoever goes on after a 429 may lose the key."""
    if reply.status == 429:
        return UnavailableError("cloudbeds asks to slow down", 1.0, again=False)
    return None


def create(keys: Keys, wiring: Wiring) -> Cloudbeds | None:
    if not keys.cloudbeds_api_key:
        return None
    api = wiring.api(NAME, keys.cloudbeds_base_url, times=TIMES, limits=LIMITS, meaning=meaning)
    return Cloudbeds(api, keys.cloudbeds_api_key)
