"""What follows for orders and bills from whatever was ordered, taken off or paid.

Orders say how they are paid, those that wait for it go to the kitchen, what is brought and paid
is completed, and everybody at the table sees the bill as it is. No payment moves a dish otherwise.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec.structs import replace

from handlers.deps import Deps
from state.domain import bill as bills
from state.domain import events, service, settlement
from state.domain.bill import Bill, BillNow
from state.domain.bill_lines import BillLine
from state.domain.change import Change
from state.domain.events import Name
from state.domain.facts import Facts
from state.domain.job import Job, new_job
from state.domain.order import CLOSED, Order, Status
from state.domain.paid import settle_up
from state.domain.payment import Payment, PaymentStatus, call_off
from state.domain.service import ServiceRequest

DONE = {*CLOSED, Status.DELIVERED}


def follow(facts: Facts, change: Change, deps: Deps) -> Change:
    """Return a change with all that follows from it for the bills it touches."""
    for session_id in _touched(change):
        known = {b.session_id: b for b in (*change.new_bills, *change.bills)}
        held = known.get(session_id) or facts.bill_of(session_id)
        if held is not None:
            change = _followed(facts, change, held, deps)
    return change


def show(facts: Facts, held: Bill) -> BillNow:
    """Return a bill as it stands."""
    return picture(facts, held, facts.payments_of(held.session_id))


def picture(facts: Facts, held: Bill, payments: Sequence[Payment]) -> BillNow:
    """Return a bill as it would be with these payments."""
    orders = facts.orders_of(held.session_id)
    return bills.show(held, _seat(facts, held.session_id, orders), orders, payments)


def _touched(change: Change) -> list[str]:
    """Return the sessions whose bills a change may touch."""
    found = [order.session_id for order in change.new_orders]
    found += [order.session_id for pair in change.orders for order in pair]
    found += [bill.session_id for bill in (*change.new_bills, *change.bills)]
    paid = (*change.new_payments, *change.payments)
    found += [each.session_id for each in paid if each.session_id is not None]
    found += [session.id for session in change.sessions if session.closed_at is None]
    return list(dict.fromkeys(found))


def _followed(facts: Facts, change: Change, held: Bill, deps: Deps) -> Change:
    orders = _orders(facts, change, held.session_id)
    payments = _payments(facts, change, held.session_id)
    found = bills.lines_of(held, orders, payments)
    statuses = settlement.settled(orders, found, payments)
    after = [settle_up(order, statuses[order.id], deps.now()) for order in orders]
    pairs = [(old, new) for old, new in zip(orders, after, strict=True) if old is not new]
    change = _with_orders(change, pairs)
    ripe = _ripe(after, found, payments)
    change = replace(
        change,
        payments=_replaced(change.payments, [payment for payment, _ in ripe]),
        new_jobs=[*change.new_jobs, *(_capture(held, *each, deps.now()) for each in ripe)],
    )
    later = _payments(facts, change, held.session_id)
    return _told(facts, change, held, after, later, deps.now())


def _told(
    facts: Facts,
    change: Change,
    held: Bill,
    orders: Sequence[Order],
    payments: Sequence[Payment],
    now: datetime,
) -> Change:
    """Add the bill's next version to a change, and the event that tells of it."""
    fresh = [bill for bill in change.new_bills if bill.id != held.id]
    is_new = len(fresh) < len(change.new_bills)
    later = held if is_new else replace(held, version=held.version + 1)
    seat = next(
        ((s.table_id, s.table_number) for s in change.sessions if s.id == held.session_id),
        _seat(facts, held.session_id, orders),
    )
    shown = bills.show(later, seat, orders, payments)
    answered = _answered(facts, change, shown, now)
    others = [bill for bill in change.bills if bill.id != held.id]
    return replace(
        change,
        bills=others if is_new else [*others, later],
        services=[*change.services, *answered],
        drafts=[
            *change.drafts,
            events.of_bill(shown),
            *(events.of_service(Name.SERVICE_CHANGED, call) for call in answered),
        ],
        answer=shown if isinstance(change.answer, BillNow) else change.answer,
    )


def _answered(facts: Facts, change: Change, shown: BillNow, now: datetime) -> list[ServiceRequest]:
    """Return a party's calls for the bill, done, where this change has paid the last of it.

    Who calls for it afterwards wants it on paper, and somebody comes.
    """
    paid = any(p.session_id == shown.session_id for p in (*change.new_payments, *change.payments))
    if not paid or shown.outstanding or shown.pending or not shown.paid:
        return []
    calls = facts.calls_of(shown.session_id)
    return [service.settle(call, now) for call in calls if call.kind == "bill"]


def _orders(facts: Facts, change: Change, session_id: str) -> list[Order]:
    """Return a session's orders as the change leaves them."""
    changed = {after.id: after for _, after in change.orders}
    known = [changed.get(order.id, order) for order in facts.orders.values()]
    known += [order for order in change.new_orders if order.id not in facts.orders]
    mine = [order for order in known if order.session_id == session_id]
    return sorted(mine, key=lambda order: (order.created_at, order.id))


def _payments(facts: Facts, change: Change, session_id: str) -> list[Payment]:
    known = facts.payments | {p.id: p for p in (*change.new_payments, *change.payments)}
    mine = [payment for payment in known.values() if payment.session_id == session_id]
    return sorted(mine, key=lambda payment: (payment.created_at, payment.id))


def _with_orders(change: Change, pairs: Sequence[tuple[Order, Order]]) -> Change:
    """Let orders be as they are after having been paid for, and tell of each what is new."""
    later = {old.id: new for old, new in pairs}
    new = {order.id for order in change.new_orders}
    known = {after.id for _, after in change.orders}
    told = [draft for old, after in pairs for draft in events.of_settling(old, after)]
    return replace(
        change,
        new_orders=[later.get(order.id, order) for order in change.new_orders],
        orders=[
            *((before, later.get(after.id, after)) for before, after in change.orders),
            *((old, after) for old, after in pairs if old.id not in new | known),
        ],
        drafts=[*change.drafts, *told],
        answer=later.get(change.answer.id, change.answer)
        if isinstance(change.answer, Order)
        else change.answer,
    )


def _ripe(
    orders: Sequence[Order], found: Sequence[BillLine], payments: Iterable[Payment]
) -> list[tuple[Payment, int]]:
    """Return what was set aside for dishes that are all brought by now, and how much to take."""
    return [
        (call_off(payment), settlement.to_capture(payment, found))
        for payment in payments
        if payment.status is PaymentStatus.AUTHORIZED
        and not payment.closing
        and all(order.status in DONE for order in orders if settlement.covers(payment, order))
    ]


def _capture(held: Bill, payment: Payment, amount: int, now: datetime) -> Job:
    payload = {"paymentId": payment.id, "sessionId": held.session_id, "amount": amount}
    kind = "payment.capture" if amount else "payment.cancel"
    return new_job(held.tenant_id, held.restaurant_id, kind, payload, now, stoppable=False)


def _replaced(some: Sequence[Payment], later: Sequence[Payment]) -> list[Payment]:
    ids = {payment.id for payment in later}
    return [*(payment for payment in some if payment.id not in ids), *later]


def _seat(facts: Facts, session_id: str, orders: Sequence[Order]) -> tuple[str, str]:
    session = facts.sessions.get(session_id)
    if session is not None:
        return session.table_id, session.table_number
    return (orders[-1].table_id, orders[-1].table_number) if orders else ("", "")
