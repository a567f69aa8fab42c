"""A real Socket.IO client that remembers everything it was sent."""

import asyncio
from collections.abc import Callable
from typing import Any

import socketio
from socketio.exceptions import BadNamespaceError

SECONDS = 60.0


class Refused(Exception):
    """An ack that said no."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(f"{error['code']}: {error['message']}")
        self.code: str = error["code"]
        self.error = error


class Client:
    """One connection. `heard` holds (name, data, meta) of every event, in the order they came."""

    def __init__(self, url: str, token: str | None) -> None:
        self.url, self.token = url, token
        self.heard: list[tuple[str, Any, dict[str, Any]]] = []
        self.sio = socketio.AsyncClient(reconnection=False, handle_sigint=False)
        self.sio.on("*", self._hear)
        self.sio.on("disconnect", self._gone)
        self.gone = asyncio.Event()
        self._news = asyncio.Condition()

    async def connect(self, transports: tuple[str, ...] = ("websocket",)) -> "Client":
        auth = {"token": self.token} if self.token is not None else None
        await self.sio.connect(
            self.url, auth=auth, transports=list(transports), wait_timeout=SECONDS
        )
        return self

    async def close(self) -> None:
        await self.sio.disconnect()
        if self.sio.eio.http is not None and not self.sio.eio.http.closed:
            await self.sio.eio.http.close()

    async def ask(self, name: str, *args: Any) -> dict[str, Any]:
        """Send a command and return its whole ack."""
        ack: dict[str, Any] = await self.sio.call(name, args, timeout=SECONDS)
        return ack

    async def send(self, name: str, **payload: Any) -> Any:
        """Send a command and return the data of its ack; raise Refused when it says no."""
        ack = await self.ask(name, payload)
        if not ack["ok"]:
            raise Refused(ack["error"])
        return ack.get("data")

    async def refused(self, name: str, *args: Any) -> dict[str, Any]:
        """Send a command that must be refused; return its error."""
        ack = await self.ask(name, *args)
        assert ack["ok"] is False, ack
        error: dict[str, Any] = ack["error"]
        return error

    async def try_to(self, name: str, payload: Any) -> dict[str, Any] | None:
        """Send a command and return its ack, or None when the connection is lost before it came."""
        asked = asyncio.ensure_future(self.ask(name, payload))
        gone = asyncio.ensure_future(self.gone.wait())
        await asyncio.wait({asked, gone}, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if not asked.done():
            asked.cancel()
        try:
            return await asked
        except (asyncio.CancelledError, BadNamespaceError):
            return None

    def named(self, name: str) -> list[Any]:
        """Return the data of all events of a name heard so far."""
        return [data for heard, data, _ in self.heard if heard == name]

    def seqs(self) -> list[int]:
        """Return the seqs of the log's events heard so far (snapshots are no events)."""
        return [meta["seq"] for _, _, meta in self.heard if "eventId" in meta]

    async def hears(
        self, name: str, where: Callable[[Any], bool] = lambda _: True, seconds: float = SECONDS
    ) -> tuple[Any, dict[str, Any]]:
        """Wait for an event, past or to come; return its data and meta."""

        def find() -> tuple[Any, dict[str, Any]] | None:
            for heard, data, meta in self.heard:
                if heard == name and where(data):
                    return data, meta
            return None

        await self.until(lambda: find() is not None, seconds)
        found = find()
        assert found is not None
        return found

    async def until(self, true: Callable[[], bool], seconds: float = SECONDS) -> None:
        """Wait until something has come true of what was heard."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(true)

    async def settled(self) -> None:
        """Wait until everything the node has written to us before now has arrived."""
        await self.ask("barrier: no such command, but answered after all that went before")

    async def _hear(self, name: str, *args: Any) -> None:
        data = args[0] if args else None
        meta = args[1] if len(args) > 1 else {}
        self.heard.append((name, data, meta))
        async with self._news:
            self._news.notify_all()

    def _gone(self, *_: Any) -> None:
        self.gone.set()
