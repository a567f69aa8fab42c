"""The house's own hotels as managers arrange them, and guests who leave."""

import msgspec
from msgspec.structs import replace

from handlers import hotels
from handlers.deps import Deps
from handlers.editing import Edit, Saved, edit, require_place
from state.domain.actor import CHIEFS, Actor
from state.domain.change import Answer
from state.domain.commands import Command
from state.domain.errors import illegal, not_found
from state.domain.hotel import OWN, BookingNews, BookingStatus
from state.domain.hotel_commands import BookingCommand
from state.domain.hotel_edits import EditedHotel, SaveHotel, require_hotel
from state.domain.ids import new_id
from state.store import bookings
from state.store import hotel_edits as store
from state.store import hotels as hotel_store


class Hotels(msgspec.Struct, frozen=True):
    hotels: list[EditedHotel]


async def show(rid: str, who: Actor, deps: Deps) -> Hotels:
    """Return the hotels of the house as they may be edited, with all their rooms."""
    await require_place(rid, who, deps)
    async with deps.pool.acquire() as conn:
        return Hotels(await store.show(conn, who.tenant))


async def save(rid: str, key: str | None, cmd: SaveHotel, who: Actor, deps: Deps) -> Answer:
    """Add a hotel, or write one anew. Bookings keep the rooms that they hold."""
    require_hotel(cmd)

    async def work(made: Edit) -> Saved:
        tenant = made.here.tenant_id
        if key is not None:
            await hotel_store.get(made.conn, key, tenant)
        hotel_id = key or new_id()
        known = await store.kinds_of(made.conn, hotel_id)
        named = [kind.id for kind in cmd.room_types if kind.id is not None]
        for place, kind in enumerate(cmd.room_types):
            if kind.id is not None and kind.id not in known:
                raise not_found("room type", f"roomTypes[{place}].id")
        await store.close(made.conn, hotel_id, named)
        await store.save(made.conn, tenant, hotel_id, cmd)
        await made.note("hotel", hotel_id, name=cmd.name)
        return Saved(hotel_id, 1)

    return await edit(rid, who, deps, work, cmd)


async def remove(rid: str, key: str, who: Actor, deps: Deps) -> Answer:
    """Take a hotel out of what is offered. Who has booked there is still checked in."""

    async def work(made: Edit) -> Saved:
        await hotel_store.get(made.conn, key, made.here.tenant_id)
        await store.remove(made.conn, key)
        await made.note("hotel:remove", key)
        return Saved(key, 1)

    return await edit(rid, who, deps, work)


async def check_out(booking_id: str, cmd: Command, who: Actor, deps: Deps) -> Answer:
    """Note that a guest of our own has left: nothing more can be charged, the room is free."""
    asked = BookingCommand(booking_id=booking_id, command_id=cmd.command_id)
    booking = await hotels.find(asked, who, deps)

    async def work(made: Edit) -> BookingNews:
        held = await bookings.lock(made.conn, booking.id)
        if held.provider != OWN or held.status is not BookingStatus.CHECKED_IN:
            raise illegal(f"a {held.status} booking of {held.provider} cannot be checked out")
        gone = replace(held, status=BookingStatus.CHECKED_OUT, checked_out_at=made.now)
        await bookings.save(made.conn, gone)
        hotels.tell(made, gone)
        return hotels.shown(gone, deps)

    return await edit(hotels.place(booking, who), who, deps, work, asked, roles=CHIEFS)
