"""Hotel rooms, booked and cancelled: our own at once, those of other companies by a job."""

from typing import Any

import msgspec

from handlers import jobs
from handlers.deps import TRACE, Deps
from handlers.editing import Edit, edit
from handlers.hotel_offers import require_used, require_wish
from handlers.jobs import Task
from handlers.own_rooms import fits
from handlers.providers.lodgings import Reserve
from handlers.usecase import use_case
from state.domain import events, hotel, job
from state.domain.actor import Actor, Role
from state.domain.change import Answer, Change
from state.domain.errors import Code, Refusal, invalid, not_found
from state.domain.events import Name
from state.domain.facts import Facts
from state.domain.hotel import OWN, Booking, BookingNews, BookingStatus, Person
from state.domain.hotel_commands import BookingCommand, HotelBook
from state.domain.ids import new_id
from state.store import bookings, hotels
from state.store.jobs import JOBS
from state.store.pool import Conn

MAY_BOOK = frozenset({Role.GUEST, Role.SERVICE})
BOOK = 35  # priority: somebody waits for it
MOST = 20
MOST_AHEAD = 5  # rooms that one guest may hold at a time
FULL = "no such room is left for these nights"


class BookingAnswer(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The id of the job that does it at another company, or the booking itself."""

    job_id: str | None = None
    booking: BookingNews | None = None


class BookingList(msgspec.Struct, frozen=True):
    bookings: list[BookingNews]


async def book(cmd: HotelBook, who: Actor, deps: Deps) -> Answer:
    """Book one of our own rooms: it is held for this guest, and nobody else gets it."""
    require_wish(cmd, deps)

    async def work(made: Edit) -> BookingAnswer:
        held = await bookings.hold_room(made.conn, await _draft(cmd, made))
        if held is None:
            raise Refusal(Code.ITEM_UNAVAILABLE, FULL)
        tell(made, held)
        return BookingAnswer(booking=shown(held, deps))

    rid = jobs.place_of(cmd.restaurant_id, who)
    return await edit(rid, who, deps, work, cmd, roles=MAY_BOOK)


@use_case()
def order(facts: Facts, cmd: HotelBook, actor: Actor, deps: Deps) -> Change:
    """Have a room booked at another company; the booking comes as a job's result."""
    require_wish(cmd, deps)
    require_used(cmd.provider, deps)
    _require_contact(cmd)
    rid = jobs.place_of(cmd.restaurant_id, actor)
    facts.require_reach(actor, rid, "restaurant")
    wish = Reserve(
        hotel_id=cmd.hotel_id,
        room_type_id=cmd.room_type_id,
        guest=_person(cmd),
        expected=cmd.expected_total,
        checkin=cmd.checkin,
        checkout=cmd.checkout,
        adults=cmd.adults,
        children=cmd.children,
    )
    payload = {"provider": cmd.provider, "wish": msgspec.to_builtins(wish)}
    made = new_job("hotelBook", payload, rid, actor, deps)
    return Change(
        tenant_id=actor.tenant,
        restaurant_id=rid,
        new_jobs=[made],
        drafts=[],
        answer=BookingAnswer(job_id=made.id),
    )


async def cancel(booking: Booking, cmd: BookingCommand, who: Actor, deps: Deps) -> Answer:
    """Cancel a booking before its stay has begun."""

    async def work(made: Edit) -> BookingAnswer:
        held = await bookings.lock(made.conn, booking.id)
        after = hotel.cancel(held, made.now)
        if held.provider != OWN:
            return BookingAnswer(job_id=await begin(made, "hotelCancel", held))
        await bookings.save(made.conn, after)
        tell(made, after)
        return BookingAnswer(booking=shown(after, deps))

    return await edit(place(booking, who), who, deps, work, cmd, roles=MAY_BOOK)


async def require_few(who: Actor, deps: Deps) -> None:
    """Raise CONFLICT for a guest who holds so many rooms that it can hardly be for staying."""
    if not who.is_guest:
        return
    async with deps.pool.acquire() as conn:
        held = await bookings.of_owner(conn, who.id, MOST)
    if sum(each.status is BookingStatus.CONFIRMED for each in held) >= MOST_AHEAD:
        raise Refusal(Code.CONFLICT, f"you hold {MOST_AHEAD} rooms already: cancel one first")


async def mine(who: Actor, deps: Deps) -> BookingList:
    """Return the bookings somebody has made, newest first."""
    async with deps.pool.acquire() as conn:
        found = await bookings.of_owner(conn, who.id, MOST)
    return BookingList([shown(each, deps) for each in found])


async def any_own(tenant_id: str, deps: Deps) -> bool:
    """Tell whether a house has rooms of its own to stay in."""
    async with deps.pool.acquire() as conn:
        return bool(await hotels.of_tenant(conn, tenant_id))


async def find(cmd: BookingCommand, who: Actor, deps: Deps) -> Booking:
    """Return a booking that is the caller's business; raise NOT_FOUND for any other."""
    async with deps.pool.acquire() as conn:
        found = await bookings.find(conn, cmd.booking_id)
    if found is None or found.tenant_id != who.tenant:
        raise not_found("booking", "bookingId")
    if found.owner != who.id and who.is_guest:
        _require_link(cmd, deps)
    return found


def shown(booking: Booking, deps: Deps) -> BookingNews:
    token = hotel.link_token(booking.id, deps.tokens.secret)
    return hotel.news(booking, f"{deps.public_url}/checkin/{token}")


def place(booking: Booking, who: Actor) -> str:
    """Return the restaurant in whose log is told what becomes of a booking."""
    rid = booking.restaurant_id
    return rid if who.reaches(rid) else jobs.place_of(None, who)


def tell(made: Edit, booking: Booking) -> None:
    news = msgspec.to_builtins(shown(booking, made.deps))
    made.drafts.append(events.of_hotel(Name.HOTEL_BOOKING, booking.owner, news))


async def begin(made: Edit, kind: str, booking: Booking, **more: Any) -> str:
    """Have something done about a booking at its company; return the job's id."""
    payload = {"bookingId": booking.id, **msgspec.to_builtins(more)}
    begun = new_job(kind, payload, made.here.id, made.who, made.deps)
    await JOBS.insert(made.conn, begun)
    return begun.id


def new_job(kind: str, payload: dict[str, Any], rid: str, who: Actor, deps: Deps) -> job.Job:
    return job.new_job(
        who.tenant,
        rid,
        kind,
        payload,
        deps.now(),
        priority=BOOK,
        owner=who.id,
        private=kind == "hotelCheckin",  # a registration is kept with its booking, and nowhere else
        stoppable=False,
        trace=TRACE.get(),
    )


async def _draft(cmd: HotelBook, made: Edit) -> Booking:
    """Return a booking of our own as it would be; raise where the wish cannot be met as it is."""
    of = await hotels.get(made.conn, cmd.hotel_id, made.here.tenant_id)
    kinds = await hotels.room_types(made.conn, [of.id], cmd.stay)
    kind = next((each for each in kinds if each.id == cmd.room_type_id), None)
    if kind is None or not fits(kind, cmd.stay):
        raise not_found("room for so many", "roomTypeId")
    rates = await hotels.rates(made.conn, [kind.id], cmd.stay)
    total = hotel.price(cmd.stay, kind.price, rates.get(kind.id, {}))
    hotel.require_price(total, of.currency, cmd.expected_total)
    return Booking(
        id=new_id(),
        tenant_id=made.here.tenant_id,
        restaurant_id=made.here.id,
        owner=made.who.id,
        provider=OWN,
        hotel_id=of.id,
        hotel_name=of.name,
        room_type_id=kind.id,
        room_type=kind.name,
        guest=_person(cmd),
        adults=cmd.adults,
        children=cmd.children,
        checkin=cmd.checkin,
        checkout=cmd.checkout,
        currency=of.currency,
        total=total,
        created_at=made.now,
    )


def _require_contact(cmd: HotelBook) -> None:
    """Raise INVALID where something is missing that Booking.com does without for nobody."""
    if cmd.provider == "booking":
        for name in ("phone", "address", "city"):
            if not getattr(cmd.guest, name):
                raise invalid(f"guest.{name}", "is missing: Booking.com needs it")


def _person(cmd: HotelBook) -> Person:
    return Person(
        first_name=cmd.guest.first_name.strip(),
        last_name=cmd.guest.last_name.strip(),
        email=cmd.guest.email,
        phone=cmd.guest.phone,
        country=cmd.guest.country.lower(),
        city=cmd.guest.city,
        address=cmd.guest.address,
        post_code=cmd.guest.post_code,
    )


def _require_link(cmd: BookingCommand, deps: Deps) -> None:
    if cmd.token is None or hotel.booking_of(cmd.token, deps.tokens.secret) != cmd.booking_id:
        raise not_found("booking", "bookingId")


async def known(conn: Conn, task: Task) -> Booking:
    """Return the booking that a job is about."""
    found = await bookings.find(conn, task.job.payload["bookingId"])
    assert found is not None, "bookings are not deleted"
    return found
