"""Translation in use: texts that somebody asks for, notes for the kitchen, menus, conversations."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec.structs import replace

from handlers import jobs
from handlers.deps import TRACE, Deps, system
from handlers.jobs import Kind, Outcome, Task
from handlers.providers.all import Providers
from handlers.translating import Translating
from handlers.unit import carry_out
from handlers.usecase import use_case
from state.domain import events, job, talk
from state.domain.actor import FLOOR, Actor
from state.domain.change import Change
from state.domain.commands import Command, Id, TranslateText
from state.domain.errors import Code, Refusal, forbidden, invalid, not_found
from state.domain.facts import Facts
from state.domain.ids import new_id
from state.domain.job import Job
from state.domain.language import base, same
from state.domain.order import CLOSED, Order
from state.domain.restaurant import Restaurant
from state.domain.table import TableSession
from state.domain.talk import Message
from state.domain.translation import NoteTranslation, Translation, untouched
from state.live import talks
from state.live import translations as cache
from state.live.client import UNREACHABLE
from state.store import menus as menu_store
from state.store import restaurants
from state.store import translations as store

# The higher, the sooner: people who talk wait for it, cooks soon do, a menu has time.
TALK, NOTE, TEXT, MENU = 40, 30, 20, 10
MOST_A_MINUTE, COST_OF_ASKING = 20_000, 100  # characters for each person


class Offloaded(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The id of the job that finds the answer, or the answer itself; or else what was said."""

    job_id: str | None = None
    result: Translation | None = None
    message: Message | None = None


class FillMenu(Command, frozen=True, kw_only=True):
    restaurant_id: Id
    language: str


# A text somebody asks for


async def require_modest(cmd: TranslateText, actor: Actor, deps: Deps) -> None:
    """Raise RATE_LIMITED for who has more translated than anybody reads: engines cost money."""
    try:
        spent = await cache.spend(deps.redis, actor.id, len(cmd.text) + COST_OF_ASKING)
    except UNREACHABLE:
        return
    if spent > MOST_A_MINUTE:
        retry = cache.MINUTE * 1000
        raise Refusal(Code.RATE_LIMITED, "too much to translate at once", retryAfterMs=retry)


@use_case()
def text(facts: Facts, cmd: TranslateText, actor: Actor, deps: Deps) -> Change:
    """Translate a text; the answer, if nobody has asked for it before, comes as a job's result."""
    rid = jobs.place_of(cmd.restaurant_id, actor)
    facts.require_reach(actor, rid, "restaurant")
    payload = {
        "text": cmd.text,
        "source": cmd.source,
        "target": cmd.target or actor.lang,
        "guess": actor.lang,
    }
    made = job.new_job(
        actor.tenant,
        rid,
        "translate",
        payload,
        deps.now(),
        priority=TEXT,
        owner=actor.id,
        private=cmd.private,
        trace=TRACE.get(),
    )
    return Change(
        tenant_id=actor.tenant,
        restaurant_id=rid,
        new_jobs=[made],
        drafts=[],
        answer=Offloaded(job_id=made.id),
    )


async def _translate(task: Task, providers: Providers) -> Translation:
    asked = task.job.payload
    [found] = await _engines(task, providers).translate(
        [asked["text"]],
        asked["source"],
        asked["target"],
        guess=asked["guess"],
        private=task.job.private,
    )
    if not task.job.private:
        async with task.deps.pool.acquire() as conn:
            await store.remember(conn, task.job, found)
    return found


# Notes of an order


def notes_job(order: Order, restaurant: Restaurant, actor: Actor, deps: Deps) -> list[Job]:
    """Return the job that puts an order's notes into its kitchen's language, if they need that."""
    notes = {place: note for place, note, warned in _notes(order) if note and not warned}
    if not notes or same(actor.lang, restaurant.language):
        return []
    payload = {
        "orderId": order.id,
        "notes": notes,
        "target": restaurant.language,
        "guess": actor.lang,
    }
    return [
        job.new_job(
            restaurant.tenant_id,
            restaurant.id,
            "note",
            payload,
            deps.now(),
            priority=NOTE,
            trace=TRACE.get(),
        )
    ]


def _notes(order: Order) -> Iterator[tuple[str, str, bool]]:
    """Yield the notes of an order: where they stand, and whether no machine may touch them."""
    yield "", order.note, order.note_translation is not None
    for item in order.items:
        yield item.id, item.note, item.note_translation is not None


async def _translate_notes(task: Task, providers: Providers) -> dict[str, Translation]:
    asked = task.job.payload
    places = list(asked["notes"])
    found = await _engines(task, providers).translate(
        [asked["notes"][place] for place in places], None, asked["target"], guess=asked["guess"]
    )
    return dict(zip(places, found, strict=True))


def _put_notes(facts: Facts, held: Job, outcome: Outcome, _deps: Deps) -> Change | None:
    """Put translations beside the notes they are of; the order itself is no other for that."""
    order = facts.orders.get(held.payload["orderId"])
    made = msgspec.convert(outcome.result or {}, dict[str, Translation])
    beside = {place: _beside(each) for place, each in made.items() if _helps(each)}
    if order is None or order.status in CLOSED or not beside:
        return None
    after = replace(
        order,
        note_translation=beside.get("", order.note_translation),
        items=tuple(
            replace(item, note_translation=beside.get(item.id, item.note_translation))
            for item in order.items
        ),
    )
    return Change(
        tenant_id=held.tenant_id,
        restaurant_id=held.restaurant_id,
        orders=[(order, after)],
        drafts=[events.of_notes(after)],
        answer=None,
    )


def _helps(made: Translation) -> bool:
    """Tell whether a translation says more than the note itself, which may not be foreign."""
    return bool(made.engine) and not same(made.source, made.target) and made.text != made.original


def _beside(made: Translation) -> NoteTranslation:
    texts = {base(made.target): made.text}
    return NoteTranslation(texts=texts, engine=made.engine, sandbox=made.sandbox)


# Menus


@use_case()
def fill_menu(_facts: Facts, cmd: FillMenu, actor: Actor, deps: Deps) -> Change:
    """Have a menu's texts translated that nobody has written in a language."""
    made = job.new_job(
        actor.tenant,
        cmd.restaurant_id,
        "menu",
        {"language": cmd.language},
        deps.now(),
        priority=MENU,
        trace=TRACE.get(),
    )
    return Change(
        tenant_id=actor.tenant,
        restaurant_id=cmd.restaurant_id,
        new_jobs=[made],
        drafts=[],
        answer=None,
    )


async def want_menu(restaurant: Restaurant, language: str, deps: Deps) -> None:
    """Have what is missing of a menu translated; each version is tried for once an hour."""
    try:
        if not await cache.claim_menu(deps.redis, restaurant.id, restaurant.menu_version, language):
            return
    except UNREACHABLE:
        return
    cmd = FillMenu(restaurant_id=restaurant.id, language=language)
    await carry_out(fill_menu, cmd, system(restaurant.tenant_id), deps)


async def _translate_menu(task: Task, providers: Providers) -> dict[str, int]:
    language, rid = task.job.payload["language"], task.job.restaurant_id
    async with task.deps.pool.acquire() as conn:
        restaurant = await restaurants.get(conn, rid)
        menu = await menu_store.get(conn, rid, restaurant.menu_version)
        known = await store.menu_texts(conn, rid, language)
    source = restaurant.language
    missing = [
        original
        for texts in menu.all_texts()
        if not texts.get(language)
        and (original := texts.get(source))
        and not store.is_settled(known, source, original)
    ]
    found = await _engines(task, providers).translate(
        list(dict.fromkeys(missing)), source, language, strict=False
    )
    made = [each for each in found if each.engine and not store.is_no_news(known, source, each)]
    async with task.deps.pool.acquire() as conn:
        await store.keep_menu_texts(conn, rid, source, made)
    return {"texts": len(made)}


def _show_menu(facts: Facts, held: Job, outcome: Outcome, _deps: Deps) -> Change | None:
    if not (outcome.result or {}).get("texts"):
        return None
    version = facts.restaurant(held.restaurant_id).menu_version
    return Change(
        tenant_id=held.tenant_id,
        restaurant_id=held.restaurant_id,
        drafts=[events.of_menu(version)],
        answer=None,
    )


# Conversations


@use_case()
def say(facts: Facts, cmd: TranslateText, actor: Actor, deps: Deps) -> Change:
    """Say something in the conversation at a table; it follows in everyone's own language."""
    session = talking(facts, cmd.session_id, actor)
    language = base(cmd.source or actor.lang)
    said = untouched(cmd.text, language, language)
    message = talk.say(new_id(), session.id, actor, language, said, deps.now())
    payload = {"sessionId": session.id, "message": msgspec.to_builtins(message)}
    made = [
        job.new_job(
            actor.tenant,
            session.restaurant_id,
            "talk",
            payload,
            deps.now(),
            priority=TALK,
            private=cmd.private,
            trace=TRACE.get(),
        )
    ]
    return Change(
        tenant_id=actor.tenant,
        restaurant_id=session.restaurant_id,
        new_jobs=made if message.pending else [],
        drafts=[events.of_message(message)],
        answer=Offloaded(message=message),
    )


def talking(facts: Facts, session_id: str | None, actor: Actor) -> TableSession:
    """Return the table session whose people may talk with an actor: a guest's own, or any."""
    if session_id is None and not actor.is_guest:
        raise invalid("sessionId", "is missing: whom do you want to talk with?")
    wanted = actor.session if actor.is_guest else session_id
    session = facts.sessions.get(wanted or "")
    if session is None or session.closed_at is not None:
        raise not_found("visit", "sessionId")
    if session_id is not None and session_id != session.id:
        raise not_found("visit", "sessionId")
    facts.require_reach(actor, session.restaurant_id, "visit")
    if not actor.is_guest and actor.role not in FLOOR:
        raise forbidden(f"a {actor.role} does not talk with guests")
    return session


async def _interpret(task: Task, providers: Providers) -> dict[str, Any]:
    message = msgspec.convert(task.job.payload["message"], Message)
    async with task.deps.pool.acquire() as conn:
        house = (await restaurants.get(conn, task.job.restaurant_id)).language
    try:
        reads = await talks.languages(task.deps.redis, task.job.restaurant_id, message.session_id)
    except UNREACHABLE:
        reads = set()
    targets = {base(each) for each in {*reads, house}} - {message.language}
    texts, engine, sandbox = {}, "", False
    for target in sorted(targets):
        [found] = await _engines(task, providers).translate(
            [message.text], message.language, target, private=task.job.private
        )
        if found.engine:
            texts[target], engine = found.text, found.engine
            sandbox |= found.sandbox
    return {"texts": texts, "engine": engine, "sandbox": sandbox}


def _tell_all(_facts: Facts, held: Job, outcome: Outcome, _deps: Deps) -> Change:
    """Tell what was said again, now in all languages, or that nobody could translate it."""
    message = msgspec.convert(held.payload["message"], Message)
    made = outcome.result or {"texts": {}, "engine": "", "sandbox": False}
    after = replace(message, pending=False, **made)
    return Change(
        tenant_id=held.tenant_id,
        restaurant_id=held.restaurant_id,
        drafts=[events.of_message(after)],
        answer=None,
    )


def _engines(task: Task, providers: Providers) -> Translating:
    return Translating(task.deps.redis, providers.translators)


KINDS = (
    Kind("translate", _translate, seconds=60.0, at_once=16),
    Kind("note", _translate_notes, _put_notes, seconds=60.0, at_once=16),
    Kind("menu", _translate_menu, _show_menu, seconds=300.0, at_once=4),
    Kind("talk", _interpret, _tell_all, seconds=45.0, at_once=32),
)
