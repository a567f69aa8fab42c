"""Things made for the tests of rules: whole and consistent, until a test says otherwise."""

from datetime import UTC, datetime, timedelta
from typing import Any

from state.domain.actor import Actor, Role
from state.domain.menu import Menu, MenuItem, Modifier, ModifierGroup
from state.domain.money import TaxMode, totals
from state.domain.order import (
    COOKED,
    ITEM_RANK,
    ITEM_STAMPS,
    ORDER_STAMPS,
    RANK,
    Item,
    ItemStatus,
    Order,
    Status,
    derive,
)
from state.domain.table import TableSession

NOW = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
BEFORE = NOW - timedelta(minutes=5)


def actor(role: Role, **changes: Any) -> Actor:
    fields: dict[str, Any] = {
        "id": f"{role}-1",
        "role": role,
        "tenant": "t1",
        "restaurants": frozenset({"r1"}),
        "session": "s1",
        "expires_at": NOW + timedelta(hours=1),
    }
    return Actor(**fields | changes)


def item(status: ItemStatus = ItemStatus.QUEUED, **changes: Any) -> Item:
    """A line of two at 5.00 each; it got here step by step, each five minutes ago."""
    fields: dict[str, Any] = {
        "id": "i0",
        "menu_item_id": "steak",
        "name": "Steak",
        "names": {"en": "Steak"},
        "quantity": 2,
        "unit_price": 500,
        "line_total": 1000,
        "tax_rate": 1900,
        "modifiers": (),
        "note": "",
        "allergens": (),
        "station": "grill",
        "course": 1,
        "prep_seconds": 600,
        "status": status,
    }
    passed = {
        name: BEFORE
        for reached, name in ITEM_STAMPS.items()
        if ITEM_RANK[reached] <= ITEM_RANK[status]
    }
    return Item(**fields | passed | changes)


def order(
    *statuses: ItemStatus, confirmed: bool = False, completed: bool = False, **changes: Any
) -> Order:
    """An order of one line for each status, `i0`, `i1` and so on; its own status follows."""
    made = tuple(item(status, id=f"i{index}") for index, status in enumerate(statuses))
    items: tuple[Item, ...] = changes.get("items", made)
    held = [line.status for line in items]
    confirmed = confirmed or not COOKED.isdisjoint(held)
    status = derive(held, confirmed, completed)
    due = totals(
        [(i.line_total, i.tax_rate) for i in items if i.status is not ItemStatus.VOIDED],
        TaxMode.INCLUSIVE,
    )
    fields: dict[str, Any] = {
        "id": "o1",
        "restaurant_id": "r1",
        "table_id": "t7",
        "table_number": "7",
        "session_id": "s1",
        "order_number": 47,
        "status": status,
        "version": 3,
        "currency": "EUR",
        "tax_mode": TaxMode.INCLUSIVE,
        "subtotal": due.subtotal,
        "tax": due.tax,
        "total_amount": due.total,
        "items": items,
        "note": "",
        "estimated_ready_at": None,
        "created_at": BEFORE,
        "updated_at": BEFORE,
        "confirmed_at": BEFORE if confirmed else None,
    }
    return Order(**fields | _passed(status) | changes)


def _passed(status: Status) -> dict[str, datetime]:
    if status is Status.CANCELLED:
        return {ORDER_STAMPS[status]: BEFORE}
    return {name: BEFORE for reached, name in ORDER_STAMPS.items() if RANK[reached] <= RANK[status]}


def dish(dish_id: str = "steak", **changes: Any) -> MenuItem:
    fields: dict[str, Any] = {
        "id": dish_id,
        "category_id": "mains",
        "texts": {"en": dish_id.title()},
        "descriptions": {},
        "price": 500,
        "tax_rate": 1900,
        "allergens": ("milk",),
        "station": "grill",
        "course": 1,
        "prep_seconds": 600,
    }
    return MenuItem(**fields | changes)


def group(group_id: str, least: int, most: int, *modifiers: Modifier) -> ModifierGroup:
    return ModifierGroup(group_id, {"en": group_id.title()}, least, most, modifiers)


def modifier(modifier_id: str, delta: int = 0, *, available: bool = True) -> Modifier:
    return Modifier(modifier_id, {"en": modifier_id.title()}, delta, available)


def menu(*dishes: MenuItem) -> Menu:
    return Menu(version=1, stations=(), categories=(), items={each.id: each for each in dishes})


def session(**changes: Any) -> TableSession:
    fields: dict[str, Any] = {
        "id": "s1",
        "tenant_id": "t1",
        "restaurant_id": "r1",
        "table_id": "t7",
        "table_number": "7",
        "code": "1234",
        "opened_at": NOW,
        "expires_at": NOW + timedelta(hours=4),
    }
    return TableSession(**fields | changes)
