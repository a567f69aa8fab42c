"""What a screen shows when it joins: a snapshot, and the place in the log it stands at."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import msgspec

from handlers import carts, livelog, orders, settling
from handlers.conversations import talking
from handlers.deps import Deps
from handlers.menus import current as current_menu
from handlers.tables import own_session
from state.domain.actor import Actor
from state.domain.alert import Alert
from state.domain.board import View, shows
from state.domain.errors import not_found
from state.domain.escalation import Level
from state.domain.facts import Needs
from state.domain.service import ServiceRequest
from state.domain.table import STAY, Table, TableSession
from state.domain.talk import Speaker
from state.live import boards as live
from state.live.client import UNREACHABLE
from state.store import alerts as alert_store
from state.store import facts as fact_store
from state.store import log, menus, messages, restaurants, services, tables
from state.store import orders as order_store
from state.store.pool import Conn


class Snapshot(msgspec.Struct, frozen=True):
    """`data` as it stood when the log ended with `seq`."""

    restaurant_id: str
    seq: int
    data: Any


class TableNow(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`session_id` is that of the party at the table, null when it is free.

    `ordering` says that it has begun to choose. `settled` is what it has had and paid, by order, in
    minor units of the currency: such orders are on no board any more. `left` is the party that was
    there before, while the table is not cleared after it; somebody may sit there all the same. `x`
    and `y` are the table's place on the map, null for any.
    """

    id: str
    number: str
    zone: str
    seats: int
    x: int | None
    y: int | None
    session_id: str | None
    seated_at: datetime | None
    ordering: bool
    settled: dict[str, int]
    left: str | None


async def require_restaurant(restaurant_id: str, actor: Actor, deps: Deps) -> None:
    """Raise NOT_FOUND unless the restaurant exists and the actor may know of it."""
    async with deps.pool.acquire() as conn:
        found = await restaurants.get(conn, restaurant_id)
    actor.require_reach(found.tenant_id, restaurant_id)


async def require_tables(restaurant_id: str, table_ids: Collection[str], deps: Deps) -> None:
    async with deps.pool.acquire() as conn:
        known = {table.id for table in await tables.of_restaurant(conn, restaurant_id)}
    if not known.issuperset(table_ids):
        raise not_found("table")


async def require_station(restaurant_id: str, station_id: str, deps: Deps) -> None:
    async with deps.pool.acquire() as conn:
        known = {station.id for station in await menus.stations(conn, restaurant_id)}
    if station_id not in known:
        raise not_found("station")


async def board(
    restaurant_id: str,
    view: View,
    stations: frozenset[str] | None,
    deps: Deps,
    at_least: int = 0,
) -> Snapshot:
    """Return the orders of a board as they stood at a seq or later.

    They come from Redis, which is mended where it lost or lacks something, else from Postgres.
    """
    seq, found = await _active(restaurant_id, at_least, deps)
    orders_ = [msgspec.json.decode(order) for order in found]
    shown = [order for order in orders_ if shows(view, order, stations)]
    return Snapshot(restaurant_id, seq, sorted(shown, key=lambda o: (o["createdAt"], o["id"])))


async def floor(restaurant_id: str, zone: frozenset[str] | None, deps: Deps) -> Snapshot:
    """Return what waiters see of their zone (None: all tables): orders, alerts, calls, tables.

    What nobody in its own zone answered belongs to every waiter.
    """

    def ours(table_id: str) -> bool:
        return zone is None or table_id in zone

    def rings(waiting: Alert | ServiceRequest) -> bool:
        return ours(waiting.table_id) or waiting.level >= Level.WAITERS

    now = deps.now()
    async with moment(deps) as conn:
        seq = await log.head(conn, restaurant_id)
        seated = {s.table_id: s for s in await tables.open_sessions(conn, restaurant_id, now)}
        left = await tables.left_behind(conn, restaurant_id, now - STAY)
        active = await order_store.active(conn, restaurant_id)
        settled = await order_store.settled(conn, [party.id for party in seated.values()])
        raised = await alert_store.unresolved(conn, restaurant_id)
        asked = await services.undone(conn, restaurant_id)
        all_tables = await tables.of_restaurant(conn, restaurant_id)
    data = {
        "orders": [order for order in active if ours(order.table_id)],
        "alerts": [alert for alert in raised if rings(alert)],
        "requests": [request for request in asked if rings(request)],
        "tables": [
            _now(table, seated.get(table.id), settled, left.get(table.id))
            for table in all_tables
            if ours(table.id)
        ],
    }
    return Snapshot(restaurant_id, seq, data)


def _now(
    table: Table, party: TableSession | None, settled: dict[str, dict[str, int]], left: str | None
) -> TableNow:
    return TableNow(
        id=table.id,
        number=table.number,
        zone=table.zone,
        seats=table.seats,
        x=table.x,
        y=table.y,
        session_id=party.id if party else None,
        seated_at=party.opened_at if party else None,
        ordering=bool(party and party.cart),
        settled=settled.get(party.id, {}) if party else {},
        left=left,
    )


async def table(guest: Actor, deps: Deps) -> Snapshot:
    """Return what the guests of a table share: cart, orders, calls, the bill if there is one."""
    async with moment(deps) as conn:
        facts = await fact_store.read(
            conn, Needs(sessions=(guest.session,), stays=(guest.session,))
        )
        session = own_session(facts, guest, deps)
        restaurant = facts.restaurant(session.restaurant_id)
        facts.menus[restaurant.id] = await current_menu(conn, restaurant, deps)
    held = facts.bill_of(session.id)
    data = {
        "session": session,
        "cart": carts.priced(facts, session),
        "orders": facts.orders_of(session.id),
        "requests": facts.calls_of(session.id),
        "bill": settling.show(facts, held) if held is not None else None,
    }
    return Snapshot(restaurant.id, restaurant.seq, data)


async def conversation(session_id: str | None, actor: Actor, deps: Deps) -> TableSession:
    """Return the table session whose people an actor may talk with."""
    wanted = actor.session if actor.is_guest else session_id
    async with deps.pool.acquire() as conn:
        facts = await fact_store.read(conn, Needs(sessions=(wanted or "",)))
    return talking(facts, session_id, actor)


async def said(session: TableSession, language: str, there: list[Speaker], deps: Deps) -> Snapshot:
    """Return what was said at a table lately, for who begins to listen."""
    rid = session.restaurant_id
    async with moment(deps) as conn:
        seq = await log.head(conn, rid)
        found = await messages.recent(conn, rid, session.id, seq)
    data = {
        "sessionId": session.id,
        "language": language,
        "messages": found,
        "listeners": there,
    }
    return Snapshot(rid, seq, data)


async def order(order_id: str, actor: Actor, deps: Deps) -> Snapshot:
    async with moment(deps) as conn:
        found = await order_store.get(conn, order_id, actor.tenant)
        orders.require_access(actor, found)
        seq = await log.head(conn, found.restaurant_id)
    return Snapshot(found.restaurant_id, seq, {"order": found})


async def _active(restaurant_id: str, at_least: int, deps: Deps) -> tuple[int, list[msgspec.Raw]]:
    try:
        found = await live.active(deps.redis, restaurant_id)
        if found is None:
            await livelog.restore(deps.pool, deps.redis, restaurant_id)
        elif found[0] < at_least:
            await livelog.catch_up(deps.pool, deps.redis, restaurant_id)
        if found is None or found[0] < at_least:
            found = await live.active(deps.redis, restaurant_id)
    except UNREACHABLE:
        found = None
    if found is None or found[0] < at_least:
        return await _stored(restaurant_id, deps)
    return found


async def _stored(restaurant_id: str, deps: Deps) -> tuple[int, list[msgspec.Raw]]:
    async with moment(deps) as conn:
        seq = await log.head(conn, restaurant_id)
        active = await order_store.active(conn, restaurant_id)
    return seq, [msgspec.Raw(msgspec.json.encode(order)) for order in active]


@asynccontextmanager
async def moment(deps: Deps) -> AsyncIterator[Conn]:
    """Yield a connection that sees the database as it is at one moment."""
    async with (
        deps.pool.acquire() as conn,
        conn.transaction(isolation="repeatable_read", readonly=True),
    ):
        yield conn
