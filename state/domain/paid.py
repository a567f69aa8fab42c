"""What it means to an order that it is paid, or no longer: the kitchen's release, and its end."""

from datetime import datetime

from msgspec.structs import replace

from state.domain.order import Item, ItemStatus, Order, Status, settle

FUNDED = {"AUTHORIZED", "PAID"}
SETTLED = {"PAID", "PARTIALLY_REFUNDED", "REFUNDED"}
BEGUN = {"PENDING", "AUTHORIZED", "PARTIALLY_PAID"}


def settle_up(order: Order, status: str, now: datetime) -> Order:
    """Return an order with its payment status, and what follows from that; itself if nothing does.

    COMPLETED is what is both brought and paid. Its version tells of its dishes, not of payments.
    """
    after = order if status == order.payment_status else replace(order, payment_status=status)
    if after.awaiting_payment and status in FUNDED:
        after = _release(after, now)
    if after.status is Status.DELIVERED and status in SETTLED:
        after = settle(replace(after, completed_at=now), now)
    return after


def hold(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Return the items of an order that is cooked once it is paid."""
    return tuple(replace(item, status=ItemStatus.HELD, queued_at=None) for item in items)


def _release(order: Order, now: datetime) -> Order:
    """Send the first course to the kitchen."""
    first = min((i.course for i in order.items if i.status is ItemStatus.HELD), default=0)
    items = tuple(
        replace(item, status=ItemStatus.QUEUED, version=item.version + 1, queued_at=now)
        if item.status is ItemStatus.HELD and item.course == first
        else item
        for item in order.items
    )
    return settle(replace(order, items=items, awaiting_payment=False), now)
