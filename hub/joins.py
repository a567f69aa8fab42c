"""The commands about rooms: who may join which, and what a newcomer is shown there."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from zlib import crc32

from handlers import boards, livelog
from handlers.boards import Snapshot
from handlers.deps import Deps
from hub import audience
from hub.broker import Broker
from hub.connection import Connection
from hub.engine import Members
from hub.entry import Entry, Remember, Reply, Take
from hub.seats import Return
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
    TranslateJoin,
)
from state.domain.errors import Code, Refusal, forbidden, not_found
from state.domain.talk import Listening, speaker
from state.live import displays, talks
from state.live.client import UNREACHABLE
from state.live.displays import Display

MOST_ROOMS = 1000  # more than any house has tables


class Joins:
    """The commands that are about a connection's place in the rooms."""

    def __init__(
        self,
        deps: Deps,
        broker: Broker,
        members: Members,
        remember: Remember,
        note: Callable[[str], None],
    ) -> None:
        self._deps, self._broker, self._members = deps, broker, members
        self._remember = remember
        self._entry = Entry(deps, members, remember, note)

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
            lambda at: boards.board(rid, View.ACTIVE, None, self._deps, at),
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
            lambda at: boards.board(rid, View.PENDING, stations, self._deps, at),
            "orders:pending",
        )

    async def waiter(self, cmd: JoinWaiter, conn: Connection) -> Reply:
        """Join the waiters of the tables named, else of the token's tables, else of all.

        The answer holds `orders`, `alerts`, `requests` and `tables` as they are.
        """
        rid = cmd.restaurant_id
        conn.actor.require(CHIEFS | {Role.WAITER, Role.EXPO})
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
            lambda _: boards.floor(rid, tables, self._deps),
        )

    async def order(self, cmd: JoinOrder, conn: Connection) -> Reply:
        """Join one order; the answer holds the `order` as it is."""

        async def take(_at_least: int = 0) -> Snapshot:
            return await boards.order(cmd.order_id, conn.actor, self._deps)

        rid = (await take()).restaurant_id
        return await self._join(conn, rid, [audience.order(cmd.order_id)], cmd.since, take)

    async def table(self, cmd: JoinTable, conn: Connection) -> Reply:
        """Join the own table; the answer has `session`, `cart`, `orders`, `requests`, `bill`."""

        async def take(_at_least: int = 0) -> Snapshot:
            return await boards.table(conn.actor, self._deps)

        rid = (await take()).restaurant_id
        rooms = [audience.table(conn.actor.session), audience.guests(rid)]
        return await self._join(conn, rid, rooms, cmd.since, take)

    async def translate(self, cmd: TranslateJoin, conn: Connection) -> Reply:
        """Take part in the conversation at a table, in one's own language.

        What is said there comes as `translate:message`: in the speaker's words at once, and then in
        all languages that are read there. A guest's is that of its own table. The answer holds the
        `messages` of lately, each as it was told last, and the `listeners` who joined within the
        last 30 seconds: who stays joins again before that. `translate:listeners` tells when
        somebody comes, or leaves the room.
        """
        session = await boards.conversation(cmd.session_id, conn.actor, self._deps)
        rid = session.restaurant_id
        language = cmd.language or conn.actor.lang
        there, has_come = await talks.join(
            self._deps.redis,
            rid,
            session.id,
            speaker(conn.actor),
            [language, *cmd.also],
            self._deps.now(),
        )
        if has_come:
            await talks.tell(self._deps.redis, Listening(session.id, there))

        async def take(_at_least: int = 0) -> Snapshot:
            return await boards.said(session, language, there, self._deps)

        return await self._join(conn, rid, [audience.talk(session.id)], cmd.since, take)

    async def enter(self, rid: str, conn: Connection) -> None:
        """See to it that a connection hears what concerns its actor alone; raise NOT_FOUND where
        that has no business. Who hears it already was let in before.
        """
        room = audience.person(rid, conn.actor.id)
        if room in conn.rooms and conn.actor.reaches(rid):
            return
        await boards.require_restaurant(rid, conn.actor, self._deps)
        await self.listen(rid, conn)

    async def listen(self, rid: str, conn: Connection) -> None:
        """See to it that a connection hears what concerns its actor alone."""
        room = audience.person(rid, conn.actor.id)
        if room in conn.rooms:
            return

        async def take(_at_least: int = 0) -> Snapshot:
            return Snapshot(rid, await livelog.head(self._deps.pool, rid), {})

        reply = await self._join(conn, rid, [room], None, take)
        if reply.follow is not None:
            reply.follow()

    async def leave(self, cmd: Leave, conn: Connection) -> Reply:
        """Leave a room, and the rooms within it.

        The `seq` of the answer is the last that was heard there, if it is all of one restaurant:
        who joins again since then misses nothing and hears nothing twice.
        """
        left = [r for r in conn.rooms if r == cmd.room or r.startswith(f"{cmd.room}:")]
        if not left:
            raise not_found("room you are in")
        for room in left:
            self._members.leave(conn.member, room)
            await self._stop_listening(conn, room)
        heard = [self._broker.delivered(rid) for rid in conn.restaurants]
        seq = heard[0] if len(heard) == 1 else None
        await self._remember(conn, {})
        return Reply(Answer(ok=True, data={"rooms": sorted(conn.rooms)}, seq=seq))

    async def _stop_listening(self, conn: Connection, room: str) -> None:
        """Tell those in a conversation that somebody has left it, if that is what a room was."""
        kind, _, session_id = room.partition(":")
        if kind != audience.TALK:
            return
        redis, now = self._deps.redis, self._deps.now()
        try:
            for rid in conn.restaurants:
                there, has_gone = await talks.leave(redis, rid, session_id, conn.actor.id, now)
                if has_gone:
                    await talks.tell(redis, Listening(session_id, there))
        except UNREACHABLE:
            return  # the others find out within half a minute, as of who loses the line

    async def recover(self, conn: Connection, back: Return) -> Callable[[], None]:
        """Return what gives a connection back what it had; raise LookupError if that cannot be."""
        rid = back.seat.restaurant_id
        feed = await self._broker.hold(rid, conn)
        try:
            follow = await self._entry.recover(conn, feed, back.seat.rooms, back.since)
        except BaseException:
            self._broker.release(rid, conn)
            raise
        conn.restaurants.add(rid)
        return follow

    async def resume(self, cmd: Resume, conn: Connection) -> Reply:
        """Send again what this connection's rooms heard since a seq."""
        if cmd.restaurant_id not in conn.restaurants:
            raise not_found("restaurant you have joined")
        feed = await self._broker.hold(cmd.restaurant_id, conn)
        return await self._entry.resume(conn, feed, cmd.since)

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
        self._members.leave_all(conn.member)
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
        rooms = {*rooms, audience.person(rid, conn.actor.id)}
        if len(conn.rooms.union(rooms)) > MOST_ROOMS:
            raise Refusal(Code.TOO_LARGE, f"a connection may be in {MOST_ROOMS} rooms at most")
        conn.restaurants.add(rid)
        feed = await self._broker.hold(rid, conn)
        if conn.gone:
            self._broker.release(rid, conn)
        return await self._entry.join(conn, feed, rooms, since, take, event)


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
