"""Orders: the states of their items, who may take which step, and the status that follows.

The items are the truth; an order's status is derived from them and never set by hand.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec.structs import replace

from state.domain.actor import CHIEFS, FLOOR, PASS, Actor, Role
from state.domain.errors import forbidden, illegal, invalid, not_found
from state.domain.menu import Choice, Texts
from state.domain.money import TaxMode, totals


class ItemStatus(StrEnum):
    HELD = "HELD"
    QUEUED = "QUEUED"
    PREPARING = "PREPARING"
    READY = "READY"
    SERVED = "SERVED"
    VOIDED = "VOIDED"


class Status(StrEnum):
    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    PREPARING = "PREPARING"
    READY = "READY"
    DELIVERED = "DELIVERED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


class Priority(StrEnum):
    NORMAL = "NORMAL"
    RUSH = "RUSH"


class Step(StrEnum):
    FIRE = "fire"
    START = "start"
    READY = "ready"
    RECALL = "recall"
    SERVE = "serve"
    VOID = "void"
    REMAKE = "remake"


STEPS = {
    (ItemStatus.HELD, Step.FIRE): ItemStatus.QUEUED,
    (ItemStatus.QUEUED, Step.START): ItemStatus.PREPARING,
    (ItemStatus.PREPARING, Step.READY): ItemStatus.READY,
    (ItemStatus.READY, Step.SERVE): ItemStatus.SERVED,
    (ItemStatus.PREPARING, Step.RECALL): ItemStatus.QUEUED,
    (ItemStatus.READY, Step.RECALL): ItemStatus.PREPARING,
    (ItemStatus.SERVED, Step.RECALL): ItemStatus.READY,
    (ItemStatus.READY, Step.REMAKE): ItemStatus.QUEUED,
    (ItemStatus.SERVED, Step.REMAKE): ItemStatus.QUEUED,
    (ItemStatus.HELD, Step.VOID): ItemStatus.VOIDED,
    (ItemStatus.QUEUED, Step.VOID): ItemStatus.VOIDED,
    (ItemStatus.PREPARING, Step.VOID): ItemStatus.VOIDED,
    (ItemStatus.READY, Step.VOID): ItemStatus.VOIDED,
    (ItemStatus.SERVED, Step.VOID): ItemStatus.VOIDED,
}

MAY = {
    Step.FIRE: FLOOR | {Role.EXPO},
    Step.START: PASS,
    Step.READY: PASS,
    Step.RECALL: PASS | FLOOR,
    Step.SERVE: FLOOR | {Role.EXPO},
    Step.VOID: PASS | FLOOR,
    Step.REMAKE: PASS | FLOOR,
}

COOKED = {ItemStatus.PREPARING, ItemStatus.READY, ItemStatus.SERVED}
CLOSED = {Status.COMPLETED, Status.CANCELLED}
# What a recall brings back: a dish at the pass before one on the stove, a served one last.
RECALLED = (ItemStatus.READY, ItemStatus.PREPARING, ItemStatus.SERVED)

# The stamp each item status carries; a step back clears those of the statuses it leaves.
ITEM_STAMPS = {
    ItemStatus.QUEUED: "queued_at",
    ItemStatus.PREPARING: "started_at",
    ItemStatus.READY: "ready_at",
    ItemStatus.SERVED: "served_at",
    ItemStatus.VOIDED: "voided_at",
}
ORDER_STAMPS = {
    Status.PREPARING: "prepared_at",
    Status.READY: "ready_at",
    Status.DELIVERED: "delivered_at",
    Status.COMPLETED: "completed_at",
    Status.CANCELLED: "cancelled_at",
}
RANK = {status: rank for rank, status in enumerate(Status)}
ITEM_RANK = {status: rank for rank, status in enumerate(ItemStatus)}


class Item(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One line of an order: name, price and tax as they were when it was sold."""

    id: str
    menu_item_id: str
    name: str
    names: Texts
    quantity: int
    unit_price: int
    line_total: int
    tax_rate: int
    modifiers: tuple[Choice, ...]
    note: str
    allergens: tuple[str, ...]
    station: str
    course: int
    prep_seconds: int
    status: ItemStatus
    version: int = 1
    remakes: int = 0
    reason: str = ""
    queued_at: datetime | None = None
    started_at: datetime | None = None
    ready_at: datetime | None = None
    served_at: datetime | None = None
    voided_at: datetime | None = None


class Order(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One round of one table (PROTOCOL 5). `version` grows by one with each change."""

    id: str
    restaurant_id: str
    table_id: str
    table_number: str
    session_id: str
    order_number: int
    status: Status
    payment_status: str = "UNPAID"
    priority: Priority = Priority.NORMAL
    version: int = 1
    seq: int = 0
    currency: str
    tax_mode: TaxMode
    subtotal: int
    tax: int
    tips: int = 0
    total_amount: int
    items: tuple[Item, ...]
    note: str
    placed_by: str = ""
    reason: str = ""
    estimated_ready_at: datetime | None
    created_at: datetime
    updated_at: datetime
    confirmed_at: datetime | None = None
    prepared_at: datetime | None = None
    ready_at: datetime | None = None
    delivered_at: datetime | None = None
    completed_at: datetime | None = None
    cancelled_at: datetime | None = None


def derive(statuses: Iterable[ItemStatus], confirmed: bool, completed: bool) -> Status:
    """Return the one status that follows from the items' statuses."""
    live = [status for status in statuses if status is not ItemStatus.VOIDED]
    if not live:
        return Status.CANCELLED
    if all(status is ItemStatus.SERVED for status in live):
        return Status.COMPLETED if completed else Status.DELIVERED
    at_work = [s for s in live if s not in (ItemStatus.SERVED, ItemStatus.HELD)]
    if at_work and all(status is ItemStatus.READY for status in at_work):
        return Status.READY
    if COOKED.intersection(live):
        return Status.PREPARING
    return Status.CONFIRMED if confirmed else Status.PENDING


def step_items(
    order: Order, ids: Collection[str], step: Step, actor: Actor, now: datetime, reason: str = ""
) -> Order:
    """Return the order after one step of some of its items.

    Raises NOT_FOUND for an unknown item, FORBIDDEN, ILLEGAL_TRANSITION, or INVALID where a
    reason is due. Cooking an order that nobody has accepted accepts it.
    """
    actor.require(MAY[step])
    if not set(ids) <= {item.id for item in order.items}:
        raise not_found("item")
    if order.status in CLOSED:
        raise illegal(f"a {order.status} order stays as it is")
    items = tuple(
        _step(item, step, actor, now, reason) if item.id in ids else item for item in order.items
    )
    confirmed = now if step is Step.START and order.confirmed_at is None else order.confirmed_at
    return _settle(replace(order, items=items, confirmed_at=confirmed), now)


def accept(order: Order, actor: Actor, now: datetime, _reason: str = "") -> Order:
    actor.require(PASS | FLOOR)
    if order.status is not Status.PENDING:
        raise illegal(f"a {order.status} order cannot be accepted")
    return _settle(replace(order, confirmed_at=now), now)


def reject(order: Order, actor: Actor, now: datetime, reason: str) -> Order:
    actor.require(PASS)
    if order.status is not Status.PENDING:
        raise illegal(f"a {order.status} order cannot be rejected")
    if not reason.strip():
        raise invalid("reason", "tell the guest why")
    return _void_all(order, now, reason)


def cancel(order: Order, actor: Actor, now: datetime, reason: str) -> Order:
    """A guest may cancel until the kitchen accepts, a waiter until it cooks, a manager later."""
    actor.require(FLOOR | {Role.GUEST})
    cooked = COOKED.intersection(item.status for item in order.items)
    if order.status in {*CLOSED, Status.DELIVERED} or ItemStatus.SERVED in cooked:
        raise illegal(f"a {order.status} order cannot be cancelled")
    if actor.is_guest and order.status is not Status.PENDING:
        raise illegal("the kitchen has accepted this order: ask a waiter")
    if cooked:
        _require_approval(actor, reason)
    return _void_all(order, now, reason)


def complete(order: Order, actor: Actor, now: datetime, _reason: str = "") -> Order:
    actor.require(FLOOR)
    if order.status is not Status.DELIVERED:
        raise illegal(f"a {order.status} order cannot be completed")
    return _settle(replace(order, completed_at=now), now)


def rush(order: Order, actor: Actor, now: datetime, rushed: bool) -> Order:
    actor.require(PASS | FLOOR)
    _require_unfinished(order, "change its priority")
    priority = Priority.RUSH if rushed else Priority.NORMAL
    if priority is order.priority:
        raise illegal(f"the order's priority is {priority} already")
    return _settle(replace(order, priority=priority), now)


def recall(order: Order, actor: Actor, now: datetime, reason: str) -> Order:
    """Take what was bumped last one step back: it returns to the board."""
    actor.require(MAY[Step.RECALL])
    for status in RECALLED:
        ids = _in_reach(order, status, actor)
        if ids:
            return step_items(order, ids, Step.RECALL, actor, now, reason)
    raise illegal(f"a {order.status} order has nothing to recall")


def transfer(order: Order, actor: Actor, now: datetime, to: tuple[str, str, str]) -> Order:
    """Move the order to another table: `to` is that table's id, number and session."""
    actor.require(FLOOR)
    _require_unfinished(order, "move")
    table_id, number, session_id = to
    if table_id == order.table_id:
        raise illegal("the order is at that table already")
    moved = replace(order, table_id=table_id, table_number=number, session_id=session_id)
    return _settle(moved, now)


def fire(order: Order, course: int, actor: Actor, now: datetime) -> Order:
    """Send the held items of a course to the kitchen."""
    held = {i.id for i in order.items if i.course == course and i.status is ItemStatus.HELD}
    actor.require(MAY[Step.FIRE])
    if not held:
        raise illegal(f"course {course} has nothing held")
    return step_items(order, held, Step.FIRE, actor, now)


def update_status(order: Order, target: Status, actor: Actor, now: datetime, reason: str) -> Order:
    """Bring an order to a status by the steps its items need, as one change."""
    if RANK[target] <= RANK[order.status]:
        raise illegal(f"a {order.status} order cannot become {target}")
    after = order
    for move in PATHS[target]:
        after = move(after, actor, now, reason)
    if after.status is not target:
        raise illegal(
            f"a {order.status} order cannot become {target} yet: it would be {after.status}"
        )
    return replace(after, version=order.version + 1)


def start_all(order: Order, actor: Actor, now: datetime, reason: str) -> Order:
    return _step_all(order, ItemStatus.QUEUED, Step.START, actor, now, reason)


def ready_all(order: Order, actor: Actor, now: datetime, reason: str) -> Order:
    return _step_all(order, ItemStatus.PREPARING, Step.READY, actor, now, reason)


def serve_all(order: Order, actor: Actor, now: datetime, reason: str) -> Order:
    return _step_all(order, ItemStatus.READY, Step.SERVE, actor, now, reason)


Move = Callable[[Order, Actor, datetime, str], Order]

PATHS: dict[Status, tuple[Move, ...]] = {
    Status.CONFIRMED: (accept,),
    Status.PREPARING: (start_all,),
    Status.READY: (start_all, ready_all),
    Status.DELIVERED: (serve_all,),
    Status.COMPLETED: (complete,),
    Status.CANCELLED: (cancel,),
}


def _step_all(
    order: Order, source: ItemStatus, step: Step, actor: Actor, now: datetime, reason: str
) -> Order:
    actor.require(MAY[step])
    ids = _in_reach(order, source, actor)
    return step_items(order, ids, step, actor, now, reason) if ids else order


def _in_reach(order: Order, status: ItemStatus, actor: Actor) -> set[str]:
    """Return the items of a status; a station's screen reaches those its station cooks."""
    return {i.id for i in order.items if i.status is status and _at_stations(actor, i)}


def _step(item: Item, step: Step, actor: Actor, now: datetime, reason: str) -> Item:
    target = STEPS.get((item.status, step))
    if target is None:
        raise illegal(f"a {item.status} item cannot {step}")
    if not _at_stations(actor, item):
        raise forbidden(f"this device is for other stations than {item.station}")
    if step is Step.VOID and item.status in COOKED:
        _require_approval(actor, reason)
    changed: dict[str, Any] = {"status": target, "version": item.version + 1}
    changed |= _item_stamps(item, target, now)
    if step is Step.REMAKE:
        changed["remakes"] = item.remakes + 1
    if reason:
        changed["reason"] = reason
    return replace(item, **changed)


def _item_stamps(item: Item, target: ItemStatus, now: datetime) -> dict[str, datetime | None]:
    back = ITEM_RANK[target] < ITEM_RANK[item.status]
    stamps: dict[str, datetime | None] = {
        name: None for status, name in ITEM_STAMPS.items() if ITEM_RANK[status] > ITEM_RANK[target]
    }
    if not back:
        stamps[ITEM_STAMPS[target]] = now
    return stamps


def _at_stations(actor: Actor, item: Item) -> bool:
    return actor.stations is None or item.station in actor.stations


def _require_approval(actor: Actor, reason: str) -> None:
    if actor.role not in CHIEFS:
        raise forbidden("what is being cooked, only a manager may void")
    if not reason.strip():
        raise invalid("reason", "say why it is voided")


def _require_unfinished(order: Order, what: str) -> None:
    if order.status in {*CLOSED, Status.DELIVERED}:
        raise illegal(f"a {order.status} order cannot {what}")


def _void_all(order: Order, now: datetime, reason: str) -> Order:
    items = tuple(
        item
        if item.status is ItemStatus.VOIDED
        else replace(
            item,
            status=ItemStatus.VOIDED,
            version=item.version + 1,
            voided_at=now,
            reason=reason,
        )
        for item in order.items
    )
    return _settle(replace(order, items=items, reason=reason), now)


def _settle(order: Order, now: datetime) -> Order:
    """Bring what is derived (status, stamps, totals) in line with the items, one version on."""
    status = derive(
        (item.status for item in order.items),
        confirmed=order.confirmed_at is not None,
        completed=order.completed_at is not None,
    )
    due = totals(
        ((i.line_total, i.tax_rate) for i in order.items if i.status is not ItemStatus.VOIDED),
        order.tax_mode,
    )
    return replace(
        order,
        status=status,
        version=order.version + 1,
        updated_at=now,
        subtotal=due.subtotal,
        tax=due.tax,
        total_amount=due.total + order.tips,
        **_order_stamps(order, status, now),
    )


def _order_stamps(order: Order, status: Status, now: datetime) -> dict[str, datetime | None]:
    stamps: dict[str, datetime | None] = {
        name: None for later, name in ORDER_STAMPS.items() if RANK[later] > RANK[status]
    }
    own = ORDER_STAMPS.get(status)
    if own and getattr(order, own) is None:
        stamps[own] = now
    return stamps
