"""Socket.IO: python-socketio's server, on our own transport and membership."""

import asyncio
import inspect
import re
from collections.abc import Awaitable, Callable
from typing import Any

import socketio
import structlog
from aiohttp import web
from socketio.exceptions import ConnectionRefusedError

from hub.engine.engineio import EngineIO
from hub.engine.limits import Limits
from hub.engine.listen import Listener
from hub.engine.manager import Manager
from hub.engine.members import Member, Members
from hub.engine.protocol import (
    Kind,
    Malformed,
    Packet,
    decode,
    outgoing,
    with_binary,
)
from hub.engine.socket import Socket
from hub.engine.wheel import Alarm, Wheel

log = structlog.get_logger()

# Gets the sid, the event's name and arguments, and the id of its ack, if the client asked for one.
Dispatch = Callable[[str, list[Any], int | None], Awaitable[None]]

CONNECT_PINGS = 4
CONNECT_SECONDS = 10.0  # a client that has not said by then what it wants, wants nothing
# The head of an event, with the id of its ack and its name, whatever follows.
EVENT = re.compile(r'2(\d{0,18})\["([^"\\]{1,100})"')


class Unreadable:
    """Stands for a payload that no parser can read; it is of no type that any command takes."""


class Server(socketio.AsyncServer):  # type: ignore[misc]
    """python-socketio's server; with `dispatch`, events of `/` go there instead of to handlers."""

    eio: EngineIO
    manager: Manager

    def __init__(
        self, dispatch: Dispatch | None, connect_timeout: float | None, **options: Any
    ) -> None:
        super().__init__(**options)
        self.dispatch = dispatch
        usual = min(CONNECT_PINGS * self.eio.ping_interval, CONNECT_SECONDS)
        self.connect_timeout = usual if connect_timeout is None else connect_timeout
        self.eio.reader = self._read

    @property
    def members(self) -> Members:
        """The members of `/`."""
        return self.manager.members()

    def member(self, sid: str) -> Member | None:
        """Return the member of `/` with this id."""
        return self.manager.member(sid)

    @property
    def wheel(self) -> Wheel:
        """The alarms of all connections."""
        return self.eio.wheel

    async def disconnect(
        self, sid: str, namespace: str | None = None, ignore_queue: bool = False
    ) -> None:
        """Show a client out, and hang up when it is nowhere else: else it would wait for us."""
        member = self.manager.member(sid, namespace or "/")
        if member is not None and member.ready:
            self.manager.settle(member)
        await super().disconnect(sid, namespace, ignore_queue)
        if member is not None and not member.socket.members:
            member.socket.close(self.reason.SERVER_DISCONNECT)

    def _engineio_server_class(self) -> type[EngineIO]:
        return EngineIO

    def _handle_eio_connect(self, eio_sid: str, environ: Any) -> None:
        self.environ[eio_sid] = environ
        self._lose_patience(self.eio.sockets[eio_sid])

    def _lose_patience(self, socket: Socket) -> None:
        """Give a connection that is in no namespace so much time to enter one."""

        def over() -> None:
            socket.cut_off("no connect")

        socket.patience = Alarm(over)
        self.eio.wheel.set(socket.patience, self.connect_timeout)

    def _read(self, socket: Socket, data: str | bytes) -> Packet | Malformed | None:
        """Return the packet that a message completes, or what is wrong with it.

        A client's ack does not wait for its turn: the event before it may be waiting for just that.
        """
        try:
            packet = self._packet(socket, data)
            if packet is None or packet.kind not in (Kind.ACK, Kind.BINARY_ACK):
                return packet
            member = _connected(socket, packet.namespace)
        except (Malformed, RecursionError) as exc:
            return self._by_its_head(data) or Malformed(str(exc))
        self.eio.start(self.manager.trigger_callback(member.sid, packet.id, packet.data))
        return None

    def _by_its_head(self, data: str | bytes) -> Packet | None:
        """Return an event that can be answered at least, where every event has to be."""
        event = EVENT.match(data) if isinstance(data, str) else None
        if event is None or self.dispatch is None:
            return None
        ack_id, name = event.groups()
        return Packet(Kind.EVENT, "/", int(ack_id) if ack_id else None, [name, Unreadable()])

    async def _handle_eio_message(self, eio_sid: str, packet: Packet | Malformed) -> None:
        socket = self.eio.sockets[eio_sid]
        try:
            if isinstance(packet, Malformed):
                raise packet
            await self._take(socket, packet)
        except Malformed as exc:
            socket.cut_off("malformed", detail=str(exc))

    def _packet(self, socket: Socket, data: str | bytes) -> Packet | None:
        """Return the packet that a message completes; raise Malformed."""
        if socket.partial is None:
            if isinstance(data, bytes):
                raise Malformed("an attachment of nothing")
            packet = decode(data, self.eio.limits.attachments)
            if packet.attachments:
                socket.partial = packet, []
                return None
            return packet
        packet, attachments = socket.partial
        if isinstance(data, str):
            raise Malformed("text where an attachment is due")
        attachments.append(data)
        if len(attachments) < packet.attachments:
            return None
        socket.partial = None
        packet.data = with_binary(packet.data, attachments)
        return packet

    async def _take(self, socket: Socket, packet: Packet) -> None:
        if packet.kind is Kind.CONNECT:
            if packet.namespace in socket.members:
                raise Malformed("connected twice")
            self.eio.wheel.clear(socket.patience)
            await self._handle_connect(socket.sid, packet.namespace, packet.data)
            if not socket.members:
                self._lose_patience(socket)
            return
        member = _connected(socket, packet.namespace)
        if packet.kind is Kind.DISCONNECT:
            await self._gone(member, self.reason.CLIENT_DISCONNECT)
            if not socket.members:
                self._lose_patience(socket)
        else:
            await self._event(member, packet.id, packet.data)

    async def _event(self, member: Member, id: int | None, data: list[Any]) -> None:
        if self.dispatch is not None and member.namespace == "/":
            await self.dispatch(member.sid, data, id)
        else:
            await self._handle_event_internal(
                self, member.sid, member.socket.sid, data, member.namespace, id
            )

    async def _handle_connect(self, eio_sid: str, namespace: str, data: Any) -> None:
        sid = await self.manager.pre_connect(eio_sid, namespace)
        member = self.manager.member(sid, namespace)
        if member is None:
            return  # its connection has gone
        refusal = await self._refusal(member, data)
        if refusal is not None:
            self.manager.forget(member.sid, namespace)
            self.eio.write(eio_sid, outgoing(Packet(Kind.CONNECT_ERROR, namespace, None, refusal)))
            return
        # What the handler has sent comes right after this, and nothing in between.
        told = {"sid": member.sid} | ({"pid": member.pid} if member.pid else {})
        self.eio.write(eio_sid, outgoing(Packet(Kind.CONNECT, namespace, None, told)))
        await self.manager.connect(member.sid, namespace)

    async def _refusal(self, member: Member, auth: Any) -> Any:
        """Return why the application does not let a member in, None if it does."""
        if not self._is_known(member.namespace):
            return {"message": "Invalid namespace"}
        environ = self.environ[member.socket.sid]
        args = (member.namespace, member.sid, environ)
        try:
            try:
                admitted = await self._trigger_event("connect", *args, auth)
            except TypeError:
                if auth:
                    raise
                admitted = await self._trigger_event("connect", *args)  # a handler without `auth`
        except ConnectionRefusedError as exc:
            return exc.error_args
        except Exception as exc:
            log.exception("a connect handler failed", sid=member.socket.sid, exc_info=exc)
            return {"message": "Internal error"}
        return {"message": "Connection rejected by server"} if admitted is False else None

    def _is_known(self, namespace: str) -> bool:
        known = (self.handlers, self.namespace_handlers, self.namespaces)
        return self.namespaces == "*" or any(namespace in found for found in known)

    async def _send_packet(self, eio_sid: str, pkt: socketio.packet.Packet) -> None:
        packet = Packet(Kind(pkt.packet_type), pkt.namespace or "/", pkt.id, pkt.data)
        self.eio.write(eio_sid, outgoing(packet))

    def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> Awaitable[Any] | None:
        """Let a connection's members go: at once, unless a handler has to be waited for."""
        self.environ.pop(eio_sid, None)
        socket = self.eio.sockets[eio_sid]
        for member in tuple(socket.members.values()):
            handler, args = self._get_event_handler(
                "disconnect", member.namespace, (member.sid, reason)
            )
            if handler is None or inspect.iscoroutinefunction(handler):
                self.eio.start(self._gone(member, reason))
            else:
                member.ready = False
                handler(*args)
                self.manager.forget(member.sid, member.namespace)
        return None

    async def _gone(self, member: Member, reason: str) -> None:
        member.ready = False
        try:
            await self._trigger_event("disconnect", member.namespace, member.sid, reason)
        finally:
            self.manager.forget(member.sid, member.namespace)


def _connected(socket: Socket, namespace: str) -> Member:
    member = socket.members.get(namespace)
    if member is None:
        raise Malformed("not connected to the namespace")
    return member


def create_server(
    *,
    dispatch: Dispatch | None = None,
    manager: Manager | None = None,
    limits: Limits | None = None,
    connect_timeout: float | None = None,
    **options: Any,
) -> Server:
    """Return a Socket.IO server for `serve`; other `options` are those of python-socketio.

    Events of one client run one after the other, those of different clients side by side.
    `connect_timeout` is the seconds a client has to enter a namespace: without it four ping
    intervals, at most 10. Of `options`, `compression` allows permessage-deflate.
    """
    manager = manager or Manager()
    return Server(
        dispatch,
        connect_timeout,
        client_manager=manager,
        turn=manager.turn,
        limits=limits or Limits(),
        **options,
    )


class Site:
    """A listening server."""

    def __init__(
        self, server: Server, listener: Listener, listening: asyncio.Server, runner: web.AppRunner
    ) -> None:
        self._server, self._listener = server, listener
        self._listening, self._runner = listening, runner
        self.port: int = listening.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Take nobody new, say goodbye to all, finish the requests in hand."""
        self._listening.close()
        self._listener.close()
        await self._server.shutdown()
        await self._runner.cleanup()


async def serve(server: Server, app: web.Application, host: str, port: int) -> Site:
    """Serve an application and its Socket.IO on one port (0: any free one) until `close()`.

    The path is `/socket.io/`, unless the server was attached to the application at another.
    """
    if not server.eio.path:
        server.attach(app)
    app.on_response_prepare.append(_say_no_version)
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    assert runner.server is not None
    listener = Listener(server.eio, runner.server)
    return Site(server, listener, await listener.listen(host, port), runner)


async def _say_no_version(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.pop("Server", None)
