"""What a company tells by itself: messages that are signed, repeated, and not always in order."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

import aiohttp
from aiohttp import web

# To the next message: it comes twice, with a wrong signature first, after the one that follows it,
# or not at all.
Mishap = Literal["twice", "badly signed", "swapped", "lost"]


class Sent(NamedTuple):
    url: str
    body: bytes
    status: int


class Telling:
    """Sends messages, `tries` times until somebody says 200, and remembers what became of them."""

    def __init__(
        self, sign: Callable[[bytes], Mapping[str, str]], tries: int = 20, pause: float = 900.0
    ) -> None:
        self.mishaps: deque[Mishap] = deque()
        self.sent: list[Sent] = []
        self.pause = pause
        self._sign, self._tries = sign, tries
        self._held: tuple[str, bytes] | None = None
        self._under_way: set[asyncio.Task[None]] = set()

    def say(self, url: str, body: bytes) -> None:
        """Send a message, with the mishap whose turn it is; nobody waits for it."""
        mishap = self.mishaps.popleft() if self.mishaps else None
        if mishap == "lost":
            return
        if mishap == "swapped":
            self._held = (url, body)
            return
        if mishap == "badly signed":
            self._start(url, body, forged=True)
        self._start(url, body)
        if mishap == "twice":
            self._start(url, body)
        if self._held is not None:
            held, self._held = self._held, None
            self._start(*held)

    async def close(self, _app: web.Application) -> None:
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def _start(self, url: str, body: bytes, forged: bool = False) -> None:
        task = asyncio.create_task(self._deliver(url, body, forged))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _deliver(self, url: str, body: bytes, forged: bool) -> None:
        signed = {name: "0" * len(text) for name, text in self._sign(body).items()}
        headers = {"Content-Type": "application/json", **(signed if forged else self._sign(body))}
        async with aiohttp.ClientSession() as http:
            for _ in range(1 if forged else self._tries):
                status = await self._post(http, url, body, headers)
                self.sent.append(Sent(url, body, status))
                if status == 200:
                    return
                await asyncio.sleep(self.pause)

    async def _post(
        self, http: aiohttp.ClientSession, url: str, body: bytes, headers: Mapping[str, str]
    ) -> int:
        try:
            async with http.post(url, data=body, headers=headers) as answer:
                return answer.status
        except aiohttp.ClientError:
            return 0


async def listens(url: str) -> bool:
    """Tell whether somebody answers a HEAD there with 200, as a company asks before it tells."""
    try:
        async with aiohttp.ClientSession() as http, http.head(url) as answer:
            return answer.status == 200
    except (aiohttp.ClientError, ValueError):
        return False
