"""From a token to the actor it speaks for, as long as its session lasts."""

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress

from handlers.deps import Deps
from hub.loop import Loop
from state.domain.actor import Actor
from state.domain.errors import Code, Refusal
from state.store import people, tables
from state.store import pool as postgres

RETRY_SECONDS = 0.2  # a session that ends is over everywhere within a second (PROTOCOL 1)
ALIVE_SECONDS = 5.0  # how often the listening connection is tried, since it only ever waits


async def authenticate(token: object, deps: Deps) -> Actor:
    """Return the actor; raise UNAUTHORIZED, TOKEN_EXPIRED or SESSION_CLOSED."""
    actor = read(token, deps)
    if await over([actor.session], deps):
        raise ended(actor)
    return actor


def read(token: object, deps: Deps) -> Actor:
    """Return the actor whom a token names, whether or not its session lasts."""
    if not isinstance(token, str) or not token:
        raise Refusal(Code.UNAUTHORIZED, "a token is missing")
    return deps.tokens.read(token)


async def over(sessions: Collection[str], deps: Deps) -> set[str]:
    """Return which of the sessions are over."""
    async with deps.pool.acquire() as conn:
        return await people.ended(conn, list(sessions), deps.now())


def ended(actor: Actor) -> Refusal:
    if actor.is_guest:
        return Refusal(Code.SESSION_CLOSED, "this table was closed: scan its code again")
    return Refusal(Code.UNAUTHORIZED, "please sign in again")


class Revocations:
    """Hears at once, from Postgres, of every session that ends; asks for those it slept through.

    `sessions` names the sessions present here; `end` disconnects one of them.
    """

    def __init__(
        self, url: str, deps: Deps, sessions: Callable[[], set[str]], end: Callable[[str], None]
    ) -> None:
        self._url, self._deps, self._sessions, self._end = url, deps, sessions, end
        self._loop = Loop("revocations", self._listen, RETRY_SECONDS)
        self.start, self.close = self._loop.start, self._loop.close

    async def _listen(self) -> None:
        conn = await postgres.connect(self._url, application_name="revocations")
        cut = asyncio.Event()
        try:
            conn.add_termination_listener(lambda _: cut.set())
            await conn.add_listener(tables.REVOKED, lambda *args: self._end(str(args[-1])))
            while not cut.is_set():
                for session in await people.ended(conn, list(self._sessions()), self._deps.now()):
                    self._end(session)
                with suppress(TimeoutError):
                    async with asyncio.timeout(ALIVE_SECONDS):
                        await cut.wait()
        finally:
            await conn.close(timeout=1)
