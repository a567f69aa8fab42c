"""Run one node: `python -m hub`."""

import asyncio
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
import structlog
import uvloop

from hub import embedded, logs
from hub.app import run_node
from hub.collector import calm_collector
from hub.settings import Settings, SettingsError, load
from state.store.migrate import migrate

log = structlog.get_logger()


async def main(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; without a database or Redis named, on embedded ones."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        settings = await with_engines(settings, stack)
        node = await stack.enter_async_context(run_node(settings))
        log.info("listening", host=settings.host, port=node.port)
        calm_collector()
        await stop.wait()
        log.info("draining")


async def with_engines(settings: Settings, stack: AsyncExitStack) -> Settings:
    """Return the settings with every engine named; start those that were not."""
    if settings.database_url and settings.redis_url:
        return settings
    engines = await embedded.start(
        Path(".data"), postgres=not settings.database_url, valkey=not settings.redis_url
    )
    stack.push_async_callback(engines.stop)
    database = settings.database_url or engines.database_url
    redis = settings.redis_url or engines.redis_url
    await migrate(database)
    return msgspec.structs.replace(settings, database_url=database, redis_url=redis)


if __name__ == "__main__":
    try:
        settings = load()
    except SettingsError as exc:
        sys.exit(f"hub: {exc}")
    logs.configure(settings.log_level, node=settings.instance)
    uvloop.run(main(settings))
