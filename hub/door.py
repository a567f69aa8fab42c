"""Connecting and leaving: who is let in, for how long, and who is shown out."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
from socketio.exceptions import ConnectionRefusedError as Refused

from handlers.deps import Deps
from hub.auth import authenticate, ended
from hub.connection import Connection, Connections
from hub.engine import Bucket, Server
from hub.engine.wheel import Alarm
from hub.entry import Reply
from hub.gateway import refusal_of
from hub.joins import Joins
from state.domain.actor import Actor
from state.domain.change import Answer
from state.domain.commands import AuthRefresh
from state.domain.errors import Code, Refusal, forbidden

log = structlog.get_logger()

GRACE_SECONDS = 30.0  # PROTOCOL 1: from auth:expired to the end
# One token may be at a big table's phones, or on every screen of a kitchen; not on all the world's.
MOST_CONNECTIONS = 100
RETRY_MS = 10_000
TABLEFUL = 4  # how much more than one connection all of a session together may ask
ENDED_SECONDS = 10.0  # longer than it takes to ask whether a session is over


class Door:
    """Keeps the list of connections, and each for as long as its token and session last."""

    def __init__(
        self, deps: Deps, connections: Connections, new_bucket: Callable[[int], Bucket]
    ) -> None:
        self._deps, self._connections, self._new_bucket = deps, connections, new_bucket
        self._leaving: set[asyncio.Task[None]] = set()
        self._ended: set[str] = set()
        self.closed = False

    def attach(self, server: Server, joins: Joins) -> None:
        self._server, self._joins = server, joins
        server.on("connect", handler=self._connect)
        server.on("disconnect", handler=self._disconnect)

    async def refresh(self, cmd: AuthRefresh, conn: Connection) -> Reply:
        """Swap the token of a connection for a newer one of the same person.

        Where it reaches elsewhere the client must come in anew: rooms are entered at the door.
        """
        actor = await self._authenticate(cmd.token)
        if _person(actor) != _person(conn.actor):
            raise forbidden("the token is somebody else's")
        moved = _reach(actor) != _reach(conn.actor)
        if self._connections.pop(conn.sid) is not None:  # it may have left meanwhile
            conn.actor = actor
            self._connections.add(conn)
            self._watch(conn)
        answer = Answer(ok=True, data={"expiresAt": actor.expires_at})
        return Reply(answer, partial(self._show_out, conn) if moved else None)

    def end_session(self, session: str) -> None:
        """Show out everyone here who came in by a session that is over, or is just coming in."""
        self._ended.add(session)
        asyncio.get_running_loop().call_later(ENDED_SECONDS, self._ended.discard, session)
        for conn in self._connections.of_session(session):
            self._show_out(conn)

    async def _authenticate(self, token: object) -> Actor:
        """Return the actor; between this and taking it in nothing may wait."""
        actor = await authenticate(token, self._deps)
        if actor.session in self._ended:  # it ended while we asked
            raise ended(actor)
        return actor

    async def _connect(self, sid: str, _environ: object, auth: Any = None) -> None:
        try:
            if self.closed:
                raise Refusal(Code.UNAVAILABLE, "this node is leaving: connect again")
            token = auth.get("token") if isinstance(auth, dict) else None
            actor = await self._authenticate(token)
            if self._connections.count(actor.session) >= MOST_CONNECTIONS:
                raise Refusal(Code.RATE_LIMITED, "too many connections", retryAfterMs=RETRY_MS)
        except Exception as exc:
            refusal = refusal_of(exc)
            raise Refused(refusal.message, refusal.body()) from exc
        member = self._server.member(sid)
        assert member is not None  # it is coming in
        mate = self._connections.mate(actor.session)
        shared = mate.shared if mate is not None else self._new_bucket(TABLEFUL)
        conn = Connection(member, actor, self._new_bucket(1), shared)
        self._connections.add(conn)
        self._watch(conn)
        log.info("connected", sid=sid, actor=actor.id, role=actor.role)

    def _disconnect(self, sid: str, reason: str) -> None:
        conn = self._connections.pop(sid)
        if conn is not None:
            self._joins.drop(conn)
            self._server.wheel.clear(conn.expiry)
            log.info("disconnected", sid=sid, actor=conn.actor.id, reason=reason)

    def _watch(self, conn: Connection) -> None:
        left = (conn.actor.expires_at - datetime.now(UTC)).total_seconds()
        self._ring(conn, left, self._expire)

    def _expire(self, conn: Connection) -> None:
        conn.tell("auth:expired", {"disconnectInMs": int(GRACE_SECONDS * 1000)})
        self._ring(conn, GRACE_SECONDS, self._show_out)

    def _ring(self, conn: Connection, seconds: float, call: Callable[[Connection], None]) -> None:
        self._server.wheel.clear(conn.expiry)
        conn.expiry = Alarm(partial(call, conn))
        self._server.wheel.set(conn.expiry, seconds)

    def _show_out(self, conn: Connection) -> None:
        task = asyncio.create_task(self._server.disconnect(conn.sid))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)


def _person(actor: Actor) -> tuple[object, ...]:
    return actor.id, actor.role, actor.tenant


def _reach(actor: Actor) -> tuple[object, ...]:
    return actor.restaurants, actor.tables, actor.stations
