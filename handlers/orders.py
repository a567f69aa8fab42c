"""Orders: placed by guests and waiters, cooked step by step, brought to the table."""

from collections.abc import Callable
from datetime import datetime

from msgspec.structs import replace

from handlers import carts, notes, settling, stock, tables
from handlers.deps import Deps
from handlers.usecase import UseCase, use_case
from state.domain import alert, cart, events, moves, paid, pricing
from state.domain.actor import Actor
from state.domain.bill import new_bill
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
from state.domain.facts import Facts
from state.domain.hours import business_day
from state.domain.ids import new_id
from state.domain.menu import availability
from state.domain.money import totals
from state.domain.moves import Move, Step
from state.domain.order import Item, Order, Status
from state.domain.restaurant import Restaurant, require_open
from state.domain.table import TableSession
from state.domain.translation import warning

Alter = Callable[[Order, datetime], Order]


@use_case(kitchen=True)
def create(facts: Facts, cmd: CreateOrder, actor: Actor, deps: Deps) -> Change:
    """Place a round: priced by the menu as it is now, checked against what is left of each dish."""
    now = deps.now()
    session, new = tables.session_for(facts, actor, cmd.table_id, deps)
    _require_same(cmd.restaurant_id, session.restaurant_id)
    restaurant = facts.restaurant(session.restaurant_id)
    if actor.is_guest:
        require_open(restaurant, now)
    lines = cmd.items if cmd.items is not None else cart.requests(session.cart)
    pricing.require_lines(lines)
    left = facts.left(restaurant.id, [line.menu_item_id for line in lines])
    menu = facts.menus[restaurant.id]
    items, counted = pricing.price_lines(
        lines, menu, left, restaurant.language, now, _guests(cmd, actor, session, len(lines))
    )
    unpaid = restaurant.pay_first and actor.is_guest
    if unpaid:
        items = paid.hold(items)
    pricing.require_total(items, cmd.expected_total)
    ready_at = pricing.estimate(items, restaurant.queue, now)
    placed = _new(cmd, actor, session, restaurant, items, ready_at, now)
    placed = notes.marked(replace(placed, awaiting_payment=unpaid), restaurant, actor)
    foreign = notes.new_job(placed, restaurant, actor, deps)
    after = session if cmd.items is not None else _emptied(session)
    drafts = [
        *([events.of_table(session, "SEATED")] if new else []),
        *events.of_order(None, placed),
        *(events.of_availability(availability(dish)) for dish in counted.values()),
    ]
    if after is not session:
        drafts.append(events.of_cart(session, after, carts.priced(facts, after)))
    change = Change(
        tenant_id=restaurant.tenant_id,
        restaurant_id=restaurant.id,
        new_bills=[new_bill(session, restaurant, now)]
        if unpaid and facts.bill_of(session.id) is None
        else [],
        business_day=business_day(now, restaurant.timezone, restaurant.day_cutover),
        new_orders=[placed],
        new_sessions=[after] if new else [],
        sessions=[] if new else [after],
        dishes=list(counted.values()),
        new_jobs=foreign,
        drafts=drafts,
        answer=placed,
    )
    return settling.follow(facts, change, deps)


@use_case()
def update_status(facts: Facts, cmd: UpdateStatus, actor: Actor, deps: Deps) -> Change:
    """Bring an order to a status; it expands to the steps its items need."""
    try:
        target = Status(cmd.status.strip().upper())
    except ValueError as exc:
        raise invalid("status", f"is none of {', '.join(Status)}") from exc
    return _change(
        facts,
        cmd,
        actor,
        deps,
        lambda o, now: moves.update_status(o, target, actor, now, cmd.reason),
    )


def order_move(move: Move) -> UseCase[OrderCommand]:
    """Return the use case that takes a whole order one move on."""

    def moved(facts: Facts, cmd: OrderCommand, actor: Actor, deps: Deps) -> Change:
        return _change(facts, cmd, actor, deps, lambda o, now: move(o, actor, now, cmd.reason))

    moved.__doc__ = move.__doc__
    return UseCase(moved, kitchen=move is moves.recall)


STEPS = {
    Step.START: "Begin to cook an item.",
    Step.READY: "Put an item that is cooked on the pass.",
    Step.RECALL: "Take an item one step back: it was bumped by mistake.",
    Step.SERVE: "Bring an item to its table.",
    Step.VOID: "Take an item off the order; once it cooks only a manager may, with a reason.",
    Step.REMAKE: "Cook an item once more.",
}


def item_step(step: Step) -> UseCase[ItemCommand]:
    """Return the use case that takes one item of an order one step on."""

    def stepped(facts: Facts, cmd: ItemCommand, actor: Actor, deps: Deps) -> Change:
        return _change(
            facts,
            cmd,
            actor,
            deps,
            lambda o, now: moves.step_items(o, {cmd.item_id}, step, actor, now, cmd.reason),
        )

    stepped.__doc__ = STEPS[step]
    return UseCase(stepped, kitchen=step in (Step.RECALL, Step.REMAKE))


@use_case()
def rush(facts: Facts, cmd: RushOrder, actor: Actor, deps: Deps) -> Change:
    """Put an order ahead of the others, or back into line."""
    return _change(facts, cmd, actor, deps, lambda o, now: moves.rush(o, actor, now, cmd.rush))


@use_case(kitchen=True)
def fire_course(facts: Facts, cmd: FireCourse, actor: Actor, deps: Deps) -> Change:
    """Send the held items of a course to the kitchen."""
    return _change(facts, cmd, actor, deps, lambda o, now: moves.fire(o, cmd.course, actor, now))


@use_case()
def transfer(facts: Facts, cmd: TransferOrder, actor: Actor, deps: Deps) -> Change:
    """Move an order, and its alerts, to the party at another table of the same restaurant."""
    held = _held(facts, cmd, actor)
    session, new = tables.session_for(facts, actor, cmd.table_id, deps)
    if session.restaurant_id != held.restaurant_id:
        raise not_found("table")
    if held.payment_status != "UNPAID":
        raise Refusal(Code.CONFLICT, "the order is paid for at its own table")
    to = (session.table_id, session.table_number, session.id)
    change = _changed(facts, held, moves.transfer(held, actor, deps.now(), to), actor, deps)
    raised = facts.alerts_of(held.id)
    moved = [
        replace(a, table_id=session.table_id, table_number=session.table_number) for a in raised
    ]
    moving = replace(
        change,
        alerts=moved,
        new_sessions=[session] if new else [],
        sessions=[] if new else [session],
        drafts=[
            *([events.of_table(session, "SEATED")] if new else []),
            *change.drafts,
            # It is the new table's waiter who has to come now.
            *(
                events.of_alert(Name.ALERT_RAISED, after, before)
                for before, after in zip(raised, moved, strict=True)
            ),
        ],
    )
    return settling.follow(facts, moving, deps)


def _change(facts: Facts, cmd: OrderCommand, actor: Actor, deps: Deps, alter: Alter) -> Change:
    held = _held(facts, cmd, actor)
    change = _changed(facts, held, alter(held, deps.now()), actor, deps)
    return settling.follow(facts, change, deps)


def _held(facts: Facts, cmd: OrderCommand, actor: Actor) -> Order:
    """Return an order the actor may touch, and knows as it is."""
    held = facts.orders.get(cmd.order_id)
    if held is None:
        raise not_found("order")
    facts.require_reach(actor, held.restaurant_id, "order")
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


def _changed(facts: Facts, before: Order, after: Order, actor: Actor, deps: Deps) -> Change:
    if pricing.queued_anew(before, after):
        queue = facts.restaurant(after.restaurant_id).queue
        ready_at = pricing.estimate(after.items, queue, deps.now())
        after = replace(after, estimated_ready_at=ready_at)
    raised, resolved = _alerts(facts, before, after, deps)
    dishes = stock.put_back(facts, before, after)
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


def _alerts(
    facts: Facts, before: Order, after: Order, deps: Deps
) -> tuple[list[alert.Alert], list[alert.Alert]]:
    """Return the alerts a change raises and those it makes pointless."""
    if after.status is Status.READY and before.status is not Status.READY:
        return [alert.raise_alert(after, deps.now(), deps.escalation)], []
    if before.status is Status.READY and after.status is not Status.READY:
        return [], [alert.resolve(a) for a in facts.alerts_of(after.id)]
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
        note_translation=warning(cmd.note),
        placed_by=actor.name or actor.role,
        estimated_ready_at=ready_at,
        created_at=now,
        updated_at=now,
    )


def _guests(
    cmd: CreateOrder, actor: Actor, session: TableSession, count: int
) -> list[tuple[str, str]]:
    """Return who chose each line: whoever put it into the cart, or else the guest who orders."""
    if cmd.items is None:
        return [(line.added_by, line.added_by_name) for line in session.cart]
    return [(actor.id, actor.name) if actor.is_guest else ("", "")] * count


def _emptied(session: TableSession) -> TableSession:
    return replace(session, cart=(), cart_version=session.cart_version + 1)


def _require_same(named: str | None, restaurant_id: str) -> None:
    if named is not None and named != restaurant_id:
        raise not_found("restaurant")
