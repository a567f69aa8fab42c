"""Subscriptions: a line to each server of Redis that publishes something for this node.

Where the servers are may change, and what they publish with it: a channel that is not brought by
the server it belongs to is asked for again, until it is. What is missed meanwhile shows as a hole
in a log.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog

from hub.loop import Loop
from state.live.address import Place
from state.live.client import UNREACHABLE, Servers
from state.live.wire import Wire

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
        self._wire: Wire | None = None
        self.down = False  # not before it was tried
        self._listening = Loop("listener", self._listen, RETRY_SECONDS)
        self.close = self._listening.close
        self._listening.start()

    @property
    def mine(self) -> list[Subscription]:
        return [each for each in self._subscriptions.values() if each.line is self]

    def ask(self, channel: str) -> None:
        """Ask for a channel, now or when the connection is made."""
        if self._wire is not None and not self._wire.ended:
            self._wire.send("SSUBSCRIBE", channel)

    def let_go(self, channel: str) -> None:
        """Ask for a channel no more."""
        if self._wire is not None and not self._wire.ended:
            self._wire.send("SUNSUBSCRIBE", channel)

    async def _listen(self) -> None:
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                wire = await Wire.lay(self._servers.line(self.place), self._hear)
            await self._serve(wire)
        finally:
            self.down = True

    async def _serve(self, wire: Wire) -> None:
        self._wire, self.down = wire, False  # from here on newcomers subscribe by themselves
        try:
            for each in self.mine:  # in a cluster one command may not be about several slots
                wire.send("SSUBSCRIBE", each.channel)
            await self._watch(wire)
        finally:
            self._wire = None
            wire.close()
            for each in self.mine:
                each.confirmed.clear()
            self._lost()

    async def _watch(self, wire: Wire) -> None:
        """Wait for the end; a connection that says nothing, not even to a ping, is dead."""
        asked = False
        while not wire.lost.done():
            await asyncio.wait([wire.lost], timeout=SILENCE_SECONDS)
            if wire.busy:
                wire.busy = asked = False
            elif asked:
                raise TimeoutError("a server of Redis says nothing")
            else:
                wire.send("PING")
                asked = True

    def _hear(self, said: Any) -> None:
        if isinstance(said, Exception):
            log.warning("not subscribed yet", server=self.place, error=repr(said))
        elif said[0] == b"smessage":
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
        self._checking = Loop("lines", self._check, CHECK_SECONDS)
        self.start = self._checking.start

    async def close(self) -> None:
        await self._checking.close()
        await asyncio.gather(*(line.close() for line in self._lines.values()))

    def subscribe(self, channel: str, hear: Callable[[bytes], None]) -> Subscription:
        """Hear what is published on a channel, as soon as it can be had."""
        made = self._subscriptions[channel.encode()] = Subscription(channel, hear)
        return made

    async def confirm(self, wanted: Subscription) -> None:
        """Wait for what was subscribed to, but not long: Redis may be away, or deaf."""
        if not wanted.confirmed.is_set():
            with suppress(*UNREACHABLE):
                async with asyncio.timeout(RETRY_SECONDS):
                    if not self._ask(wanted).down:
                        await wanted.confirmed.wait()

    def unsubscribe(self, gone: Subscription) -> None:
        del self._subscriptions[gone.channel.encode()]
        if gone.line is not None:
            gone.line.let_go(gone.channel)

    def _ask(self, wanted: Subscription) -> Line:
        """Ask whoever brings a channel for it."""
        wanted.line = self._line(self._servers.place_of(wanted.channel))
        wanted.line.ask(wanted.channel)
        return wanted.line

    def _has_moved(self, held: Subscription) -> bool:
        return held.line is None or held.line.place != self._servers.place_of(held.channel)

    def _line(self, place: Place) -> Line:
        if place not in self._lines:
            self._lines[place] = Line(place, self._servers, self._subscriptions, self._lost)
        return self._lines[place]

    async def _check(self) -> None:
        """Ask again for what is not brought, or not by whom it should be."""
        for each in tuple(self._subscriptions.values()):
            with suppress(*UNREACHABLE):
                if not each.confirmed.is_set() or self._has_moved(each):
                    each.confirmed.clear()
                    self._ask(each)
        used = {each.line for each in self._subscriptions.values()}
        for place in [place for place, line in self._lines.items() if line not in used]:
            await self._lines.pop(place).close()
