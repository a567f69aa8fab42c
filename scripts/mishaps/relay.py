"""A cable that can be cut, pulled out and put back, or made to swallow or hold what it is given."""

import asyncio
import socket
from urllib.parse import urlsplit, urlunsplit

from hub.embedded.processes import free_port

NARROW_BYTES = 16 * 1024


class Relay:
    """Passes bytes on to the server of a URL, from a port of its own.

    A narrow one keeps little of what it cannot pass on, so that the server feels it.
    """

    def __init__(self, url: str, *, narrow: bool = False) -> None:
        self._target, self._narrow = urlsplit(url), narrow
        # Kept while nothing listens on it: one of those given to clients might be taken meanwhile.
        self._port = free_port()
        self.swallows = False
        self._flows = asyncio.Event()
        self._flows.set()
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._passing: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The URL by which the server is reached through here."""
        login, _, _ = self._target.netloc.rpartition("@")
        host = f"{login}@127.0.0.1" if login else "127.0.0.1"
        return urlunsplit(self._target._replace(netloc=f"{host}:{self._port}"))

    async def plug(self) -> None:
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", self._port)

    async def pull(self) -> None:
        """Cut all connections; new ones are refused."""
        if self._server is not None:
            self._server.close()
        self.cut()
        self.let_go()
        await asyncio.gather(*self._passing, return_exceptions=True)

    def cut(self) -> None:
        """Cut all connections; new ones are let through."""
        for end in self._ends:
            end.transport.abort()

    def hold(self) -> None:
        """Take nothing from the server any more: it sees a client that does not read."""
        self._flows.clear()

    def let_go(self) -> None:
        self._flows.set()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await self._reach()
        except OSError:
            writer.transport.abort()  # nobody listens there
            return
        self._ends |= {writer, back}
        self._start(self._pass_on(reader, back))
        self._start(self._pass_on(there, writer, self._flows))

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        sock = socket.socket()
        if self._narrow:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW_BYTES)
        sock.setblocking(False)
        try:
            address = (self._target.hostname, self._target.port)
            await asyncio.get_running_loop().sock_connect(sock, address)
        except OSError:
            sock.close()
            raise
        limit = NARROW_BYTES if self._narrow else 2**16
        return await asyncio.open_connection(sock=sock, limit=limit)

    def _start(self, passing: "asyncio.Future[None]") -> None:
        task = asyncio.ensure_future(passing)
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)

    async def _pass_on(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        flows: asyncio.Event | None = None,
    ) -> None:
        try:
            while data := await source.read(65536):
                if flows is not None:
                    await flows.wait()
                if sink.is_closing():
                    break  # it was cut
                if not self.swallows:
                    sink.write(data)
                    await sink.drain()
        except OSError:
            pass  # one end was cut, so the other is let go
        finally:
            self._ends.discard(sink)
            sink.close()
