"""What a worker tells Prometheus, on a port of its own: it serves nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from handlers.deps import Deps
from hub.metrics import Metrics
from hub.settings import Settings
from hub.web.health import away


@asynccontextmanager
async def exposed(metrics: Metrics, deps: Deps, settings: Settings) -> AsyncIterator[None]:
    """Serve /metrics on METRICS_PORT, unless it is 0, until the context is left."""
    if not settings.metrics_port:
        yield
        return

    async def tell(_request: web.Request) -> web.Response:
        metrics.engines(await away(deps))
        return web.Response(body=metrics.render(), content_type="text/plain", charset="utf-8")

    app = web.Application()
    app.router.add_get("/metrics", tell)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.metrics_port).start()
        yield
    finally:
        await runner.cleanup()
