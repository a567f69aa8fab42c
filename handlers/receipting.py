"""Receipts are issued where money is taken or given back, with it, whoever decided on that."""

from msgspec.structs import replace

from state.domain import receipt
from state.domain.bill import Bill, lines_of
from state.domain.change import Change
from state.domain.facts import Facts
from state.domain.payment import TAKEN, Payment, Refund, RefundStatus
from state.domain.receipt import Receipt


def issued(facts: Facts, change: Change) -> Change:
    """Return a change with the receipts of what it takes, and of what it gives back."""
    taken = [each for each in (*change.new_payments, *change.payments) if _is_new(facts, each)]
    back = [each for each in (*change.new_refunds, *change.refunds) if _is_back(facts, each)]
    if not taken and not back:
        return change
    made = [_of_payment(facts, change, each) for each in taken]
    made += [_of_refund(facts, change, each) for each in back]
    return replace(change, new_receipts=made)


def _is_new(facts: Facts, payment: Payment) -> bool:
    before = facts.payments.get(payment.id)
    return payment.status in TAKEN and (before is None or before.status not in TAKEN)


def _is_back(facts: Facts, refund: Refund) -> bool:
    before = facts.refunds.get(refund.id)
    done = RefundStatus.SUCCEEDED
    return refund.status is done and (before is None or before.status is not done)


def _of_payment(facts: Facts, change: Change, payment: Payment) -> Receipt:
    here = facts.restaurant(payment.restaurant_id)
    held = _bill(facts, change, payment)
    if held is None:
        return receipt.of_payment(here, payment, (), (), "")
    orders = facts.orders_of(held.session_id)
    found = lines_of(held, orders, facts.payments_of(held.session_id))
    return receipt.of_payment(here, payment, found, orders, _seat(facts, payment))


def _of_refund(facts: Facts, change: Change, refund: Refund) -> Receipt:
    known = facts.payments | {p.id: p for p in (*change.new_payments, *change.payments)}
    payment = known[refund.payment_id]
    here = facts.restaurant(payment.restaurant_id)
    return receipt.of_refund(here, refund, payment, _seat(facts, payment))


def _bill(facts: Facts, change: Change, payment: Payment) -> Bill | None:
    """Return the bill that was paid, be it begun just now or not."""
    if payment.session_id is None:
        return None
    fresh = (each for each in change.new_bills if each.session_id == payment.session_id)
    return next(fresh, None) or facts.bill_of(payment.session_id)


def _seat(facts: Facts, payment: Payment) -> str:
    session = facts.sessions.get(payment.session_id or "")
    if session is not None:
        return session.table_number
    orders = facts.orders_of(payment.session_id or "")
    return orders[-1].table_number if orders else ""
