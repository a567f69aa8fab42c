"""What the hub adds to python-socketio: events of one client in order, and an ack always."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import socketio
from aiohttp import web
from engineio import packet as eio
from engineio.async_socket import AsyncSocket
from socketio.packet import Packet

# Gets the sid, the event's name and arguments, and the id of its ack, if the client asked for one.
Dispatch = Callable[[str, list[Any], int | None], Awaitable[None]]

# What decoding a packet raises when a client sends nonsense.
MALFORMED = (ValueError, TypeError, IndexError, KeyError, AttributeError, RecursionError)
FROM_CLIENTS = {0, 1, 2, 3, 5, 6}  # connect, disconnect, event, ack, the last two with binary
# The head of an event, with the id of its ack and its name, whatever follows.
EVENT = re.compile(r'2(\d{0,18})\["([^"\\]{1,100})"')


class Unreadable:
    """Stands for a payload that no parser can read; it is of no type that any command takes."""


class Server(socketio.AsyncServer):  # type: ignore[misc]
    """python-socketio's server; with `dispatch`, events of `/` go there instead of to handlers."""

    def __init__(self, dispatch: Dispatch | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.dispatch = dispatch

    def socket(self, sid: str, namespace: str = "/") -> AsyncSocket:
        """Return the Engine.IO socket below a Socket.IO session."""
        return self.eio._get_socket(self.manager.eio_sid_from_sid(sid, namespace))

    async def _handle_event_internal(
        self,
        server: socketio.AsyncServer,
        sid: str,
        eio_sid: str,
        data: list[Any],
        namespace: str,
        id: int | None,
    ) -> None:
        if self.dispatch is not None and namespace == "/":
            await self.dispatch(sid, data, id)
        else:
            await super()._handle_event_internal(server, sid, eio_sid, data, namespace, id)

    async def _handle_eio_message(self, eio_sid: str, data: Any) -> None:
        if isinstance(data, str) and not _well_formed(data):
            await self._malformed(eio_sid, data)
            return
        try:
            await super()._handle_eio_message(eio_sid, data)
        except RecursionError:  # it is parsed once more in there, nearer to the end of the stack
            await self._malformed(eio_sid, data)

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        """Answer the poll still open when a client says goodbye: Node does not end before it."""
        await super()._handle_eio_disconnect(eio_sid, reason)
        socket = self.eio.sockets.get(eio_sid)
        if socket is not None and not socket.upgraded:
            socket.queue.put_nowait(eio.Packet(eio.NOOP))

    async def _malformed(self, eio_sid: str, data: str) -> None:
        """Let an event be answered by its head; cut off a client that does not even send that."""
        event = EVENT.match(data)
        sid = self.manager.sid_from_eio_sid(eio_sid, "/")
        if event is not None and sid is not None and self.dispatch is not None:
            ack_id, name = event.groups()
            await self.dispatch(sid, [name, Unreadable()], int(ack_id) if ack_id else None)
            return
        self.logger.warning("malformed packet from %s", eio_sid)
        await self.eio.disconnect(eio_sid)


def create_server(*, dispatch: Dispatch | None = None, **options: Any) -> Server:
    """Return a Socket.IO server for aiohttp; `options` are those of `socketio.AsyncServer`.

    Events of one client run one after the other, those of different clients side by side.
    """
    options.setdefault("async_handlers", False)
    return Server(dispatch, async_mode="aiohttp", **options)


class Site:
    """A listening server."""

    def __init__(self, runner: web.AppRunner, port: int) -> None:
        self._runner = runner
        self.port = port

    async def close(self) -> None:
        await self._runner.cleanup()


async def serve(server: Server, app: web.Application, host: str, port: int) -> Site:
    """Serve an application and its Socket.IO on one port (0: any free one) until `close()`."""
    server.attach(app)
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    return Site(runner, runner.addresses[0][1])


def _well_formed(text: str) -> bool:
    try:
        packet = Packet(encoded_packet=text)
    except MALFORMED:
        return False
    if packet.packet_type not in FROM_CLIENTS:
        return False
    if packet.packet_type in (2, 5):
        return bool(packet.data) and isinstance(packet.data, list) and type(packet.data[0]) is str
    return True
