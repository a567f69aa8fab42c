"""Jobs, as commands see them: begun by a worker, heard of by their owner, ended once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from handlers.deps import TRACE, Deps, system
from handlers.unit import carry_out
from handlers.usecase import UseCase, use_case
from state.domain import events, job
from state.domain.actor import CHIEFS, Actor
from state.domain.change import Change
from state.domain.commands import Command, Id, JobCommand
from state.domain.errors import Code, Refusal, invalid, not_found
from state.domain.facts import Facts
from state.domain.job import Job, JobNews, JobStatus, news
from state.store import jobs as store

GIVE_UP = {"code": Code.INTERNAL, "message": "the job was begun too often without coming to an end"}
LONG_ENOUGH = timedelta(days=1)  # for jobs that are put off again and again


class LaterError(Exception):
    """The job is to be looked at again, after so many seconds; or once its owner has paid."""

    def __init__(self, seconds: float, *, waiting: bool = False) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds, self.waiting = seconds, waiting


class DoubtError(Exception):
    """Nobody can tell yet whether another company has done what it was asked."""


class Task(NamedTuple):
    """One attempt at a job, as what is done in it sees it."""

    job: Job
    deps: Deps

    async def progress(self, percent: int) -> None:
        """Tell the owner how far it is."""
        cmd = Advance(job_id=self.job.id, progress=percent)
        await carry_out(advance, cmd, system(self.job.tenant_id), self.deps)


class Outcome(NamedTuple):
    """What a job came to: a `result`, or an `error` as clients see it."""

    result: Any = None
    error: dict[str, Any] | None = None


# What a job's end means to the restaurant; it is written, and told, with the end itself.
Conclude = Callable[[Facts, Job, Outcome, Deps], Change | None]


@dataclass(frozen=True)
class Kind:
    """One kind of job: how it is done, within how many `seconds` an attempt, how many `at_once`.

    A job that was begun `attempts` times and never came to an end is given up: it may be what
    kills the workers. So is one that is older than `lasts`.
    """

    name: str
    run: Callable[[Task, Any], Awaitable[Any]]
    conclude: Conclude | None = None
    seconds: float = 30.0
    at_once: int = 16
    attempts: int = 5
    lasts: timedelta = LONG_ENOUGH


class Advance(Command, frozen=True, kw_only=True):
    job_id: Id
    progress: int


class Finish(Command, frozen=True, kw_only=True):
    """Beside the job it names what its end is about, so that this is looked at too."""

    job_id: Id
    result: Any = None
    error: dict[str, Any] | None = None
    order_id: Id | None = None
    session_id: Id | None = None
    payment_id: Id | None = None


def begin(kind: Kind) -> UseCase[JobCommand]:
    """Return the use case by which a worker takes a job up; nothing comes of one that has ended."""

    def take_up(facts: Facts, cmd: JobCommand, actor: Actor, deps: Deps) -> Change | None:
        held = _held(facts, cmd.job_id, actor)
        if held.ended:
            return None
        vain = held.attempts >= kind.attempts or deps.now() - held.created_at > kind.lasts
        if vain and held.status is not JobStatus.UNKNOWN:
            return _ended(kind, facts, held, Outcome(error=GIVE_UP), deps)
        begun = job.begin(held, deps.now())
        # To look whether somebody has paid is no news.
        return _changed(begun, tell=held.status is not JobStatus.WAITING)

    return UseCase(take_up)


@use_case()
def advance(facts: Facts, cmd: Advance, actor: Actor, _deps: Deps) -> Change | None:
    """Tell the owner how far a job is."""
    held = _held(facts, cmd.job_id, actor)
    return None if held.ended else _changed(job.advance(held, cmd.progress))


class PutOff(JobCommand, frozen=True, kw_only=True):
    waiting: bool


@use_case()
def put_off(facts: Facts, cmd: PutOff, actor: Actor, _deps: Deps) -> Change | None:
    """Note that a job will be looked at later."""
    held = _held(facts, cmd.job_id, actor)
    if held.ended:
        return None
    after = job.put_off(held, cmd.waiting)
    return _changed(after, tell=after.status is not held.status)


@use_case()
def doubt(facts: Facts, cmd: JobCommand, actor: Actor, _deps: Deps) -> Change | None:
    """Note that nobody can tell yet whether a job has happened."""
    held = _held(facts, cmd.job_id, actor)
    if held.ended or held.status is JobStatus.UNKNOWN:
        return None
    return _changed(job.doubt(held))


def finish(kind: Kind) -> UseCase[Finish]:
    """Return the use case that ends a job, once: who comes later changes nothing."""

    def finished(facts: Facts, cmd: Finish, actor: Actor, deps: Deps) -> Change | None:
        held = _held(facts, cmd.job_id, actor)
        if held.ended:
            return None
        return _ended(kind, facts, held, Outcome(cmd.result, cmd.error), deps)

    return UseCase(finished)


@use_case()
def cancel(facts: Facts, cmd: JobCommand, actor: Actor, deps: Deps) -> Change:
    """Call a job off; its owner hears `job:failed`."""
    held = _held(facts, cmd.job_id, actor)
    _require_owner(held, actor)
    return _changed(job.cancel(held, deps.now()))


async def get(job_id: str, actor: Actor, deps: Deps) -> tuple[JobNews, str]:
    """Return how it goes with a job of one's own, and its restaurant.

    Chiefs may look at those of their house.
    """
    async with deps.pool.acquire() as conn:
        found = await store.get(conn, job_id)
    if found is None:
        raise not_found("job")
    actor.require_reach(found.tenant_id, found.restaurant_id, "job")
    if actor.role not in CHIEFS:
        _require_owner(found, actor)
    told = news(found)
    if found.private and found.owner != actor.id:
        told = replace(told, result=None)
    return told, found.restaurant_id


def place_of(named: str | None, actor: Actor) -> str:
    """Return the restaurant whose log tells of an actor's job: that named, else its only one."""
    reach = actor.restaurants or ()
    rid = named if named is not None else next(iter(reach)) if len(reach) == 1 else None
    if rid is None:
        raise invalid("restaurantId", "is missing: you work in several restaurants")
    return rid


def begun(
    facts: Facts,
    named: str | None,
    kind: str,
    payload: dict[str, Any],
    actor: Actor,
    deps: Deps,
    answer: Callable[[str], Any],
    *,
    priority: int,
    private: bool = False,
    stoppable: bool = True,
) -> Change:
    """Return the change that begins a job whose owner is the actor, in the restaurant `named`.

    `answer` makes what the caller gets of the job's id.
    """
    rid = place_of(named, actor)
    facts.require_reach(actor, rid, "restaurant")
    made = job.new_job(
        actor.tenant,
        rid,
        kind,
        payload,
        deps.now(),
        priority=priority,
        owner=actor.id,
        private=private,
        stoppable=stoppable,
        trace=TRACE.get(),
    )
    return Change(
        tenant_id=actor.tenant,
        restaurant_id=rid,
        new_jobs=[made],
        drafts=[],
        answer=answer(made.id),
    )


def _held(facts: Facts, job_id: str, actor: Actor) -> Job:
    held = facts.jobs.get(job_id)
    if held is None:
        raise not_found("job")
    facts.require_reach(actor, held.restaurant_id, "job")
    return held


def _require_owner(held: Job, actor: Actor) -> None:
    if held.owner != actor.id:
        raise not_found("job")


def _changed(after: Job, tell: bool = True) -> Change:
    return Change(
        tenant_id=after.tenant_id,
        restaurant_id=after.restaurant_id,
        jobs=[after],
        drafts=list(events.of_job(after)) if tell else [],
        answer=news(after),
    )


def _ended(kind: Kind, facts: Facts, held: Job, outcome: Outcome, deps: Deps) -> Change:
    now = deps.now()
    if outcome.error is not None:
        after = job.fail(held, outcome.error, now)
    else:
        after = job.complete(held, outcome.result, now)
    own = _changed(after)
    more = kind.conclude(facts, after, outcome, deps) if kind.conclude is not None else None
    if more is None:
        return own
    return replace(more, jobs=own.jobs, drafts=[*more.drafts, *own.drafts], answer=own.answer)


def refusal(exc: Exception) -> dict[str, Any]:
    """Return an error as a job's owner sees it."""
    if isinstance(exc, Refusal):
        body: dict[str, Any] = msgspec.to_builtins(exc.body(), str_keys=True)
        return body
    return {"code": Code.INTERNAL, "message": "something went wrong here"}
