"""Rooms of other companies, booked and cancelled by jobs: once, and read where in doubt."""

import msgspec

from handlers import hotels
from handlers.hotels import shown
from handlers.intents import once
from handlers.jobs import Kind, Task
from handlers.providers.all import Providers
from handlers.providers.lodgings import Agency, Reserve, Reserved
from state.domain import hotel, job
from state.domain.hotel import Booking, BookingNews, BookingStatus
from state.store import bookings
from state.store.intents import Intent


async def _book(task: Task, providers: Providers) -> BookingNews:
    asked = task.job.payload
    wish = msgspec.convert(asked["wish"], Reserve)
    agency = providers.agencies[asked["provider"]]

    async def ask(intent: Intent) -> Reserved:
        return await agency.reserve(wish, intent.key)

    async def read(intent: Intent) -> Reserved | None:
        return await agency.find(wish, intent.key, intent.created_at)

    made = msgspec.convert(
        await once(task, "book", agency.name, msgspec.to_builtins(wish), ask, read), Reserved
    )
    booking = _booked(task.job, agency.name, wish, made)
    async with task.deps.pool.acquire() as conn:
        await bookings.keep(conn, booking)
    return shown(booking, task.deps)


def _booked(begun: job.Job, provider: str, wish: Reserve, made: Reserved) -> Booking:
    return Booking(
        id=begun.id,
        tenant_id=begun.tenant_id,
        restaurant_id=begun.restaurant_id,
        owner=begun.owner,
        provider=provider,
        hotel_id=wish.hotel_id,
        hotel_name=made.hotel_name,
        room_type_id=wish.room_type_id,
        room_type=made.room_type,
        guest=wish.guest,
        adults=wish.adults,
        children=wish.children,
        checkin=wish.checkin,
        checkout=wish.checkout,
        currency=made.currency,
        total=made.total,
        reservation=made.reservation,
        sandbox=made.sandbox,
        created_at=begun.created_at,
    )


async def _cancel(task: Task, providers: Providers) -> BookingNews:
    async with task.deps.pool.acquire() as conn:
        booking = await hotels.known(conn, task)
    agency: Agency = providers.agencies[booking.provider]

    async def ask(_: Intent) -> bool:
        if not await agency.is_cancelled(booking.reservation):  # by another job, or by them
            await agency.cancel(booking.reservation)
        return True

    async def read(_: Intent) -> bool | None:
        return True if await agency.is_cancelled(booking.reservation) else None

    await once(task, "cancel", agency.name, {"reservation": booking.reservation}, ask, read)
    async with task.deps.pool.acquire() as conn, conn.transaction():
        held = await bookings.lock(conn, booking.id)
        if held.status is BookingStatus.CONFIRMED:
            held = hotel.cancel(held, task.deps.now())
            await bookings.save(conn, held)
    return shown(held, task.deps)


KINDS = (
    # Longer than any of their requests may take: a job must not end while one is under way.
    Kind("hotelBook", _book, seconds=600.0, at_once=8),
    Kind("hotelCancel", _cancel, seconds=600.0, at_once=8),
)
