"""Entering rooms: what a connection is shown, so that no event is missed, and none comes twice.

While a join is under way its connection hears nothing of the restaurant: all it is owed is
written in one turn of the loop, what came before the snapshot before it, the rest after it.
"""

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec

from handlers import livelog
from handlers.boards import Snapshot
from handlers.deps import Deps
from hub.broker import Delivery, Feed, snapshot_packet
from hub.connection import Connection
from hub.engine import Members
from state.domain.change import Answer

MAX_REPLAY = 500  # PROTOCOL 4
# Notes, where any node finds it, since which seq a connection has heard rooms it enters.
Remember = Callable[[Connection, Mapping[str, int]], Awaitable[None]]
Take = Callable[[int], Awaitable[Snapshot]]  # a snapshot of this seq, or of a later one


class Reply(msgspec.Struct, frozen=True):
    """The ack of a command, and what to do right after it was written, without waiting."""

    answer: Answer
    follow: Callable[[], None] | None = None


class Missed(msgspec.Struct, frozen=True):
    """What was delivered from a seq up to `upto`; or in `reset` why it cannot be had."""

    deliveries: list[Delivery] = []
    upto: int = 0
    reset: str | None = None


class Entry:
    """Lets connections into rooms, with a snapshot or with the events they missed.

    `note` is told what became of each wish for what was missed.
    """

    def __init__(
        self, deps: Deps, members: Members, remember: Remember, note: Callable[[str], None]
    ) -> None:
        self._deps, self._members, self._remember = deps, members, remember
        self._note = note

    async def join(
        self,
        conn: Connection,
        feed: Feed,
        rooms: Collection[str],
        since: int | None,
        take: Take,
        event: str | None = None,
    ) -> Reply:
        """Enter rooms. The snapshot follows as `event`, or is part of the answer without one."""
        with self._pause(conn, feed) as at:
            reason = None
            if since is not None:
                missed = await self._missed(feed, since)
                if missed.reset is None:
                    await self._remember(conn, dict.fromkeys(rooms, since))
                    later = await self._delivered(feed, at)
                    return self._replayed(conn, feed, rooms, since, at, missed, later)
                reason = missed.reset
            shown = await take(at)
            menu_seq = await livelog.menu_told(self._deps.pool, feed.rid)
            await feed.reached(shown.seq)
            await self._remember(conn, dict.fromkeys(rooms, shown.seq))
            later = await self._delivered(feed, at)
            return self._shown(conn, feed, rooms, shown, menu_seq, later, event, reason)

    async def recover(
        self, conn: Connection, feed: Feed, rooms: Mapping[str, int], since: int | None
    ) -> Callable[[], None]:
        """Return what gives a connection its rooms back, and with them what it has missed.

        `rooms` tells since when each was heard, `since` what of them has arrived. Raises
        LookupError when not all of it can be had.
        """
        seen = max(since or 0, min(rooms.values(), default=0))
        if seen > feed.last:
            await self._reach(feed, seen)
        if feed.last - seen > MAX_REPLAY:
            raise LookupError("too old")
        missed = await self._delivered(feed, seen)

        def follow() -> None:
            for delivery in missed:
                if any(rooms[room] < delivery.seq for room in delivery.rooms & rooms.keys()):
                    conn.member.write(delivery.replay)
            for room, heard in rooms.items():
                self._enter(conn, [room], heard)

        return follow

    async def _reach(self, feed: Feed, seen: int) -> None:
        """Wait until this node is as far as a client has been; a client cannot be ahead of all."""
        if seen > await livelog.head(self._deps.pool, feed.rid):
            raise LookupError("unknown")
        await feed.reached(seen)

    async def resume(self, conn: Connection, feed: Feed, since: int) -> Reply:
        """Send again what a connection's rooms heard since a seq."""
        with self._pause(conn, feed) as at:
            missed = await self._missed(feed, since)
            later = await self._delivered(feed, at)
            if missed.reset is None:
                return self._replayed(conn, feed, None, since, at, missed, later)
            self._write(conn, later, conn.rooms)
            data = {"seq": feed.last, "reset": missed.reset}
            return Reply(
                Answer(ok=True, data=data, seq=feed.last), _reset(conn, feed.rid, missed.reset)
            )

    @contextmanager
    def _pause(self, conn: Connection, feed: Feed) -> Iterator[int]:
        """Hold back what a connection hears of a restaurant: it is owed all after the seq."""
        at = feed.last
        feed.paused.add(conn.member.socket)
        try:
            yield at
        except BaseException:
            if feed.covers(at):
                self._write(conn, feed.after(at), conn.rooms)
            else:
                _reset(conn, feed.rid, "unknown")()
            raise
        finally:
            feed.paused.discard(conn.member.socket)

    async def _missed(self, feed: Feed, since: int) -> Missed:
        missed = await self._look_up(feed, since)
        self._note(missed.reset or "replayed")
        return missed

    async def _look_up(self, feed: Feed, since: int) -> Missed:
        head = await livelog.head(self._deps.pool, feed.rid)
        if since > head:
            return Missed(reset="unknown")
        if head - since > MAX_REPLAY:
            return Missed(reset="too old")
        await feed.reached(head)
        try:
            found = await self._delivered(feed, since)
        except LookupError:
            return Missed(reset="too old")
        return Missed(deliveries=[each for each in found if each.seq <= head], upto=head)

    async def _delivered(self, feed: Feed, after: int) -> list[Delivery]:
        """Return all that was delivered here after a seq, up to this very moment."""
        while not feed.covers(after):
            await feed.recall(after)
        return feed.after(after)

    def _shown(
        self,
        conn: Connection,
        feed: Feed,
        rooms: Collection[str],
        shown: Snapshot,
        menu_seq: int,
        later: list[Delivery],
        event: str | None,
        reason: str | None,
    ) -> Reply:
        data: dict[str, Any] = {"rooms": sorted(rooms), "seq": shown.seq, "menuSeq": menu_seq}
        if event is None:
            data |= shown.data
        if reason is not None:
            data["reset"] = reason
        self._write(conn, [d for d in later if d.seq <= shown.seq], conn.rooms)

        def follow() -> None:
            if reason is not None:
                _reset(conn, feed.rid, reason)()
            if event is not None:
                conn.member.write(snapshot_packet(event, feed.rid, shown.data, shown.seq))
            newer = [d for d in later if d.seq > shown.seq]
            self._write(conn, newer, conn.rooms.union(rooms))
            self._enter(conn, rooms, shown.seq)

        return Reply(Answer(ok=True, data=data, seq=shown.seq), follow)

    def _replayed(
        self,
        conn: Connection,
        feed: Feed,
        rooms: Collection[str] | None,
        since: int,
        at: int,
        missed: Missed,
        later: list[Delivery],
    ) -> Reply:
        """Replay what the rooms heard, less what came here before; None: all of all rooms again."""

        def follow() -> None:
            wanted = conn.rooms if rooms is None else set(rooms)
            before = set() if rooms is None else conn.rooms
            for delivery in missed.deliveries:
                if delivery.seq <= at and not _came_by(delivery, before, conn):
                    self._write(conn, [delivery], wanted, replay=True)
            for delivery in later:
                seq = delivery.seq
                owed = conn.rooms | wanted if seq > since else conn.rooms
                self._write(conn, [delivery], owed, replay=seq <= missed.upto)
            self._enter(conn, rooms or (), since)

        data: dict[str, Any] = {"seq": feed.last}
        if rooms is not None:
            data["rooms"] = sorted(rooms)
        return Reply(Answer(ok=True, data=data, seq=feed.last), follow)

    def _write(
        self,
        conn: Connection,
        deliveries: list[Delivery],
        rooms: Collection[str],
        *,
        replay: bool = False,
    ) -> None:
        for delivery in deliveries:
            if not delivery.rooms.isdisjoint(rooms):
                conn.member.write(delivery.replay if replay else delivery.packet)

    def _enter(self, conn: Connection, rooms: Collection[str], since: int) -> None:
        for room in () if conn.gone else rooms:
            before = conn.heard[room] if room in conn.rooms else since
            conn.heard[room] = min(before, since)
            self._members.enter(conn.member, room)


def _came_by(delivery: Delivery, rooms: Collection[str], conn: Connection) -> bool:
    """Tell whether a connection has heard an event in one of these rooms of its."""
    return any(conn.heard[room] < delivery.seq for room in delivery.rooms.intersection(rooms))


def _reset(conn: Connection, rid: str, reason: str) -> Callable[[], None]:
    return lambda: conn.tell("sync:reset", {"restaurantId": rid, "reason": reason})
