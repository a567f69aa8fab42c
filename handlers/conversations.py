"""Conversations between a table and those who serve it, each in their own language."""

from typing import Any

import msgspec
from msgspec.structs import replace

from handlers.deps import TRACE, Deps
from handlers.jobs import Kind, Outcome, Task
from handlers.providers.all import Providers
from handlers.translating import Translating
from handlers.translation import Offloaded
from handlers.usecase import use_case
from state.domain import events, job, talk
from state.domain.actor import FLOOR, Actor
from state.domain.change import Change
from state.domain.commands import TranslateText
from state.domain.errors import forbidden, invalid, not_found
from state.domain.facts import Facts
from state.domain.ids import new_id
from state.domain.job import TALK, Job
from state.domain.language import base
from state.domain.table import TableSession
from state.domain.talk import Message, Speaker
from state.domain.translation import untouched
from state.live import talks
from state.live.client import UNREACHABLE
from state.store import restaurants


@use_case()
def say(facts: Facts, cmd: TranslateText, actor: Actor, deps: Deps) -> Change:
    """Say something in the conversation at a table; it follows in everyone's own language."""
    session = talking(facts, cmd.session_id, actor)
    language = base(cmd.source or actor.lang)
    return said(session, talk.speaker(actor), cmd.text, language, cmd.private, deps)


def said(
    session: TableSession, who: Speaker, text: str, language: str, private: bool, deps: Deps
) -> Change:
    """Return what it means to the restaurant that somebody has said something at a table."""
    plain = untouched(text, language, language)
    message = talk.say(new_id(), session.id, who, language, plain, deps.now())
    made = job.new_job(
        session.tenant_id,
        session.restaurant_id,
        "talk",
        {"sessionId": session.id, "message": msgspec.to_builtins(message)},
        deps.now(),
        priority=TALK,
        private=private,
        trace=TRACE.get(),
    )
    return Change(
        tenant_id=session.tenant_id,
        restaurant_id=session.restaurant_id,
        new_jobs=[made] if message.pending else [],
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
        [found] = await Translating(task.deps.redis, providers.translators).translate(
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


KINDS = (Kind("talk", _interpret, _tell_all, seconds=45.0, at_once=32),)
