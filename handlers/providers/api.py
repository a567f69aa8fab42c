"""One way to call another company: within its limits and its time, again only where that is safe.

A client of a company says where and what; this says when, how often, and what an error means.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from itertools import count
from time import perf_counter
from typing import Any

import aiohttp
import msgspec
import structlog

from handlers.providers.errors import (
    AmbiguousError,
    ExhaustedError,
    ProviderError,
    RefusedError,
    UnavailableError,
)
from state.domain.ids import new_id
from state.live import gates
from state.live.client import UNREACHABLE, Servers
from state.live.gates import Answer, Limits, Verdict

log = structlog.get_logger()

TRIES = 3
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
HELLO_SECONDS, CLOSE_SECONDS = 10.0, 2.0  # for the first and the last words of a WebSocket
FIRST_LOOK, LONGEST_LOOK = 0.05, 1.0  # at a gate where others are before us
# Before anything was sent.
NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)

REQUEST_IDS = ("X-Trace-ID", "X-RequestId", "X-Request-ID", "request-id")

Observe = Callable[[str, str, float], None]  # a provider, what came of a call, its seconds


# A stand-in says in every answer that it is one; no company does.
SANDBOX = "X-Sandbox"


class Reply(msgspec.Struct, frozen=True):
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def sandbox(self) -> bool:
        """Whether a stand-in has answered: then whatever is made of it has to say so."""
        return SANDBOX in self.headers

    def json(self, kind: Any) -> Any:
        """Return the body as a type; raise UnavailableError where it is not what was agreed."""
        try:
            return msgspec.json.decode(self.body, type=kind)
        except msgspec.MsgspecError as exc:
            raise UnavailableError(f"not what was agreed: {exc}") from exc


class Api:
    """One company's service. `times` are the seconds to connect, and for a whole call.

    `meaning` tells what an answer with an error status means, where that is not the usual.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        http: aiohttp.ClientSession,
        redis: Servers,
        *,
        times: tuple[float, float],
        limits: Limits,
        observe: Observe,
        meaning: Callable[[Reply], ProviderError | None] = lambda _: None,
    ) -> None:
        self.name, self.limits = name, limits
        self._base, self._http, self._redis = base_url.rstrip("/"), http, redis
        self._timeout = aiohttp.ClientTimeout(total=times[1], sock_connect=times[0])
        self._observe, self._meaning = observe, meaning

    async def ask(self, method: str, path: str, *, safe: bool = True, **parts: Any) -> Reply:
        """Return a good answer; `parts` are what aiohttp takes. Raises a ProviderError.

        What is `safe` is asked up to three times. What is not is asked once, and an answer that
        never came is an AmbiguousError.
        """
        for attempt in range(TRIES):
            try:
                return await self._once(method, path, safe, parts)
            except UnavailableError as exc:
                if not safe or attempt == TRIES - 1 or not exc.again:
                    raise
                await asyncio.sleep(_pause(attempt, exc.after))
        raise AssertionError("the last try answers or raises")

    async def change(self, method: str, path: str, kind: Any, **parts: Any) -> Any:
        """Ask once for what must not happen twice; return the answer as a type.

        Raises AmbiguousError also where an answer came that cannot be read.
        """
        reply = await self.ask(method, path, safe=False, **parts)
        try:
            return reply.json(kind)
        except UnavailableError as exc:
            raise AmbiguousError(f"{self.name} said nothing that can be read") from exc

    async def _once(self, method: str, path: str, safe: bool, parts: dict[str, Any]) -> Reply:
        async with self.gate():
            try:
                reply = await self._send(method, path, parts)
            except NOT_SENT as exc:
                raise UnavailableError(f"{self.name} cannot be reached") from exc
            except (aiohttp.ClientError, TimeoutError, OSError) as exc:
                if safe:
                    raise UnavailableError(f"{self.name} did not answer") from exc
                raise AmbiguousError(f"{self.name} did not answer") from exc
            if reply.status < 400:
                return reply
            self._note(reply)
            raise self._meaning(reply) or usual_meaning(self.name, reply, safe=safe)

    @asynccontextmanager
    async def stream(
        self, url: str, idle: float, **parts: Any
    ) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Yield a WebSocket; `url` is a path, or whole where the service has named one itself.

        It counts as one call, and as a failed one where a ProviderError is raised while it is open.
        `idle` is for how many seconds they may say nothing.
        """
        times = aiohttp.ClientWSTimeout(ws_receive=idle, ws_close=CLOSE_SECONDS)
        whole = url if "://" in url else self._base + url
        async with self.gate():
            try:
                async with asyncio.timeout(HELLO_SECONDS):
                    line = await self._http.ws_connect(whole, timeout=times, **parts)
                async with line:
                    yield line
            except aiohttp.WSServerHandshakeError as exc:
                reply = Reply(exc.status, exc.headers or {}, b"")
                self._note(reply)
                raise self._meaning(reply) or usual_meaning(self.name, reply, safe=True) from exc
            except (aiohttp.ClientError, TimeoutError, OSError) as exc:
                raise UnavailableError(f"{self.name} broke off") from exc

    def _note(self, reply: Reply) -> None:
        """Log what their support will ask for; nothing of what was sent or answered."""
        request = next((reply.headers[name] for name in REQUEST_IDS if name in reply.headers), None)
        log.warning("refused", provider=self.name, status=reply.status, request=request)

    async def _send(self, method: str, path: str, parts: dict[str, Any]) -> Reply:
        async with self._http.request(
            method, self._base + path, timeout=self._timeout, allow_redirects=False, **parts
        ) as reply:
            return Reply(reply.status, reply.headers.copy(), await reply.read())

    @asynccontextmanager
    async def gate(self) -> AsyncIterator[None]:
        """Hold one of the service's slots, and tell the others how the call went."""
        lease, verdict, began = new_id(), Verdict.NONE, perf_counter()
        await self._enter(lease)
        try:
            yield
            verdict = Verdict.GOOD
        except RefusedError:
            verdict = Verdict.GOOD  # it is there, and answers
            raise
        except ExhaustedError:
            verdict = Verdict.SPENT
            raise
        except (UnavailableError, AmbiguousError):
            verdict = Verdict.BAD
            raise
        finally:
            self._observe(self.name, verdict, perf_counter() - began)
            await asyncio.shield(self._leave(lease, verdict))

    async def _enter(self, lease: str) -> None:
        """Wait for a slot; raise UnavailableError where the service is not to be called now."""
        for attempt in count():
            try:
                answer, seconds = await gates.enter(self._redis, self.name, lease, self.limits)
            except UNREACHABLE as exc:
                log.warning("a gate stands open", provider=self.name, error=repr(exc))
                return  # without Redis each worker goes by its own number of jobs
            if answer is Answer.GO:
                return
            if answer is Answer.SHUT:
                self._observe(self.name, "shut", 0.0)
                raise UnavailableError(f"{self.name} is left alone", seconds, again=False)
            patience = min(LONGEST_LOOK, FIRST_LOOK * 2**attempt)
            await asyncio.sleep(max(seconds, random.uniform(patience / 2, patience)))

    async def _leave(self, lease: str, verdict: Verdict) -> None:
        try:
            await gates.leave(self._redis, self.name, lease, verdict)
        except UNREACHABLE as exc:
            log.warning("a gate was not told", provider=self.name, error=repr(exc))


def usual_meaning(name: str, reply: Reply, *, safe: bool) -> ProviderError:
    """Return what a status means by itself. Nothing of the body is told: it may quote our text."""
    if reply.status in (401, 403):
        return ExhaustedError(f"{name} does not accept our key ({reply.status})")
    if reply.status in (408, 429):
        return UnavailableError(f"{name} asks to wait ({reply.status})", retry_after(reply))
    if reply.status >= 500:
        text = f"{name} is in trouble ({reply.status})"
        return UnavailableError(text, retry_after(reply)) if safe else AmbiguousError(text)
    return RefusedError(f"{name} does not take this ({reply.status})")


def retry_after(reply: Reply) -> float | None:
    text = reply.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None


def _pause(attempt: int, after: float | None) -> float:
    """Return how long to wait: as long as they say, else a random part of ever longer times."""
    if after is not None:
        return min(after, LONGEST_PAUSE)
    return random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt + 1)))
