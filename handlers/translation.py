"""Texts that somebody asks to be translated."""

import msgspec

from handlers import jobs
from handlers.deps import Deps
from handlers.hearing import Hearing
from handlers.jobs import Kind, Task
from handlers.providers.all import Providers
from handlers.translating import Translating
from handlers.usecase import use_case
from state.domain.actor import Actor
from state.domain.change import Change
from state.domain.commands import TranslateText
from state.domain.errors import Code, Refusal
from state.domain.facts import Facts
from state.domain.job import TEXT
from state.domain.talk import Message
from state.domain.translation import Translation
from state.domain.voice import ReadOut
from state.live import translations as cache
from state.live.client import UNREACHABLE
from state.store import translations as store

MOST_A_MINUTE, COST_OF_ASKING = 20_000, 100  # characters for each person


class Offloaded(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The id of the job that finds the answer, or the answer itself; or else what was said."""

    job_id: str | None = None
    result: Translation | None = None
    message: Message | None = None


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
    payload = {
        "text": cmd.text,
        "source": cmd.source,
        "target": cmd.target or actor.lang,
        "guess": actor.lang,
        "speak": cmd.speak,
    }
    return jobs.begun(
        facts,
        cmd.restaurant_id,
        "translate",
        payload,
        actor,
        deps,
        Offloaded,
        priority=TEXT,
        private=cmd.private,
    )


async def _translate(task: Task, providers: Providers) -> Translation:
    asked = task.job.payload
    [found] = await Translating(task.deps.redis, providers.translators).translate(
        [asked["text"]],
        asked["source"],
        asked["target"],
        guess=asked["guess"],
        private=task.job.private,
    )
    if asked["speak"]:
        return await _read_out(task, providers, found)
    if not task.job.private:
        async with task.deps.pool.acquire() as conn:
            await store.remember(conn, task.job, found)
    return found


async def _read_out(task: Task, providers: Providers, made: Translation) -> ReadOut:
    hearing = Hearing(providers.spoken, private=task.job.private)
    language = made.target if made.engine else made.source or task.job.payload["guess"]
    speech = await hearing.read_out(task.deps, task.job.owner, made.text, language)
    return ReadOut(**msgspec.structs.asdict(made), speech=speech)


KINDS = (Kind("translate", _translate, seconds=60.0, at_once=16),)
