"""Run one worker: `python -m hub.worker`. It does what is due by the clock, any number of them."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial

import msgspec
import structlog
import uvloop

from handlers import (
    alerts,
    billing,
    charging,
    displays,
    minting,
    purchases,
    services,
    tables,
    ton_deposits,
    work,
)
from handlers.deps import Deps, system
from handlers.displays import ReportStale
from handlers.erasing import erase_private, erase_registrations
from handlers.esim_buying import end_abandoned
from handlers.esim_usage import check_due
from handlers.jobs import Kind
from handlers.providers.all import Providers, providers
from handlers.unit import carry_out
from hub import logs
from hub.__main__ import with_engines
from hub.app import core
from hub.displays import Lag, lags
from hub.exposition import exposed
from hub.loop import Loop
from hub.metrics import Metrics
from hub.pulse import Pulse
from hub.queue import Queue
from hub.settings import Settings, SettingsError, load
from state.domain.commands import AlertAck, ServiceStep
from state.live import displays as live
from state.live import gates
from state.store import bookings, charges, commands, esims, jobs, translations, tries
from state.store import log as store
from state.store.alerts import due as due_alerts
from state.store.open_money import open_money
from state.store.services import due as due_calls
from state.store.tables import expired as expired_sessions

log = structlog.get_logger()

EVERY_SECONDS = 0.5
DISPLAYS_EVERY_SECONDS = 5.0
PRUNE_EVERY_SECONDS = 600.0
LIVELY = timedelta(hours=1)  # where nothing happens, no screen is stale
KEEP_COMMANDS = timedelta(hours=24)  # PROTOCOL 2
KEEP_JOBS = timedelta(days=30)
KEEP_TRANSLATIONS = timedelta(days=90)
LOST_EVERY_SECONDS = 5.0
PAYMENTS_EVERY_SECONDS = 1.0
BILLING_EVERY_SECONDS = 60.0
TON_EVERY_SECONDS = 1.0  # when a look is due stands in Postgres
ERASE_EVERY_SECONDS = 30.0
FIGURES_EVERY_SECONDS = 5.0
ESIMS_EVERY_SECONDS = 10.0
LOST_AFTER = timedelta(seconds=5)
KEEP_EVENTS = timedelta(days=7)  # far more than 500 events of any restaurant that is in use


async def main(settings: Settings, kinds: Mapping[str, Kind] = work.KINDS) -> None:
    """Work until SIGTERM or SIGINT, also on jobs of these kinds."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        settings = await with_engines(settings, stack)
        metrics = Metrics()
        deps = await stack.enter_async_context(core(settings, metrics))
        await stack.enter_async_context(exposed(metrics, deps, settings))
        made = await stack.enter_async_context(
            providers(settings, deps.redis, metrics.provider_call)
        )
        stale_after = timedelta(seconds=settings.display_stale_after)
        keep = timedelta(days=settings.registration_days)
        quiet = timedelta(seconds=settings.payment_stale_after)
        rounds = [
            ("due", partial(all_due, deps), EVERY_SECONDS),
            (
                "displays",
                partial(report_stale, deps, stale_after, metrics.stale),
                DISPLAYS_EVERY_SECONDS,
            ),
            ("prune", partial(prune, deps), PRUNE_EVERY_SECONDS),
            ("registrations", partial(erase_registrations, deps, keep), PRUNE_EVERY_SECONDS),
            ("private", partial(erase_all_private, deps), ERASE_EVERY_SECONDS),
            ("lost jobs", partial(enqueue_lost, deps), LOST_EVERY_SECONDS),
            ("eSIMs", partial(check_due, deps, made), ESIMS_EVERY_SECONDS),
            ("purchases", partial(end_abandoned, deps), ESIMS_EVERY_SECONDS),
            ("payments", partial(charging.look_after, deps, quiet), PAYMENTS_EVERY_SECONDS),
            ("owed", partial(purchases.give_back_owed, deps), PAYMENTS_EVERY_SECONDS),
            ("billing", partial(billing.run, deps), BILLING_EVERY_SECONDS),
            ("TON", partial(ton_deposits.look, deps, made.ton), TON_EVERY_SECONDS),
            ("proofs", partial(minting.look, deps, made.minter), TON_EVERY_SECONDS),
            ("figures", partial(count_jobs, deps, made, metrics), FIGURES_EVERY_SECONDS),
        ]
        loops = [
            Loop(name, partial(_counted, partial(metrics.round, name), do), every)
            for name, do, every in rounds
        ]
        queue = job_queue(settings, kinds, made, deps, metrics.job)
        log.info("working")
        parts: list[Loop | Pulse | Queue] = [queue, *loops, Pulse(metrics.observe)]
        for part in parts:
            part.start()
        await stop.wait()
        for part in parts:
            await part.close()


def job_queue(
    settings: Settings,
    kinds: Mapping[str, Kind],
    made: Providers | None,
    deps: Deps,
    ended: work.Ended = lambda *_: None,
) -> Queue:
    """Return the queue from which jobs of these kinds are taken and performed."""
    return Queue(
        settings.database_url,
        kinds.values(),
        lambda job_id: work.perform(job_id, kinds, made, deps, ended),
        settings.job_lease,
        settings.jobs_at_once,
    )


async def _counted(count: Callable[[], None], work: Callable[[], Awaitable[None]]) -> None:
    """Do a round of work, and count it if it went well."""
    await work()
    count()


async def all_due(deps: Deps) -> None:
    """Do what is due by the clock; where another worker was faster, nothing is left to do."""
    async with deps.pool.acquire() as conn:
        late = await due_alerts(conn, deps.now())
        waiting = await due_calls(conn, deps.now())
        expired = await expired_sessions(conn, deps.now())
    for alert_id, tenant in late:
        await carry_out(alerts.escalate, AlertAck(alert_id=alert_id), system(tenant), deps)
    for call_id, tenant in waiting:
        await carry_out(services.escalate, ServiceStep(request_id=call_id), system(tenant), deps)
    for session_id, tenant in expired:
        cmd = tables.Expire(session_id=session_id)
        await carry_out(tables.expire, cmd, system(tenant), deps)


async def report_stale(deps: Deps, after: timedelta, count: Callable[[], None]) -> None:
    """Report displays that owe an event for too long."""
    now = deps.now()
    async with deps.pool.acquire() as conn:
        lively = await store.heads_since(conn, now - LIVELY)
    for rid in lively:
        for lag in await lags(rid, deps):
            if lag.since is not None and now - lag.since > after and not lag.display.stale:
                await _report(rid, lag, deps)
                count()


async def _report(rid: str, lag: Lag, deps: Deps) -> None:
    shown = lag.display
    cmd = ReportStale(
        command_id=f"stale {shown.id} {shown.seq}",  # two workers report it once
        restaurant_id=rid,
        display_id=shown.id,
        name=shown.name,
        role=shown.role,
        seq=shown.seq,
        lag=lag.events,
        since=lag.since or deps.now(),
    )
    await carry_out(displays.report_stale, cmd, system(""), deps)
    await live.put(deps.redis, rid, msgspec.structs.replace(shown, stale=True))


async def count_jobs(deps: Deps, made: Providers, metrics: Metrics) -> None:
    """Note how many jobs there are, how money stands, and which services are not called now."""
    async with deps.pool.acquire() as conn:
        found = await jobs.counts(conn), await jobs.ages(conn), await charges.owed_since(conn)
        money = await open_money(conn)
    metrics.jobs(*found)
    metrics.money.standing(money)
    shown = {name: await gates.show(deps.redis, name) for name in made.gates}
    for name, gate in shown.items():
        metrics.gate(name, gate)
    await gates.tell(deps.redis, shown)


async def enqueue_lost(deps: Deps) -> None:
    """Enqueue jobs that no queue holds: a worker could not put them back as it died."""
    async with deps.pool.acquire() as conn:
        count = await jobs.enqueue_lost(conn, deps.now() - LOST_AFTER)
    if count:
        log.warning("lost jobs found", count=count)


async def erase_all_private(deps: Deps) -> None:
    while await erase_private(deps):
        pass


async def prune(deps: Deps) -> None:
    async with deps.pool.acquire() as conn:
        await commands.prune(conn, deps.now() - KEEP_COMMANDS)
        await store.prune(conn, deps.now() - KEEP_EVENTS)
        await tries.prune(conn, deps.now())
        await jobs.prune(conn, deps.now() - KEEP_JOBS)
        await esims.prune(conn, deps.now() - KEEP_JOBS)
        await translations.prune(conn, deps.now() - KEEP_TRANSLATIONS)
        await bookings.prune(conn, deps.now() - KEEP_JOBS)


def run(kinds: Mapping[str, Kind] = work.KINDS) -> None:
    """Run a worker by what the environment says."""
    try:
        settings = load()
    except SettingsError as exc:
        sys.exit(f"worker: {exc}")
    logs.configure(settings.log_level, node="worker")
    uvloop.run(main(settings, kinds))


if __name__ == "__main__":
    run()
