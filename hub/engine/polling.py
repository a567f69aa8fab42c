"""Long polling: what a client is owed waits for its next GET."""

import asyncio
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, Any

from aiohttp import web

from hub.engine import protocol
from hub.engine.protocol import CLOSE, NOOP, Malformed, Outgoing

if TYPE_CHECKING:
    from hub.engine.engineio import EngineIO
    from hub.engine.socket import Socket

COMPRESS_FROM = 1024  # bytes
MOST_PACKETS = 16  # in one answer: python-engineio's client takes no more


class Polling:
    """One client's; it may have one GET and one POST open."""

    __slots__ = (
        "_answer",
        "_asked",
        "_closing",
        "_owed",
        "_posting",
        "_queue",
        "_server",
        "_since",
        "_socket",
        "_waiting",
    )
    name = "polling"

    def __init__(self, socket: "Socket", server: "EngineIO") -> None:
        self._socket, self._server = socket, server
        self._queue: deque[Outgoing] = deque()
        self._owed = 0  # bytes
        self._since = 0.0
        self._waiting: asyncio.Future[None] | None = None
        self._posting = self._closing = False
        self._asked: str | None = None  # the name a client gave its last GET
        self._answer = ""

    def send(self, outgoing: Outgoing) -> None:
        if not self._queue:
            self._since = monotonic()
        limits = self._server.limits
        if self._owed > limits.backlog_bytes or monotonic() - self._since > limits.backlog_seconds:
            # Its session ends after those we write to now.
            owed = self._owed
            loop = asyncio.get_running_loop()
            loop.call_soon(lambda: self._socket.cut_off("too slow", owed=owed))
            return
        self._queue.append(outgoing)
        self._owed += sum(map(len, outgoing.packets))
        self.release()

    def finish(self, rest: bytes) -> None:
        raise AssertionError("nothing is written past a poll")

    def release(self) -> None:
        """Answer the open GET with what there is."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)  # it runs after all of this turn has been sent

    def close(self, last: str = CLOSE) -> None:
        self._closing = True
        self._queue.append(Outgoing((last,)))
        self.release()

    def pause(self) -> None:
        """Nothing to do: a POST is answered when what it brought was handled."""

    resume = pause

    def hand_over(self) -> list[Outgoing]:
        """Give up, to a better transport, what is still owed."""
        owed, self._queue = list(self._queue), deque()
        self.close(NOOP)
        return owed

    async def get(self, request: web.Request) -> str:
        """Return what the client is owed, as soon as there is something.

        A GET that a proxy sent again, as the node it went by had died, gets the same answer.
        Raise Malformed when a GET is open already: the protocol ends the session then.
        """
        name = request.query.get("t")
        if name is not None and name == self._asked and self._waiting is None:
            return self._answer
        self._asked = name
        if self._waiting is not None:
            self._socket.cut_off("two polls at once")
            raise Malformed("two polls at once")
        if not self._queue and self._socket.probe is None and not self._closing:
            await self._wait(request)
        self._answer = self._take()
        return self._answer

    async def post(self, request: web.Request) -> None:
        """Take what the client sends; raise Malformed, or TimeoutError when it does not come."""
        if self._posting:
            self._socket.cut_off("two posts at once")
            raise Malformed("two posts at once")
        self._posting = True
        try:
            async with asyncio.timeout(self._server.limits.body_seconds):
                body = await request.content.readexactly(request.content_length or 0)
            for packet in protocol.packets(body.decode(), self._server.limits.packets_per_post):
                self._socket.receive(packet)
            await self._socket.quiet()
        except (Malformed, UnicodeDecodeError, asyncio.IncompleteReadError) as exc:
            self._socket.cut_off("malformed", detail=str(exc))
            raise Malformed(str(exc)) from exc
        except ConnectionError:
            self._socket.lost()
            raise
        except TimeoutError:
            self._socket.cut_off("a body that does not come")
            raise
        finally:
            self._posting = False

    async def _wait(self, request: web.Request) -> None:
        self._waiting = asyncio.get_running_loop().create_future()
        connection: Any = request.protocol
        connection.when_lost = self._broken
        try:
            await self._waiting
        finally:
            self._waiting = connection.when_lost = None

    def _broken(self) -> None:
        """The poll's connection is no more: what would be sent on it could be lost unnoticed."""
        self._socket.lost()
        self.release()

    def _take(self) -> str:
        packets: list[str | bytes] = []
        while self._queue and (self._fits(packets) or self._closing):
            packets += self._queue.popleft().packets
        self._owed -= sum(map(len, packets))
        return protocol.payload(packets) or NOOP

    def _fits(self, packets: list[str | bytes]) -> bool:
        """Tell whether the next goes with these; a message is not parted from its attachments."""
        return not packets or len(packets) + len(self._queue[0].packets) <= MOST_PACKETS
