"""The house's own rooms, offered as those of any other company are."""

from collections.abc import Mapping, Sequence
from datetime import date

from handlers.deps import Deps
from handlers.providers.lodgings import Wanted
from state.domain.hotel import OWN, Hotel, Offer, Stay, price
from state.store import hotels
from state.store.hotels import RoomType


class OwnRooms:
    name = OWN

    def __init__(self, tenant_id: str, deps: Deps) -> None:
        self._tenant, self._deps = tenant_id, deps

    async def search(self, wanted: Wanted) -> list[Offer]:
        found: dict[str, Offer] = {}
        for offer in await self._offers(None, wanted):
            held = found.get(offer.hotel_id)
            if held is None or offer.total < held.total:
                found[offer.hotel_id] = offer
        return list(found.values())

    async def availability(self, hotel_id: str, wanted: Wanted) -> list[Offer]:
        return await self._offers(hotel_id, wanted)

    async def _offers(self, hotel_id: str | None, stay: Stay) -> list[Offer]:
        async with self._deps.pool.acquire() as conn:
            if hotel_id is None:
                those = await hotels.of_tenant(conn, self._tenant)
            else:
                those = [await hotels.get(conn, hotel_id, self._tenant)]
            kinds = await hotels.room_types(conn, [hotel.id for hotel in those], stay)
            rates = await hotels.rates(conn, [kind.id for kind in kinds], stay)
        return offers(those, kinds, rates, stay)


def offers(
    those: Sequence[Hotel],
    kinds: Sequence[RoomType],
    rates: Mapping[str, Mapping[date, int]],
    stay: Stay,
) -> list[Offer]:
    """Return the rooms that are left and large enough."""
    by_id = {hotel.id: hotel for hotel in those}
    return [
        offer(by_id[kind.hotel_id], kind, rates.get(kind.id, {}), stay)
        for kind in kinds
        if kind.free >= stay.rooms and fits(kind, stay)
    ]


def offer(hotel: Hotel, kind: RoomType, rates: Mapping[date, int], stay: Stay) -> Offer:
    return Offer(
        provider=OWN,
        hotel_id=hotel.id,
        hotel_name=hotel.name,
        address=hotel.city,
        room_type_id=kind.id,
        room_type=kind.name,
        nights=stay.nights,
        currency=hotel.currency,
        total=price(stay, kind.price, rates),
        available=kind.free,
        free_cancellation=True,
    )


def fits(kind: RoomType, stay: Stay) -> bool:
    """Tell whether so many people fit into so many rooms of a kind; children take any bed."""
    room = stay.rooms * kind.adults
    beds = stay.rooms * (kind.adults + kind.children)
    return stay.adults <= room and stay.adults + len(stay.children) <= beds
