"""A connected client: its actor, and what the node must let go of when it leaves."""

from collections.abc import Iterator
from typing import Any

import msgspec

from hub.engine import Bucket, Member
from hub.engine.wheel import NEVER, Timed
from state.domain.actor import Actor
from state.domain.change import Answer


class Connection:
    """One Socket.IO session. `restaurants` are those whose log it holds open here.

    Its commands are counted in its own `bucket`, and in the `shared` one of all that came in by
    the same login or table session. `heard` tells for each of its rooms since which seq it has
    heard everything there. A command of it may still be in hand when it has `gone`.
    """

    __slots__ = ("actor", "bucket", "expiry", "gone", "heard", "member", "restaurants", "shared")

    def __init__(self, member: Member, actor: Actor, bucket: Bucket, shared: Bucket) -> None:
        self.member = member
        self.actor = actor
        self.bucket, self.shared = bucket, shared
        self.expiry: Timed = NEVER
        self.gone = False
        self.restaurants: set[str] = set()
        self.heard: dict[str, int] = {}

    @property
    def sid(self) -> str:
        return self.member.sid

    @property
    def in_hand(self) -> bool:
        """Whether a command of it has not been answered yet."""
        return self.member.socket.busy

    @property
    def pid(self) -> str:
        return self.member.pid or ""

    @property
    def rooms(self) -> set[str]:
        return self.member.rooms

    def wait(self) -> float:
        """Count a command; return 0, or how many seconds to wait before the next."""
        return self.bucket.wait() or self.shared.wait()

    def acknowledge(self, ack_id: int, answer: Answer) -> None:
        self.member.write(b"3%d[%b]" % (ack_id, msgspec.json.encode(answer)))

    def tell(self, name: str, *args: Any) -> None:
        """Send an event that is no part of the log."""
        self.member.write(b"2" + msgspec.json.encode([name, *args]))


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

    def mate(self, session: str) -> Connection | None:
        """Return one of those who came in by a session."""
        return next(iter(self._by_session.get(session, ())), None)

    def count(self, session: str) -> int:
        """Return how many came in by a session."""
        return len(self._by_session.get(session, ()))

    def sessions(self) -> set[str]:
        return set(self._by_session)

    def of_session(self, session: str) -> set[Connection]:
        return set(self._by_session.get(session, ()))
