"""One command, one transaction: claim its id, decide, write, commit, and only then tell."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import perf_counter
from typing import TypeVar

import asyncpg

from handlers.deps import TRACE, Deps
from state.domain.actor import Actor, ref
from state.domain.change import Answer, Change, Origin
from state.domain.commands import Command
from state.domain.errors import PASSING, Refusal
from state.store import commands, log
from state.store.pool import CONNECT_SECONDS, Conn

C = TypeVar("C", bound=Command)
Decide = Callable[[Conn, C, Actor, Deps], Awaitable[Change | None]]

# Somebody was faster: what was decided no longer fits, so decide again.
OVERTAKEN = (
    asyncpg.UniqueViolationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
)
ATTEMPTS = 3
AT_ONCE = 4  # of a pool of ten: enough to keep the row busy
NOTHING_TO_DO = Answer(ok=True)


async def carry_out(decide: Decide[C], cmd: C, actor: Actor, deps: Deps) -> Answer:
    """Return the answer to a command that has happened, now or when it was first sent.

    Raises the Refusal of the decision; under a command id a refusal is kept as an answer too.
    """
    origin = Origin(
        actor=ref(actor), trace=TRACE.get(), name=type(cmd).__name__, command_id=cmd.command_id
    )
    try:
        async with _turn(actor, deps):
            return await _attempts(decide, cmd, actor, deps, origin)
    except Refusal as refusal:
        if cmd.command_id is not None and refusal.code not in PASSING:
            async with deps.pool.acquire() as conn:
                await commands.keep(conn, origin, Answer(ok=False, error=refusal.body()))
        raise


@asynccontextmanager
async def _turn(actor: Actor, deps: Deps) -> AsyncIterator[None]:
    """Let only some commands of a restaurant work at once on this node, and none queue for long.

    They end up waiting for one row anyway, and would do so with every connection of the pool in
    their hands, while another restaurant's guests wait for one.
    """
    reach = actor.restaurants or ()
    key = next(iter(reach)) if len(reach) == 1 else actor.tenant
    turns = deps.turns.setdefault(key, asyncio.Semaphore(AT_ONCE))
    await asyncio.wait_for(turns.acquire(), CONNECT_SECONDS)
    try:
        yield
    finally:
        turns.release()


async def _attempts(decide: Decide[C], cmd: C, actor: Actor, deps: Deps, origin: Origin) -> Answer:
    for _ in range(ATTEMPTS - 1):
        try:
            return await _once(decide, cmd, actor, deps, origin)
        except OVERTAKEN:
            continue
    return await _once(decide, cmd, actor, deps, origin)


async def _once(decide: Decide[C], cmd: C, actor: Actor, deps: Deps, origin: Origin) -> Answer:
    began = perf_counter()
    async with deps.pool.acquire() as conn, conn.transaction():
        answered = await commands.claim(conn, origin)
        if answered is not None:
            return answered
        change = await decide(conn, cmd, actor, deps)
        if change is None:
            return NOTHING_TO_DO
        committed = await log.commit(conn, change, origin, deps.now())
    deps.observe("commit", perf_counter() - began)
    deps.publish(committed.events)
    return committed.answer
