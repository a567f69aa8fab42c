"""The card company on a bad night: slow, out of order, and its line breaks at any point."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal

import aiohttp
from aiohttp import web

from scripts.standins.base import Fault
from scripts.standins.stripe import Doc, Stripe

KEY, SECRET = "sk_test_of_the_faults", "whsec_of_the_faults"
# Where a request may be held: it has come, it is carried out, or a webhook is about to be sent.
Point = Literal["come", "done", "told"]
# What becomes of a request on a rough night, in per cent; the others are only slow.
BROKEN = ((7, Fault(reset="before")), (7, Fault(reset="after")), (4, Fault(status=500)))
SLOW_SECONDS = 0.3
# What becomes of a webhook, in per cent; the others come once.
TOLD = ((15, "twice"), (10, "forged too"), (15, "late"), (10, "never"))
LATE_SECONDS = 1.5
TRIES, PAUSE_SECONDS = 5, 0.5  # until somebody takes a webhook; the company itself has days


class Bank(Stripe):
    """Told by `rough` how the night is. `webhooks` are the addresses of the nodes.

    `told` counts what became of its messages; `believed` are those that it did not sign.
    """

    def __init__(self) -> None:
        self.rough = False
        self.webhooks: Sequence[str] = ()
        self.told: Counter[str] = Counter()
        self.believed: list[str] = []
        self._dice = random.Random(7)
        self._wanted: tuple[Point, asyncio.Future[str], asyncio.Event] | None = None
        super().__init__(KEY, SECRET)

    @asynccontextmanager
    async def held(self, point: Point, seconds: float) -> AsyncIterator[str]:
        """Hold the next request at some point; yield its path, or a webhook's node.

        Raises TimeoutError when none comes within the time.
        """
        here: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        go_on = asyncio.Event()
        self._wanted = (point, here, go_on)
        try:
            async with asyncio.timeout(seconds):
                found = await here
            yield found
        finally:
            self._wanted = None
            go_on.set()

    async def notify(self, kind: str, subject: Doc, times: int | None = None) -> None:
        """Tell of something, by one of the nodes, unless the night is rough."""
        how = self._roll(TOLD) or "once"
        self.told[how] += 1
        if how == "late":
            await asyncio.sleep(LATE_SECONDS * self._dice.random())
        await super().notify(kind, subject, {"never": 0, "twice": 2}.get(how, 1))
        if how == "forged too" and await self._post(self.sent[-1], secret="of somebody else"):
            self.believed.append(kind)

    async def send(self, event: Doc, secret: str | None = None, at: int | None = None) -> int:
        """Send an event until a node takes it."""
        for _ in range(TRIES):
            if await self._post(event, secret, at):
                return 200
            await asyncio.sleep(PAUSE_SECONDS)
        return 0

    async def _post(self, event: Doc, secret: str | None = None, at: int | None = None) -> bool:
        self.hook = self._dice.choice(self.webhooks)
        await self._reach("told", self.hook)
        try:
            return await super().send(event, secret, at) == 200
        except (aiohttp.ClientError, OSError):
            return False  # that node is down

    def _next_fault(self, path: str) -> Fault:
        if not self.rough or "/v1/" not in path:
            return Fault()
        return self._roll(BROKEN) or Fault(seconds=self._dice.uniform(0, SLOW_SECONDS))

    def _roll(self, chances: Sequence[tuple[int, Any]]) -> Any:
        left = self._dice.uniform(0, 100) if self.rough else 100.0
        for chance, found in chances:
            left -= chance
            if left < 0:
                return found
        return None

    def _api(self, handler: Any) -> Callable[[web.Request], Awaitable[web.Response]]:
        serve = super()._api(handler)

        async def watched(request: web.Request) -> web.Response:
            await self._reach("come", request.path)
            answer: web.Response = await serve(request)
            await self._reach("done", request.path)
            return answer

        return watched

    async def _reach(self, point: Point, what: str) -> None:
        """Wait here if this is what somebody waits for."""
        if self._wanted is None or self._wanted[0] != point or self._wanted[1].done():
            return
        _, here, go_on = self._wanted
        here.set_result(what)
        await go_on.wait()
