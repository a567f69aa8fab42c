"""A connected client: its actor, and what the node must let go of when it leaves."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import msgspec
from engineio.async_socket import AsyncSocket

from hub.engine import Member
from state.domain.actor import Actor
from state.domain.change import Answer


class Bucket:
    """A token bucket: `rate` commands a second, after a burst of `burst`."""

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst, self._left = rate, burst, burst
        self._at = time.monotonic()

    def wait(self) -> float:
        """Take one; return 0, or how many seconds to wait when none is left."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return (1 - self._left) / self._rate
        self._left -= 1
        return 0.0


class Connection(Member):
    """One Socket.IO session. `restaurants` are those whose log it holds open here.

    `heard` tells for each of its rooms since which seq it has heard everything there.
    A command of it may still be in hand when it has `gone`.
    """

    __slots__ = ("actor", "bucket", "expiry", "gone", "heard", "restaurants")

    def __init__(self, sid: str, socket: AsyncSocket, actor: Actor, bucket: Bucket) -> None:
        super().__init__(sid, socket)
        self.actor = actor
        self.bucket = bucket
        self.expiry: asyncio.TimerHandle | None = None
        self.gone = False
        self.restaurants: set[str] = set()
        self.heard: dict[str, int] = {}

    def acknowledge(self, ack_id: int, answer: Answer) -> None:
        self.write(f"3{ack_id}[{msgspec.json.encode(answer).decode()}]")

    def tell(self, name: str, *args: Any) -> None:
        """Send an event that is no part of the log."""
        self.write("2" + msgspec.json.encode([name, *args]).decode())


class Connections:
    """Everyone connected here, by Socket.IO session and by login or table session."""

    def __init__(self) -> None:
        self._by_sid: dict[str, Connection] = {}
        self._by_session: dict[str, set[Connection]] = {}

    def __len__(self) -> int:
        return len(self._by_sid)

    def __iter__(self) -> Iterator[Connection]:
        return iter(tuple(self._by_sid.values()))

    def add(self, conn: Connection) -> None:
        self._by_sid[conn.sid] = conn
        self._by_session.setdefault(conn.actor.session, set()).add(conn)

    def get(self, sid: str) -> Connection | None:
        return self._by_sid.get(sid)

    def pop(self, sid: str) -> Connection | None:
        conn = self._by_sid.pop(sid, None)
        if conn is not None:
            mates = self._by_session[conn.actor.session]
            mates.discard(conn)
            if not mates:
                del self._by_session[conn.actor.session]
        return conn

    def sessions(self) -> set[str]:
        return set(self._by_session)

    def of_session(self, session: str) -> set[Connection]:
        return set(self._by_session.get(session, ()))
