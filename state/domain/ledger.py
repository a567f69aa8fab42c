"""The ledger: every movement of money has two sides and comes to nothing (double entry).

Debits are positive, credits negative. Money that came in stands on the account of its method,
against what it was paid for: `sales:1900` and `tax:1900` by rate, `service`, `tips`.
"""

from collections.abc import Mapping
from datetime import date, datetime

import msgspec

from state.domain.ids import new_id
from state.domain.payment import Method, Payment, Refund

SAFE = "safe"  # where a drawer's float comes from, and what was counted goes to
DIFFERENCE = "cash:difference"  # what a drawer had too much, or too little
TIPS = "tips"
OTHER = "other"  # what was sold for another service, by its purpose


class Entry(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One side of a movement. Entries are never changed: what was wrong is moved back."""

    id: str
    tenant_id: str
    restaurant_id: str
    movement_id: str
    account: str
    amount: int
    currency: str
    business_day: date
    at: datetime
    payment_id: str | None = None
    refund_id: str | None = None
    drawer_id: str | None = None
    dispute_id: str | None = None
    actor_id: str = ""
    memo: str = ""


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """What all entries made in one moment share."""

    tenant_id: str
    restaurant_id: str
    currency: str
    business_day: date
    at: datetime
    actor_id: str


def of_payment(book: Book, payment: Payment) -> list[Entry]:
    """Return the movement of a payment that was taken."""
    sides = {account_of(payment.method): payment.total}
    sides |= {account: -part for account, part in payment.breakdown.items()}
    return movement(book, sides, payment_id=payment.id, drawer_id=payment.drawer_id)


def of_refund(book: Book, refund: Refund, payment: Payment, drawer_id: str | None) -> list[Entry]:
    """Return the movement of a refund that was carried out."""
    method = payment.method if drawer_id is None else Method.CASH
    sides = {account_of(method): -refund.amount, **refund.breakdown}
    return movement(
        book,
        sides,
        payment_id=payment.id,
        refund_id=refund.id,
        drawer_id=drawer_id,
        memo=refund.reason,
    )


def account_of(method: Method) -> str:
    """Return the account on which money of a method stands."""
    return "cash" if method is Method.CASH else f"method:{method}"


def movement(
    book: Book,
    sides: Mapping[str, int],
    *,
    payment_id: str | None = None,
    refund_id: str | None = None,
    drawer_id: str | None = None,
    dispute_id: str | None = None,
    memo: str = "",
) -> list[Entry]:
    """Return the entries of a movement, by account; it must come to nothing."""
    assert not sum(sides.values()), f"a movement that does not add up: {sides}"
    movement_id = new_id()
    return [
        Entry(
            id=new_id(),
            tenant_id=book.tenant_id,
            restaurant_id=book.restaurant_id,
            movement_id=movement_id,
            account=account,
            amount=amount,
            currency=book.currency,
            business_day=book.business_day,
            at=book.at,
            payment_id=payment_id,
            refund_id=refund_id,
            drawer_id=drawer_id,
            dispute_id=dispute_id,
            actor_id=book.actor_id,
            memo=memo,
        )
        for account, amount in sides.items()
        if amount
    ]
