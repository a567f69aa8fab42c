"""A WebSocket connection: bytes of the kernel on one side, packets on the other."""

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

from hub.engine import frames
from hub.engine.frames import Broken, CloseCode, Op
from hub.engine.protocol import NOOP, Malformed, Outgoing
from hub.engine.wheel import Alarm

if TYPE_CHECKING:
    from hub.engine.engineio import EngineIO


class Owner(Protocol):
    """Who the packets of a connection are for: a session, or the probe that may become one."""

    def receive(self, packet: str | bytes) -> None: ...

    def lost(self) -> None: ...

    def cut_off(self, reason: str, **details: Any) -> None: ...

    def pace(self, fd: int) -> None:
        """Frames may be written there from now on; with -1 they must be sent."""


class WebSocket(asyncio.Protocol):
    """One client's. While it keeps up, frames go straight to the kernel, past its transport."""

    __slots__ = (
        "_backlog",
        "_closing",
        "_deflate",
        "_reader",
        "_server",
        "_transport",
        "owner",
    )
    name = "websocket"

    def __init__(self, transport: asyncio.Transport, server: "EngineIO", *, deflate: bool) -> None:
        self.owner: Owner
        self._transport, self._server = transport, server
        self._reader = frames.Reader(server.max_http_buffer_size, deflate=deflate)
        self._deflate = deflate
        self._closing = False
        self._backlog: Alarm | None = None  # while it lags; rings when it has for too long
        transport.set_write_buffer_limits(high=0)  # a client lags when its kernel buffer is full
        server.live.add(self)

    def send(self, outgoing: Outgoing) -> None:
        if self._closing:
            return
        if self._backlog is not None and self.owed() > self._server.limits.backlog_bytes:
            self._closing = True  # it gets no more; its session ends after those we write to now
            asyncio.get_running_loop().call_soon(self._too_slow)
            return
        self._transport.write(outgoing.deflated if self._deflate else outgoing.frame)

    def finish(self, rest: bytes) -> None:
        self._transport.write(rest)
        self.keeps_up()  # the kernel may have room again by now

    def close(self, last: str = "", code: int = CloseCode.NORMAL, reason: str = "") -> None:
        """Say goodbye and hang up, at the latest when the time for goodbyes is over."""
        if self._closing:
            return
        self._closing = True
        self._transport.write(frames.close(code, reason))
        self._transport.close()
        self._watch(self._transport.abort, self._server.limits.close_seconds)

    def abort(self) -> None:
        self._closing = True
        self._transport.abort()

    def pause(self) -> None:
        self._transport.pause_reading()

    def resume(self) -> None:
        if not self._closing:
            self._transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        try:
            for op, content in self._reader.feed(data):
                if self._closing:
                    return
                self._hear(op, content)
        except Broken as exc:
            self._fail(exc.code, exc.reason)
        except Malformed as exc:
            self._fail(CloseCode.PROTOCOL_ERROR, str(exc))

    def eof_received(self) -> bool:
        return False  # half a connection is none: hang up

    def connection_lost(self, exc: Exception | None) -> None:
        self._closing = True
        self._unwatch()
        self._server.gone(self)
        self.owner.lost()

    def pause_writing(self) -> None:
        """The kernel takes no more: from here on the client has a backlog."""
        if not self._closing:
            self.owner.pace(-1)
            self._watch(self._too_slow, self._server.limits.backlog_seconds)

    def resume_writing(self) -> None:
        if not self._closing:
            self._unwatch()
            self.keeps_up()

    @property
    def lags(self) -> bool:
        """Whether the client has not read all that it was sent."""
        return self._backlog is not None

    def keeps_up(self) -> None:
        """Let the owner write by itself, unless each frame needs a look."""
        if not self._deflate and not self._closing and not self.lags:
            self.owner.pace(self._transport.get_extra_info("socket").fileno())

    def _hear(self, op: Op, content: str | bytes) -> None:
        if op is Op.TEXT or op is Op.BINARY:
            self.owner.receive(content)
        elif op is Op.PING and isinstance(content, bytes):
            self.owner.receive(NOOP)  # it counts like any packet
            if not self._closing and not self.lags:
                self._transport.write(frames.frame(Op.PONG, content))
        elif op is Op.CLOSE and isinstance(content, bytes):
            self.close(code=frames.close_code(content))
            self.owner.lost()

    def _fail(self, code: int, reason: str) -> None:
        self._server.turn.flush()  # the answers to what it sent before
        self.close(code=code, reason=reason)
        self.owner.cut_off("malformed", detail=reason)

    def owed(self) -> int:
        return self._transport.get_write_buffer_size()

    def _too_slow(self) -> None:
        owed = self.owed()
        self.abort()
        self.owner.cut_off("too slow", owed=owed)

    def _watch(self, cut_off: Any, seconds: float) -> None:
        self._unwatch()
        self._backlog = Alarm(cut_off)
        self._server.wheel.set(self._backlog, seconds)

    def _unwatch(self) -> None:
        if self._backlog is not None:
            self._server.wheel.clear(self._backlog)
            self._backlog = None
