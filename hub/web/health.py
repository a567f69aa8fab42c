"""Is the process there, may it get work, what does it count."""

import msgspec
from aiohttp import web

from handlers.deps import Deps
from hub.door import Door
from hub.metrics import Metrics
from hub.web.auth import Done
from hub.web.edge import json
from state.live.client import UNREACHABLE as REDIS_AWAY
from state.store.pool import UNREACHABLE as POSTGRES_AWAY


class Health(msgspec.Struct):
    """What the health pages look at."""

    deps: Deps
    door: Door
    metrics: Metrics

    async def problems(self) -> list[str]:
        """Return why this node should get no work now; nothing when it should."""
        return [*(["draining"] if self.door.closed else []), *await away(self.deps)]


async def away(deps: Deps) -> list[str]:
    """Return which engines cannot be reached."""
    found = []
    try:
        async with deps.pool.acquire() as conn:
            await conn.execute("SELECT 1")
    except POSTGRES_AWAY:
        found.append("postgres")
    try:
        await deps.redis.answers()
    except REDIS_AWAY:
        found.append("redis")
    return found


class Ready(msgspec.Struct, frozen=True):
    ok: bool
    problems: list[str]


HEALTH = web.AppKey("health", Health)


async def healthz(_request: web.Request) -> Done:
    """Tell that the process is there."""
    return Done(ok=True)


async def readyz(request: web.Request) -> web.Response:
    """Tell whether this node may get work: Postgres and Redis are reachable, it is not leaving."""
    problems = await request.app[HEALTH].problems()
    return json(Ready(not problems, problems), 503 if problems else 200)


async def metrics(request: web.Request) -> web.Response:
    """Return what this node counts and times, for Prometheus."""
    health = request.app[HEALTH]
    health.metrics.engines(await away(health.deps))
    return web.Response(body=health.metrics.render(), content_type="text/plain", charset="utf-8")
