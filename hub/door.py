"""Connecting and leaving: who is let in, for how long, and who is shown out."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
import structlog
from socketio.exceptions import ConnectionRefusedError as Refused

from handlers.deps import Deps
from hub.auth import ended, over, read
from hub.connection import Connection, Connections
from hub.engine import Bucket, Member, Server
from hub.engine.wheel import Alarm
from hub.entry import Reply
from hub.gateway import refusal_of
from hub.joins import Joins
from hub.metrics import Metrics
from hub.seats import Seats, new_pid
from hub.together import Together
from state.domain.actor import Actor
from state.domain.change import Answer
from state.domain.commands import AuthRefresh
from state.domain.errors import Code, Refusal, forbidden
from state.live import seats as live
from state.live.client import UNREACHABLE
from state.live.seats import Moved

log = structlog.get_logger()

PASSING = {Code.UNAVAILABLE, Code.RATE_LIMITED}
MOVED = "came back by another connection"
GRACE_SECONDS = 30.0  # PROTOCOL 1: from auth:expired to the end
# One token may be at a big table's phones, or on every screen of a kitchen; not on all the world's.
MOST_CONNECTIONS = 100
RETRY_MS = 10_000
TABLEFUL = 4  # how much more than one connection all of a session together may ask
ENDED_SECONDS = 10.0  # longer than it takes to ask whether a session is over


class Back(msgspec.Struct, frozen=True):
    """A client that has come back: its id of before; `follow` gives it rooms and what it missed."""

    sid: str
    follow: Callable[[], None]


class Door:
    """Keeps the list of connections, and each for as long as its token and session last."""

    def __init__(
        self,
        deps: Deps,
        connections: Connections,
        seats: Seats,
        metrics: Metrics,
        new_bucket: Callable[[int], Bucket],
    ) -> None:
        self._deps, self._connections, self._new_bucket = deps, connections, new_bucket
        self._seats, self._metrics = seats, metrics
        self._leaving: set[asyncio.Task[None]] = set()
        self._ended: set[str] = set()
        self._over = Together[str, set[str]](partial(over, deps=deps))
        self._moves = Together[Moved, None](partial(live.announce, deps.redis))
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
        actor = read(token, self._deps)
        over = await self._over.ask(actor.session)
        if actor.session in over or actor.session in self._ended:  # it ended while we asked
            raise ended(actor)
        return actor

    async def _connect(self, sid: str, _environ: object, auth: Any = None) -> None:
        member = self._server.member(sid)
        assert member is not None  # it is coming in
        auth = auth if isinstance(auth, dict) else {}
        try:
            conn, back = await self._admit(member, auth)
        except Exception as exc:
            refusal = refusal_of(exc)
            if "pid" in auth and refusal.code in PASSING:
                # Official clients come back by themselves after this, and never after a refusal.
                member.socket.close("to come back later")
            raise Refused(refusal.message, refusal.body()) from exc
        # From here to the end nothing waits: what it is given back is followed by all the rest.
        member.pid = new_pid()
        if back is not None:
            self._take_seat(member, back.sid, auth["pid"])
        self._connections.add(conn)
        self._metrics.connected()
        self._watch(conn)
        if back is not None:
            back.follow()
        log.info(
            "connected",
            sid=member.sid,
            actor=conn.actor.id,
            role=conn.actor.role,
            recovered=back is not None,
        )

    async def _admit(self, member: Member, auth: dict[str, Any]) -> tuple[Connection, Back | None]:
        """Return the connection of a client that may come in, and what it is given back."""
        if self.closed:
            raise Refusal(Code.UNAVAILABLE, "this node is leaving: connect again")
        actor = await self._authenticate(auth.get("token"))
        if self._connections.count(actor.session) >= MOST_CONNECTIONS:
            raise Refusal(Code.RATE_LIMITED, "too many connections", retryAfterMs=RETRY_MS)
        mate = self._connections.mate(actor.session)
        shared = mate.shared if mate is not None else self._new_bucket(TABLEFUL)
        conn = Connection(member, actor, self._new_bucket(1), shared)
        back = await self._recover(conn, auth)
        if actor.session in self._ended:  # meanwhile
            self._joins.drop(conn)
            raise ended(actor)
        return conn, back

    async def _recover(self, conn: Connection, auth: dict[str, Any]) -> Back | None:
        """Return what a client that was here before is given back; tell it if nothing can be."""
        found = await self._seats.find(auth, conn.actor)
        if found is None:
            if auth.get("pid"):
                self._metrics.recovery("no seat")
            return None
        try:
            follow = await self._joins.recover(conn, found)
        except LookupError as exc:
            self._metrics.recovery(str(exc))
            told = {"restaurantId": found.seat.restaurant_id, "reason": str(exc)}
            conn.tell("sync:reset", told)
            return None
        self._metrics.recovery("recovered")
        return Back(found.seat.sid, follow)

    def _take_seat(self, member: Member, sid: str, pid: str) -> None:
        """Give a client its id back; whoever still has it, here or elsewhere, has gone."""
        self.evict(sid, member.socket.sid)
        self._server.manager.rename(member, sid)
        member.pid = pid
        self._server.eio.start(self._announce(Moved(sid=sid, to=member.socket.sid)))

    async def _announce(self, moved: Moved) -> None:
        """Let other nodes know: they may still believe in the connection that was there before."""
        try:
            await self._moves.ask(moved)
        except UNREACHABLE as exc:
            log.warning("others were not told of a move", sid=moved.sid, error=repr(exc))

    def hear(self, notice: bytes) -> None:
        """Take what another node says to all."""
        moved = msgspec.json.decode(notice, type=Moved)
        self.evict(moved.sid, moved.to)

    def evict(self, sid: str, to: str) -> None:
        """Let go of a connection whose client has come back by another one."""
        conn = self._connections.get(sid)
        if conn is not None and conn.member.socket.sid != to:
            self._disconnect(sid, MOVED)
            self._server.manager.forget(sid, conn.member.namespace)
            conn.member.socket.close(MOVED)

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
