"""Recovery as official clients speak it: a connection is told the id of its seat (`pid`), and
whoever comes back with it and an offset gets the same id, the same rooms and what was missed.

A seat is written before the answer to a join is: what a client knows of, any node can give back.
"""

import asyncio
import secrets
from collections.abc import Mapping
from functools import partial
from math import inf
from time import monotonic
from typing import Any

import msgspec
import structlog

from handlers.deps import Deps
from hub.connection import Connection, Connections
from hub.loop import Loop
from hub.together import Together
from state.domain.actor import Actor
from state.live import seats as live
from state.live.client import UNREACHABLE
from state.live.seats import Seat

log = structlog.get_logger()

PID_BYTES = 15  # nobody guesses them; and a seat is given back to its owner only
RETRY_SECONDS = 0.5
WAIT_SECONDS = 0.5  # nobody's join waits longer for a Redis that says nothing
MANY = 50  # seats that are being written at one moment, on a good day
KEEP_EVERY_SECONDS = 3600.0


class Return(msgspec.Struct, frozen=True):
    """Somebody who has been here before; `since` is the last seq they have seen, if any."""

    seat: Seat
    since: int | None


class Seats:
    """Keeps in Redis what connections need to be given back."""

    def __init__(self, deps: Deps, connections: Connections) -> None:
        self._deps, self._connections = deps, connections
        self._found = Together[str, dict[str, Seat]](partial(live.get, deps.redis))
        self._unwritten: dict[Connection, Seat | None] = {}
        self._doubtful: set[Connection] = set()
        self._kept_at = monotonic()
        self._loop = Loop("seats", self._work, RETRY_SECONDS)
        self.start, self.close = self._loop.start, self._loop.close

    async def remember(self, conn: Connection, rooms: Mapping[str, int]) -> None:
        """Note the rooms of a connection, and those it is about to enter.

        A client keeps one offset, so that its rooms must be of one restaurant.
        """
        self._unwritten[conn] = _seat(conn, rooms)
        if len(self._unwritten) > MANY:
            return  # Redis is away, and those before us have waited for it already
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._write(conn)
        except UNREACHABLE as exc:
            log.warning("a seat is not written yet", sid=conn.sid, error=repr(exc))

    def doubt(self) -> None:
        """Write all seats again: a Redis that was away may have lost them, or be another by now."""
        self._doubtful.update(self._connections)

    async def find(self, auth: Any, actor: Actor) -> Return | None:
        """Return who an actor was, by what its client has sent; None if it is new, or another."""
        pid, offset = (auth.get(name) for name in ("pid", "offset"))
        if not isinstance(pid, str) or not 0 < len(pid) <= 2 * PID_BYTES:
            return None
        try:
            # With all of Redis's own time: who is not found here has to begin anew.
            seat = (await self._found.ask(pid)).get(pid)
        except UNREACHABLE as exc:
            log.warning("a seat cannot be read", error=repr(exc))
            return None
        if seat is None or seat.person != _person(actor):
            return None
        return Return(seat, _seq(offset))

    async def _work(self) -> None:
        for conn in tuple(self._unwritten):
            await self._write(conn)
        while self._doubtful:
            await self._renew([self._doubtful.pop() for _ in range(min(MANY, len(self._doubtful)))])
        if monotonic() - self._kept_at > KEEP_EVERY_SECONDS:
            await live.keep(self._deps.redis, [conn.pid for conn in self._connections])
            self._kept_at = monotonic()

    async def _write(self, conn: Connection) -> None:
        if conn not in self._unwritten:
            return  # somebody else has written it meanwhile
        seat = self._unwritten[conn]
        if seat is None:
            await live.forget(self._deps.redis, conn.pid)
        else:
            await live.put(self._deps.redis, conn.pid, seat)
        if conn in self._unwritten and self._unwritten[conn] is seat:
            del self._unwritten[conn]

    async def _renew(self, some: list[Connection]) -> None:
        try:
            await asyncio.gather(*map(self._write_again, some))
        except BaseException:
            self._doubtful.update(some)
            raise

    async def _write_again(self, conn: Connection) -> None:
        seat = None if conn.gone or conn in self._unwritten else _seat(conn, {})
        if seat is not None and seat.rooms:
            await live.put(self._deps.redis, conn.pid, seat)


def _seat(conn: Connection, entering: Mapping[str, int]) -> Seat | None:
    """Return a connection's seat with its rooms and those it is about to enter."""
    if len(conn.restaurants) != 1:
        return None
    [rid] = conn.restaurants
    heard = {room: min(conn.heard[room], entering.get(room, inf)) for room in conn.rooms}
    rooms = {**entering, **{room: int(at) for room, at in heard.items()}}
    return Seat(sid=conn.sid, person=_person(conn.actor), restaurant_id=rid, rooms=rooms)


def new_pid() -> str:
    return secrets.token_urlsafe(PID_BYTES)


def _person(actor: Actor) -> str:
    """Return what must be the same for a seat to be given back: who it is, and their reach."""
    reach = (actor.restaurants, actor.tables, actor.stations)
    session = actor.session if actor.is_guest else ""
    known = [sorted(part) if part is not None else None for part in reach]
    return msgspec.json.encode([actor.id, actor.role, actor.tenant, session, *known]).decode()


def _seq(offset: Any) -> int | None:
    return int(offset) if isinstance(offset, str) and offset.isdecimal() else None
