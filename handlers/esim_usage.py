"""What is left of eSIMs: looked at when it is due or wanted, and told when it runs low."""

import asyncio

import structlog
from msgspec.structs import replace

from handlers.deps import Deps, system
from handlers.esim import Shown, is_fresh, shown
from handlers.esim_buying import require_shop
from handlers.jobs import Task
from handlers.providers.airalo import Airalo
from handlers.providers.all import Providers
from handlers.providers.errors import ProviderError, RefusedError
from handlers.unit import carry_out
from handlers.usecase import use_case
from state.domain import esim as rules
from state.domain import events
from state.domain.actor import Actor
from state.domain.change import Change
from state.domain.commands import Command, Id
from state.domain.errors import Refusal, not_found
from state.domain.esim import Esim
from state.domain.facts import Facts
from state.store import esims as store

log = structlog.get_logger()

AT_ONCE = 8


class TellLow(Command, frozen=True, kw_only=True):
    restaurant_id: Id
    esim: Esim


@use_case()
def tell_low(_facts: Facts, cmd: TellLow, _actor: Actor, _deps: Deps) -> Change:
    """Tell the owner of an eSIM that it runs low."""
    return Change(
        tenant_id=cmd.esim.tenant_id,
        restaurant_id=cmd.esim.restaurant_id,
        drafts=[events.of_esim(cmd.esim)],
        answer=None,
    )


async def look(task: Task, providers: Providers) -> Shown:
    """Look at one eSIM's usage, because its owner wants to know."""
    shop = require_shop(providers)
    async with task.deps.pool.acquire() as conn:
        held = await store.get(conn, task.job.payload["esimId"])
    if held is None:
        raise not_found("eSIM", "esimId")
    if not is_fresh(held, task.deps):
        try:
            held = await _check(held, shop, task.deps)
        except ProviderError as exc:
            raise Refusal(exc.code, str(exc)) from exc
    return shown(held, task.deps)


async def check_due(deps: Deps, providers: Providers) -> None:
    """Look at the eSIMs whose turn it is, as many at once as the company's gate lets through."""
    if providers.esims is None:
        return
    async with deps.pool.acquire() as conn:
        due = await store.take_due(conn, deps.now(), AT_ONCE)
    await asyncio.gather(*(_try(each, providers.esims, deps) for each in due))


async def _try(esim: Esim, shop: Airalo, deps: Deps) -> None:
    try:
        await _check(esim, shop, deps)
    except ProviderError as exc:
        log.warning("an eSIM's usage is not known", esim=esim.id, error=str(exc))
        if isinstance(exc, RefusedError):  # soon they would say the same
            later = replace(esim, check_at=deps.now() + rules.UNUSED_EVERY)
            async with deps.pool.acquire() as conn:
                await store.put_usage(conn, later)


async def _check(before: Esim, shop: Airalo, deps: Deps) -> Esim:
    """Find out what is left; tell the owner first, then keep it: nobody is left untold."""
    usage = await shop.usage(before.sim.iccid)
    after = rules.checked(before, usage, deps.now())
    if rules.runs_low(before, after):
        cmd = TellLow(
            command_id=f"low {after.id} {after.noticed} {usage.total}",  # once
            restaurant_id=after.restaurant_id,
            esim=after,
        )
        await carry_out(tell_low, cmd, system(after.tenant_id), deps)
    async with deps.pool.acquire() as conn:
        await store.put_usage(conn, after)
    return after
