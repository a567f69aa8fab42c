"""The floor: parties that move, tables that are cleared, and where tables stand on the map."""

from typing import Annotated

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from handlers import carts, settling
from handlers.deps import Deps
from handlers.tables import party_at
from handlers.usecase import use_case
from state.domain import events, moves, service
from state.domain.actor import FLOOR, Actor
from state.domain.change import Change
from state.domain.commands import Command, Id
from state.domain.errors import Code, Refusal, invalid, not_found
from state.domain.events import Name
from state.domain.facts import Facts
from state.domain.order import CLOSED, Status
from state.domain.payment import LIVE
from state.domain.service import ServiceRequest
from state.domain.table import TableSession, require_live, slide
from state.store import tables as store

Cell = Annotated[int, Meta(ge=0, le=199)]


class MoveParty(Command, frozen=True, kw_only=True):
    table_id: Id
    to_table_id: Id


class ClearTable(Command, frozen=True, kw_only=True):
    """`sessionId` is the party that left the table."""

    session_id: Id


class Spot(msgspec.Struct, frozen=True):
    """Where a table stands on the map, in cells of which it takes five by five."""

    id: Id
    x: Cell
    y: Cell


class Arrangement(msgspec.Struct, frozen=True):
    tables: Annotated[tuple[Spot, ...], Meta(min_length=1, max_length=500)]


@use_case(stay=True)
def move(facts: Facts, cmd: MoveParty, actor: Actor, deps: Deps) -> Change:
    """Seat a party elsewhere, with all it ordered and asked for.

    Where somebody sits already the two become one party: its cart, its bill. Only then do the
    phones of those who moved have to scan the code of their new table.
    """
    actor.require(FLOOR)
    party = party_at(facts, cmd.table_id, actor)
    table = facts.table(cmd.to_table_id, actor)
    if table.restaurant_id != party.restaurant_id:
        raise not_found("table")
    if table.id == party.table_id:
        raise invalid("toTableId", "is where the party sits already")
    hosts = facts.open_at(table.id)
    if hosts is not None:
        require_live(hosts, deps.now())
        if any(payment.status in LIVE for payment in facts.payments_of(party.id)):
            raise Refusal(Code.CONFLICT, "the party has begun to pay: it stays by itself")
        return settling.follow(facts, _merge(facts, party, hosts, deps), deps)
    left = facts.table(cmd.table_id, actor)
    moved = replace(slide(party, deps.now()), table_id=table.id, table_number=table.number)
    change = _follow(facts, party, moved, deps)
    drafts = events.of_move(left, moved, _settled(facts, party))
    moving = replace(change, sessions=[moved], drafts=[*drafts, *change.drafts])
    return settling.follow(facts, moving, deps)


@use_case()
def clear(facts: Facts, cmd: ClearTable, actor: Actor, deps: Deps) -> Change:
    """Say that a table which a party left is ready for the next one."""
    actor.require(FLOOR)
    party = facts.sessions.get(cmd.session_id)
    if party is None:
        raise not_found("table session")
    facts.require_reach(actor, party.restaurant_id, "table session")
    if party.closed_at is None:
        raise Refusal(Code.CONFLICT, f"a party still sits at table {party.table_number}")
    cleared = replace(party, cleared_at=party.cleared_at or deps.now())
    return Change(
        tenant_id=party.tenant_id,
        restaurant_id=party.restaurant_id,
        sessions=[cleared],
        drafts=[events.of_table(cleared, "CLEARED")] if party.cleared_at is None else [],
        answer=cleared,
    )


async def arrange(restaurant_id: str, given: Arrangement, deps: Deps) -> None:
    """Keep where tables stand on the map; raise NOT_FOUND where one is not of the restaurant."""
    spots = {spot.id: (spot.id, spot.x, spot.y) for spot in given.tables}
    async with deps.pool.acquire() as conn, conn.transaction():
        if await store.arrange(conn, restaurant_id, list(spots.values())) != len(spots):
            raise not_found("table")


def _settled(facts: Facts, party: TableSession) -> dict[str, int]:
    """Return what a party has had and paid, by order."""
    orders = facts.orders_of(party.id)
    return {each.id: each.total_amount for each in orders if each.status is Status.COMPLETED}


def _merge(facts: Facts, party: TableSession, hosts: TableSession, deps: Deps) -> Change:
    """Let a party join those who sit at the other table; its own session ends."""
    now = deps.now()
    gone = replace(party, closed_at=now, cart=())
    joined = slide(hosts, now)
    if party.cart:
        version = hosts.cart_version + 1
        joined = replace(joined, cart=(*hosts.cart, *party.cart), cart_version=version)
    change = _follow(facts, party, joined, deps)
    shown = [events.of_cart(hosts, joined, carts.priced(facts, joined))] if party.cart else []
    return replace(
        change,
        sessions=[gone, joined],
        revoked=[gone.id],
        drafts=[*change.drafts, *shown, events.of_table(gone, "FREE")],
    )


def _follow(facts: Facts, party: TableSession, to: TableSession, deps: Deps) -> Change:
    """Return what takes the orders, alerts and calls of a party to where it sits now."""
    now = deps.now()
    seat = (to.table_id, to.table_number, to.id)
    unsettled = [order for order in facts.orders_of(party.id) if order.status not in CLOSED]
    pairs = [(order, moves.reseat(order, now, seat)) for order in unsettled]
    raised = [each for order in unsettled for each in facts.alerts_of(order.id)]
    alerts = [replace(each, table_id=to.table_id, table_number=to.table_number) for each in raised]
    asked = facts.calls_of(party.id)
    calls = _calls(facts, party, to, deps)
    return Change(
        tenant_id=party.tenant_id,
        restaurant_id=party.restaurant_id,
        orders=pairs,
        alerts=alerts,
        services=calls,
        drafts=[
            *(draft for before, after in pairs for draft in events.of_order(before, after)),
            *(
                events.of_alert(Name.ALERT_RAISED, after, before)
                for before, after in zip(raised, alerts, strict=True)
            ),
            *(
                events.of_service(Name.SERVICE_CHANGED, after, before)
                for before, after in zip(asked, calls, strict=True)
            ),
        ],
        answer=to,
    )


def _calls(facts: Facts, party: TableSession, to: TableSession, deps: Deps) -> list[ServiceRequest]:
    """Take open calls along; what those at the new table ask for too needs no second call."""
    asked = {call.kind for call in facts.calls_of(to.id)} if to.id != party.id else set()
    return [
        service.finish(call, "", "", deps.now())
        if call.kind in asked
        else replace(call, session_id=to.id, table_id=to.table_id, table_number=to.table_number)
        for call in facts.calls_of(party.id)
    ]
