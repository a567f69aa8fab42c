"""Digital check-in: a signed link, a form, a room, and the code that opens its door."""

from datetime import datetime

import msgspec

from handlers import hotels
from handlers.deps import Deps, system
from handlers.editing import Edit, edit
from handlers.hotels import MAY_BOOK
from handlers.intents import once
from handlers.jobs import Kind, Task
from handlers.providers.all import Providers
from handlers.providers.lodgings import FrontDesk
from state.domain import events, hotel
from state.domain.actor import Actor
from state.domain.change import Answer
from state.domain.commands import Command
from state.domain.errors import Code, Refusal, not_found
from state.domain.events import Name
from state.domain.hotel import (
    OWN,
    Booking,
    BookingNews,
    BookingStatus,
    DoorCode,
    Hotel,
    Registration,
)
from state.domain.hotel_commands import CheckinForm
from state.store import bookings
from state.store import hotels as store
from state.store.intents import Intent

AT_DESK = "this hotel checks its guests in at its desk"


class CheckedIn(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """How it goes with a check-in: where it needs the hotel's system, by the job `jobId`.

    `door` is there once the guest has checked in at one of our own hotels; `opensAt` is from when
    on that can be done, to be told by the clocks of `timezone`.
    """

    booking: BookingNews
    opens_at: datetime | None = None
    timezone: str = ""
    door: DoorCode | None = None
    job_id: str | None = None


class SendForm(Command, frozen=True, kw_only=True):
    registration: CheckinForm


async def look(token: str, deps: Deps) -> CheckedIn:
    """Return the booking of a check-in link, and how it stands."""
    booking = await by_link(token, deps)
    if booking.provider != OWN:
        return CheckedIn(booking=hotels.shown(booking, deps))
    async with deps.pool.acquire() as conn:
        of = await store.get(conn, booking.hotel_id, booking.tenant_id)
    opens = datetime.combine(booking.checkin, of.checkin_from, of.clock(deps.now()).tzinfo)
    return CheckedIn(
        booking=hotels.shown(booking, deps),
        opens_at=opens,
        timezone=of.timezone,
        door=_door(booking, of),
    )


async def by_link(token: str, deps: Deps) -> Booking:
    """Return the booking that a link was made for; raise NOT_FOUND for any other text."""
    booking_id = hotel.booking_of(token, deps.tokens.secret)
    async with deps.pool.acquire() as conn:
        found = await bookings.find(conn, booking_id)
    if found is None:
        raise not_found("booking")
    return found


async def send_form(token: str, cmd: SendForm, deps: Deps) -> Answer:
    """Check in by the link: whoever has it is the guest."""
    booking = await by_link(token, deps)
    return await check_in(booking, cmd.registration, cmd, system(booking.tenant_id), deps)


async def check_in(
    booking: Booking, form: CheckinForm, cmd: Command, who: Actor, deps: Deps
) -> Answer:
    """Check a guest in: with our own hotels at once, else by a job at the hotel's system.

    Raises CONFLICT before the rooms are ready and after the stay, ILLEGAL_TRANSITION for bookings
    that are cancelled or checked in.
    """
    given = msgspec.convert(msgspec.to_builtins(form), Registration)

    async def work(made: Edit) -> CheckedIn:
        held = await bookings.lock(made.conn, booking.id)
        if held.provider == OWN:
            return await _move_in(made, held, given)
        if held.provider != "cloudbeds":
            raise Refusal(Code.CONFLICT, AT_DESK)
        hotel.require_confirmed(held)
        job_id = await hotels.begin(made, "hotelCheckin", held, registration=given)
        return CheckedIn(booking=hotels.shown(held, deps), job_id=job_id)

    return await edit(hotels.place(booking, who), who, deps, work, cmd, roles=MAY_BOOK)


async def _move_in(made: Edit, held: Booking, given: Registration) -> CheckedIn:
    of = await store.get(made.conn, held.hotel_id, held.tenant_id)
    hotel.require_arrived(held, of.clock(made.now), of.checkin_from)
    placed = await _assigned(made, held)
    after = hotel.check_in(placed, given, hotel.new_door_code(), made.now)
    await bookings.save(made.conn, after)
    hotels.tell(made, after)
    door = _door(after, of)
    opened = events.of_hotel(Name.HOTEL_DOOR, after.owner, msgspec.to_builtins(door))
    made.drafts.append(opened)
    return CheckedIn(booking=hotels.shown(after, made.deps), door=door)


async def _assigned(made: Edit, held: Booking) -> Booking:
    """Return the booking with a room that can be slept in: the one held for it, or another."""
    assert held.room_id is not None, "a booking of our own holds a room"
    if await store.is_in_order(made.conn, held.room_id):
        return held
    moved = await bookings.move(made.conn, held)
    if moved is None:
        raise Refusal(Code.CONFLICT, "no room is ready yet: please come to the desk")
    return moved


def _door(booking: Booking, of: Hotel) -> DoorCode | None:
    if booking.status is not BookingStatus.CHECKED_IN:
        return None
    zone = of.clock(booking.created_at).tzinfo
    return DoorCode(
        booking_id=booking.id,
        room_number=booking.room_number,
        door_code=booking.door_code,
        until=datetime.combine(booking.checkout, of.checkout_until, zone),
    )


# At the hotel's own system


async def _check_in(task: Task, providers: Providers) -> CheckedIn:
    """Give the guest a room there, and check it in: each step once, and read where in doubt."""
    async with task.deps.pool.acquire() as conn:
        booking = await hotels.known(conn, task)
    desk: FrontDesk = providers.desks[booking.provider]
    request = {"reservation": booking.reservation}

    async def assign(_: Intent) -> str:
        now = await desk.assigned(booking.reservation)
        if not now.room:
            await desk.assign(booking.reservation)
            now = await desk.assigned(booking.reservation)
        return now.room

    async def assigned(_: Intent) -> str | None:
        return (await desk.assigned(booking.reservation)).room or None

    async def arrive(_: Intent) -> bool:
        if not (await desk.assigned(booking.reservation)).checked_in:  # by another job, or by them
            await desk.check_in(booking.reservation)
        return True

    async def arrived(_: Intent) -> bool | None:
        return (await desk.assigned(booking.reservation)).checked_in or None

    room = await once(task, "assign", booking.provider, request, assign, assigned)
    await once(task, "checkIn", booking.provider, request, arrive, arrived)
    after = await _settle(task, booking, room)
    return CheckedIn(booking=hotels.shown(after, task.deps))


async def _settle(task: Task, booking: Booking, room: str) -> Booking:
    given = msgspec.convert(task.job.payload["registration"], Registration)
    async with task.deps.pool.acquire() as conn, conn.transaction():
        held = await bookings.lock(conn, booking.id)
        if held.status is BookingStatus.CONFIRMED:
            placed = msgspec.structs.replace(held, room_number=room)
            held = hotel.check_in(placed, given, "", task.deps.now())
            await bookings.save(conn, held)
    return held


KINDS = (Kind("hotelCheckin", _check_in, seconds=600.0, at_once=8),)
