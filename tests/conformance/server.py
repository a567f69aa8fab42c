"""The echo servers that the official suites of Engine.IO 4 and Socket.IO 5 expect to find."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NamedTuple

from aiohttp import web
from structlog.testing import capture_logs

from hub import engine

ENGINEIO = "/engine.io/"
SOCKETIO = "/socket.io/"
MAX_PAYLOAD = 1_000_000


class Served(NamedTuple):
    """A server that listens."""

    server: engine.Server
    port: int
    path: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def served(server: engine.Server, path: str, port: int = 0) -> AsyncIterator[Served]:
    """Serve on a port of this machine, by default any free one."""
    app = web.Application()
    server.attach(app, path)
    site = await engine.serve(server, app, "127.0.0.1", port)
    try:
        yield Served(server, site.port, path)
    finally:
        await site.close()


@contextmanager
def noting() -> Iterator[list[Any]]:
    """Yield what will have been logged of clients: not what nodes of other tests say meanwhile."""
    found: list[Any] = []
    with capture_logs() as lines:
        yield found
    found += [line for line in lines if "sid" in line]


def engineio_echo(**options: Any) -> engine.Server:
    """Return a server that sends every Engine.IO message back as it came."""
    options = {"cors_allowed_origins": "*", "max_http_buffer_size": MAX_PAYLOAD, **options}
    server = engine.create_server(**options)

    async def connect(sid: str, environ: Any) -> None:
        """Take everyone, and wait for no CONNECT of Socket.IO."""

    async def disconnect(sid: str, reason: str) -> None:
        """There is nothing to forget."""

    server.eio.on("connect", connect)
    server.eio.on("message", server.eio.send)
    server.eio.on("disconnect", disconnect)
    return server


def socketio_echo(**options: Any) -> engine.Server:
    """Return a server that tells each client its `auth`, and sends back what it is sent."""
    options = {"cors_allowed_origins": "*", "max_http_buffer_size": MAX_PAYLOAD, **options}
    server = engine.create_server(**options)
    for namespace in ("/", "/custom"):
        _echo(server, namespace)
    return server


def _echo(server: engine.Server, namespace: str) -> None:
    async def connect(sid: str, environ: Any, auth: Any = None) -> None:
        await server.emit("auth", auth or {}, sid, namespace=namespace)

    async def message(sid: str, *args: Any) -> None:
        await server.emit("message-back", args, sid, namespace=namespace)

    async def message_with_ack(sid: str, *args: Any) -> tuple[Any, ...]:
        return args

    server.on("connect", connect, namespace=namespace)
    server.on("message", message, namespace=namespace)
    server.on("message-with-ack", message_with_ack, namespace=namespace)
