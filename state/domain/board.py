"""Boards: which orders a screen shows, and how an event changes what it shows."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from state.domain.order import Status

Doc = dict[str, Any]  # an order as it goes over the wire


class View(StrEnum):
    """`active` is what a restaurant has not settled; `pending` what its kitchen may still touch.

    What waits to be paid first is not yet the kitchen's.
    """

    ACTIVE = "active"
    PENDING = "pending"


SHOWN = {
    View.ACTIVE: {
        Status.PENDING,
        Status.CONFIRMED,
        Status.PREPARING,
        Status.READY,
        Status.DELIVERED,
    },
    View.PENDING: {Status.PENDING, Status.CONFIRMED, Status.PREPARING, Status.READY},
}


def shows(view: View, order: Doc, stations: frozenset[str] | None = None) -> bool:
    """Tell whether an order is on a board; `stations` narrows it to those that cook for it."""
    if order["status"] not in SHOWN[view]:
        return False
    if view is View.PENDING and order.get("awaitingPayment"):
        return False
    return stations is None or any(item["station"] in stations for item in order["items"])


def apply(board: dict[str, Doc], name: str, data: Doc, keep: Callable[[Doc], bool]) -> None:
    """Bring a board (order id -> order) up to date with one event of the log."""
    if not name.startswith("order:"):
        return
    if keep(data):
        board[data["id"]] = data
    else:
        board.pop(data["id"], None)
