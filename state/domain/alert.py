"""Ready alerts: raised for the table's waiter, louder until somebody answers."""

from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from state.domain.errors import illegal
from state.domain.escalation import Delays, Level, louder
from state.domain.ids import new_id
from state.domain.order import Order


class AlertStatus(StrEnum):
    RAISED = "RAISED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    RESOLVED = "RESOLVED"


class Alert(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`next_at` is when it escalates, None when it no longer can."""

    id: str
    restaurant_id: str
    order_id: str
    order_number: int
    table_id: str
    table_number: str
    kind: str = "ready"
    level: Level = Level.WAITER
    status: AlertStatus = AlertStatus.RAISED
    raised_at: datetime
    next_at: datetime | None
    acknowledged_by: str | None = None
    acknowledged_by_name: str = ""
    acknowledged_at: datetime | None = None


def raise_alert(order: Order, now: datetime, delays: Delays) -> Alert:
    return Alert(
        id=new_id(),
        restaurant_id=order.restaurant_id,
        order_id=order.id,
        order_number=order.order_number,
        table_id=order.table_id,
        table_number=order.table_number,
        raised_at=now,
        next_at=now + delays[0],
    )


def escalate(alert: Alert, delays: Delays) -> Alert:
    """Return the alert one level up; call it when `next_at` has come."""
    level, next_at = louder(alert.level, alert.raised_at, delays)
    return replace(alert, level=level, next_at=next_at)


def acknowledge(alert: Alert, by: str, name: str, now: datetime) -> Alert:
    if alert.status is not AlertStatus.RAISED:
        who = f" by {alert.acknowledged_by_name}" if alert.acknowledged_by_name else ""
        raise illegal(f"the alert was answered already{who}")
    return replace(
        alert,
        status=AlertStatus.ACKNOWLEDGED,
        next_at=None,
        acknowledged_by=by,
        acknowledged_by_name=name,
        acknowledged_at=now,
    )


def resolve(alert: Alert) -> Alert:
    """Return the alert closed, because its order is no longer waiting at the pass."""
    return replace(alert, status=AlertStatus.RESOLVED, next_at=None)
