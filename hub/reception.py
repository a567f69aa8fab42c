"""Commands about hotels: what is ours is answered at once, what needs another company is a job."""

from handlers import checkin, hotel_offers, hotels, jobs, room_charge
from handlers.deps import Deps
from handlers.hotel_offers import HotelAnswer
from handlers.unit import carry_out
from hub.connection import Connection
from hub.entry import Reply
from hub.joins import Joins
from state.domain.change import Answer
from state.domain.hotel import OWN, Booking
from state.domain.hotel_commands import (
    BookingCommand,
    HotelAvailability,
    HotelBook,
    HotelCheckin,
    HotelSearch,
    RoomCharge,
)


class Reception:
    """Whoever asks here hears how it goes on, though they have joined nothing else."""

    def __init__(self, deps: Deps, joins: Joins) -> None:
        self._deps, self._joins = deps, joins

    async def hotel_search(self, cmd: HotelSearch, conn: Connection) -> Reply:
        """Look for rooms at all hotels that are offered here: the cheapest of each.

        The answer has a `result`, or the `jobId` of the job whose result it is. What other
        companies offer is kept for an hour: prices may change until it is booked.
        """
        hotel_offers.require_wish(cmd, self._deps)
        await self._enter(cmd.restaurant_id, conn)
        found = await hotel_offers.searched(cmd, conn.actor, self._deps)
        if found is not None:
            return Reply(Answer(ok=True, data=HotelAnswer(result=found)))
        await hotel_offers.require_modest(conn.actor, self._deps)
        return Reply(await carry_out(hotel_offers.search, cmd, conn.actor, self._deps))

    async def hotel_availability(self, cmd: HotelAvailability, conn: Connection) -> Reply:
        """Tell which rooms one hotel has left, as it is now or was a minute ago at most."""
        hotel_offers.require_wish(cmd, self._deps)
        hotel_offers.require_used(cmd.provider, self._deps)
        await self._enter(cmd.restaurant_id, conn)
        found = await hotel_offers.left(cmd, conn.actor, self._deps)
        if found is not None:
            return Reply(Answer(ok=True, data=HotelAnswer(result=found)))
        await hotel_offers.require_modest(conn.actor, self._deps)
        return Reply(await carry_out(hotel_offers.availability, cmd, conn.actor, self._deps))

    async def hotel_book(self, cmd: HotelBook, conn: Connection) -> Reply:
        """Book a room: one of our own at once, another company's by a job. None is booked twice."""
        await self._enter(cmd.restaurant_id, conn)
        await hotels.require_few(conn.actor, self._deps)
        if cmd.provider == OWN:
            return Reply(await hotels.book(cmd, conn.actor, self._deps))
        return Reply(await carry_out(hotels.order, cmd, conn.actor, self._deps))

    async def hotel_cancel(self, cmd: BookingCommand, conn: Connection) -> Reply:
        """Cancel a booking before its stay has begun."""
        booking = await self._booking(cmd, conn)
        return Reply(await hotels.cancel(booking, cmd, conn.actor, self._deps))

    async def hotel_checkin(self, cmd: HotelCheckin, conn: Connection) -> Reply:
        """Check in: the guest gets a room, and at our own hotels the code that opens its door."""
        booking = await self._booking(cmd, conn)
        form = cmd.registration
        return Reply(await checkin.check_in(booking, form, cmd, conn.actor, self._deps))

    async def hotel_room_charge(self, cmd: RoomCharge, conn: Connection) -> Reply:
        """Charge an order to the room of a hotel's guest, who must be checked in: once.

        It is a payment of the party's bill, and the answer that of `bill:pay`. The `amount` that a
        program names is posted by its `reference`, and the line of the folio answered.
        """
        booking = await self._booking(cmd, conn)
        return Reply(await room_charge.charge(booking, cmd, conn.actor, self._deps))

    async def _enter(self, named: str | None, conn: Connection) -> None:
        rid = jobs.place_of(named, conn.actor)
        await self._joins.enter(rid, conn)

    async def _booking(self, cmd: BookingCommand, conn: Connection) -> Booking:
        """Return the booking that a command is about; the caller hears what becomes of it."""
        found = await hotels.find(cmd, conn.actor, self._deps)
        await self._joins.listen(hotels.place(found, conn.actor), conn)
        return found
