"""What people say: taken part by part on any node, made out by a worker while they speak."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from time import monotonic

import msgspec
from msgspec.structs import replace

from handlers import conversations, jobs
from handlers.deps import Deps
from handlers.hearing import Hearing
from handlers.jobs import Kind, Outcome, Task
from handlers.providers.all import Providers
from handlers.providers.voices import Heard
from handlers.sealing import seal, unseal
from handlers.translating import Translating
from handlers.usecase import use_case
from state.domain import talk
from state.domain.actor import Actor
from state.domain.change import Change
from state.domain.commands import TranslateVoice
from state.domain.errors import Code, Refusal, invalid
from state.domain.facts import Facts
from state.domain.job import TALK, Job
from state.domain.language import base
from state.domain.proposal import Proposal, propose
from state.domain.sound import SECOND, samples
from state.domain.talk import Speaker
from state.domain.translation import Translation
from state.domain.voice import Taken, Understood
from state.live import recordings
from state.live import translations as cache
from state.live.recordings import Part, Partial, Recording, Verdict
from state.store import menus, restaurants

MOST_A_MINUTE = 150 * SECOND  # somebody who talks without a pause, and then sends a bit again
LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 8.0  # without a part, its speaker has gone


# Taking it down


async def take(cmd: TranslateVoice, restaurant_id: str, actor: Actor, deps: Deps) -> Taken:
    """Take a part of a recording, on whatever node it comes; raise a Refusal that says why not."""
    pcm = samples(cmd.audio) if cmd.part == 0 else cmd.audio
    spent = await cache.spend(deps.redis, f"voice:{actor.id}", len(pcm))
    if spent > MOST_A_MINUTE:
        retry = cache.MINUTE * 1000
        raise Refusal(Code.RATE_LIMITED, "more than anybody says", retryAfterMs=retry)
    recording = Recording(restaurant_id, actor.id, cmd.voice_id)
    part = Part(seal(deps.tokens.secret, pcm, _about(recording, cmd.part)), cmd.last)
    verdict, parts = await recordings.add(deps.redis, recording, cmd.part, part, len(pcm))
    _require_taken(verdict, parts)
    return Taken(voice_id=cmd.voice_id, parts=parts)


def _about(recording: Recording, part: int) -> str:
    return f"{recording.owner} {recording.voice_id} {part}"


def _require_taken(verdict: Verdict, parts: int) -> None:
    if verdict is Verdict.LONG:
        most = recordings.MOST_SECONDS
        raise Refusal(Code.TOO_LARGE, f"a recording may last {most} s", [_at("audio", "is more")])
    if verdict is Verdict.HOLE:
        raise Refusal(Code.CONFLICT, f"part {parts} is next", [_at("part", f"must be {parts}")])
    if verdict is Verdict.ENDED:
        raise Refusal(Code.CONFLICT, "the recording has ended", [_at("part", "is after the last")])


def _at(path: str, message: str) -> dict[str, str]:
    return {"path": path, "message": message}


@use_case()
def listen(facts: Facts, cmd: TranslateVoice, actor: Actor, deps: Deps) -> Change:
    """Take a part of what somebody says. What comes of the whole is its job's result.

    Meanwhile `translate:partial` tells its owner what was understood so far.
    """
    rid = jobs.place_of(cmd.restaurant_id, actor)
    if cmd.session_id is not None:
        if cmd.order:
            raise invalid("order", "is not said in a conversation: leave one of the two out")
        if conversations.talking(facts, cmd.session_id, actor).restaurant_id != rid:
            raise invalid("restaurantId", "is not where that table is")
    payload = {
        "voiceId": cmd.voice_id,
        "language": cmd.language,
        "guess": actor.lang,
        "target": cmd.target,
        "speak": cmd.speak,
        "order": cmd.order,
        "private": cmd.private,
        "sessionId": cmd.session_id,
        "speaker": msgspec.to_builtins(talk.speaker(actor)),
    }
    return jobs.begun(
        facts,
        rid,
        "voice",
        payload,
        actor,
        deps,
        lambda job_id: Taken(voice_id=cmd.voice_id, parts=1, job_id=job_id),
        priority=TALK,
        private=True,  # what somebody said is theirs: soon it is forgotten
    )


# Making it out


async def _hear(task: Task, providers: Providers) -> Understood:
    asked, redis = task.job.payload, task.deps.redis
    recording = Recording(task.job.restaurant_id, task.job.owner, asked["voiceId"])
    hearing = Hearing(providers.spoken, private=asked["private"])
    try:
        heard, engine = await hearing.recognise(
            partial(_parts, task.deps, recording),
            asked["language"],
            asked["guess"],
            partial(_tell, task.deps, recording),
        )
    except Refusal:
        await recordings.forget(redis, recording)
        raise
    understood = await _more(task, providers, hearing, heard, engine)
    await recordings.forget(redis, recording)
    return understood


async def _parts(deps: Deps, recording: Recording) -> AsyncIterator[bytes]:
    """Yield a recording from its beginning, and what comes while it goes on."""
    number, since = 0, monotonic()
    while True:
        found = await recordings.read(deps.redis, recording, number)
        for part in found:
            yield unseal(deps.tokens.secret, part.sealed, _about(recording, number))
            if part.last:
                return
            number, since = number + 1, monotonic()
        if not found and monotonic() - since > PATIENCE_SECONDS:
            raise Refusal(Code.CONFLICT, "the recording broke off: its last part never came")
        await asyncio.sleep(LOOK_SECONDS)


async def _tell(deps: Deps, recording: Recording, text: str) -> None:
    told = Partial(
        restaurant_id=recording.restaurant_id,
        owner=recording.owner,
        voice_id=recording.voice_id,
        text=text,
    )
    await recordings.tell(deps.redis, told)


async def _more(
    task: Task, providers: Providers, hearing: Hearing, heard: Heard, engine: str
) -> Understood:
    """Return what was heard with all that was wanted of it."""
    asked = task.job.payload
    language = heard.language or asked["guess"]
    sure = heard.sure and bool(heard.text)
    found = Understood(
        text=heard.text, language=language, sure=sure, engine=engine, sandbox=heard.sandbox
    )
    if not heard.text:
        return found
    if asked["sessionId"] is not None:
        return replace(found, said=sure)
    if asked["order"]:
        found = replace(found, proposal=await _propose(task, heard.text))
    if asked["target"] is not None:
        found = replace(found, translation=await _translate(task, providers, found))
    if asked["speak"]:
        to_say = _to_say(found, asked["guess"])
        speech = await hearing.read_out(task.deps, task.job.owner, *to_say)
        found = replace(found, speech=speech)
    return found


async def _propose(task: Task, text: str) -> Proposal:
    """Return the dishes that a text names, in the language of who has to confirm them."""
    rid = task.job.restaurant_id
    async with task.deps.pool.acquire() as conn:
        restaurant = await restaurants.get(conn, rid)
        menu = await menus.get(conn, rid, restaurant.menu_version)
    reads = task.job.payload["guess"]
    # A long text and a long menu take a while to compare.
    return await asyncio.to_thread(propose, text, menu, reads, restaurant.language)


async def _translate(task: Task, providers: Providers, found: Understood) -> Translation:
    asked = task.job.payload
    translating = Translating(task.deps.redis, providers.translators)
    [made] = await translating.translate(
        [found.text], found.language, asked["target"], private=asked["private"]
    )
    return made


def _to_say(found: Understood, reads: str) -> tuple[str, str]:
    """Return what is read out, and its language: dishes for their guest, else the translation."""
    if found.proposal is not None:
        lines = (f"{line.quantity}, {line.name}" for line in found.proposal.lines)
        return ". ".join([*lines, *found.proposal.unmatched]), reads
    made = found.translation
    if made is None or not made.engine:
        return found.text, found.language
    return made.text, made.target


def _say(facts: Facts, held: Job, outcome: Outcome, deps: Deps) -> Change | None:
    """Put into the conversation what was understood; what is not sure its speaker looks at."""
    if held.payload["sessionId"] is None or outcome.result is None:
        return None
    understood = msgspec.convert(outcome.result, Understood)
    session = facts.sessions.get(held.payload["sessionId"])
    if not understood.said or session is None or session.closed_at is not None:
        return None
    who = msgspec.convert(held.payload["speaker"], Speaker)
    private = held.payload["private"]
    return conversations.said(
        session, who, understood.text, base(understood.language), private, deps
    )


KINDS = (Kind("voice", _hear, _say, seconds=180.0, at_once=16),)
