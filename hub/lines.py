"""Subscriptions: a line to each server of Redis that publishes something for this node.

Where the servers are may change, and what they publish with it: a channel that is not brought by
the server it belongs to is asked for again, until it is. What is missed meanwhile shows as a hole
in a log.
"""

import asyncio
import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from redis.asyncio import Connection
from redis.exceptions import ResponseError

from hub.loop import Loop
from state.live.address import Place
from state.live.client import UNREACHABLE, Servers

log = structlog.get_logger()

RETRY_SECONDS = 0.5
CHECK_SECONDS = 1.0
SILENCE_SECONDS = 5.0


class Subscription:
    """What is to be heard on a channel, and by whom; `confirmed` while `line` brings it."""

    __slots__ = ("channel", "confirmed", "hear", "line")

    def __init__(self, channel: str, hear: Callable[[bytes], None]) -> None:
        self.channel, self.hear = channel, hear
        self.line: Line | None = None
        self.confirmed = asyncio.Event()


class Line:
    """The connection to one server; it is made again when it is lost."""

    def __init__(
        self,
        place: Place,
        servers: Servers,
        subscriptions: dict[bytes, Subscription],
        lost: Callable[[], None],
    ) -> None:
        self.place = place
        self._servers, self._subscriptions, self._lost = servers, subscriptions, lost
        self._conn: Connection | None = None
        self._sending = asyncio.Lock()  # the connection is not closed while somebody writes to it
        self._listening = Loop("listener", self._listen, RETRY_SECONDS)
        self.close = self._listening.close
        self._listening.start()

    @property
    def mine(self) -> list[Subscription]:
        return [each for each in self._subscriptions.values() if each.line is self]

    async def ask(self, channel: str) -> bool:
        """Ask for a channel; return False while the connection is being made, which asks itself."""
        async with self._sending:
            if self._conn is None:
                return False
            await self._conn.send_command("SSUBSCRIBE", channel)
            return True

    async def let_go(self, channel: str) -> None:
        """Ask for a channel no more, unless somebody has come back to it in the meantime."""
        async with self._sending:
            if self._conn is not None and channel.encode() not in self._subscriptions:
                await self._conn.send_command("SUNSUBSCRIBE", channel)

    async def _listen(self) -> None:
        conn = self._servers.line(self.place)
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                await conn.connect()  # type: ignore[no-untyped-call]
            await self._serve(conn)
        finally:
            await conn.disconnect(nowait=True)

    async def _serve(self, conn: Connection) -> None:
        try:
            self._conn = conn  # from here on newcomers subscribe by themselves
            async with self._sending:
                # One by one: in a cluster a command may not be about several slots.
                asked = [("SSUBSCRIBE", each.channel) for each in self.mine]
                await conn.send_packed_command(conn.pack_commands(asked))
            await self._hear_all(conn)
        finally:
            async with self._sending:
                self._conn = None
            for each in self.mine:
                each.confirmed.clear()
            self._lost()

    async def _hear_all(self, conn: Connection) -> None:
        """Take what comes; a connection that says nothing, not even to a ping, is dead."""
        asked = False
        while True:
            try:
                async with asyncio.timeout(SILENCE_SECONDS) as silence:
                    while True:
                        await self._hear(conn)
                        asked = False
                        silence.reschedule(asyncio.get_running_loop().time() + SILENCE_SECONDS)
            except TimeoutError:
                if asked:
                    raise
                asked = True
                await conn.send_command("PING")

    async def _hear(self, conn: Connection) -> None:
        """Take one message as it comes: redis-py's own way takes four times as long."""
        try:
            said: Any = await conn.read_response(timeout=math.inf, disconnect_on_error=False)
        except ResponseError as exc:
            log.warning("not subscribed yet", server=self.place, error=repr(exc))
            return
        if said[0] == b"smessage":
            if (heard := self._subscriptions.get(said[1])) is not None:
                heard.hear(said[2])
        elif said[0] in (b"ssubscribe", b"sunsubscribe"):
            self._told(said[0], said[1])

    def _told(self, kind: bytes, channel: bytes) -> None:
        """Note what the server says about a channel; it lets go of those that move elsewhere."""
        about = self._subscriptions.get(channel)
        if about is None or about.line is not self:
            return
        if kind == b"ssubscribe":
            about.confirmed.set()
        else:
            about.confirmed.clear()


class Lines:
    """All subscriptions of this node."""

    def __init__(self, servers: Servers, lost: Callable[[], None]) -> None:
        self._servers, self._lost = servers, lost
        self._subscriptions: dict[bytes, Subscription] = {}
        self._lines: dict[Place, Line] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._checking = Loop("lines", self._check, CHECK_SECONDS)
        self.start = self._checking.start

    async def close(self) -> None:
        await self._checking.close()
        await asyncio.gather(*self._leaving, *(line.close() for line in self._lines.values()))

    def subscribe(self, channel: str, hear: Callable[[bytes], None]) -> Subscription:
        """Hear what is published on a channel, as soon as it can be had."""
        made = self._subscriptions[channel.encode()] = Subscription(channel, hear)
        return made

    async def confirm(self, wanted: Subscription) -> None:
        """Wait for what was subscribed to, but not long: Redis may be away, or deaf."""
        if not wanted.confirmed.is_set():
            with suppress(*UNREACHABLE):
                async with asyncio.timeout(RETRY_SECONDS):
                    if await self._ask(wanted):
                        await wanted.confirmed.wait()

    def unsubscribe(self, gone: Subscription) -> None:
        del self._subscriptions[gone.channel.encode()]
        if gone.line is not None:
            task = asyncio.create_task(self._let_go(gone.line, gone.channel))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    async def _let_go(self, line: Line, channel: str) -> None:
        with suppress(*UNREACHABLE):
            await line.let_go(channel)

    async def _ask(self, wanted: Subscription) -> bool:
        """Ask whoever brings a channel for it; return False when that is yet to come."""
        wanted.line = self._line(self._servers.place_of(wanted.channel))
        return await wanted.line.ask(wanted.channel)

    def _line(self, place: Place) -> Line:
        if place not in self._lines:
            self._lines[place] = Line(place, self._servers, self._subscriptions, self._lost)
        return self._lines[place]

    async def _check(self) -> None:
        """Ask again for what is not brought, or not by whom it should be."""
        for each in tuple(self._subscriptions.values()):
            moved = each.line and each.line.place != self._servers.place_of(each.channel)
            if moved or not each.confirmed.is_set():
                each.confirmed.clear()
                await self._ask(each)
        used = {each.line for each in self._subscriptions.values()}
        for place in [place for place, line in self._lines.items() if line not in used]:
            await self._lines.pop(place).close()
