"""The Engine.IO server below python-socketio: sessions opened, found, upgraded and ended."""

import asyncio
import inspect
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Protocol

import engineio
import msgspec
import structlog
from aiohttp import web

from hub.engine import frames, http, refusals
from hub.engine.forward import HEADER as FORWARDED
from hub.engine.forward import Forwarder
from hub.engine.http import Environ, Head
from hub.engine.limits import Limits
from hub.engine.polling import COMPRESS_FROM, Polling
from hub.engine.protocol import OPEN, Malformed, Outgoing, message
from hub.engine.refusals import Refused
from hub.engine.socket import Socket
from hub.engine.turn import Turn
from hub.engine.upgrade import Probe, Stranger
from hub.engine.websocket import WebSocket
from hub.engine.wheel import Wheel

log = structlog.get_logger()

VERSION = "13"  # of WebSocket (RFC 6455, 4.1)
KEY = re.compile(r"[A-Za-z0-9+/]{22}==")  # 16 bytes
EXTENSIONS = "sec-websocket-extensions"
AGREED = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


class Nodes(Protocol):
    """The nodes behind one balancer: a session belongs to the node that its id names."""

    @property
    def id(self) -> str: ...

    async def url_of(self, node_id: str) -> str | None: ...


class EngineIO(engineio.AsyncServer):  # type: ignore[misc]
    """Takes the place of python-engineio's server; handlers may be plain functions or not."""

    def __init__(
        self,
        *,
        limits: Limits,
        turn: Turn,
        compression: bool = False,
        nodes: Nodes | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options | {"async_mode": "aiohttp", "monitor_clients": False})
        self.limits, self.compression = limits, compression
        self._nodes = nodes
        self._forwarder: Forwarder | None = None
        self.path = ""
        self.leaving = False  # when it is, clients are sent elsewhere
        self.wheel = Wheel()
        self.turn = turn
        self.sockets: dict[str, Socket]
        self.live: set[WebSocket] = set()
        self._waiting: asyncio.Future[None] | None = None  # for the last of them to go
        self.endings: Counter[str] = Counter()  # sessions, by why they ended
        self.refusals: Counter[str] = Counter()  # requests, by why they were not served
        # Makes of a message, as it comes, what is handled in its turn; None is nothing.
        self.reader: Callable[[Socket, str | bytes], Any] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def slow(self) -> int:
        """How many WebSocket clients do not keep up just now."""
        return sum(websocket.lags for websocket in self.live)

    @property
    def backlog(self) -> int:
        """How many bytes those are owed."""
        return sum(websocket.owed() for websocket in self.live if websocket.lags)

    def attach(self, app: web.Application, engineio_path: str = "engine.io") -> None:
        """Serve polling on a path of the application; `serve` does so for WebSockets."""
        self.path = f"/{engineio_path.strip('/')}/"
        app.router.add_route("*", self.path, self.handle_request)

    def on(self, event: str, handler: Any = None) -> Any:
        if event == "message":
            self.reader = None  # it is part of the handler that is replaced
        return super().on(event, handler)

    def transport(self, sid: str) -> str:
        return self.sockets[sid].transport.name

    def generate_id(self) -> str:
        """Return an id for a session; it begins with the node's."""
        own: str = super().generate_id()
        return f"{self._nodes.id}.{own}" if self._nodes is not None else own

    async def send(self, sid: str, data: Any) -> None:
        if not isinstance(data, (str, bytes)):
            data = msgspec.json.encode(data).decode()
        self.write(sid, Outgoing((message(data),)))

    async def send_packet(self, sid: str, pkt: engineio.packet.Packet) -> None:
        self.write(sid, Outgoing((pkt.encode(),)))

    def write(self, sid: str, outgoing: Outgoing) -> None:
        """Send packets to a session; nothing when it has ended."""
        socket = self.sockets.get(sid)
        if socket is not None:
            socket.send(outgoing)

    async def disconnect(self, sid: str | None = None) -> None:
        """End a session, or all of them."""
        found = list(self.sockets.values()) if sid is None else [self.sockets.get(sid)]
        for socket in found:
            if socket is not None:
                socket.close(self.reason.SERVER_DISCONNECT)

    async def shutdown(self) -> None:
        """End all sessions, so that their clients connect elsewhere, and let goodbyes leave."""
        for socket in list(self.sockets.values()):
            socket.close(self.reason.TRANSPORT_CLOSE)
        for websocket in list(self.live):
            websocket.close(code=frames.CloseCode.GOING_AWAY)
        async with asyncio.timeout(self.limits.close_seconds + 1):  # they are aborted before
            await self._all_gone()
        self.wheel.close()
        if self._forwarder is not None:
            await self._forwarder.close()

    async def _all_gone(self) -> None:
        while self.live:
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting

    def gone(self, websocket: WebSocket) -> None:
        """Forget a WebSocket whose connection is no more."""
        self.live.discard(websocket)
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _get_socket(self, sid: str) -> Socket:
        """Return an open session; unlike what it overrides, forget none that has just closed."""
        socket = self.sockets[sid]
        if socket.closed:
            raise KeyError("Session is disconnected")
        return socket

    # What sockets call.

    def read(self, socket: Socket, data: str | bytes) -> Any:
        """Return what there is to handle of a message in its turn, None if nothing."""
        return data if self.reader is None else self.reader(socket, data)

    async def handle(self, socket: Socket, data: Any) -> None:
        """Hand a message to the application."""
        try:
            found = self._call("message", socket.sid, data)
            if inspect.isawaitable(found):
                await found
        except Exception as exc:
            log.exception("a message handler failed", sid=socket.sid, exc_info=exc)

    def ended(self, socket: Socket) -> None:
        """Forget a session that is over and whose messages were handled."""
        self.endings[socket.reason] += 1
        found = self._call("disconnect", socket.sid, socket.reason)
        if inspect.isawaitable(found):
            self.start(found)
        self.sockets.pop(socket.sid, None)

    def start(self, work: Awaitable[Any]) -> None:
        """Let something be done while we go on."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def report(self, socket: Socket, reason: str, **details: Any) -> None:
        """Say of a bad client that it was cut off: one line, for its session is over."""
        log.warning("client cut off", sid=socket.sid, reason=reason, **details)

    def _call(self, event: str, *args: Any) -> Any:
        handler = self.handlers.get(event)
        return None if handler is None else handler(*args)

    # What requests ask for.

    def websocket(self, head: Head, transport: asyncio.Transport, rest: bytes) -> None:
        """Make a connection a WebSocket, of a new session or of one that polls; raise Refused."""
        socket = self.find(head)
        if head.header("sec-websocket-version") != VERSION:
            raise Refused(*refusals.OTHER_VERSION)
        key = head.header("sec-websocket-key")
        if not KEY.fullmatch(key):
            raise Refused(*refusals.BAD_REQUEST)
        deflate = self.compression and "permessage-deflate" in head.header(EXTENSIONS)
        made = WebSocket(transport, self, deflate=deflate)
        transport.set_protocol(made)
        answer = frames.handshake(key.encode(), AGREED if deflate else "")
        if socket is None:
            socket = self.new_socket(head)
            socket.transport, made.owner = made, socket
            transport.write(answer + self.greeting(socket).frame)
            made.keeps_up()
            self.begin(socket)
        else:
            transport.write(answer)
            self._try(socket, made)
        if rest:
            made.data_received(rest)

    def _try(self, socket: Socket, websocket: WebSocket) -> None:
        """Let a session that polls try a WebSocket; one that has another is no place for it."""
        if isinstance(socket.transport, Polling) and socket.probe is None:
            websocket.owner = Probe(socket, websocket, self)
        else:
            websocket.owner = Stranger()
            websocket.close()

    async def handle_request(self, request: web.Request) -> web.StreamResponse:
        """Answer a request of a client that polls."""
        head = _head(request)
        url = await self.elsewhere(head)
        if url is not None:
            return await self.forwarder.forward(request, url)
        try:
            response = await self._answer(request, head)
        except Refused as exc:
            self.refusals[exc.reason] += 1
            response = web.Response(
                body=exc.body, status=exc.status, content_type="application/json"
            )
            if not request.content.is_eof():
                response.force_close()  # rather than wait for a body that nobody wants
        response.headers["Cache-Control"] = "no-store"
        environ = dict(Environ(head.raw))
        response.headers.extend(self._cors_headers(environ))
        return response

    @property
    def forwarder(self) -> Forwarder:
        """What takes requests to the nodes that they are for."""
        if self._forwarder is None:
            assert self._nodes is not None
            longest = self.ping_interval + self.ping_timeout + self.limits.body_seconds
            self._forwarder = Forwarder(self._nodes.id, longest)
        return self._forwarder

    async def elsewhere(self, head: Head) -> str | None:
        """Return where the session of a request lives when that is another node."""
        node_id = self.owner(head)
        if node_id is None or self._nodes is None:
            return None
        return await self._nodes.url_of(node_id)

    def owner(self, head: Head) -> str | None:
        """Return the other node that a request's session names; None when we must answer."""
        node_id, dot, _ = head.query.get("sid", "").partition(".")
        if not dot or self._nodes is None or node_id == self._nodes.id:
            return None
        return None if head.header(FORWARDED.lower()) else node_id

    async def _answer(self, request: web.Request, head: Head) -> web.Response:
        if head.method == "OPTIONS":
            return web.Response(status=HTTPStatus.NO_CONTENT)
        if head.wants_websocket:  # only the listener makes one
            raise Refused(*refusals.BAD_REQUEST)
        socket = self.find(head)
        if socket is None:
            socket = self.new_socket(head)
            socket.transport = Polling(socket, self)
            socket.transport.send(self.greeting(socket))
            self.begin(socket)
        try:
            return _text(await self._exchange(request, socket))
        except Malformed as exc:
            raise Refused(*refusals.BAD_REQUEST) from exc
        except TimeoutError as exc:
            raise Refused(*refusals.TOO_LATE) from exc

    async def _exchange(self, request: web.Request, socket: Socket) -> str:
        polling = socket.transport
        assert isinstance(polling, Polling)
        match request.method:
            case "GET":
                return await polling.get(request)
            case "POST":
                _check_body(request, self.max_http_buffer_size)
                await polling.post(request)
                return "ok"
        raise Refused(*refusals.BAD_METHOD)

    def find(self, head: Head) -> Socket | None:
        """Return the session a request is for, None where it is to open one; raise Refused."""
        if head.header("origin") and not self._origin_is_allowed(head):
            raise Refused(*refusals.FORBIDDEN)
        transport, sid = head.query.get("transport"), head.query.get("sid")
        if transport not in self.transports:
            raise Refused(*refusals.UNKNOWN_TRANSPORT)
        if head.query.get("EIO") != "4":
            raise Refused(*refusals.UNSUPPORTED)
        if (transport == WebSocket.name) != head.wants_websocket:
            raise Refused(*refusals.BAD_REQUEST)
        if sid is not None:
            return self._existing(sid, upgrade=transport == WebSocket.name)
        if head.method != "GET":
            raise Refused(*refusals.BAD_METHOD)
        if self.leaving:
            raise Refused(*refusals.LEAVING)
        return None

    def _existing(self, sid: str, *, upgrade: bool) -> Socket:
        socket = self.sockets.get(sid)
        if socket is None or socket.closed:
            raise Refused(*refusals.UNKNOWN_SID)
        if not upgrade and not isinstance(socket.transport, Polling):
            raise Refused(*refusals.BAD_REQUEST)
        return socket

    def _origin_is_allowed(self, head: Head) -> bool:
        if self.cors_allowed_origins == []:
            return True  # python-socketio's way to say that nobody is asked
        allowed = self._cors_allowed_origins(dict(Environ(head.raw)))
        return allowed is None or head.header("origin") in allowed

    def new_socket(self, head: Head) -> Socket:
        socket = Socket(self.generate_id(), self, Environ(head.raw))
        self.sockets[socket.sid] = socket
        return socket

    def greeting(self, socket: Socket) -> Outgoing:
        """Return what a client is told first."""
        name = socket.transport.name
        may = name == Polling.name and self.allow_upgrades and WebSocket.name in self.transports
        upgrades = [WebSocket.name] if may else []
        greeting = {
            "sid": socket.sid,
            "upgrades": upgrades,
            "pingInterval": round(self.ping_interval * 1000),
            "pingTimeout": round(self.ping_timeout * 1000),
            "maxPayload": self.max_http_buffer_size,
        }
        return Outgoing((OPEN + msgspec.json.encode(greeting).decode(),))

    def begin(self, socket: Socket) -> None:
        """Ask the application whether a client may stay."""
        self.wheel.set(socket, self.ping_interval)
        admitted = self._call("connect", socket.sid, socket.environ)
        if inspect.isawaitable(admitted):
            socket.begin(admitted)
        elif admitted is False:
            socket.close(self.reason.SERVER_DISCONNECT)


def _head(request: web.Request) -> Head:
    """Return the head of a request that aiohttp has read."""
    lines = [f"{request.method} {request.raw_path} HTTP/1.1".encode("latin-1", "replace")]
    lines += [name + b": " + value for name, value in request.raw_headers]
    head = http.parse(b"\r\n".join(lines) + http.END)
    assert head is not None
    return head


def _text(body: str) -> web.Response:
    response = web.Response(text=body)
    if len(body) >= COMPRESS_FROM:
        response.enable_compression()
    return response


def _check_body(request: web.Request, most: int) -> None:
    """Refuse a body by what its head says, before any of it is read."""
    if request.content_length is None:
        raise Refused(*refusals.NO_LENGTH)
    if request.content_length > most:
        raise Refused(*refusals.TOO_LARGE)
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise Refused(*refusals.ENCODED)  # what it would grow to is known too late
