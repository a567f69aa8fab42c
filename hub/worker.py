"""Run one worker: `python -m hub.worker`. It does what is due by the clock, any number of them."""

import asyncio
import signal
import sys
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial

import structlog
import uvloop

from handlers import alerts, tables
from handlers.deps import Deps, system
from handlers.unit import Decide, carry_out
from hub import logs
from hub.__main__ import with_engines
from hub.app import core
from hub.loop import Loop
from hub.metrics import Metrics
from hub.settings import Settings, SettingsError, load
from state.domain.commands import Command
from state.store import commands
from state.store import log as store

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
        loops = [
            Loop("due", partial(all_due, deps), EVERY_SECONDS),
            Loop("prune", partial(prune, deps), PRUNE_EVERY_SECONDS),
        ]
        for loop in loops:
            loop.start()
        await stop.wait()
        for loop in loops:
            await loop.close()


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
