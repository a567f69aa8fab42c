"""Commands in groups: look at what all of them need, decide, write, and only then tell.

A group takes two statements, however many it is of, and holds nothing between the two: what was
decided is written only where nothing else has happened in the restaurant in the meantime.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Sequence
from contextlib import AsyncExitStack
from functools import partial
from time import perf_counter
from typing import NamedTuple, TypeVar

import asyncpg

from handlers import menus
from handlers.deps import Deps
from handlers.group import Group, Outcome, Pending
from handlers.line import Overtaken
from handlers.usecase import UseCase
from state.domain.actor import Actor
from state.domain.change import Answer
from state.domain.commands import Command
from state.domain.facts import together
from state.store import commands, facts, record, restaurants
from state.store.pool import CONNECT_SECONDS, UNREACHABLE, Conn

C = TypeVar("C", bound=Command)

# Others have written what does not go with what was decided: decide again.
OUTDATED = (
    asyncpg.UniqueViolationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
)
ATTEMPTS = 3
AT_A_STRETCH = 16  # some milliseconds; then the loop sees to everyone else


class Done(NamedTuple):
    """A group that was decided, and the restaurants where that was written."""

    group: Group
    written: set[str]
    seconds: float


async def carry_out(use: UseCase[C], cmd: C, actor: Actor, deps: Deps) -> Answer:
    """Return the answer to a command that has happened, now or when it was first sent.

    Raises the Refusal of the decision; under a command id a refusal is kept as an answer too.
    """
    pending = Pending(use, cmd, actor)
    deps.line.join(pending, partial(_carry, deps))
    return await pending.answer


async def _carry(
    deps: Deps, pendings: Sequence[Pending], held: Collection[str]
) -> Overtaken[Pending]:
    """Carry out a group, or, where that fails, each of it alone: so a bad one sinks alone."""
    group = _in_time(pendings)
    try:
        done = await _together(deps, group, held)
    except UNREACHABLE as exc:
        _fail(group, exc)
        return Overtaken()
    except Exception:  # noqa: BLE001 - whose fault it is shows when each is alone
        found = [await _alone(deps, pending, held) for pending in group]
        return Overtaken(
            [pending for each in found for pending in each.those],
            {restaurant for each in found for restaurant in each.restaurants},
        )
    return await _settle(deps, done)


def _in_time(pendings: Sequence[Pending]) -> list[Pending]:
    """Return those that have not been in line for too long; the others are told so."""
    oldest = perf_counter() - CONNECT_SECONDS
    late = [pending for pending in pendings if pending.since < oldest]
    _fail(late, TimeoutError("too long in line"))
    return [pending for pending in pendings if pending.since >= oldest]


async def _alone(deps: Deps, pending: Pending, held: Collection[str]) -> Overtaken[Pending]:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            done = await _together(deps, [pending], held)
        except Exception as exc:  # noqa: BLE001 - passed on to whoever waits for the answer
            if attempt == ATTEMPTS or not isinstance(exc, OUTDATED):
                _fail([pending], exc)
                break
        else:
            return await _settle(deps, done)
    return Overtaken()


async def _together(deps: Deps, pendings: Sequence[Pending], held: Collection[str]) -> Done:
    """Carry out commands; raise where none of them has happened."""
    began = perf_counter()
    async with AsyncExitStack() as stack:
        conn = await stack.enter_async_context(deps.pool.acquire())
        if held:
            await stack.enter_async_context(conn.transaction())
            await restaurants.hold(conn, held)
        group = await _decide(deps, conn, pendings)
        written = await record.write(conn, group.batches) if group.batches else set()
    return Done(group, written, perf_counter() - began)


async def _decide(deps: Deps, conn: Conn, pendings: Sequence[Pending]) -> Group:
    found = await facts.read(conn, together(p.use.needs(p.cmd, p.actor) for p in pendings))
    for standing in found.restaurants.values():
        found.menus[standing.id] = await menus.current(conn, standing, deps)
    group = Group(found, deps)
    for number, pending in enumerate(pendings, 1):
        group.decide(pending)
        if number % AT_A_STRETCH == 0:
            await asyncio.sleep(0)
    return group


async def _settle(deps: Deps, done: Done) -> Overtaken[Pending]:
    good, again = done.group.split(done.written)
    _tell(deps, [each for each in good if each.restaurant], done.seconds)
    await _answer(deps, [each for each in good if not each.restaurant])
    return Overtaken([each.pending for each in again], done.group.batches.keys() - done.written)


def _tell(deps: Deps, happened: Sequence[Outcome], seconds: float) -> None:
    for outcome in happened:
        deps.observe("commit", seconds, outcome.pending.origin.trace)
        deps.publish(outcome.events)
        outcome.settle()


async def _answer(deps: Deps, unchanged: Sequence[Outcome]) -> None:
    """Answer those that change nothing; first keep what is refused under a command id."""
    refused: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for outcome in unchanged:
        if outcome.to_keep is None:
            outcome.settle()
        else:
            refused[outcome.to_keep].append(outcome)
    if refused:
        try:
            await _keep(deps, list(refused.values()))
        except Exception as exc:  # noqa: BLE001 - passed on; the others of the group have happened
            _fail([each.pending for those in refused.values() for each in those], exc)


async def _keep(deps: Deps, refused: Sequence[Sequence[Outcome]]) -> None:
    """Answer refusals, those of one command id together; another node's answer may be there."""
    async with deps.pool.acquire() as conn:
        others = await commands.keep(
            conn, [(those[0].pending.origin, those[0].refusal) for those in refused]
        )
    for those, other in zip(refused, others, strict=True):
        for outcome in those:
            outcome.settle(other)


def _fail(pendings: Sequence[Pending], exc: Exception) -> None:
    for pending in pendings:
        pending.fail(exc)
