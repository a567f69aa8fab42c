"""Menus in the languages of guests, where nobody has written them."""

from handlers.deps import TRACE, Deps, system
from handlers.jobs import Kind, Outcome, Task
from handlers.providers.all import Providers
from handlers.translating import Translating
from handlers.unit import carry_out
from handlers.usecase import use_case
from state.domain import events, job
from state.domain.actor import Actor
from state.domain.change import Change
from state.domain.commands import Command, Id
from state.domain.facts import Facts
from state.domain.job import MENU, Job
from state.domain.restaurant import Restaurant
from state.live import translations as cache
from state.live.client import UNREACHABLE
from state.store import menus as menu_store
from state.store import restaurants
from state.store import translations as store


class FillMenu(Command, frozen=True, kw_only=True):
    restaurant_id: Id
    language: str


@use_case()
def fill(_facts: Facts, cmd: FillMenu, actor: Actor, deps: Deps) -> Change:
    """Have a menu's texts translated that nobody has written in a language."""
    made = job.new_job(
        actor.tenant,
        cmd.restaurant_id,
        "menu",
        {"language": cmd.language},
        deps.now(),
        priority=MENU,
        trace=TRACE.get(),
    )
    return Change(
        tenant_id=actor.tenant,
        restaurant_id=cmd.restaurant_id,
        new_jobs=[made],
        drafts=[],
        answer=None,
    )


async def want(restaurant: Restaurant, language: str, deps: Deps) -> None:
    """Have what is missing of a menu translated; each version is tried for once an hour."""
    try:
        if not await cache.claim_menu(deps.redis, restaurant.id, restaurant.menu_version, language):
            return
    except UNREACHABLE:
        return
    cmd = FillMenu(restaurant_id=restaurant.id, language=language)
    await carry_out(fill, cmd, system(restaurant.tenant_id), deps)


async def _translate_menu(task: Task, providers: Providers) -> dict[str, int]:
    language, rid = task.job.payload["language"], task.job.restaurant_id
    async with task.deps.pool.acquire() as conn:
        restaurant = await restaurants.get(conn, rid)
        menu = await menu_store.get(conn, rid, restaurant.menu_version)
        known = await store.menu_texts(conn, rid, language)
    source = restaurant.language
    missing = [
        original
        for texts in menu.all_texts()
        if not texts.get(language)
        and (original := texts.get(source))
        and not store.is_settled(known, source, original)
    ]
    found = await Translating(task.deps.redis, providers.translators).translate(
        list(dict.fromkeys(missing)), source, language, strict=False
    )
    made = [each for each in found if each.engine and not store.is_no_news(known, source, each)]
    async with task.deps.pool.acquire() as conn:
        await store.keep_menu_texts(conn, rid, source, made)
    return {"texts": len(made)}


def _show_menu(facts: Facts, held: Job, outcome: Outcome, _deps: Deps) -> Change | None:
    if not (outcome.result or {}).get("texts"):
        return None
    version = facts.restaurant(held.restaurant_id).menu_version
    return Change(
        tenant_id=held.tenant_id,
        restaurant_id=held.restaurant_id,
        drafts=[events.of_menu(version)],
        answer=None,
    )


KINDS = (Kind("menu", _translate_menu, _show_menu, seconds=300.0, at_once=4),)
