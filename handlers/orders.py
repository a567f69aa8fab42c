"""Orders: placed by guests and waiters, cooked step by step, brought to the table."""

from collections.abc import Callable
from datetime import datetime

from msgspec.structs import replace

from handlers import carts, menus, stock, tables
from handlers.deps import Deps
from handlers.unit import Decide
from state.domain import alert, cart, events, moves, pricing
from state.domain.actor import Actor
from state.domain.change import Change
from state.domain.commands import (
    CreateOrder,
    FireCourse,
    ItemCommand,
    OrderCommand,
    RushOrder,
    TransferOrder,
    UpdateStatus,
)
from state.domain.errors import Code, Refusal, invalid, not_found
from state.domain.events import Draft, Name
from state.domain.hours import business_day
from state.domain.ids import new_id
from state.domain.menu import availability
from state.domain.money import totals
from state.domain.moves import Move, Step
from state.domain.order import Item, Order, Status
from state.domain.restaurant import Restaurant, require_open
from state.domain.table import TableSession
from state.store import alerts as alert_store
from state.store import menus as menu_store
from state.store import orders as store
from state.store import restaurants
from state.store.pool import Conn

Alter = Callable[[Order, datetime], Order]


async def create(conn: Conn, cmd: CreateOrder, actor: Actor, deps: Deps) -> Change:
    """Place a round: priced by the menu as it is now, checked against what is left of each dish."""
    now = deps.now()
    session, new = await tables.session_for(conn, actor, cmd.table_id, deps)
    _require_same(cmd.restaurant_id, session.restaurant_id)
    restaurant = await restaurants.get(conn, session.restaurant_id)
    if actor.is_guest:
        require_open(restaurant, now)
    menu = await menus.current(conn, restaurant, deps)
    lines = cmd.items if cmd.items is not None else cart.requests(session.cart)
    pricing.require_lines(lines)
    left = await menu_store.stock(conn, menu, [line.menu_item_id for line in lines])
    items, counted = pricing.price_lines(lines, menu, left, restaurant.language, now)
    queue = await store.queue(conn, restaurant.id)
    placed = _new(cmd, actor, session, restaurant, items, pricing.estimate(items, queue, now), now)
    after = session if cmd.items is not None else _emptied(session)
    drafts = [
        *([events.of_table(session, "SEATED")] if new else []),
        *events.of_order(None, placed),
        *(events.of_availability(availability(dish)) for dish in counted.values()),
    ]
    if after is not session:
        drafts.append(events.of_cart(after, await carts.priced(conn, after, menu, restaurant)))
    return Change(
        tenant_id=restaurant.tenant_id,
        restaurant_id=restaurant.id,
        business_day=business_day(now, restaurant.timezone, restaurant.day_cutover),
        new_orders=[placed],
        new_sessions=[after] if new else [],
        sessions=[] if new else [after],
        dishes=list(counted.values()),
        drafts=drafts,
        answer=placed,
    )


async def update_status(conn: Conn, cmd: UpdateStatus, actor: Actor, deps: Deps) -> Change:
    """Bring an order to a status; it expands to the steps its items need."""
    try:
        target = Status(cmd.status.strip().upper())
    except ValueError as exc:
        raise invalid("status", f"is none of {', '.join(Status)}") from exc
    return await _change(
        conn,
        cmd,
        actor,
        deps,
        lambda o, now: moves.update_status(o, target, actor, now, cmd.reason),
    )


def order_move(move: Move) -> Decide[OrderCommand]:
    """Return the use case that takes a whole order one move on."""

    async def moved(conn: Conn, cmd: OrderCommand, actor: Actor, deps: Deps) -> Change:
        return await _change(conn, cmd, actor, deps, lambda o, now: move(o, actor, now, cmd.reason))

    moved.__doc__ = move.__doc__
    return moved


STEPS = {
    Step.START: "Begin to cook an item.",
    Step.READY: "Put an item that is cooked on the pass.",
    Step.RECALL: "Take an item one step back: it was bumped by mistake.",
    Step.SERVE: "Bring an item to its table.",
    Step.VOID: "Take an item off the order; once it cooks only a manager may, with a reason.",
    Step.REMAKE: "Cook an item once more.",
}


def item_step(step: Step) -> Decide[ItemCommand]:
    """Return the use case that takes one item of an order one step on."""

    async def stepped(conn: Conn, cmd: ItemCommand, actor: Actor, deps: Deps) -> Change:
        return await _change(
            conn,
            cmd,
            actor,
            deps,
            lambda o, now: moves.step_items(o, {cmd.item_id}, step, actor, now, cmd.reason),
        )

    stepped.__doc__ = STEPS[step]
    return stepped


async def rush(conn: Conn, cmd: RushOrder, actor: Actor, deps: Deps) -> Change:
    """Put an order ahead of the others, or back into line."""
    return await _change(conn, cmd, actor, deps, lambda o, now: moves.rush(o, actor, now, cmd.rush))


async def fire_course(conn: Conn, cmd: FireCourse, actor: Actor, deps: Deps) -> Change:
    """Send the held items of a course to the kitchen."""
    return await _change(
        conn, cmd, actor, deps, lambda o, now: moves.fire(o, cmd.course, actor, now)
    )


async def transfer(conn: Conn, cmd: TransferOrder, actor: Actor, deps: Deps) -> Change:
    """Move an order, and its alerts, to the party at another table of the same restaurant."""
    held = await _held(conn, cmd, actor)
    session, new = await tables.session_for(conn, actor, cmd.table_id, deps)
    if session.restaurant_id != held.restaurant_id:
        raise not_found("table")
    to = (session.table_id, session.table_number, session.id)
    change = await _changed(conn, held, moves.transfer(held, actor, deps.now(), to), actor, deps)
    moved = [
        replace(a, table_id=session.table_id, table_number=session.table_number)
        for a in await alert_store.of_order(conn, held.id)
    ]
    return replace(
        change,
        alerts=moved,
        new_sessions=[session] if new else [],
        sessions=[] if new else [session],
        drafts=[
            *([events.of_table(session, "SEATED")] if new else []),
            *change.drafts,
            # It is the new table's waiter who has to come now.
            *(events.of_alert(Name.ALERT_RAISED, a) for a in moved),
        ],
    )


async def _change(conn: Conn, cmd: OrderCommand, actor: Actor, deps: Deps, alter: Alter) -> Change:
    held = await _held(conn, cmd, actor)
    return await _changed(conn, held, alter(held, deps.now()), actor, deps)


async def _held(conn: Conn, cmd: OrderCommand, actor: Actor) -> Order:
    """Read an order the actor may touch, hold it, and check that the actor knows it as it is."""
    held = await store.lock(conn, cmd.order_id, actor.tenant)
    require_access(actor, held)
    if cmd.expected_version not in (None, held.version):
        details = {"version": held.version, "order": held}
        raise Refusal(Code.STALE_VERSION, "somebody changed this order just now", details)
    return held


def require_access(actor: Actor, found: Order) -> None:
    """Raise NOT_FOUND for another restaurant's order, or another table's where a guest asks."""
    actor.require_reach(actor.tenant, found.restaurant_id, "order")
    if actor.is_guest and found.session_id != actor.session:
        raise not_found("order")


async def _changed(conn: Conn, before: Order, after: Order, actor: Actor, deps: Deps) -> Change:
    if pricing.queued_anew(before, after):
        queue = await store.queue(conn, after.restaurant_id)
        ready_at = pricing.estimate(after.items, queue, deps.now())
        after = replace(after, estimated_ready_at=ready_at)
    raised, resolved = await _alerts(conn, before, after, deps)
    dishes = await stock.put_back(conn, before, after, deps)
    drafts: list[Draft] = [
        *events.of_order(before, after),
        *(events.of_alert(Name.ALERT_RAISED, a) for a in raised),
        *(events.of_alert(Name.ALERT_RESOLVED, a) for a in resolved),
        *(events.of_availability(availability(dish)) for dish in dishes),
    ]
    return Change(
        tenant_id=actor.tenant,
        restaurant_id=after.restaurant_id,
        orders=[(before, after)],
        new_alerts=raised,
        alerts=resolved,
        dishes=dishes,
        drafts=drafts,
        answer=after,
    )


async def _alerts(
    conn: Conn, before: Order, after: Order, deps: Deps
) -> tuple[list[alert.Alert], list[alert.Alert]]:
    """Return the alerts a change raises and those it makes pointless."""
    if after.status is Status.READY and before.status is not Status.READY:
        return [alert.raise_alert(after, deps.now(), deps.escalation)], []
    if before.status is Status.READY and after.status is not Status.READY:
        return [], [alert.resolve(a) for a in await alert_store.of_order(conn, after.id)]
    return [], []


def _new(
    cmd: CreateOrder,
    actor: Actor,
    session: TableSession,
    restaurant: Restaurant,
    items: tuple[Item, ...],
    ready_at: datetime | None,
    now: datetime,
) -> Order:
    due = totals(((item.line_total, item.tax_rate) for item in items), restaurant.tax_mode)
    return Order(
        id=new_id(),
        restaurant_id=restaurant.id,
        table_id=session.table_id,
        table_number=session.table_number,
        session_id=session.id,
        order_number=0,
        status=Status.PENDING,
        currency=restaurant.currency,
        tax_mode=restaurant.tax_mode,
        subtotal=due.subtotal,
        tax=due.tax,
        total_amount=due.total,
        items=items,
        note=cmd.note,
        placed_by=actor.name or actor.role,
        estimated_ready_at=ready_at,
        created_at=now,
        updated_at=now,
    )


def _emptied(session: TableSession) -> TableSession:
    return replace(session, cart=(), cart_version=session.cart_version + 1)


def _require_same(named: str | None, restaurant_id: str) -> None:
    if named is not None and named != restaurant_id:
        raise not_found("restaurant")
