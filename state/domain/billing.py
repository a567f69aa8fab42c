"""What restaurants pay for the hub: a plan by the month, an invoice for each, reminders if need be.

A month is billed when it is over, at the price of the plan that the restaurant has then; of its
first and last month it pays the days.
"""

from calendar import monthrange
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from state.domain.errors import Code, Refusal
from state.domain.ids import new_id
from state.domain.legal import Legal
from state.domain.money import TaxMode, allocate, tax_of
from state.domain.restaurant import Restaurant

SERIES = "H"
REMINDERS = 3  # then a person has to speak to a person
BETWEEN_REMINDERS = timedelta(days=7)


class DebtStatus(StrEnum):
    OPEN = "OPEN"
    OVERDUE = "OVERDUE"
    PAID = "PAID"


class Operator(msgspec.Struct, frozen=True, kw_only=True):
    """Who runs the hub, and sells it: `pay_to` says where the money goes, as words."""

    legal: Legal
    language: str
    timezone: str
    pay_to: str
    due_days: int


class Tariff(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`price` is for a month, without tax, in the minor unit; `tax_rate` in basis points."""

    code: str
    currency: str
    name: str
    price: int
    tax_rate: int


class Subscription(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A restaurant's plan. `email` gets the invoices; `billed_until` is the first day not billed.

    `ends_on` is the last day.
    """

    restaurant_id: str
    tenant_id: str
    tariff: str
    currency: str
    email: str
    since: date
    ends_on: date | None = None
    billed_until: date


class InvoiceDocument(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What is written on an invoice: for `days` of the `whole` month. `total` = `net` + `tax`."""

    seller: Legal
    pay_to: str
    buyer: Legal
    restaurant: str
    language: str
    legal_language: str
    timezone: str
    tariff: str
    since: date
    until: date
    days: int
    whole: int
    currency: str
    net: int
    tax_rate: int
    tax: int
    total: int
    due_on: date


class HubInvoice(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Postgres gives it its number, in one series for all restaurants."""

    id: str
    tenant_id: str
    restaurant_id: str
    year: int
    number: int = 0
    month: date
    issued_at: datetime
    document: InvoiceDocument

    @property
    def name(self) -> str:
        return f"{SERIES}-{self.year}-{self.number:06}"


class Debt(msgspec.Struct, frozen=True, kw_only=True):
    """How it stands with an invoice: the next reminder is due on `remind_on`."""

    invoice_id: str
    restaurant_id: str
    status: DebtStatus = DebtStatus.OPEN
    due_on: date
    paid_on: date | None = None
    reminders: int = 0
    remind_on: date | None


class Span(NamedTuple):
    """The days of a month that are to be billed, both included."""

    since: date
    until: date

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    @property
    def whole(self) -> int:
        return monthrange(self.since.year, self.since.month)[1]


class InvoiceNews(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """That there is an invoice, or that it stands otherwise; what it comes to is for managers."""

    invoice_id: str
    number: str
    month: date
    status: DebtStatus
    reminders: int


def due(plan: Subscription, today: date) -> Span | None:
    """Return the earliest month, or part of one, that is over and not billed."""
    since = plan.billed_until
    last = since.replace(day=monthrange(since.year, since.month)[1])
    if plan.ends_on is not None:
        if plan.ends_on < since:
            return None
        last = min(last, plan.ends_on)
    return Span(since, last) if last < today else None


def invoice(
    plan: Subscription,
    tariff: Tariff,
    span: Span,
    here: Restaurant,
    operator: Operator,
    now: datetime,
    today: date,
) -> tuple[HubInvoice, Debt]:
    """Return the invoice for a span, and that it is to be paid."""
    net, _ = allocate(tariff.price, [span.days, span.whole - span.days])
    tax = tax_of(net, tariff.tax_rate, TaxMode.EXCLUSIVE)
    due_on = today + timedelta(days=operator.due_days)
    document = InvoiceDocument(
        seller=operator.legal,
        pay_to=operator.pay_to,
        buyer=here.legal,
        restaurant=here.name,
        language=here.language,
        legal_language=operator.language,
        timezone=operator.timezone,
        tariff=tariff.name,
        since=span.since,
        until=span.until,
        days=span.days,
        whole=span.whole,
        currency=tariff.currency,
        net=net,
        tax_rate=tariff.tax_rate,
        tax=tax,
        total=net + tax,
        due_on=due_on,
    )
    made = HubInvoice(
        id=new_id(),
        tenant_id=plan.tenant_id,
        restaurant_id=plan.restaurant_id,
        year=today.year,
        month=span.since.replace(day=1),
        issued_at=now,
        document=document,
    )
    debt = Debt(
        invoice_id=made.id,
        restaurant_id=made.restaurant_id,
        due_on=due_on,
        remind_on=due_on + timedelta(days=1),
    )
    # What comes to nothing is owed by nobody.
    return made, debt if document.total else paid(debt, today)


def follow(before: Subscription, plan: Subscription) -> Subscription:
    """Return a plan that takes another's place: what is billed stays billed, and no day is twice.

    Raises CONFLICT where the earlier one has ended, and its last days are not billed yet.
    """
    if before.ends_on is None or before.ends_on >= plan.since:
        return replace(plan, since=before.since, billed_until=before.billed_until)
    if before.billed_until <= before.ends_on:
        raise Refusal(Code.CONFLICT, "the plan of before is not billed to its end yet: wait for it")
    return plan


def billed(plan: Subscription, span: Span) -> Subscription:
    return replace(plan, billed_until=span.until + timedelta(days=1))


def remind(debt: Debt, today: date) -> Debt:
    """Return a debt that is overdue, and of which somebody is reminded now."""
    count = debt.reminders + 1
    again = today + BETWEEN_REMINDERS if count < REMINDERS else None
    return replace(debt, status=DebtStatus.OVERDUE, reminders=count, remind_on=again)


def paid(debt: Debt, on: date) -> Debt:
    return replace(debt, status=DebtStatus.PAID, paid_on=on, remind_on=None)


def news(made: HubInvoice, debt: Debt) -> InvoiceNews:
    return InvoiceNews(
        invoice_id=made.id,
        number=made.name,
        month=made.month,
        status=debt.status,
        reminders=debt.reminders,
    )
