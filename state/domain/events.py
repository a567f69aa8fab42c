"""What has happened: the entries of a restaurant's log, and which change makes which of them."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from state.domain.actor import ActorRef
from state.domain.alert import Alert
from state.domain.bill import BillNow
from state.domain.billing import InvoiceNews
from state.domain.cart import Cart
from state.domain.dispute import Dispute
from state.domain.drawer import Drawer
from state.domain.esim import Esim
from state.domain.job import Job, JobNews, JobStatus, news
from state.domain.menu import Availability
from state.domain.order import Order, Status
from state.domain.payment import Payment, PaymentNews
from state.domain.payment import news as payment_news
from state.domain.service import ServiceRequest
from state.domain.table import Table, TableSession
from state.domain.talk import Message


class Name(StrEnum):
    """Events of the log, by the names clients know (PROTOCOL 3)."""

    ORDER_NEW = "order:new"
    ORDER_CONFIRMED = "order:confirmed"
    ORDER_STATUS = "order:statusChanged"
    ORDER_ITEM = "order:itemChanged"
    ORDER_READY = "order:ready"
    ORDER_CANCELLED = "order:cancelled"
    ORDER_PRIORITY = "order:priority"
    ORDER_TRANSFERRED = "order:transferred"
    ORDER_TRANSLATED = "order:noteTranslated"
    CART = "cart:changed"
    TABLE_STATUS = "table:statusChanged"
    MENU_AVAILABILITY = "menu:availability"
    MENU_CHANGED = "menu:changed"
    TABLE_CHANGED = "table:changed"
    RESTAURANT_CHANGED = "restaurant:changed"
    STAFF_CHANGED = "staff:changed"
    SERVICE_REQUESTED = "service:requested"
    SERVICE_CHANGED = "service:changed"
    SERVICE_ESCALATED = "service:escalated"
    ALERT_RAISED = "alert:raised"
    ALERT_ESCALATED = "alert:escalated"
    ALERT_RESOLVED = "alert:resolved"
    DISPLAY_STALE = "display:stale"
    JOB_PROGRESS = "job:progress"
    JOB_COMPLETED = "job:completed"
    JOB_FAILED = "job:failed"
    TRANSLATE_MESSAGE = "translate:message"
    ESIM_LOW = "esim:lowData"
    HOTEL_BOOKING = "hotel:bookingChanged"
    HOTEL_DOOR = "hotel:doorCode"
    HOTEL_FOLIO = "hotel:folioChanged"
    ORDER_PLACED = "order:placed"
    ORDER_PAYMENT = "order:paymentChanged"
    BILL = "bill:changed"
    PAYMENT = "payment:statusChanged"
    DRAWER = "drawer:changed"
    BILLING_CREATED = "billing.invoice.created"
    BILLING_CHANGED = "billing.invoice.changed"
    DISPUTE = "dispute:changed"


class About(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """What decides who hears of an event. Lists hold more than one only where something moved.

    `owner` is the one actor whom it concerns. `change` is what the event itself adds to the state
    it carries; clients find it in `meta`.
    """

    order: str = ""
    sessions: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    stations: tuple[str, ...] = ()
    level: int = 0
    owner: str = ""
    change: dict[str, Any] = {}


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An event before the log has given it a place. `subject` is what clients get as `data`."""

    name: Name
    about: About
    subject: (
        Order
        | Cart
        | Alert
        | ServiceRequest
        | Availability
        | JobNews
        | Message
        | BillNow
        | PaymentNews
        | Drawer
        | InvoiceNews
        | Dispute
        | dict[str, Any]
    )


class Event(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One entry of the log. `trace` follows the command that caused it through all processes."""

    seq: int
    event_id: str
    restaurant_id: str
    name: str
    at: datetime
    actor: ActorRef
    trace: str
    about: About
    data: msgspec.Raw


def of_order(before: Order | None, after: Order) -> Iterator[Draft]:
    """Yield what a change of an order means to those who watch it, most general first."""
    if before is None:
        yield _order(Name.ORDER_PLACED if after.awaiting_payment else Name.ORDER_NEW, after)
        return
    if after.table_id != before.table_id:
        yield _transferred(before, after)
    if after.confirmed_at and not before.confirmed_at:
        yield _order(Name.ORDER_CONFIRMED, after)
    changed = [new.id for new, old in zip(after.items, before.items, strict=True) if new != old]
    if changed:
        yield _order(Name.ORDER_ITEM, after, changedItems=changed)
    if after.priority != before.priority:
        yield _order(Name.ORDER_PRIORITY, after)
    if after.status != before.status:
        yield _order(Name.ORDER_STATUS, after, previousStatus=before.status)
        if after.status in ANNOUNCED:
            yield _order(ANNOUNCED[after.status], after)


ANNOUNCED = {Status.READY: Name.ORDER_READY, Status.CANCELLED: Name.ORDER_CANCELLED}


def of_settling(before: Order, after: Order) -> Iterator[Draft]:
    """Yield what it means to those who watch an order that somebody has paid for it, or no longer.

    The kitchen hears of one that waited for this as of any new one.
    """
    if before.awaiting_payment and not after.awaiting_payment:
        yield _order(Name.ORDER_NEW, after)
    elif after.payment_status != before.payment_status:
        yield _order(Name.ORDER_PAYMENT, after)
    if after.status is Status.COMPLETED and before.status is not Status.COMPLETED:
        yield _order(Name.ORDER_STATUS, after, previousStatus=before.status)


def of_bill(bill: BillNow) -> Draft:
    about = About(sessions=(bill.session_id,), tables=(bill.table_id,) if bill.table_id else ())
    return Draft(name=Name.BILL, about=about, subject=bill)


def of_payment(payment: Payment) -> Draft:
    """Who pays for something else than a bill hears of it alone."""
    about = About(
        sessions=(payment.session_id,) if payment.session_id else (),
        tables=(payment.table_id,) if payment.table_id else (),
        owner=payment.payer if payment.session_id is None else "",
    )
    return Draft(name=Name.PAYMENT, about=about, subject=payment_news(payment))


def of_drawer(drawer: Drawer) -> Draft:
    return Draft(name=Name.DRAWER, about=About(owner=drawer.staff_id), subject=drawer)


def of_billing(name: Name, invoice: InvoiceNews) -> Draft:
    """The hub's own invoice to the restaurant, for those who see to such things."""
    return Draft(name=name, about=About(), subject=invoice)


def of_dispute(dispute: Dispute) -> Draft:
    return Draft(name=Name.DISPUTE, about=About(), subject=dispute)


def of_cart(before: TableSession, after: TableSession, cart: Cart) -> Draft:
    """Its waiters hear when a party begins to choose, and when nothing is left in its cart."""
    begun_or_over = bool(before.cart) != bool(after.cart)
    about = _at(after) if begun_or_over else About(sessions=(after.id,))
    return Draft(name=Name.CART, about=about, subject=cart)


def of_table(session: TableSession, status: str, settled: Mapping[str, int] | None = None) -> Draft:
    """`status` is SEATED when a party sits down, FREE when its session is closed.

    SEATED tells since when the party is here, whether it has begun to choose, and what it has had
    and paid, by order: it may come from a table that others look after. CLEARED follows FREE once
    the table is ready for the next party; MOVED tells of the table that a party has left for
    another, where it is SEATED then.
    """
    subject: dict[str, Any] = {
        "tableId": session.table_id,
        "tableNumber": session.table_number,
        "sessionId": session.id,
        "status": status,
    }
    if status == "SEATED":
        subject |= {
            "seatedAt": session.opened_at,
            "ordering": bool(session.cart),
            "settled": dict(settled or {}),
        }
    return Draft(name=Name.TABLE_STATUS, about=_at(session), subject=subject)


def of_move(left: Table, session: TableSession, settled: Mapping[str, int]) -> list[Draft]:
    """Tell waiters and party where it sits now, and then the waiters which table it has left."""
    subject = {
        "tableId": left.id,
        "tableNumber": left.number,
        "sessionId": session.id,
        "status": "MOVED",
    }
    moved = Draft(name=Name.TABLE_STATUS, about=About(tables=(left.id,)), subject=subject)
    return [of_table(session, "SEATED", settled), moved]


def of_availability(dish: Availability) -> Draft:
    return Draft(name=Name.MENU_AVAILABILITY, about=About(), subject=dish)


def of_menu(version: int) -> Draft:
    """The menu has another version: whoever shows it reads it anew."""
    return Draft(name=Name.MENU_CHANGED, about=About(), subject={"version": version})


def of_notes(order: Order) -> Draft:
    """An order's notes can be read in another language too."""
    return _order(Name.ORDER_TRANSLATED, order)


def of_message(message: Message) -> Draft:
    return Draft(
        name=Name.TRANSLATE_MESSAGE,
        about=About(sessions=(message.session_id,)),
        subject=message,
    )


def of_house(name: Name, subject: dict[str, Any], tables: tuple[str, ...] = ()) -> Draft:
    """What the restaurant itself is has changed: its tables, hours, people."""
    return Draft(name=name, about=About(tables=tables), subject=subject)


def of_service(name: Name, request: ServiceRequest, before: ServiceRequest | None = None) -> Draft:
    """`before` is given where the party moved: the waiters of its old table hear of it too."""
    about = About(
        sessions=(request.session_id,), tables=_tables(before, request), level=request.level
    )
    return Draft(name=name, about=about, subject=request)


def of_esim(esim: Esim) -> Draft:
    """An eSIM runs low, and its owner is told: how much of it is used, in per cent."""
    subject = {
        "esimId": esim.id,
        "iccid": esim.sim.iccid,
        "title": esim.package.title,
        "used": esim.noticed,
        "usage": esim.usage,
        "sandbox": esim.package.sandbox,
    }
    return Draft(name=Name.ESIM_LOW, about=About(owner=esim.owner), subject=subject)


def of_job(job: Job) -> Iterator[Draft]:
    """Yield what a job's owner hears of it, if it has one."""
    if job.owner:
        name = JOB_EVENTS.get(job.status, Name.JOB_PROGRESS)
        yield Draft(name=name, about=About(owner=job.owner), subject=news(job))


JOB_EVENTS = {
    JobStatus.COMPLETED: Name.JOB_COMPLETED,
    JobStatus.FAILED: Name.JOB_FAILED,
    JobStatus.CANCELLED: Name.JOB_FAILED,
}


def of_hotel(name: Name, owner: str, subject: dict[str, Any]) -> Draft:
    """What becomes of a hotel booking is told to whoever made it, and to nobody else."""
    return Draft(name=name, about=About(owner=owner), subject=subject)


def of_alert(name: Name, alert: Alert, before: Alert | None = None) -> Draft:
    """`before` is given where the alert moved: the waiters of its old table hear of it too."""
    about = About(order=alert.order_id, tables=_tables(before, alert), level=alert.level)
    return Draft(name=name, about=about, subject=alert)


def _order(name: Name, order: Order, **change: Any) -> Draft:
    return Draft(name=name, about=_about(order, change), subject=order)


def _transferred(before: Order, after: Order) -> Draft:
    change = {"fromTableId": before.table_id, "fromTableNumber": before.table_number}
    about = msgspec.structs.replace(
        _about(after, change),
        tables=(before.table_id, after.table_id),
        sessions=tuple(dict.fromkeys((before.session_id, after.session_id))),
    )
    return Draft(name=Name.ORDER_TRANSFERRED, about=about, subject=after)


def _about(order: Order, change: dict[str, Any]) -> About:
    return About(
        order=order.id,
        sessions=(order.session_id,),
        tables=(order.table_id,),
        stations=tuple(dict.fromkeys(item.station for item in order.items)),
        change=change,
    )


def _tables(
    before: Alert | ServiceRequest | None, after: Alert | ServiceRequest
) -> tuple[str, ...]:
    return (after.table_id,) if before is None else (before.table_id, after.table_id)


def _at(session: TableSession) -> About:
    return About(sessions=(session.id,), tables=(session.table_id,))
