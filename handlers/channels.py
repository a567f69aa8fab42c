"""Prices of the house's own rooms, and of the same rooms at all channels: new everywhere, or old.

A price that only some portals show is worse than an old one: where one of them fails, the others
are told the old prices again, and nothing has changed.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from handlers import hotels
from handlers.deps import Deps
from handlers.editing import Edit, edit
from handlers.jobs import Kind, Task
from handlers.providers.all import Providers
from handlers.providers.errors import ProviderError
from handlers.providers.zodomus import Zodomus
from state.domain.actor import Actor
from state.domain.change import Answer
from state.domain.channel import Outcome, Place, Sent, Span, Submitted, spans
from state.domain.commands import Command, Id
from state.domain.errors import Code, Refusal, invalid, not_found
from state.domain.hotel import MOST_NIGHTS, Stay, nights
from state.store import channels as store
from state.store import hotels as hotel_store
from state.store.hotels import RoomType
from state.store.jobs import JOBS
from state.store.pool import Conn

NOTHING_PUSHED = "no channel manager is set up"


class SetRates(Command, frozen=True, kw_only=True):
    """The new price of each night from `first` to `last`, which is one of them."""

    hotel_id: Id
    room_type_id: Id
    first: date
    last: date
    amount: Annotated[int, Meta(ge=1, le=2**53)]


class RatesAnswer(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The id of the job that tells all channels, or what it came to where there are none."""

    job_id: str | None = None
    result: Submitted | None = None


async def set_rates(rid: str, cmd: SetRates, who: Actor, deps: Deps) -> Answer:
    """Change what nights cost; where rooms are sold at channels too, once all of these took it."""
    _require_span(cmd)

    async def work(made: Edit) -> RatesAnswer:
        of = await hotel_store.get(made.conn, cmd.hotel_id, made.here.tenant_id)
        kind = await _kind(made.conn, of.id, cmd.room_type_id)
        if await store.places(made.conn, kind.id):
            payload = {**msgspec.to_builtins(cmd), "currency": of.currency}
            begun = hotels.new_job("channels", payload, rid, made.who, deps)
            await JOBS.insert(made.conn, begun)
            return RatesAnswer(job_id=begun.id)
        await hotel_store.set_rates(made.conn, kind.id, _nights(cmd), cmd.amount)
        return RatesAnswer(result=Submitted(True, []))

    return await edit(rid, who, deps, work, cmd)


def _require_span(cmd: SetRates) -> None:
    if not 0 <= (cmd.last - cmd.first).days < MOST_NIGHTS:
        raise invalid("last", f"is up to {MOST_NIGHTS} nights after first")


def _nights(cmd: SetRates) -> list[date]:
    return [*nights(cmd.first, cmd.last), cmd.last]


async def _kind(conn: Conn, hotel_id: str, type_id: str) -> RoomType:
    today = Stay(checkin=date.min, checkout=date.min)
    kinds = await hotel_store.room_types(conn, [hotel_id], today)
    found = next((each for each in kinds if each.id == type_id), None)
    if found is None:
        raise not_found("room type", "roomTypeId")
    return found


async def _submit(task: Task, providers: Providers) -> Submitted:
    """Tell all channels the new price; on the first that fails, tell the others the old again."""
    manager = providers.channels
    if manager is None:
        raise Refusal(Code.PROVIDER_UNAVAILABLE, NOTHING_PUSHED)
    cmd, currency = msgspec.convert(task.job.payload, SetRates), task.job.payload["currency"]
    async with task.deps.pool.acquire() as conn:
        places = await store.places(conn, cmd.room_type_id)
        old = await _amounts(conn, cmd)
        free = await store.free(conn, cmd.room_type_id, _nights(cmd))
    new = dict.fromkeys(old, cmd.amount)
    outcomes = [await _tell(manager, each, spans(new, free), currency) for each in places]
    if any(each.status is Sent.FAILED for each in outcomes):
        return Submitted(
            False, await _restore(manager, places, outcomes, spans(old, free), currency)
        )
    async with task.deps.pool.acquire() as conn:
        await hotel_store.set_rates(conn, cmd.room_type_id, _nights(cmd), cmd.amount)
    return Submitted(True, outcomes)


async def _restore(
    manager: Zodomus,
    places: Sequence[Place],
    outcomes: Sequence[Outcome],
    old: Sequence[Span],
    currency: str,
) -> list[Outcome]:
    """Tell the old prices to all, also to who failed: it may have taken some of the new ones."""
    after = []
    for place, outcome in zip(places, outcomes, strict=True):
        back = await _tell(manager, place, old, currency)
        astray = back.status is Sent.FAILED
        if outcome.status is Sent.SENT:
            status = Sent.ASTRAY if astray else Sent.RESTORED
            after.append(Outcome(place.channel, status, back.message))
        else:
            after.append(outcome)
    return after


async def _tell(manager: Zodomus, place: Place, what: Sequence[Span], currency: str) -> Outcome:
    try:
        for span in what:
            await manager.push(place, span, currency)
    except ProviderError as exc:
        return Outcome(place.channel, Sent.FAILED, str(exc))
    return Outcome(place.channel, Sent.SENT)


async def _amounts(conn: Conn, cmd: SetRates) -> Mapping[date, int]:
    """Return what the nights cost so far."""
    kind = await _kind(conn, cmd.hotel_id, cmd.room_type_id)
    days = _nights(cmd)
    stay = Stay(checkin=days[0], checkout=date.fromordinal(days[-1].toordinal() + 1))
    held = (await hotel_store.rates(conn, [kind.id], stay)).get(kind.id, {})
    return {day: held.get(day, kind.price) for day in days}


# One at a time: what is pushed last holds.
KINDS = (Kind("channels", _submit, seconds=300.0, at_once=1),)
