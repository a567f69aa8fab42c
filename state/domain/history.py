"""What happened in a house, as its manager reads it: who did what, latest first."""

from datetime import datetime
from typing import Any, Literal

import msgspec

from state.domain.events import Name
from state.domain.order import Status

About = Literal["orders", "money", "floor", "house"]

# Which events of the log are told, by what they are about. What managers edit is about the house.
TOLD: dict[str, About] = {
    Name.ORDER_NEW: "orders",
    Name.ORDER_PLACED: "orders",
    Name.ORDER_CANCELLED: "orders",
    Name.ORDER_TRANSFERRED: "orders",
    Name.ORDER_PRIORITY: "orders",
    Name.ORDER_ITEM: "orders",  # as far as items were voided
    Name.ORDER_STATUS: "orders",  # as far as orders were served or completed
    Name.PAYMENT: "money",
    Name.DRAWER: "money",
    Name.TABLE_STATUS: "floor",
    Name.SERVICE_ESCALATED: "floor",
    Name.ALERT_ESCALATED: "floor",
    Name.MENU_AVAILABILITY: "house",
}
REACHED = {Status.DELIVERED: "order:served", Status.COMPLETED: "order:completed"}
# What is worth telling of each kind of subject.
FIELDS = (
    *("orderNumber", "tableNumber", "reason", "status", "priority", "method", "amount", "tip"),
    *("currency", "kind", "level", "available", "counted", "expected", "totalAmount"),
)


class HistoryQuery(msgspec.Struct, frozen=True):
    """`before` is where the page looked at before ended; `who` is one member of the staff."""

    before: datetime | None = None
    about: About | None = None
    who: str | None = None


class Doer(msgspec.Struct, frozen=True):
    """`name` is empty where nobody knows it: of guests, of programs, of the hub itself."""

    role: str
    id: str
    name: str


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """`what` is an event's name or an edit's, `details` some of what that told.

    Beside the events of the log there are `item:voided`, `order:served`, `order:completed`,
    `drawer:opened` and `drawer:counted`.
    """

    id: str
    at: datetime
    what: str
    who: Doer
    details: dict[str, Any]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An event of the log or an edit, as it is stored."""

    id: str
    at: datetime
    what: str
    role: str
    actor: str
    subject: str = ""
    change: dict[str, Any] = {}
    data: dict[str, Any]


def of_event(entry: Entry) -> Entry | None:
    """Return what there is to tell of an event; None where it is nothing to a manager."""
    if entry.what == Name.ORDER_STATUS:
        what = REACHED.get(entry.data["status"])
        if what is None:
            return None
        entry = msgspec.structs.replace(entry, what=what)
    told = {name: entry.data[name] for name in FIELDS if entry.data.get(name) not in (None, "")}
    if entry.what == Name.ORDER_ITEM:
        voided = _voided(entry)
        if not voided:
            return None
        told |= {"names": [item["name"] for item in voided], "reason": voided[0].get("reason", "")}
        entry = msgspec.structs.replace(entry, what="item:voided")
    if entry.what == Name.DRAWER:
        what = _of_drawer(entry.data)
        if what is None:
            return None
        entry = msgspec.structs.replace(entry, what=what)
    subject = entry.data.get("menuItemId", "")
    return msgspec.structs.replace(entry, data=told | entry.change, subject=subject)


def _of_drawer(drawer: dict[str, Any]) -> str | None:
    """Return what happened to a drawer; what money went in and out is told by its payment."""
    if drawer["closedAt"] is not None:
        return "drawer:counted"
    return "drawer:opened" if drawer["expected"] == drawer["opening"] else None


def _voided(entry: Entry) -> list[dict[str, Any]]:
    """Return the items that this very event took off an order."""
    changed = entry.change.get("changedItems", ())
    items = (item for item in entry.data["items"] if item["id"] in changed)
    return [item for item in items if item["status"] == "VOIDED"]
