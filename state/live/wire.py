"""Connections to Redis on which things come and go in the turn of the loop they happen in.

redis-py makes them and logs in, as it does with all others, and lends them to us: its own ways to
send a command and to take what comes need three times the processor for each.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Self

import hiredis
from redis.asyncio import Connection
from redis.exceptions import ConnectionError, InvalidResponse

from state.live.connection import COMMAND_SECONDS, Parser

Take = Callable[[Any], None]
Part = str | bytes | int  # of a command
NOTHING = object()  # what the reader gives while a message is not whole
PING = hiredis.pack_command(("PING",))


class Wire(asyncio.Protocol):
    """One connection. `take` gets each thing that comes, a refusal as an exception.

    `lost` is done when the connection has ended; `busy` is set by whatever comes.
    """

    def __init__(self, conn: Connection, take: Take) -> None:
        self._take = take
        self._reader = hiredis.Reader(
            protocolError=InvalidResponse, replyError=Parser.parse_error, notEnoughData=NOTHING
        )
        assert conn._writer is not None
        self._transport = conn._writer.transport
        self._transport.set_protocol(self)
        # It is ours from here on; were the streams collected, they would close it.
        self._streams = conn._reader, conn._writer
        conn._reader = conn._writer = None
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.busy = True

    @classmethod
    async def lay(cls, conn: Connection, take: Take) -> Self:
        """Connect; raise what is in UNREACHABLE, also where a server lets us in in silence."""
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                await conn.connect()  # type: ignore[no-untyped-call]
        except BaseException:
            await conn.disconnect(nowait=True)
            raise
        return cls(conn, take)

    @property
    def ended(self) -> bool:
        """Whether nothing can be sent any more; `lost` may come a moment later."""
        return self._transport.is_closing()

    def send(self, *command: Part, lead: bytes = b"") -> None:
        """Send a command, behind what is packed; raise ConnectionError if the line has ended."""
        if self.ended:
            raise ConnectionError("the connection to Redis was lost")
        self._transport.write(lead + hiredis.pack_command(command))  # type: ignore[arg-type]

    def close(self) -> None:
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self.busy = True
        self._reader.feed(data)
        while (said := self._reader.gets()) is not NOTHING:
            self._take(said)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(None)


class Caller:
    """Commands on one connection that all who have some share: none waits for another's answer.

    It is made when it is needed, and again when it was lost. Answers come in the order of the
    questions, so one alarm is enough: for the question that was asked first.
    """

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._wire: Wire | None = None
        self._making: asyncio.Task[Wire] | None = None
        # Who waits for each answer, if anybody, and when it is late.
        self._open: deque[tuple[asyncio.Future[Any] | None, float]] = deque()
        self._alarm: asyncio.TimerHandle | None = None
        self._closed = False

    async def call(self, *command: Part, publishes: bool = False) -> Any:
        """Send a command and return the answer; raise it where it is a refusal.

        Raises what is in UNREACHABLE. A command that was lost with its connection is sent once
        more: ours may be repeated. One that got no answer in time is not.

        Where it `publishes` something, those who listen get it before we get the answer.
        """
        try:
            return await self._ask(self._wire or await self._made(), command, publishes)
        except ConnectionError:
            return await self._ask(await self._made(), command, publishes)

    def close(self) -> None:
        """Let go of the server: whoever waits for an answer is told, and nobody asks again."""
        self._closed = True
        if self._making is not None:
            self._making.cancel()
        if self._wire is not None:
            self._wire.close()

    def _ask(self, wire: Wire, command: tuple[Part, ...], publishes: bool) -> asyncio.Future[Any]:
        """Send a command now; return what will be said to it.

        Redis writes first to the client for which it has had something last: to us, who would then
        be at work, where we share its processor, before others have the news. So it is given
        something for us before, the answer to a PING: nobody waits for that.
        """
        if wire is not self._wire:
            raise ConnectionError("the connection to Redis was lost at once")
        loop = asyncio.get_running_loop()
        answer = loop.create_future()
        wire.send(*command, lead=PING if publishes else b"")
        late = loop.time() + COMMAND_SECONDS
        if publishes:
            self._open.append((None, late))
        self._open.append((answer, late))
        if self._alarm is None:
            self._alarm = loop.call_at(late, self._look, wire)
        return answer

    async def _made(self) -> Wire:
        """Connect, once for all who wait for it: they fail together, too."""
        if self._wire is not None and self._wire.ended:
            await asyncio.wait([self._wire.lost])
        if self._wire is not None:
            return self._wire
        if self._closed:
            raise ConnectionError("this server is asked nothing any more")
        if self._making is None:
            self._making = asyncio.create_task(Wire.lay(self._connect(), self._answered))
            self._making.add_done_callback(self._is_made)
        making = self._making
        await asyncio.wait([making])
        if making.cancelled():
            raise ConnectionError("this server is asked nothing any more")
        return making.result()

    def _is_made(self, task: asyncio.Task[Wire]) -> None:
        self._making = None
        if not task.cancelled() and task.exception() is None:
            self._wire = task.result()
            self._wire.lost.add_done_callback(self._lost)

    def _answered(self, said: Any) -> None:
        answer, _ = self._open.popleft()
        if answer is None or answer.done():  # nobody waits for it, or not any more
            return
        if isinstance(said, Exception):
            answer.set_exception(said)
        else:
            answer.set_result(said)

    def _look(self, wire: Wire) -> None:
        """Give up what is late, and its connection with it; else look again when it would be."""
        loop, self._alarm = asyncio.get_running_loop(), None
        now = loop.time()
        for answer, late in self._open:
            if late > now:
                break
            wire.close()
            _fail(answer, TimeoutError("Redis did not answer in time"))
        if self._open and not wire.ended:
            self._alarm = loop.call_at(self._open[0][1], self._look, wire)

    def _lost(self, _: object) -> None:
        self._wire = None
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        questions, self._open = self._open, deque()
        for answer, _late in questions:
            _fail(answer, ConnectionError("the connection to Redis was lost"))


def _fail(answer: asyncio.Future[Any] | None, why: Exception) -> None:
    if answer is not None and not answer.done():
        answer.set_exception(why)
