"""A change: everything one command alters, as data, so that it is written in one go."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from state.domain.actor import ActorRef
from state.domain.alert import Alert
from state.domain.bill import Bill
from state.domain.drawer import Drawer
from state.domain.events import Draft, Event
from state.domain.job import Job
from state.domain.ledger import Entry
from state.domain.menu import MenuItem
from state.domain.order import Order
from state.domain.payment import Payment, Refund
from state.domain.receipt import Receipt
from state.domain.service import ServiceRequest
from state.domain.table import TableSession


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """`answer` is what the caller gets; where it is one of the orders, it gets it as numbered.

    `orders` are pairs, before and after. `business_day` comes with new orders: it counts them.
    """

    tenant_id: str
    restaurant_id: str
    drafts: Sequence[Draft]
    answer: Any
    new_orders: Sequence[Order] = ()
    orders: Sequence[tuple[Order, Order]] = ()
    business_day: date | None = None
    new_sessions: Sequence[TableSession] = ()
    sessions: Sequence[TableSession] = ()
    new_alerts: Sequence[Alert] = ()
    alerts: Sequence[Alert] = ()
    new_services: Sequence[ServiceRequest] = ()
    services: Sequence[ServiceRequest] = ()
    dishes: Sequence[MenuItem] = ()
    new_jobs: Sequence[Job] = ()
    jobs: Sequence[Job] = ()
    new_bills: Sequence[Bill] = ()
    bills: Sequence[Bill] = ()
    new_payments: Sequence[Payment] = ()
    payments: Sequence[Payment] = ()
    new_refunds: Sequence[Refund] = ()
    refunds: Sequence[Refund] = ()
    new_drawers: Sequence[Drawer] = ()
    drawers: Sequence[Drawer] = ()
    entries: Sequence[Entry] = ()
    new_receipts: Sequence[Receipt] = ()
    revoked: Sequence[str] = ()


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where a change comes from: who, by which command, followed by which trace."""

    actor: ActorRef
    trace: str
    name: str = ""
    command_id: str | None = None


class Answer(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """The acknowledgement of a command, as it goes out and as it is kept for a repeat."""

    ok: bool
    data: Any = None
    seq: int | None = None
    version: int | None = None
    error: dict[str, Any] | None = None


class Committed(msgspec.Struct, frozen=True, kw_only=True):
    """A change that has happened, with its place in the log."""

    answer: Answer
    events: Sequence[Event] = ()
