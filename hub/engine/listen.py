"""The port: the first bytes of a connection decide who serves it, we or aiohttp.

WebSockets of our path are ours from their handshake on; every other request is aiohttp's.
"""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

from aiohttp import web

from hub.engine import http
from hub.engine.engineio import EngineIO
from hub.engine.http import Head
from hub.engine.refusals import Refused
from hub.engine.wheel import Timed

IDLE_SECONDS = 75.0  # longer than proxies keep idle connections, so that they end them, not we
LINGER_SECONDS = 1.0  # for a refused body on its way: hanging up at once would lose the answer
QUEUE = 4096  # connections the kernel holds for us when all come back at once


class Front(Timed, asyncio.Protocol):
    """A connection whose first request has not come yet."""

    __slots__ = ("_buffer", "_listener", "_transport")

    def __init__(self, listener: "Listener") -> None:
        super().__init__()
        self._listener = listener
        self._buffer = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._listener.fronts.add(self)
        self._listener.engine.wheel.set(self, self._listener.engine.limits.header_seconds)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        most = self._listener.engine.limits.header_bytes
        end = self._buffer.find(http.END, 0, most)
        if end >= 0:
            self._leave()
            end += len(http.END)
            self._listener.serve(self._transport, self._buffer[:end], self._buffer[end:])
        elif len(self._buffer) >= most:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()

    def ring(self) -> None:
        self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def abort(self) -> None:
        self._transport.abort()

    def _refuse(self, status: HTTPStatus) -> None:
        self._listener.engine.refusals[status.phrase.lower()] += 1
        self._transport.write(http.response(status))
        self._transport.close()
        self._leave()

    def _leave(self) -> None:
        self._listener.fronts.discard(self)
        self._listener.engine.wheel.clear(self)


class HttpHandler(web.RequestHandler):
    """aiohttp's connection. It lets go of one whose next request asks for our WebSocket: proxies
    keep connections to us and may use any of them for it.
    """

    __slots__ = ("_listener", "when_lost")

    def __init__(self, listener: "Listener") -> None:
        super().__init__(
            listener.http,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=IDLE_SECONDS,
            lingering_time=LINGER_SECONDS,
        )
        self._listener = listener
        self.when_lost: Callable[[], None] | None = None  # for whom the present request waits

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        if self.when_lost is not None:
            self.when_lost()

    def data_received(self, data: bytes) -> None:
        transport = self.transport
        if transport is not None and not self._messages and data.endswith(http.END):
            head = http.parse(data)
            if head is not None and self._listener.is_ours(head):
                if self._waiter is not None:
                    self.transport = None  # so that it is not closed
                    self.connection_lost(None)
                    self._listener.upgrade(transport, head, b"")
                    return
                if not self._request_in_progress:  # the last answer has left, but just now
                    asyncio.get_running_loop().call_soon(self.data_received, data)
                    return
        super().data_received(data)

    def handle_error(self, *args: Any, **kwargs: Any) -> web.StreamResponse:
        response = super().handle_error(*args, **kwargs)
        response.headers["Server"] = "hub"  # aiohttp would tell its version
        return response


class Listener:
    """Serves connections; `fronts` are those nobody has asked anything on."""

    def __init__(self, engine: EngineIO, http: web.Server) -> None:
        self.engine, self.http = engine, http
        self.fronts: set[Front] = set()

    async def listen(self, host: str, port: int) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: Front(self), host, port, backlog=QUEUE)

    def is_ours(self, head: Head) -> bool:
        return head.wants_websocket and head.path == self.engine.path

    def serve(self, transport: asyncio.Transport, raw: bytes, rest: bytes) -> None:
        head = http.parse(raw)
        if head is None:
            self.engine.refusals["no http"] += 1
            transport.write(http.response(HTTPStatus.BAD_REQUEST))
            transport.close()
            return
        if self.is_ours(head):
            self.upgrade(transport, head, rest)
            return
        handler = HttpHandler(self)
        transport.set_protocol(handler)
        handler.connection_made(transport)
        handler.data_received(raw + rest)

    def upgrade(self, transport: asyncio.Transport, head: Head, rest: bytes) -> None:
        if self.engine.owner(head) is None:
            self._upgrade_here(transport, head, rest)
        else:
            transport.pause_reading()
            self.engine.start(self._upgrade_elsewhere(transport, head, rest))

    async def _upgrade_elsewhere(
        self, transport: asyncio.Transport, head: Head, rest: bytes
    ) -> None:
        url = await self.engine.elsewhere(head)
        if url is not None:
            await self.engine.forwarder.splice(head.raw + rest, transport, url)
        elif not transport.is_closing():
            transport.resume_reading()
            self._upgrade_here(transport, head, rest)

    def _upgrade_here(self, transport: asyncio.Transport, head: Head, rest: bytes) -> None:
        try:
            self.engine.websocket(head, transport, rest)
        except Refused as exc:
            self.engine.refusals[exc.reason] += 1
            transport.write(http.response(exc.status, exc.body, "Sec-WebSocket-Version: 13"))
            transport.close()

    def close(self) -> None:
        for front in tuple(self.fronts):
            front.abort()
