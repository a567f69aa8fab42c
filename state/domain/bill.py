"""A party's bill: what its orders come to, what of it is paid, and who is to pay the rest.

All of it is worked out from the orders, the payments and the few things that people decide on:
a discount, how to split, the tips they mean to give. Amounts are divided by largest remainder, so
that lines and legs always add up.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from state.domain.bill_lines import BillLine, Discount, lines
from state.domain.ids import new_id
from state.domain.order import Order
from state.domain.payment import OPEN, TAKEN, Payment, PaymentNews, PaymentStatus, news
from state.domain.restaurant import Restaurant
from state.domain.split import LegNow, Split, SplitMode, legs
from state.domain.table import TableSession


class Bill(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What people decided about a bill; it is there once somebody has asked for it.

    `service_rate` is the restaurant's when the bill was opened, in basis points. `tips` has what
    each payer means to give.
    """

    id: str
    tenant_id: str
    restaurant_id: str
    session_id: str
    currency: str
    service_rate: int = 0
    discount: Discount | None = None
    split: Split | None = None
    tips: dict[str, int] = {}
    version: int = 1
    opened_at: datetime


class BillNow(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A bill as phones show it.

    total = subtotal - discount + tax (where it is not contained) + service. `paid` is what has come
    in towards it, `pending` what is under way, `outstanding` what nobody pays yet. The open `legs`
    add up to `outstanding`. `tips` have been given, `tipsMeant` are what payers mean to give.
    `overpaid` is what is to be given back, where something was taken off after it was paid.
    """

    id: str
    restaurant_id: str
    session_id: str
    table_id: str
    table_number: str
    currency: str
    version: int
    status: str
    lines: tuple[BillLine, ...]
    subtotal: int
    discount: int
    discount_reason: str
    tax: int
    taxes: dict[str, int]
    service: int
    total: int
    paid: int
    pending: int
    refunded: int
    outstanding: int
    overpaid: int
    tips: int
    tips_meant: dict[str, int]
    split: SplitMode | None
    legs: tuple[LegNow, ...]
    payments: tuple[PaymentNews, ...]


def new_bill(session: TableSession, restaurant: Restaurant, now: datetime) -> Bill:
    return Bill(
        id=new_id(),
        tenant_id=session.tenant_id,
        restaurant_id=session.restaurant_id,
        session_id=session.id,
        currency=restaurant.currency,
        service_rate=restaurant.service_charge,
        opened_at=now,
    )


def lines_of(bill: Bill, orders: Sequence[Order], payments: Sequence[Payment]) -> list[BillLine]:
    """Return the lines of a bill."""
    return lines(orders, payments, bill.discount, bill.service_rate)


def show(
    bill: Bill, seat: tuple[str, str], orders: Sequence[Order], payments: Sequence[Payment]
) -> BillNow:
    """Return a bill as it stands; `seat` is the id and the number of its table."""
    found = lines_of(bill, orders, payments)
    total = sum(line.due for line in found)
    paid = _sum(payments, TAKEN)
    pending = _sum(payments, OPEN)
    refunded = sum(p.refunded for p in payments)
    outstanding = max(0, total - paid - pending)
    taxes: dict[str, int] = {}
    for line in found:
        taxes[str(line.tax_rate)] = taxes.get(str(line.tax_rate), 0) + line.tax
    tips = sum(p.tip for p in payments if p.status in TAKEN)
    return BillNow(
        id=bill.id,
        restaurant_id=bill.restaurant_id,
        session_id=bill.session_id,
        table_id=seat[0],
        table_number=seat[1],
        currency=bill.currency,
        version=bill.version,
        status=_status(total, payments),
        lines=tuple(found),
        subtotal=sum(line.amount for line in found),
        discount=sum(line.discount for line in found),
        discount_reason=bill.discount.reason if bill.discount else "",
        tax=sum(taxes.values()),
        taxes=taxes,
        service=sum(line.service for line in found),
        total=total,
        paid=paid,
        pending=pending,
        refunded=refunded,
        outstanding=outstanding,
        overpaid=max(0, paid - refunded - total),
        tips=tips,
        tips_meant=bill.tips,
        split=bill.split.mode if bill.split else None,
        legs=tuple(legs(bill.split, found, payments, outstanding)),
        payments=tuple(news(p) for p in payments),
    )


def _sum(payments: Iterable[Payment], kind: set[PaymentStatus]) -> int:
    return sum(p.amount for p in payments if p.status in kind)


def _status(total: int, payments: Sequence[Payment]) -> str:
    paid = _sum(payments, TAKEN)
    refunded = sum(p.refunded for p in payments)
    aside = _sum(payments, {PaymentStatus.AUTHORIZED})
    words: list[tuple[Any, str]] = [
        (refunded and refunded >= paid, "REFUNDED"),
        (refunded, "PARTIALLY_REFUNDED"),
        (paid and paid >= total, "PAID"),
        (aside and paid + aside >= total, "AUTHORIZED"),
        (paid, "PARTIALLY_PAID"),
        (_sum(payments, OPEN), "PENDING"),
    ]
    return next((word for true, word in words if true), "UNPAID")
