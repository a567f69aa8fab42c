"""Orders: the states of their items, who may take which step, and the status that follows.

The items are the truth; an order's status is derived from them and never set by hand.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from state.domain.menu import Choice, Texts
from state.domain.money import TaxMode, totals
from state.domain.translation import NoteTranslation


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


COOKED = {ItemStatus.PREPARING, ItemStatus.READY, ItemStatus.SERVED}
CLOSED = {Status.COMPLETED, Status.CANCELLED}

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
    """One line of an order: name, price and tax as they were when it was sold.

    `guest_id` is who chose it, empty where a waiter took the order.
    """

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
    note_translation: NoteTranslation | None = None
    allergens: tuple[str, ...]
    station: str
    course: int
    prep_seconds: int
    status: ItemStatus
    version: int = 1
    remakes: int = 0
    reason: str = ""
    guest_id: str = ""
    guest_name: str = ""
    queued_at: datetime | None = None
    started_at: datetime | None = None
    ready_at: datetime | None = None
    served_at: datetime | None = None
    voided_at: datetime | None = None


class Order(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One round of one table (PROTOCOL 5). `version` grows by one with each change.

    `awaiting_payment`: the house cooks only what is paid, and this is not yet.
    """

    id: str
    restaurant_id: str
    table_id: str
    table_number: str
    session_id: str
    order_number: int
    status: Status
    payment_status: str = "UNPAID"
    awaiting_payment: bool = False
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
    note_translation: NoteTranslation | None = None
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


def settle(order: Order, now: datetime) -> Order:
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
