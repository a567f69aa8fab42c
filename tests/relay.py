"""A cable to an engine that a test can pull out and put back, or make swallow what it is given."""

import asyncio
from urllib.parse import urlsplit, urlunsplit


class Relay:
    """Passes bytes on to the server of a URL, from a port of its own."""

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._port = 0
        self.swallows = False
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._passing: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The URL by which the server is reached through here."""
        login, _, _ = self._target.netloc.rpartition("@")
        return urlunsplit(self._target._replace(netloc=f"{login}@127.0.0.1:{self._port}"))

    async def plug(self) -> None:
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def pull(self) -> None:
        """Cut all connections; new ones are refused."""
        if self._server is not None:
            self._server.close()
        self.cut()
        await asyncio.gather(*self._passing, return_exceptions=True)

    def cut(self) -> None:
        """Cut all connections; new ones are welcome."""
        for end in self._ends:
            end.transport.abort()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._target.hostname, self._target.port)
        self._ends |= {writer, back}
        for source, sink in ((reader, back), (there, writer)):
            task = asyncio.create_task(self._pass_on(source, sink))
            self._passing.add(task)
            task.add_done_callback(self._passing.discard)

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                if not self.swallows:
                    sink.write(data)
                    await sink.drain()
        except OSError:
            pass  # one end was cut, so the other is let go
        finally:
            self._ends.discard(sink)
            sink.close()
