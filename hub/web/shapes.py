"""Shapes that are told in words elsewhere in the code, for the reference: tests hold them to it."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from handlers.boards import TableNow
from state.domain.actor import ActorRef
from state.domain.alert import Alert
from state.domain.bill import BillNow
from state.domain.cart import Cart
from state.domain.errors import Code
from state.domain.esim import Usage
from state.domain.folio import ChargeStatus
from state.domain.order import Order
from state.domain.payment import PaymentNews
from state.domain.service import ServiceRequest
from state.domain.table import TableSession
from state.domain.talk import Message, Speaker


class Joined(msgspec.Struct, frozen=True, rename="camel"):
    """The rooms entered, and the `seq` the snapshot stands at; the snapshot itself by command.

    `menu_seq` comes with a snapshot. A menu of another `seq` is to be fetched again: events of
    before the join will not tell of it.
    """

    rooms: list[str]
    seq: int
    menu_seq: int | UnsetType = UNSET
    reset: str | None = None
    session: TableSession | None = None
    cart: Cart | None = None
    order: Order | None = None
    orders: list[Order] | None = None
    alerts: list[Alert] | None = None
    requests: list[ServiceRequest] | None = None
    bill: BillNow | None = None
    tables: list[TableNow] | None = None
    session_id: str | None = None
    language: str | None = None
    messages: list[Message] | None = None
    listeners: list[Speaker] | None = None


class EsimLow(msgspec.Struct, frozen=True, rename="camel"):
    """`used` is in per cent, the highest of the marks that were passed."""

    esim_id: str
    iccid: str
    title: str
    used: int
    usage: Usage
    sandbox: bool


class Left(msgspec.Struct, frozen=True):
    rooms: list[str]


class Resumed(msgspec.Struct, frozen=True):
    seq: int
    reset: str | None = None


class Refreshed(msgspec.Struct, frozen=True, rename="camel"):
    expires_at: datetime


class TableStatus(msgspec.Struct, frozen=True, rename="camel"):
    """`status` is SEATED, FREE, CLEARED, or MOVED where the party sits elsewhere now.

    SEATED tells since when the party is here, whether something is in its cart, and what it has had
    and paid, by order, in minor units.
    """

    table_id: str
    table_number: str
    session_id: str
    status: str
    seated_at: datetime | UnsetType = UNSET
    ordering: bool | UnsetType = UNSET
    settled: dict[str, int] | UnsetType = UNSET


class MenuVersion(msgspec.Struct, frozen=True):
    version: int


class TableChanged(msgspec.Struct, frozen=True, rename="camel"):
    """A table as it is now, or was when it was `removed`."""

    table_id: str
    table_number: str
    zone: str
    seats: int
    removed: bool


class RestaurantChanged(msgspec.Struct, frozen=True):
    """What guests may need to know of it; `open` tells whether they may order now."""

    name: str
    language: str
    languages: list[str]
    open: bool


class StaffChanged(msgspec.Struct, frozen=True):
    """`what` is `staff`, `device` or `session`."""

    what: str
    id: str


class StaleDisplay(msgspec.Struct, frozen=True, rename="camel"):
    """`lag` is how many events the display has not shown, `since` how long ago the first was."""

    display_id: str
    name: str
    role: str
    seq: int
    lag: int
    since: datetime


class Reset(msgspec.Struct, frozen=True, rename="camel"):
    restaurant_id: str
    reason: str


class Draining(msgspec.Struct, frozen=True, rename="camel"):
    reconnect_in_ms: int


class Expired(msgspec.Struct, frozen=True, rename="camel"):
    disconnect_in_ms: int


class Detail(msgspec.Struct, frozen=True):
    path: str
    message: str


class Error(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """`details` name the fields that are wrong, or hold what helps to go on."""

    code: Code
    message: str
    details: list[Detail] | Any = None
    retry_after_ms: int | None = None
    error_id: str | None = None


class Failure(msgspec.Struct, frozen=True):
    """`ok` is false."""

    ok: bool
    error: Error


class CommandError(msgspec.Struct, frozen=True, rename="camel"):
    event: str
    command_id: str | None
    error: Error


class Meta(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Where an event stands in the log of its restaurant, and who caused it.

    `change` tells what the event adds to the state it carries, `replay` marks what was missed.
    """

    seq: int
    event_id: str
    restaurant_id: str
    at: datetime
    actor: ActorRef
    change: dict[str, Any] | None = None
    replay: bool = False


class RoomCharged(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """Of an order what `bill:pay` answers: `restaurantId`, `payment`, `jobId`; of an amount the
    line of the folio.
    """

    restaurant_id: str | None = None
    payment: PaymentNews | None = None
    job_id: str | None = None
    charge_id: str | None = None
    booking_id: str | None = None
    reference: str | None = None
    description: str | None = None
    amount: int | None = None
    currency: str | None = None
    status: ChargeStatus | None = None
    error: str | None = None
