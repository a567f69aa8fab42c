"""Charge to room: a restaurant's amount on a hotel guest's folio, exactly once by its reference.

`post` and `void` may be repeated without fear: payments do, until they are told how it ended.
"""

from datetime import date

import msgspec

from handlers import hotels
from handlers.deps import Deps
from handlers.editing import Edit, edit
from handlers.intents import once
from handlers.jobs import Kind, Task
from handlers.providers.all import Providers
from handlers.providers.lodgings import FrontDesk
from state.domain import events, folio
from state.domain.actor import STAFF, Actor, Role
from state.domain.change import Answer
from state.domain.commands import Command
from state.domain.errors import Refusal, not_found
from state.domain.events import Name
from state.domain.folio import Charge, ChargeNews, ChargeStatus, Posting
from state.domain.hotel import OWN, Booking
from state.domain.ids import new_id
from state.store import bookings
from state.store import folio as store
from state.store import hotels as hotel_store
from state.store.intents import Intent
from state.store.pool import Conn

ANYBODY = STAFF | {Role.GUEST}
NOTHING = Command()


async def post(
    booking: Booking, wish: Posting, who: Actor, deps: Deps, cmd: Command = NOTHING
) -> Answer:
    """Charge an amount to a booking whose guest is in the house; answers its ChargeNews.

    It is POSTED with our own hotels; with those of other companies PENDING, until a job has told
    them. Raises CONFLICT where the guest is not checked in, or the reference was used otherwise.
    """

    async def work(made: Edit) -> ChargeNews:
        held = await bookings.lock(made.conn, booking.id)
        known = await store.find(made.conn, held.tenant_id, wish.reference)
        if known is not None:
            folio.require_same(known, wish)
            return folio.news(known)
        folio.require_chargeable(held, wish.currency, await _today(made.conn, held, deps))
        return await _add(made, held, wish)

    return await edit(hotels.place(booking, who), who, deps, work, cmd, roles=ANYBODY)


async def void(
    booking: Booking, reference: str, who: Actor, deps: Deps, cmd: Command = NOTHING
) -> Answer:
    """Take a charge off its folio again; raise NOT_FOUND where there is none of the reference."""

    async def work(made: Edit) -> ChargeNews:
        held = await store.find(made.conn, booking.tenant_id, reference)
        if held is None or held.booking_id != booking.id:
            raise not_found("charge", "reference")
        if held.status is ChargeStatus.VOIDED:
            return folio.news(held)
        folio.require_voidable(held)
        if booking.provider != OWN:
            job_id = await hotels.begin(made, "roomChargeVoid", booking, reference=reference)
            return folio.news(held, job_id)
        after = folio.voided(held, made.now)
        await store.save(made.conn, after)
        return _told(made, booking, after)

    return await edit(hotels.place(booking, who), who, deps, work, cmd, roles=ANYBODY)


async def _add(made: Edit, booking: Booking, wish: Posting) -> ChargeNews:
    new = Charge(
        id=new_id(),
        tenant_id=booking.tenant_id,
        restaurant_id=made.here.id,
        booking_id=booking.id,
        reference=wish.reference,
        description=wish.description,
        amount=wish.amount,
        currency=wish.currency,
        status=ChargeStatus.PENDING,
        created_at=made.now,
    )
    own = booking.provider == OWN
    if own:
        new = folio.posted(new, "", made.now)
    if not await store.add(made.conn, new):  # at another booking, a moment ago
        raise folio.taken(wish.reference)
    job_id = None
    if not own:
        job_id = await hotels.begin(made, "roomCharge", booking, reference=wish.reference)
    return _told(made, booking, new, job_id)


def _told(made: Edit, booking: Booking, charge: Charge, job_id: str | None = None) -> ChargeNews:
    news = folio.news(charge, job_id)
    subject = msgspec.to_builtins(news)
    made.drafts.append(events.of_hotel(Name.HOTEL_FOLIO, booking.owner, subject))
    return news


async def require_chargeable(booking: Booking, currency: str, deps: Deps) -> None:
    """Raise CONFLICT unless the booking's guest is in the house, and pays in this currency."""
    async with deps.pool.acquire() as conn:
        folio.require_chargeable(booking, currency, await _today(conn, booking, deps))


async def _today(conn: Conn, booking: Booking, deps: Deps) -> date:
    if booking.provider != OWN:
        return folio.day_of(deps.now())
    of = await hotel_store.get(conn, booking.hotel_id, booking.tenant_id)
    return of.clock(deps.now()).date()


# In the systems of other companies


async def _charge(task: Task, providers: Providers) -> ChargeNews:
    """Post a charge. Asking again is how it is read: nothing is posted twice under one key."""
    booking, held = await _held(task)
    desk = providers.desks[booking.provider]

    async def ask(intent: Intent) -> str:
        what = held.description or "restaurant"
        return await desk.charge(booking.reservation, held.amount, held.currency, what, intent.key)

    request = {"reservation": booking.reservation, "amount": held.amount}
    try:
        posted_as = await once(task, "charge", booking.provider, request, ask, ask)
    except Refusal as exc:
        await _save(task, folio.rejected(held, exc.message))
        raise
    after = folio.posted(held, posted_as, task.deps.now())
    await _save(task, after)
    return folio.news(after)


async def _void(task: Task, providers: Providers) -> ChargeNews:
    """Take a charge off again, which changes nothing the second time."""
    booking, held = await _held(task)
    desk: FrontDesk = providers.desks[booking.provider]

    async def ask(_: Intent) -> bool:
        await desk.void(booking.reservation, held.posted_as)
        return True

    await once(task, "void", booking.provider, {"posted": held.posted_as}, ask, ask)
    after = folio.voided(held, task.deps.now())
    await _save(task, after)
    return folio.news(after)


async def _held(task: Task) -> tuple[Booking, Charge]:
    asked = task.job.payload
    async with task.deps.pool.acquire() as conn:
        booking = await hotels.known(conn, task)
        held = await store.find(conn, task.job.tenant_id, asked["reference"])
    assert held is not None, "charges are not deleted"
    return booking, held


async def _save(task: Task, charge: Charge) -> None:
    async with task.deps.pool.acquire() as conn:
        await store.save(conn, charge)


KINDS = (
    Kind("roomCharge", _charge, seconds=300.0, at_once=8),
    Kind("roomChargeVoid", _void, seconds=300.0, at_once=8),
)
