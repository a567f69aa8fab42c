"""The manager's day: what came in, what is in the drawers, and how it is closed."""

from handlers.boards import moment
from handlers.deps import Deps
from handlers.editing import Edit, edit, require_place
from handlers.reports import Report, report
from state.domain.actor import FLOOR, Actor
from state.domain.change import Answer
from state.domain.commands import Command
from state.domain.drawer import Drawer
from state.domain.errors import Code, Refusal
from state.domain.hours import business_day
from state.domain.ids import new_id
from state.domain.reports import Period
from state.domain.takings import Closing, DayNow, Taking, Taxed
from state.store import disputes, money, restaurants
from state.store import takings as store

SHOWN = 30


class Takings(Report, frozen=True, kw_only=True):
    rows: list[Taking]


class Taxes(Report, frozen=True, kw_only=True):
    rows: list[Taxed]


async def takings(rid: str, period: Period, who: Actor, deps: Deps) -> Takings:
    """Return what came in by each method; as CSV with `Accept: text/csv`."""
    return await report(rid, period, who, deps, store.takings, Takings)


async def taxes(rid: str, period: Period, who: Actor, deps: Deps) -> Taxes:
    """Return what was sold at each tax rate, and its tax; as CSV with `Accept: text/csv`."""
    return await report(rid, period, who, deps, store.taxes, Taxes)


async def day(rid: str, who: Actor, deps: Deps) -> DayNow:
    """Return what is booked since the last closing, the open drawers, and the last closings."""
    await require_place(rid, who, deps)
    async with moment(deps) as conn:
        here = await restaurants.get(conn, rid)
        closed = await store.closings(conn, rid, SHOWN)
        return DayNow(
            currency=here.currency,
            since=closed[0].closed_at if closed else None,
            totals=await store.unclosed(conn, rid),
            drawers=await money.open_drawers(conn, rid),
            pending=await store.pending(conn, rid),
            disputes=await disputes.shown(conn, rid, closed[0].closed_at if closed else None),
            closings=closed,
        )


async def drawer(rid: str, who: Actor, deps: Deps) -> tuple[str, Drawer | None]:
    """Return the restaurant's currency, and the drawer that somebody has open there."""
    await require_place(rid, who, deps, FLOOR)
    async with deps.pool.acquire() as conn:
        here = await restaurants.get(conn, rid)
        found = await money.open_drawers(conn, rid)
    return here.currency, next((each for each in found if each.staff_id == who.id), None)


async def close(rid: str, cmd: Command, who: Actor, deps: Deps) -> Answer:
    """Close the day: once all drawers are counted, and no payment is under way."""

    async def work(made: Edit) -> Closing:
        if await money.open_drawers(made.conn, rid):
            raise Refusal(Code.CONFLICT, "a drawer is open: count it first")
        if await store.pending(made.conn, rid):
            raise Refusal(Code.CONFLICT, "a payment is under way: wait for it, or call it off")
        last = await store.closings(made.conn, rid, 1)
        here = made.here
        closing = Closing(
            id=new_id(),
            number=last[0].number + 1 if last else 1,
            business_day=business_day(made.now, here.timezone, here.day_cutover),
            since=last[0].closed_at if last else None,
            closed_at=made.now,
            closed_by=who.id,
            closed_by_name=who.name,
            currency=here.currency,
            totals=await store.unclosed(made.conn, rid),
        )
        await store.close(made.conn, here.tenant_id, rid, closing)
        await made.note("day:close", closing.id, number=closing.number)
        return closing

    return await edit(rid, who, deps, work, cmd)
