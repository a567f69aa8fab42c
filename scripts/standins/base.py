"""What all stand-ins share: faults that a test or a developer asks for, and a list of calls."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any, NamedTuple

from aiohttp import web

from handlers.providers.api import SANDBOX

NOTHING: Mapping[str, web.Application] = MappingProxyType({})
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Fault(NamedTuple):
    """What becomes of the next call instead of an answer, or after it.

    `status` with `headers` and `body`; `seconds` to wait first, `late` to wait before the answer;
    `reset`: the line breaks, `before` the call is carried out or `after` it; `malformed`: not the
    JSON that was agreed. With a `path` it is for calls whose path ends so.
    """

    status: int = 0
    headers: Mapping[str, str] = MappingProxyType({})
    body: Any = None
    seconds: float = 0.0
    late: float = 0.0
    reset: str = ""
    malformed: bool = False
    path: str = ""


class Call(NamedTuple):
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


class Standin:
    """One company. What derives from it adds its routes; `faults` are used up in order."""

    name = ""

    def __init__(self) -> None:
        self.faults: deque[Fault] = deque()
        self.calls: list[Call] = []
        self.open = asyncio.Event()  # cleared, it answers nobody
        self.open.set()
        self.owns_up = True  # or else it cannot be told from the company
        self.app = web.Application(middlewares=[self._serve])
        self.app.on_response_prepare.append(self._own_up)
        self.add_routes()

    def add_routes(self) -> None:
        raise NotImplementedError

    def error(self, status: int, message: str) -> web.Response:
        """Return an error as the company words it."""
        raise NotImplementedError

    @web.middleware
    async def _serve(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        body = await _body(request)
        self.calls.append(
            Call(
                request.method,
                request.path,
                dict(request.query),
                dict(request.headers),
                body,
            )
        )
        await self.open.wait()
        fault = self._next_fault(request.path)
        await asyncio.sleep(fault.seconds)
        if fault.reset == "before":
            return self._reset(request)
        if fault.status:
            return self._fail(fault)
        answer = await handler(request)
        await asyncio.sleep(fault.late)
        if fault.reset == "after":
            return self._reset(request)
        if fault.malformed:
            return web.Response(text='{"half": ', content_type="application/json")
        return answer

    async def _own_up(self, _request: web.Request, answer: web.StreamResponse) -> None:
        """Say that no company has answered: what comes of it is marked wherever it is shown."""
        if self.owns_up:
            answer.headers[SANDBOX] = "stand-in"

    def _next_fault(self, path: str) -> Fault:
        fault = next((each for each in self.faults if path.endswith(each.path)), None)
        if fault is None:
            return Fault()
        self.faults.remove(fault)
        return fault

    def _fail(self, fault: Fault) -> web.Response:
        if fault.body is not None:
            return web.json_response(fault.body, status=fault.status, headers=fault.headers)
        answer = self.error(fault.status, "as was asked for")
        answer.headers.update(fault.headers)
        return answer

    def _reset(self, request: web.Request) -> web.Response:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()


async def _body(request: web.Request) -> Any:
    if not request.can_read_body:
        return None
    if request.content_type == "application/json":
        return await request.json()
    if request.content_type == "application/x-www-form-urlencoded":
        return dict(await request.post())
    return None


@asynccontextmanager
async def serving(
    standins: Sequence[Standin], port: int = 0, beside: Mapping[str, web.Application] = NOTHING
) -> AsyncIterator[dict[str, str]]:
    """Serve stand-ins on the loopback address, each below its name; yield the address of each.

    `beside` are served there too, by their paths.
    """
    app = web.Application()
    for path, other in beside.items():
        app.add_subapp(path, other)
    for standin in standins:
        app.add_subapp(f"/{standin.name}", standin.app)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    root = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield {standin.name: f"{root}/{standin.name}" for standin in standins}
    finally:
        await runner.cleanup()
