"""Moves: the steps that items and whole orders take, each checked for who asks and when."""

from collections.abc import Callable, Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec.structs import replace

from state.domain.actor import CHIEFS, FLOOR, PASS, Actor, Role
from state.domain.errors import forbidden, illegal, invalid, not_found
from state.domain.order import (
    CLOSED,
    COOKED,
    ITEM_RANK,
    ITEM_STAMPS,
    RANK,
    Item,
    ItemStatus,
    Order,
    Priority,
    Status,
    settle,
)
from state.domain.paid import BEGUN


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

# What a recall brings back: a dish at the pass before one on the stove, a served one last.
RECALLED = (ItemStatus.READY, ItemStatus.PREPARING, ItemStatus.SERVED)


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
    if step is Step.FIRE:
        _require_paid(order)
    items = tuple(
        _step(item, step, actor, now, reason) if item.id in ids else item for item in order.items
    )
    confirmed = now if step is Step.START and order.confirmed_at is None else order.confirmed_at
    return settle(replace(order, items=items, confirmed_at=confirmed), now)


def accept(order: Order, actor: Actor, now: datetime, _reason: str = "") -> Order:
    """Take a new order on: its guests hear that it is confirmed."""
    actor.require(PASS | FLOOR)
    if order.status is not Status.PENDING:
        raise illegal(f"a {order.status} order cannot be accepted")
    _require_paid(order)
    return settle(replace(order, confirmed_at=now), now)


def reject(order: Order, actor: Actor, now: datetime, reason: str) -> Order:
    """Decline a new order; its guests are told the reason."""
    actor.require(PASS)
    if order.status is not Status.PENDING:
        raise illegal(f"a {order.status} order cannot be rejected")
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


def complete(order: Order, actor: Actor, now: datetime, reason: str = "") -> Order:
    """End an order by hand; the reason is kept that it was not paid here, where one is given."""
    actor.require(FLOOR)
    if order.status is not Status.DELIVERED:
        raise illegal(f"a {order.status} order cannot be completed")
    if order.payment_status in BEGUN:
        raise illegal("it is being paid, and completed with the last of it")
    return settle(replace(order, completed_at=now, reason=reason or order.reason), now)


def rush(order: Order, actor: Actor, now: datetime, rushed: bool) -> Order:
    actor.require(PASS | FLOOR)
    _require_unfinished(order, "change its priority")
    priority = Priority.RUSH if rushed else Priority.NORMAL
    if priority is order.priority:
        raise illegal(f"the order's priority is {priority} already")
    return settle(replace(order, priority=priority), now)


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
    if to[0] == order.table_id:
        raise illegal("the order is at that table already")
    return reseat(order, now, to)


def reseat(order: Order, now: datetime, to: tuple[str, str, str]) -> Order:
    """Let an order follow its party: `to` is the other table's id, number and session."""
    table_id, number, session_id = to
    moved = replace(order, table_id=table_id, table_number=number, session_id=session_id)
    return settle(moved, now)


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
        raise illegal(f"{step} is not possible: the item is {item.status}")
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


def _require_paid(order: Order) -> None:
    if order.awaiting_payment:
        raise illegal("it is cooked once it is paid")


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
    return settle(replace(order, items=items, reason=reason), now)
