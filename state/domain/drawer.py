"""Cash drawers: one waiter's shift, with what should be in there and what was counted."""

from datetime import datetime

import msgspec
from msgspec.structs import replace

from state.domain.ids import new_id


class Drawer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`opening` is what it began with, `expected` what should be there by now."""

    id: str
    tenant_id: str
    restaurant_id: str
    staff_id: str
    staff_name: str
    currency: str
    opening: int
    expected: int
    counted: int | None = None
    opened_at: datetime
    closed_at: datetime | None = None


def open_drawer(
    tenant_id: str,
    restaurant_id: str,
    staff: tuple[str, str],
    currency: str,
    cash: int,
    now: datetime,
) -> Drawer:
    return Drawer(
        id=new_id(),
        tenant_id=tenant_id,
        restaurant_id=restaurant_id,
        staff_id=staff[0],
        staff_name=staff[1],
        currency=currency,
        opening=cash,
        expected=cash,
        opened_at=now,
    )


def put(drawer: Drawer, amount: int) -> Drawer:
    """Return the drawer with that much more in it, or less."""
    return replace(drawer, expected=drawer.expected + amount)


def count(drawer: Drawer, counted: int, now: datetime) -> Drawer:
    """Return the drawer of a shift that is over."""
    return replace(drawer, counted=counted, closed_at=now)
