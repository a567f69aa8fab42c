"""Run one worker: `python -m hub.worker`. It does what is due by the clock, any number of them."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from datetime import timedelta

import asyncpg
import structlog
import uvloop

from handlers import alerts, tables
from handlers.deps import Deps, system
from handlers.unit import Decide, carry_out
from hub import logs
from hub.__main__ import with_engines
from hub.app import core
from hub.metrics import Metrics
from hub.settings import Settings, SettingsError, load
from state.domain.commands import Command
from state.store import commands
from state.store import log as store
from state.store import pool as postgres

log = structlog.get_logger()

EVERY_SECONDS = 0.5
PRUNE_EVERY_SECONDS = 600.0
KEEP_COMMANDS = timedelta(hours=24)  # PROTOCOL 2
KEEP_EVENTS = timedelta(days=7)  # far more than 500 events of any restaurant that is in use


async def main(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        settings = await with_engines(settings, stack)
        deps = await stack.enter_async_context(core(settings, Metrics()))
        log.info("working")
        await asyncio.gather(
            repeat(stop, EVERY_SECONDS, lambda: all_due(deps)),
            repeat(stop, PRUNE_EVERY_SECONDS, lambda: prune(deps)),
        )


async def repeat(stop: asyncio.Event, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    """Do some work again and again until told to stop; an engine that is away is waited for."""
    while not stop.is_set():
        try:
            await work()
        except (*postgres.UNREACHABLE, asyncpg.PostgresError) as exc:
            log.warning("worker without postgres", error=str(exc))
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)


async def all_due(deps: Deps) -> None:
    await _exhaust(alerts.escalate, deps)
    await _exhaust(tables.expire, deps)


async def prune(deps: Deps) -> None:
    async with deps.pool.acquire() as conn:
        await commands.prune(conn, deps.now() - KEEP_COMMANDS)
        await store.prune(conn, deps.now() - KEEP_EVENTS)


async def _exhaust(decide: Decide[Command], deps: Deps) -> None:
    while (await carry_out(decide, Command(), system(""), deps)).seq is not None:
        pass


if __name__ == "__main__":
    try:
        settings = load()
    except SettingsError as exc:
        sys.exit(f"worker: {exc}")
    logs.configure(settings.log_level, node="worker")
    uvloop.run(main(settings))
