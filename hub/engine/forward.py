"""Takes to the node that owns a session what reached this one: nothing in between is decoded.

Whatever was forwarded once says so in a header, so that no request goes round in circles.
"""

import asyncio
from http import HTTPStatus
from typing import cast
from urllib.parse import urlsplit

import aiohttp
import structlog
from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from hub.engine import http
from hub.engine.refusals import UNKNOWN_SID, Refused

log = structlog.get_logger()

HEADER = "Hub-Forwarded"
CONNECT_SECONDS = 2.0
IDLE_SECONDS = 5.0  # shorter than any server keeps an idle connection: none is closed under a POST
LOOK_SECONDS = 5.0  # how soon the owner learns that a client has left its poll
STALL_SECONDS = 30.0  # how long an end may take nothing of what waits for it

# What concerns one connection and not the message (RFC 9110, 7.6.1 and 10.1.1).
HOP_BY_HOP = {
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}

UNKNOWN_SESSION = Refused(*UNKNOWN_SID).body


class Forwarder:
    """Forwards requests and joins connections; `seconds` is the longest that a poll may hang."""

    def __init__(self, node_id: str, seconds: float) -> None:
        self._node_id = node_id
        self._sides: set[Side] = set()
        self._http = aiohttp.ClientSession(
            # Each request answers one that came in here: who is connected sets the limit.
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_SECONDS),
            timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),  # cookies are the clients', not ours
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            auto_decompress=False,
            middlewares=(_once,),
        )

    async def forward(self, request: web.Request, url: str) -> web.Response:
        """Return what the owner answers; that the session is unknown when it does not."""
        if self._http.closed:
            return _unknown_session()
        asking = asyncio.create_task(self._ask(request, url))
        try:
            while not asking.done() and request.transport is not None:
                await asyncio.wait([asking], timeout=LOOK_SECONDS)
        finally:
            asking.cancel()
            await asyncio.wait([asking])
        return _unknown_session() if asking.cancelled() else asking.result()

    async def splice(self, head: bytes, transport: asyncio.Transport, url: str) -> None:
        """Join a connection to the owner for good: bytes go both ways until either end closes.

        `head` is all that was received so far. The transport gets a new protocol at once.
        """
        client, owner = Side(self._sides), Side(self._sides)
        transport.pause_reading()
        transport.set_protocol(client)
        client.connection_made(transport)
        owner.other = client
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._connect(owner, url)
        except OSError as exc:
            log.warning("owner is out of reach", url=url, error=repr(exc))
            transport.write(http.response(HTTPStatus.BAD_REQUEST, UNKNOWN_SESSION))
            client.leave()
            return
        client.other = owner
        owner.transport.write(self._marked(head))
        if transport.is_closing():
            owner.leave()
        else:
            transport.resume_reading()

    async def close(self) -> None:
        """Cut off whoever is still joined to another node, and what still waits for an answer."""
        for side in list(self._sides):
            side.transport.abort()
        await self._http.close()

    async def _ask(self, request: web.Request, url: str) -> web.Response:
        if self._http.closed:  # we are leaving; the connection it came by ends in a moment
            return _unknown_session()
        try:
            async with self._http.request(
                request.method,
                URL(url + request.rel_url.raw_path_qs, encoded=True),
                headers=self._headers(request),
                data=request.content if request.can_read_body else None,
                allow_redirects=False,
            ) as reply:
                body = await reply.read()
                headers = _end_to_end(reply.headers)
                headers.popall("Content-Length", None)
                return web.Response(body=body, status=reply.status, headers=headers)
        except (aiohttp.ClientError, TimeoutError) as exc:
            log.warning("owner is out of reach", url=url, error=repr(exc))
            return _unknown_session()

    async def _connect(self, side: "Side", url: str) -> None:
        if self._http.closed:
            raise ConnectionAbortedError("this node is leaving")
        address = urlsplit(url)
        await asyncio.get_running_loop().create_connection(
            lambda: side, str(address.hostname), address.port or 80
        )

    def _headers(self, request: web.Request) -> CIMultiDict[str]:
        headers = _end_to_end(request.headers)
        if headers.popall("Content-Encoding", ["identity"]) != ["identity"]:
            # It was unpacked, and must not run over a length that no longer fits.
            headers.popall("Content-Length", None)
        headers[HEADER] = self._node_id
        return headers

    def _marked(self, head: bytes) -> bytes:
        first, _, rest = head.partition(b"\r\n")
        return b"%b\r\n%b: %b\r\n%b" % (first, HEADER.encode(), self._node_id.encode(), rest)


class Side(asyncio.Protocol):
    """One end of a splice: what it receives, the other end sends; they pause and leave together."""

    transport: asyncio.Transport
    other: "Side | None" = None
    _stalled: asyncio.TimerHandle

    def __init__(self, sides: "set[Side]") -> None:
        self._sides = sides

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._sides.add(self)

    def data_received(self, data: bytes) -> None:
        assert self.other is not None
        self.other.transport.write(data)

    def pause_writing(self) -> None:
        # The other end is not read from meanwhile, so that it could close without being noticed.
        self._stalled = self._abort_later()
        if self.other is not None and not self.other.transport.is_closing():
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        self._stalled.cancel()
        if self.other is not None and not self.other.transport.is_closing():
            self.other.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self._sides.discard(self)
        if self.other is not None:
            self.other.leave()

    def leave(self) -> None:
        """Close when all is sent, or when the peer has not taken it for too long."""
        if not self.transport.is_closing():
            self.transport.close()
            self._abort_later()

    def _abort_later(self) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(STALL_SECONDS, self.transport.abort)


async def _once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Send no poll again: what a lost answer carried would be missing unnoticed."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectionError as exc:
        raise aiohttp.ClientError(repr(exc)) from exc


def _end_to_end(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """Return the headers that concern the message."""
    named = {name.strip().lower() for name in ",".join(headers.getall("Connection", ())).split(",")}
    dropped = HOP_BY_HOP | named
    kept = ((name, value) for name, value in headers.items() if name.lower() not in dropped)
    return CIMultiDict(kept)


def _unknown_session() -> web.Response:
    return web.Response(body=UNKNOWN_SESSION, status=400, content_type="application/json")
