"""One statement that writes all of a change: what it alters, its events, its answer."""

from collections.abc import Iterator, Sequence
from typing import Any

from state.domain.change import Answer, Change, Origin
from state.domain.events import Event
from state.domain.order import Item, Order
from state.store import alerts, menus, orders, services, tables
from state.store.pool import Conn

EVENT = "restaurant_id, seq, event_id, name, at, actor_role, actor_id, trace, about, data"
PARTS = (
    tables.SESSIONS.inserting(1),
    tables.SESSIONS.updating(2, tables.CHANGES),
    orders.ORDERS.inserting(3, "tenant_id", "business_day"),
    orders.ORDERS.updating(4, orders.CHANGES),
    orders.ITEMS.inserting(5, "order_id", "position"),
    orders.ITEMS.updating(6, orders.ITEM_CHANGES),
    services.REQUESTS.inserting(7),
    services.REQUESTS.updating(8, services.CHANGES),
    alerts.ALERTS.inserting(9),
    alerts.ALERTS.updating(10, alerts.CHANGES),
    menus.DISHES.updating(11, menus.CHANGES),
    f"INSERT INTO events ({EVENT}) SELECT {EVENT} FROM json_populate_recordset(NULL::events, $12)",
)
WRITE = (
    f"WITH {', '.join(f'part{n} AS ({sql})' for n, sql in enumerate(PARTS, 1))}"
    " UPDATE commands SET answer = $13 WHERE actor_id = $14 AND command_id = $15"
)
CLOSE = tables.SESSIONS.updating(1, tables.CHANGES)


async def record(
    conn: Conn,
    change: Change,
    placed: dict[str, Order],
    events: Sequence[Event],
    origin: Origin,
    answer: Answer,
) -> None:
    """Write a change; `placed` are its orders by id, with their place in the log."""
    sessions = tables.SESSIONS.rows(change.sessions)
    if change.new_sessions and sessions:
        # A table has one open session: the old one must be closed before the new one is there.
        await conn.execute(CLOSE, sessions)
        sessions = []
    new = [placed[order.id] for order in change.new_orders]
    changed = [placed[after.id] for _, after in change.orders]
    await conn.execute(
        WRITE,
        tables.SESSIONS.rows(change.new_sessions),
        sessions,
        orders.ORDERS.rows(new, tenant_id=change.tenant_id, business_day=change.business_day),
        orders.ORDERS.rows(changed),
        [row for order in new for row in _lines(order)],
        orders.ITEMS.rows(_touched(change)),
        services.REQUESTS.rows(change.new_services),
        services.REQUESTS.rows(change.services),
        alerts.ALERTS.rows(change.new_alerts),
        alerts.ALERTS.rows(change.alerts),
        menus.DISHES.rows(change.dishes),
        [_event(event) for event in events],
        answer,
        origin.actor.id,
        origin.command_id,
    )
    await tables.announce_closed(conn, change.revoked)


def _lines(order: Order) -> list[dict[str, Any]]:
    rows = orders.ITEMS.rows(order.items, order_id=order.id)
    return [row | {"position": place} for place, row in enumerate(rows)]


def _touched(change: Change) -> Iterator[Item]:
    for before, after in change.orders:
        for old, new in zip(before.items, after.items, strict=True):
            if new != old:
                yield new


def _event(event: Event) -> dict[str, Any]:
    return {
        "restaurant_id": event.restaurant_id,
        "seq": event.seq,
        "event_id": event.event_id,
        "name": event.name,
        "at": event.at,
        "actor_role": event.actor.role,
        "actor_id": event.actor.id,
        "trace": event.trace,
        "about": event.about,
        "data": event.data,
    }
