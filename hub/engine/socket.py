"""One client's Engine.IO session, over whichever transport it has at the moment."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Iterable
from typing import TYPE_CHECKING, Any, Protocol

from hub.engine.bucket import Bucket
from hub.engine.protocol import CLOSE, MESSAGE, NOOP, PING, PONG, Malformed, Outgoing
from hub.engine.wheel import NEVER, Timed

if TYPE_CHECKING:
    from hub.engine.engineio import EngineIO
    from hub.engine.members import Member
    from hub.engine.protocol import Packet
    from hub.engine.upgrade import Probe

INBOX = 64  # messages a client may have waiting; beyond that it is not read for a while
PINGS = Outgoing((PING,))


class Transport(Protocol):
    """What carries a session's packets."""

    name: str

    def send(self, outgoing: Outgoing) -> None: ...

    def finish(self, rest: bytes) -> None:
        """Send what is left of a frame."""

    def close(self, last: str) -> None:
        """End in good order; `last` is the packet a waiting client is told so by."""

    def pause(self) -> None:
        """Take no more from the client until `resume`."""

    def resume(self) -> None: ...


class Socket(Timed):
    """`fd` is where frames may be written at once; it is -1 where somebody must look first: at a
    client that polls, lags, compresses, or has gone.
    """

    __slots__ = (
        "_bucket",
        "_inbox",
        "_paused",
        "_pinged",
        "_server",
        "_working",
        "closed",
        "environ",
        "fd",
        "members",
        "partial",
        "patience",
        "probe",
        "reason",
        "session",
        "sid",
        "transport",
    )

    def __init__(self, sid: str, server: "EngineIO", environ: Any) -> None:
        super().__init__()
        self.sid, self.environ = sid, environ
        self.transport: Transport
        self.fd = -1
        self.members: dict[str, Member] = {}  # by namespace
        self.partial: tuple[Packet, list[bytes]] | None = None  # its attachments are on their way
        self.session: dict[str, Any] = {}
        self.probe: Probe | None = None  # the WebSocket it may move to
        self.patience = NEVER  # rings when it has been in no namespace for too long
        self.closed = False
        self.reason = ""
        self._server = server
        self._bucket = Bucket(server.limits.packets_per_second, server.limits.packets_burst)
        self._inbox: deque[Any] = deque()
        self._working: asyncio.Task[None] | None = None
        self._pinged = self._paused = False

    @property
    def busy(self) -> bool:
        """Whether something that came is not carried out yet."""
        return self._working is not None

    def send(self, outgoing: Outgoing) -> None:
        """Send packets; they arrive in the order they were sent, or the session ends."""
        if not self.closed:
            self._server.turn.send((self,), outgoing)

    def deliver(self, parcel: Iterable[Outgoing]) -> None:
        """Hand to the transport, one by one, what a turn has brought."""
        for outgoing in parcel:
            if not self.closed:
                self.transport.send(outgoing)

    def receive(self, packet: str | bytes) -> None:
        """Take a packet of the client; raise Malformed."""
        if self.closed:
            return
        if self._bucket.wait():
            self.cut_off("too many packets")
        elif isinstance(packet, bytes):
            self._take(packet)
        elif packet.startswith(MESSAGE):
            self._take(packet[1:])
        elif packet.startswith(PONG):
            self._pinged = False
            self._server.wheel.set(self, self._server.ping_interval)
        elif packet.startswith(CLOSE):
            self.close(self._server.reason.CLIENT_DISCONNECT, NOOP)
        elif not packet.startswith(NOOP):
            raise Malformed("no packet that clients send")

    def pace(self, fd: int) -> None:
        self.fd = -1 if self.closed else fd
        self._server.turn.paces += 1

    def finish(self, rest: bytes) -> None:
        """Leave to the transport what the kernel did not take of a frame: the client lags."""
        self.pace(-1)
        self.transport.finish(rest)

    def ring(self) -> None:
        """Ask whether the client is still there, or stop waiting for its answer."""
        if self._pinged and not self._paused:  # unless it is we who do not listen
            self.close(self._server.reason.PING_TIMEOUT)
            return
        self._pinged = True
        self.send(PINGS)
        self._server.wheel.set(self, self._server.ping_timeout)

    def close(self, reason: str, last: str = CLOSE) -> None:
        """End the session in good order: what was sent leaves, what came is still carried out."""
        self._server.turn.flush()
        if not self.closed:
            self._closing(reason)
            self.transport.close(last)
            self._finish()

    def lost(self) -> None:
        """The transport has gone by itself."""
        if not self.closed:
            self._closing(self._server.reason.TRANSPORT_CLOSE)
            self._finish()

    def cut_off(self, reason: str, **details: Any) -> None:
        """End the session of a client that harms others or does not speak the protocol."""
        self._server.turn.flush()
        if not self.closed:
            self._server.report(self, reason, **details)
            self._inbox.clear()
            self._closing(reason)
            self.transport.close(CLOSE)
            self._finish()

    async def quiet(self) -> None:
        """Wait until the client may send more."""
        if self._paused and self._working is not None:
            await asyncio.wait([self._working])

    def begin(self, admitted: Awaitable[Any]) -> None:
        """Handle nothing before the application has admitted the client."""
        self._working = asyncio.create_task(self._begin(admitted))

    async def _begin(self, admitted: Awaitable[Any]) -> None:
        if await admitted is False:
            self.close(self._server.reason.SERVER_DISCONNECT)
        await self._work()

    def _take(self, message: str | bytes) -> None:
        taken = self._server.read(self, message)
        if taken is None:
            return
        self._inbox.append(taken)
        if self._working is None:
            self._working = asyncio.create_task(self._work())
        elif len(self._inbox) > INBOX and not self._paused:
            self._paused = True
            self.transport.pause()

    async def _work(self) -> None:
        """Handle what came, one after the other."""
        while self._inbox:
            await self._server.handle(self, self._inbox.popleft())
            if self._paused and len(self._inbox) <= INBOX // 2:
                self._paused = False
                self.transport.resume()
        self._working = None
        if self.closed:
            self._server.ended(self)

    def _closing(self, reason: str) -> None:
        self.closed = True
        self.reason = reason
        self.pace(-1)
        self._server.wheel.clear(self)
        self._server.wheel.clear(self.patience)
        if self.probe is not None:
            self.probe.ring()

    def _finish(self) -> None:
        if self._working is None:
            self._server.ended(self)
