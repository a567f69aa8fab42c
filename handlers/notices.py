"""What Cloudbeds tells us of reservations: taken once, believed never, read there instead."""

import msgspec
from msgspec.structs import replace

from handlers import hotels
from handlers.deps import Deps, system
from handlers.editing import Edit, edit
from handlers.hotels import MAY_BOOK
from handlers.jobs import Kind, LaterError, Task
from handlers.providers.all import Providers
from handlers.providers.errors import ProviderError
from state.domain.hotel import Booking, BookingStatus
from state.store import bookings
from state.store.jobs import JOBS

NAME = "cloudbeds"
AGAIN_SECONDS = 30.0


class Notice(
    msgspec.Struct,
    frozen=True,
    rename={"reservation_id": "reservationID", "property_id": "propertyID"},
    kw_only=True,
):
    """It has no id of its own: what it says, and when, is what tells it from others."""

    event: str
    property_id: str | int = ""
    reservation_id: str | int = ""
    timestamp: float = 0.0

    @property
    def key(self) -> str:
        return f"{self.event} {self.property_id} {self.reservation_id} {self.timestamp}"


async def take(notice: Notice, deps: Deps) -> bool:
    """Have a booking of ours read anew; return False for what was told before, or is not ours."""
    async with deps.pool.acquire() as conn, conn.transaction():
        booking = await bookings.by_reservation(conn, NAME, str(notice.reservation_id))
        if booking is None or not await bookings.note(conn, NAME, notice.key):
            return False
        payload = {"bookingId": booking.id}
        us = system(booking.tenant_id)
        begun = hotels.new_job("hotelRefresh", payload, booking.restaurant_id, us, deps)
        await JOBS.insert(conn, replace(begun, owner=""))
    return True


async def _refresh(task: Task, providers: Providers) -> BookingStatus:
    """Read how a booking stands at the hotel, and tell its owner where that is news."""
    async with task.deps.pool.acquire() as conn:
        booking = await hotels.known(conn, task)
    try:
        status = await providers.desks[booking.provider].standing(booking.reservation)
    except ProviderError as exc:
        raise LaterError(AGAIN_SECONDS) from exc

    async def work(made: Edit) -> BookingStatus:
        held = await bookings.lock(made.conn, booking.id)
        if held.status is not status:
            after = _stands(held, status, made)
            await bookings.save(made.conn, after)
            hotels.tell(made, after)
        return status

    who = system(booking.tenant_id)
    await edit(booking.restaurant_id, who, task.deps, work, roles=MAY_BOOK)
    return status


def _stands(held: Booking, status: BookingStatus, made: Edit) -> Booking:
    """Return a booking as it stands at the hotel; the times are those at which we heard of it."""
    stamps = {
        BookingStatus.CHECKED_IN: "checked_in_at",
        BookingStatus.CHECKED_OUT: "checked_out_at",
        BookingStatus.CANCELLED: "cancelled_at",
    }
    stamp = stamps.get(status)
    return replace(held, status=status, **({stamp: made.now} if stamp else {}))


KINDS = (Kind("hotelRefresh", _refresh, seconds=120.0, at_once=4),)
