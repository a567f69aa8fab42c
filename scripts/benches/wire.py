"""A light client: Engine.IO and Socket.IO text frames over aiohttp, and nothing decoded in vain.

The usual client library costs several times what the hub does for a message, so it would measure
itself.
"""

import asyncio
from collections.abc import Callable, Collection
from time import perf_counter
from typing import Any

import aiohttp
import msgspec

PING, PONG, CONNECT, EVENT, ACK, REFUSED = "2", "3", "40", "42", "43", "44"
ANSWER_SECONDS = 30.0


class Answer(msgspec.Struct, frozen=True):
    ok: bool
    error: dict[str, Any] | None = None


class Note(msgspec.Struct, frozen=True):
    """All we want to know of an order: the mark its guest has put into the note."""

    note: str


ANSWERS = msgspec.json.Decoder(tuple[Answer])
PARTS = msgspec.json.Decoder(list[msgspec.Raw])
NOTES = msgspec.json.Decoder(Note)


class Wire:
    """One connection. `hear` gets the text of every event, undecoded, as it comes."""

    def __init__(self, hear: Callable[[str], None] | None = None) -> None:
        self._hear = hear
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._last = 0

    async def connect(self, http: aiohttp.ClientSession, url: str, token: str) -> "Wire":
        address = f"{url.replace('http', 'ws', 1)}/socket.io/?EIO=4&transport=websocket"
        self._ws = await http.ws_connect(address, max_msg_size=0)
        await self._ws.receive_str()  # the handshake
        await self._ws.send_str(CONNECT + msgspec.json.encode({"token": token}).decode())
        answer = await self._ws.receive_str()
        if answer.startswith(REFUSED):
            raise RuntimeError(f"not let in: {answer}")
        self._task = asyncio.create_task(self._listen())
        return self

    async def ask(self, name: str, payload: dict[str, Any]) -> Answer:
        """Return the answer to a command."""
        self._last += 1
        number = self._last
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        packet = msgspec.json.encode([name, payload]).decode()
        await self._ws.send_str(f"{EVENT}{number}{packet}")
        async with asyncio.timeout(ANSWER_SECONDS):
            return await answer

    async def must(self, name: str, payload: dict[str, Any]) -> None:
        answer = await self.ask(name, payload)
        if not answer.ok:
            raise RuntimeError(f"{name} was refused: {answer.error}")

    async def close(self) -> None:
        self._task.cancel()
        await self._ws.close()

    async def _listen(self) -> None:
        async for message in self._ws:
            text = message.data
            if text.startswith(EVENT):
                if self._hear is not None:
                    self._hear(text)
            elif text.startswith(ACK):
                self._answered(text)
            elif text == PING:
                await self._ws.send_str(PONG)

    def _answered(self, text: str) -> None:
        body = text.index("[")
        answer = self._waiting.pop(int(text[len(ACK) : body]))
        if not answer.done():
            answer.set_result(ANSWERS.decode(text[body:])[0])


class Ear:
    """Notes when each marked order was first heard of."""

    def __init__(self) -> None:
        self.heard: dict[str, float] = {}
        self._news = asyncio.Event()

    async def all_of(self, notes: Collection[str]) -> None:
        """Wait until every one of them was heard of."""
        while not self.heard.keys() >= set(notes):
            self._news.clear()
            await self._news.wait()

    def hear(self, text: str) -> None:
        if text.startswith('42["order:new"'):
            note = NOTES.decode(PARTS.decode(text[len(EVENT) :])[1]).note
            self.heard.setdefault(note, perf_counter())
            self._news.set()
