"""Receipts and credit notes: what was paid, or given back, frozen as it was at that moment."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from state.domain.bill_lines import BillLine
from state.domain.ids import new_id
from state.domain.legal import Legal
from state.domain.menu import Texts
from state.domain.order import Order
from state.domain.payment import Method, Payment, Refund
from state.domain.restaurant import Restaurant

RECEIPT, CREDIT_NOTE = "R", "C"
TRIAL = "T"  # before the series of what was no real money: that has numbers of its own
SALES, TAX = "sales:", "tax:"


class Line(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A dish, or `shares` `of` so many of it. `amount` is all that was due, with tax and service.

    `discount` is what was taken off it before. `names` are the dish's in all the languages of that
    day's menu.
    """

    name: str
    names: Texts = {}
    quantity: int = 1
    shares: int = 1
    of: int = 1
    amount: int
    discount: int = 0
    tax_rate: int


class TaxSum(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What of the amount was sold at a rate (in basis points), and the tax of that."""

    rate: int
    net: int
    tax: int


class Document(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What is written on a receipt or a credit note; amounts in the minor unit of `currency`.

    `total` = `amount` + `tip`; `amount` is what `taxes`, `service` and `other` add up to. `lines`
    are what was paid for by name, or else, `shared`, all of the bill, of which `amount` is a part.
    `language` is the guest's, `legal_language` the house's. `purpose` says what was paid for where
    that was no bill. `other` was sold without a tax of its own.
    """

    seller: Legal
    restaurant: str
    language: str
    legal_language: str
    timezone: str
    currency: str
    table_number: str = ""
    order_numbers: tuple[int, ...] = ()
    purpose: str = "bill"
    method: Method
    lines: tuple[Line, ...] = ()
    shared: bool = False
    amount: int
    tip: int = 0
    total: int
    service: int = 0
    other: int = 0
    taxes: tuple[TaxSum, ...] = ()
    tendered: int = 0
    reason: str = ""
    sandbox: bool = False


class Receipt(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A receipt, or, with a `refund_id`, a credit note. Postgres gives it its number."""

    id: str
    tenant_id: str
    restaurant_id: str
    series: str
    year: int
    number: int = 0
    payment_id: str
    refund_id: str | None = None
    issued_at: datetime
    document: Document

    @property
    def name(self) -> str:
        """The whole number, as people write it."""
        return f"{self.series}-{self.year}-{self.number:06}"


def of_payment(
    here: Restaurant,
    payment: Payment,
    found: Sequence[BillLine],
    orders: Sequence[Order],
    table_number: str,
) -> Receipt:
    """Return the receipt of a payment that was taken; `found` are the lines of its bill."""
    lines = _lines(payment, found, orders)
    listed = {line.order_number for line in found}
    document = _document(
        here,
        payment,
        payment.breakdown,
        table_number=table_number,
        order_numbers=tuple(sorted(listed)),
        lines=lines,
        shared=sum(line.amount for line in lines) != payment.amount and bool(lines),
        tendered=payment.tendered,
    )
    return _issued(here, payment, RECEIPT, document, payment.settled_at)


def of_refund(here: Restaurant, refund: Refund, payment: Payment, table_number: str) -> Receipt:
    """Return the credit note of a refund that was carried out."""
    document = _document(
        here, payment, refund.breakdown, table_number=table_number, reason=refund.reason
    )
    return _issued(here, payment, CREDIT_NOTE, document, refund.settled_at, refund.id)


def _issued(
    here: Restaurant,
    payment: Payment,
    series: str,
    document: Document,
    at: datetime | None,
    refund_id: str | None = None,
) -> Receipt:
    """The year is that of the date on it, by the clock of the house."""
    assert at is not None, "what is taken, or given back, has been so since some moment"
    return Receipt(
        id=new_id(),
        tenant_id=here.tenant_id,
        restaurant_id=here.id,
        series=TRIAL + series if payment.sandbox else series,
        year=at.astimezone(ZoneInfo(here.timezone)).year,
        payment_id=payment.id,
        refund_id=refund_id,
        issued_at=at,
        document=document,
    )


def _document(here: Restaurant, payment: Payment, parts: dict[str, int], **more: Any) -> Document:
    tip, total = parts.get("tips", 0), sum(parts.values())
    rates = {int(each.rpartition(":")[2]) for each in parts if each.startswith((SALES, TAX))}
    taxes = tuple(
        TaxSum(rate=rate, net=parts.get(f"{SALES}{rate}", 0), tax=parts.get(f"{TAX}{rate}", 0))
        for rate in sorted(rates)
    )
    fields: dict[str, Any] = {
        "seller": here.legal,
        "restaurant": here.name,
        "language": payment.language or here.language,
        "legal_language": here.language,
        "timezone": here.timezone,
        "currency": payment.currency,
        "purpose": payment.purpose,
        "method": payment.method,
        "amount": total - tip,
        "tip": tip,
        "total": total,
        "service": parts.get("service", 0),
        "other": sum(part for each, part in parts.items() if each.startswith("other:")),
        "taxes": taxes,
        "sandbox": payment.sandbox,
    }
    return Document(**fields | more)


def _lines(
    payment: Payment, found: Sequence[BillLine], orders: Sequence[Order]
) -> tuple[Line, ...]:
    names = {item.id: item.names for order in orders for item in order.items}
    here = {line.item_id: line for line in found}
    claimed = [each for each in payment.claims if each.item_id in here]
    if not claimed:
        return tuple(_line(line, names, line.due) for line in found)
    return tuple(
        _line(here[each.item_id], names, each.amount, each.shares, each.of) for each in claimed
    )


def _line(
    line: BillLine, names: dict[str, Texts], amount: int, shares: int = 1, of: int = 1
) -> Line:
    return Line(
        name=line.name,
        names=names.get(line.item_id, {}),
        quantity=line.quantity,
        shares=shares,
        of=of,
        amount=amount,
        discount=line.discount * shares // of,
        tax_rate=line.tax_rate,
    )
