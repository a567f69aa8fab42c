"""Looking for hotel rooms: the house's own at once, those of other companies kept for a while."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
import structlog

from handlers import jobs
from handlers.deps import Deps
from handlers.jobs import Kind, Task
from handlers.own_rooms import OwnRooms
from handlers.providers.all import Providers
from handlers.providers.errors import ProviderError
from handlers.providers.kept import kept
from handlers.providers.lodgings import Wanted
from handlers.usecase import use_case
from state.domain.actor import Actor
from state.domain.change import Change
from state.domain.errors import Code, Refusal, invalid
from state.domain.facts import Facts
from state.domain.hotel import OWN, Offer, require_stay
from state.domain.hotel_commands import HotelAvailability, HotelSearch, Wish
from state.live import offers as cache
from state.live.client import UNREACHABLE, Servers

log = structlog.get_logger()

SEARCH_SECONDS, LEFT_SECONDS = 3600, 60
MOST_A_MINUTE = 20  # for each person
FLIGHT_SECONDS = 75.0  # longer than three tries take; who died does not keep others waiting
WEST = timedelta(hours=12)  # how far behind the clocks of some hotels are
SEARCH = 25  # priority: somebody looks at the screen

Ask = Callable[[], Awaitable[list[Offer]]]


class Failed(msgspec.Struct, frozen=True):
    """A company that did not answer."""

    provider: str


class Found(msgspec.Struct, frozen=True):
    """What can be had for a stay, the cheapest of a currency first; `failed` did not answer."""

    offers: list[Offer]
    failed: list[Failed] = []


class HotelAnswer(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The id of the job that finds the offers, or what was found."""

    job_id: str | None = None
    result: Found | None = None


def wanted(cmd: Wish) -> Wanted:
    """Return a wish in the one form that it is looked for and kept in."""
    stay = cmd.stay
    return Wanted(
        checkin=stay.checkin,
        checkout=stay.checkout,
        adults=stay.adults,
        children=stay.children,
        rooms=stay.rooms,
        city=cmd.city if isinstance(cmd, HotelSearch) else None,
    )


def require_wish(cmd: Wish, deps: Deps) -> None:
    require_stay(cmd.stay, (deps.now() - WEST).date())


async def require_modest(who: Actor, deps: Deps) -> None:
    """Raise RATE_LIMITED for who asks other companies more than anybody looks at."""
    try:
        asked = await cache.count(deps.redis, who.id)
    except UNREACHABLE:
        return
    if asked > MOST_A_MINUTE:
        raise Refusal(Code.RATE_LIMITED, "too many searches at once", retryAfterMs=60_000)


def require_used(provider: str, deps: Deps) -> None:
    """Raise INVALID for a company that is not set up here."""
    if provider != OWN and provider not in deps.lodgings:
        raise invalid("provider", f"'{provider}' is not used here")


async def searched(cmd: HotelSearch, who: Actor, deps: Deps) -> Found | None:
    """Return what a search finds, if every other company's part of it is kept."""
    want = wanted(cmd)
    kept = await _all_kept(deps.redis, [_search_key(name, want) for name in deps.lodgings])
    if kept is None:
        return None
    return _found([*await OwnRooms(who.tenant, deps).search(want), *kept])


async def left(cmd: HotelAvailability, who: Actor, deps: Deps) -> Found | None:
    """Return what a hotel has left, if that is ours, or was asked for a moment ago."""
    want = wanted(cmd)
    if cmd.provider == OWN:
        return _found(await OwnRooms(who.tenant, deps).availability(cmd.hotel_id, want))
    kept = await _all_kept(deps.redis, [_left_key(cmd.provider, cmd.hotel_id, want)])
    return None if kept is None else _found(kept)


@use_case()
def search(facts: Facts, cmd: HotelSearch, actor: Actor, deps: Deps) -> Change:
    """Ask all companies for rooms; what they offer comes as a job's result."""
    return _begin(facts, "hotelSearch", {"wanted": wanted(cmd)}, cmd, actor, deps)


@use_case()
def availability(facts: Facts, cmd: HotelAvailability, actor: Actor, deps: Deps) -> Change:
    """Ask one company what a hotel has left; the answer comes as a job's result."""
    payload = {"wanted": wanted(cmd), "provider": cmd.provider, "hotelId": cmd.hotel_id}
    return _begin(facts, "hotelAvailability", payload, cmd, actor, deps)


def _begin(
    facts: Facts, kind: str, payload: dict[str, Any], cmd: Wish, actor: Actor, deps: Deps
) -> Change:
    asked = msgspec.to_builtins(payload)
    return jobs.begun(
        facts, cmd.restaurant_id, kind, asked, actor, deps, HotelAnswer, priority=SEARCH
    )


async def _search(task: Task, providers: Providers) -> Found:
    want = msgspec.convert(task.job.payload["wanted"], Wanted)
    own = await OwnRooms(task.job.tenant_id, task.deps).search(want)
    names = list(providers.agencies)
    answers = await asyncio.gather(
        *(
            _once(
                task.deps.redis,
                _search_key(name, want),
                SEARCH_SECONDS,
                partial(providers.agencies[name].search, want),
            )
            for name in names
        ),
        return_exceptions=True,
    )
    return _together(own, dict(zip(names, answers, strict=True)))


async def _availability(task: Task, providers: Providers) -> Found:
    asked = task.job.payload
    want = msgspec.convert(asked["wanted"], Wanted)
    agency = providers.agencies[asked["provider"]]
    key = _left_key(asked["provider"], asked["hotelId"], want)
    try:
        return _found(
            await _once(
                task.deps.redis,
                key,
                LEFT_SECONDS,
                lambda: agency.availability(asked["hotelId"], want),
            )
        )
    except ProviderError as exc:
        raise Refusal(Code.PROVIDER_UNAVAILABLE, "the hotel's company does not answer") from exc


def _together(own: list[Offer], answers: dict[str, list[Offer] | BaseException]) -> Found:
    """Return what was found, and who has not answered; raise where that is all there is."""
    offers, failed = list(own), []
    for name, answer in answers.items():
        if isinstance(answer, ProviderError):
            log.warning("a company was passed over", provider=name, error=str(answer))
            failed.append(Failed(name))
        elif isinstance(answer, BaseException):
            raise answer
        else:
            offers += answer
    if failed and not offers:
        raise Refusal(Code.PROVIDER_UNAVAILABLE, "no company with hotels answers at present")
    return _found(offers, failed)


async def _once(redis: Servers, key: str, seconds: int, ask: Ask) -> list[Offer]:
    """Return offers that are kept; else ask for them, or wait for whoever just does."""

    async def asked() -> tuple[bytes, int]:
        return msgspec.json.encode(await ask()), seconds

    return cache.OFFERS.decode(await kept(redis, key, asked, FLIGHT_SECONDS))


async def _all_kept(redis: Servers, keys: Iterable[str]) -> list[Offer] | None:
    offers: list[Offer] = []
    for key in keys:
        try:
            found = await cache.get(redis, key)
        except UNREACHABLE:
            return None
        if found is None:
            return None
        offers += found
    return offers


def _search_key(provider: str, want: Wanted) -> str:
    return cache.key(provider, "search", want)


def _left_key(provider: str, hotel_id: str, want: Wanted) -> str:
    return cache.key(provider, "left", hotel_id, want)


def _found(offers: Sequence[Offer], failed: Sequence[Failed] = ()) -> Found:
    ordered = sorted(offers, key=lambda each: (each.provider != OWN, each.currency, each.total))
    return Found(ordered, list(failed))


KINDS = (
    Kind("hotelSearch", _search, seconds=120.0, at_once=8),
    Kind("hotelAvailability", _availability, seconds=120.0, at_once=8),
)
