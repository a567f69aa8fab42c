"""Joining rooms: who may, what the newcomer is shown, and that no event falls in between.

A join takes a snapshot at some seq and waits until this node has delivered up to it. Then, in
one turn of the loop, it answers, shows the snapshot, catches up and enters the rooms.
"""

from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

import msgspec

from handlers import boards, livelog
from handlers.boards import Snapshot
from handlers.deps import Deps
from hub import audience
from hub.broker import Broker, Delivery, Feed, packet, snapshot_packet
from hub.connection import Connection
from hub.engine import Members
from state.domain.actor import CHIEFS, PASS, Actor, Role
from state.domain.board import View
from state.domain.change import Answer
from state.domain.commands import (
    DisplayAck,
    JoinKitchen,
    JoinOrder,
    JoinRestaurant,
    JoinTable,
    JoinWaiter,
    Leave,
    Resume,
)
from state.domain.errors import forbidden, not_found
from state.domain.events import Event
from state.live import displays
from state.live.client import UNREACHABLE as REDIS_AWAY
from state.live.displays import Display

MAX_REPLAY = 500  # PROTOCOL 4
Take = Callable[[], Awaitable[Snapshot]]


class Reply(msgspec.Struct, frozen=True):
    """The ack of a command, and what to do right after it was written, without waiting."""

    answer: Answer
    follow: Callable[[], None] | None = None


class Missed(msgspec.Struct, frozen=True):
    """The events from a seq up to `upto`; or in `reset` why they cannot be had."""

    events: list[Event] = []
    upto: int = 0
    reset: str | None = None


class Joins:
    """The commands that are about a connection's place in the rooms."""

    def __init__(self, deps: Deps, broker: Broker, members: Members) -> None:
        self._deps, self._broker, self._members = deps, broker, members

    async def restaurant(self, cmd: JoinRestaurant, conn: Connection) -> Reply:
        """Join a restaurant; its unsettled orders follow as `orders:active`."""
        rid = cmd.restaurant_id
        await boards.require_restaurant(rid, conn.actor, self._deps)
        rooms = [audience.restaurant(rid), *_chief_rooms(rid, conn.actor)]
        return await self._join(
            conn,
            rid,
            rooms,
            cmd.since,
            lambda: boards.board(rid, View.ACTIVE, None, self._deps),
            "orders:active",
        )

    async def kitchen(self, cmd: JoinKitchen, conn: Connection) -> Reply:
        """Join the kitchen, or one station of it; its orders follow as `orders:pending`."""
        rid = cmd.restaurant_id
        conn.actor.require(PASS)
        await boards.require_restaurant(rid, conn.actor, self._deps)
        if cmd.station is not None:
            await boards.require_station(rid, cmd.station, self._deps)
        stations = _stations(cmd.station, conn.actor)
        return await self._join(
            conn,
            rid,
            [*_kitchen_rooms(rid, stations), *_chief_rooms(rid, conn.actor)],
            cmd.since,
            lambda: boards.board(rid, View.PENDING, stations, self._deps),
            "orders:pending",
        )

    async def waiter(self, cmd: JoinWaiter, conn: Connection) -> Reply:
        """Join the waiters of the tables named, else of the token's tables, else of all.

        The answer holds `orders`, `alerts`, `requests` and `tables` as they are.
        """
        rid = cmd.restaurant_id
        conn.actor.require(CHIEFS | {Role.WAITER})
        await boards.require_restaurant(rid, conn.actor, self._deps)
        if cmd.tables is not None:
            await boards.require_tables(rid, cmd.tables, self._deps)
        tables = _tables(cmd.tables, conn.actor)
        own = (
            [audience.all_tables(rid)]
            if tables is None
            else [audience.waiter(rid, table_id) for table_id in tables]
        )
        return await self._join(
            conn,
            rid,
            [audience.waiters(rid), *own, *_chief_rooms(rid, conn.actor)],
            cmd.since,
            lambda: boards.floor(rid, self._deps),
        )

    async def order(self, cmd: JoinOrder, conn: Connection) -> Reply:
        """Join one order; the answer holds the `order` as it is."""

        async def take() -> Snapshot:
            return await boards.order(cmd.order_id, conn.actor, self._deps)

        rid = (await take()).restaurant_id
        return await self._join(conn, rid, [audience.order(cmd.order_id)], cmd.since, take)

    async def table(self, cmd: JoinTable, conn: Connection) -> Reply:
        """Join the own table; the answer holds its `session`, `cart`, `orders` and `requests`."""

        async def take() -> Snapshot:
            return await boards.table(conn.actor, self._deps)

        rid = (await take()).restaurant_id
        rooms = [audience.table(conn.actor.session), audience.guests(rid)]
        return await self._join(conn, rid, rooms, cmd.since, take)

    async def leave(self, cmd: Leave, conn: Connection) -> Reply:
        """Leave a room, and the rooms within it."""
        left = [r for r in conn.rooms if r == cmd.room or r.startswith(f"{cmd.room}:")]
        if not left:
            raise not_found("room you are in")
        for room in left:
            self._members.leave(conn, room)
        return Reply(Answer(ok=True, data={"rooms": sorted(conn.rooms)}))

    async def resume(self, cmd: Resume, conn: Connection) -> Reply:
        """Send again what this connection's rooms heard since a seq."""
        if cmd.restaurant_id not in conn.restaurants:
            raise not_found("restaurant you have joined")
        feed = await self._broker.hold(cmd.restaurant_id, conn)
        missed = await self._missed(feed, cmd.since)
        if missed.reset is not None:
            data = {"seq": feed.last, "reset": missed.reset}
            reset = _reset(conn, cmd.restaurant_id, missed.reset)
            return Reply(Answer(ok=True, data=data, seq=feed.last), reset)

        def follow() -> None:
            self._replay(conn, missed, feed, conn.rooms, frozenset())

        return Reply(Answer(ok=True, data={"seq": feed.last}, seq=feed.last), follow)

    async def display_ack(self, cmd: DisplayAck, conn: Connection) -> Reply:
        """Note how far a display has shown the log of a restaurant it has joined."""
        if cmd.restaurant_id not in conn.restaurants:
            raise not_found("restaurant you have joined")
        rooms = tuple(sorted(conn.rooms))
        shown = Display(
            id=f"{conn.actor.session}:{crc32(repr(rooms).encode()):08x}",
            name=conn.actor.name,
            role=conn.actor.role,
            rooms=rooms,
            seq=cmd.seq,
            at=datetime.now(UTC),
        )
        await displays.put(self._deps.redis, cmd.restaurant_id, shown)
        return Reply(Answer(ok=True))

    def drop(self, conn: Connection) -> None:
        """Forget a connection that has gone."""
        conn.gone = True
        self._members.leave_all(conn)
        for rid in conn.restaurants:
            self._broker.release(rid, conn)

    async def _join(
        self,
        conn: Connection,
        rid: str,
        rooms: Collection[str],
        since: int | None,
        take: Take,
        event: str | None = None,
    ) -> Reply:
        conn.restaurants.add(rid)
        feed = await self._broker.hold(rid, conn)
        if conn.gone:
            self._broker.release(rid, conn)
        reason = None
        if since is not None:
            missed = await self._missed(feed, since)
            if missed.reset is None:
                return self._resumed(conn, feed, rooms, missed)
            reason = missed.reset
        return await self._fresh(conn, feed, rooms, take, event, reason)

    def _resumed(
        self, conn: Connection, feed: Feed, rooms: Collection[str], missed: Missed
    ) -> Reply:
        def follow() -> None:
            self._replay(conn, missed, feed, rooms, conn.rooms - set(rooms))
            self._enter(conn, rooms)

        data = {"rooms": sorted(rooms), "seq": feed.last}
        return Reply(Answer(ok=True, data=data, seq=feed.last), follow)

    async def _fresh(
        self,
        conn: Connection,
        feed: Feed,
        rooms: Collection[str],
        take: Take,
        event: str | None,
        reason: str | None,
    ) -> Reply:
        shown = await take()
        await feed.reached(shown.seq)
        while not feed.covers(shown.seq):  # Redis is behind what was delivered here
            with suppress(*REDIS_AWAY):
                await livelog.catch_up(self._deps.pool, self._deps.redis, feed.rid)
            shown = await take()
            await feed.reached(shown.seq)
        data: dict[str, Any] = {"rooms": sorted(rooms), "seq": shown.seq}
        if event is None:
            data |= shown.data
        if reason is not None:
            data["reset"] = reason

        def follow() -> None:
            if reason is not None:
                _reset(conn, feed.rid, reason)()
            if event is not None:
                conn.write(snapshot_packet(event, feed.rid, shown.data, shown.seq))
            self._catch_up(conn, feed.after(shown.seq), rooms, conn.rooms - set(rooms))
            self._enter(conn, rooms)

        return Reply(Answer(ok=True, data=data, seq=shown.seq), follow)

    async def _missed(self, feed: Feed, since: int) -> Missed:
        head = await livelog.head(self._deps.pool, feed.rid)
        if since > head:
            return Missed(reset="unknown")
        if head - since > MAX_REPLAY:
            return Missed(reset="too old")
        await feed.reached(head)
        events: list[Event] = []
        while since + len(events) < head:
            at = since + len(events)
            more = await livelog.read(self._deps.pool, self._deps.redis, feed.rid, at)
            if not more or more[0].seq != at + 1:
                return Missed(reset="too old")
            events += more
        return Missed(events=events[: head - since], upto=head)

    def _replay(
        self,
        conn: Connection,
        missed: Missed,
        feed: Feed,
        rooms: Collection[str],
        already: Collection[str],
    ) -> None:
        replayed = [Delivery(event, audience.rooms(event)) for event in missed.events]
        self._catch_up(conn, [*replayed, *feed.after(missed.upto)], rooms, already)

    def _catch_up(
        self,
        conn: Connection,
        deliveries: list[Delivery],
        rooms: Collection[str],
        already: Collection[str],
    ) -> None:
        """Write what the new rooms heard, less what the connection heard in its other rooms."""
        for delivery in deliveries:
            if not delivery.rooms.isdisjoint(rooms) and delivery.rooms.isdisjoint(already):
                conn.write(packet(delivery.event, replay=True))

    def _enter(self, conn: Connection, rooms: Collection[str]) -> None:
        for room in () if conn.gone else rooms:
            self._members.enter(conn, room)


def _reset(conn: Connection, rid: str, reason: str) -> Callable[[], None]:
    return lambda: conn.tell("sync:reset", {"restaurantId": rid, "reason": reason})


def _chief_rooms(rid: str, actor: Actor) -> list[str]:
    if actor.role is Role.EXPO:
        return [audience.expo(rid), audience.chiefs(rid)]
    return [audience.chiefs(rid)] if actor.role in CHIEFS else []


def _kitchen_rooms(rid: str, stations: frozenset[str] | None) -> list[str]:
    if stations is None:
        return [audience.kitchen(rid)]
    return [audience.any_station(rid), *(audience.station(rid, s) for s in sorted(stations))]


def _stations(wanted: str | None, actor: Actor) -> frozenset[str] | None:
    if wanted is None:
        return actor.stations
    if actor.stations is not None and wanted not in actor.stations:
        raise forbidden("this device cooks for other stations")
    return frozenset({wanted})


def _tables(wanted: tuple[str, ...] | None, actor: Actor) -> frozenset[str] | None:
    if wanted is None:
        return actor.tables
    if actor.tables is not None and not actor.tables.issuperset(wanted):
        raise forbidden("these tables are not in your zone")
    return frozenset(wanted)
