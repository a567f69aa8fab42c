"""Payments and refunds: what was asked of whom, by which method, and what became of it.

A payment never touches a dish; what it means to the orders of its bill is derived from it.
"""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from state.domain.errors import Code, Refusal, illegal, invalid
from state.domain.ids import new_id
from state.domain.money import allocate

LOCK = timedelta(seconds=90)  # for so long nobody else may pay what somebody is paying


class Method(StrEnum):
    CARD = "CARD"
    APPLE_PAY = "APPLE_PAY"
    GOOGLE_PAY = "GOOGLE_PAY"
    TON_WALLET = "TON_WALLET"
    CASH = "CASH"
    ROOM_CHARGE = "ROOM_CHARGE"


class PaymentStatus(StrEnum):
    """AUTHORIZED: the money is set aside and not yet taken. FAILED: none was taken."""

    PENDING = "PENDING"
    AUTHORIZED = "AUTHORIZED"
    PAID = "PAID"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"
    FAILED = "FAILED"


class RefundStatus(StrEnum):
    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


# Those by which money has come in.
TAKEN = {PaymentStatus.PAID, PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.REFUNDED}
# Those that may still come to something, and keep others from paying the same.
LIVE = {*TAKEN, PaymentStatus.PENDING, PaymentStatus.AUTHORIZED}
OPEN = {PaymentStatus.PENDING, PaymentStatus.AUTHORIZED}
BY_STRIPE = {Method.CARD, Method.APPLE_PAY, Method.GOOGLE_PAY}
# Nothing here could send a coin: what was paid in TON goes back out of a drawer.
BACK_IN_CASH = {Method.CASH, Method.TON_WALLET}


class Claim(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The part of a bill's line that a payment is for: `shares` `of` so many, and what it comes to.

    `amount` is the client's business nowhere: it is filled in here.
    """

    item_id: str
    shares: int = 1
    of: int = 1
    amount: int = 0


class Payment(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What somebody pays: `amount` towards what it is for, and a `tip` on top.

    `purpose` and `reference` say what it is for: a bill's session, or another service's order.
    `breakdown` has what it consists of, by account of the ledger, once it is taken. `language` is
    its payer's, empty where a waiter began it. `manual`: the
    money is set aside first and taken when the food is there. `closing`: it is being called off.
    `providerRef` is what the company calls it. `sandbox`: it is not about real money.
    """

    id: str
    tenant_id: str
    restaurant_id: str
    session_id: str | None
    table_id: str | None = None
    purpose: str = "bill"
    reference: str
    method: Method
    status: PaymentStatus = PaymentStatus.PENDING
    currency: str
    amount: int
    tip: int = 0
    refunded: int = 0
    claims: tuple[Claim, ...] = ()
    leg: str = ""
    payer: str
    payer_name: str = ""
    language: str = ""
    provider_ref: str = ""
    manual: bool = False
    closing: bool = False
    sandbox: bool = False
    tendered: int = 0
    drawer_id: str | None = None
    breakdown: dict[str, int] = {}
    failure: str = ""
    version: int = 1
    created_at: datetime
    locked_until: datetime
    looked_at: datetime | None = None
    settled_at: datetime | None = None

    @property
    def total(self) -> int:
        return self.amount + self.tip


class Refund(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Money that goes back, with who allowed it and why."""

    id: str
    tenant_id: str
    restaurant_id: str
    payment_id: str
    session_id: str | None
    status: RefundStatus = RefundStatus.PENDING
    currency: str
    amount: int
    reason: str
    approved_by: str
    approved_by_name: str = ""
    provider_ref: str = ""
    breakdown: dict[str, int] = {}
    failure: str = ""
    created_at: datetime
    settled_at: datetime | None = None


class PaymentNews(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A payment as those at the table and its waiters see it."""

    id: str
    session_id: str | None
    table_id: str | None
    purpose: str
    reference: str
    method: Method
    status: PaymentStatus
    currency: str
    amount: int
    tip: int
    refunded: int
    claims: tuple[Claim, ...]
    leg: str
    payer: str
    payer_name: str
    closing: bool
    sandbox: bool
    failure: str
    tendered: int
    change: int
    created_at: datetime
    locked_until: datetime
    settled_at: datetime | None


def news(payment: Payment) -> PaymentNews:
    fields = {
        name: getattr(payment, name) for name in PaymentNews.__struct_fields__ if name != "change"
    }
    return PaymentNews(**fields, change=max(0, payment.tendered - payment.total))


def authorize(payment: Payment, ref: str, now: datetime) -> Payment:
    """Return a payment whose money is set aside; who called it off was too late."""
    return _moved(payment, PaymentStatus.AUTHORIZED, provider_ref=ref, looked_at=now, closing=False)


def take(payment: Payment, breakdown: dict[str, int], now: datetime, **changes: object) -> Payment:
    """Return a payment whose money is here; `breakdown` says what it is made of."""
    assert sum(breakdown.values()) == payment.total
    return _moved(
        payment, PaymentStatus.PAID, breakdown=breakdown, settled_at=now, closing=False, **changes
    )


def fail(payment: Payment, why: str, now: datetime) -> Payment:
    """Return a payment of which nothing was taken, and nothing will be."""
    return _moved(payment, PaymentStatus.FAILED, failure=why, settled_at=now, closing=False)


def call_off(payment: Payment) -> Payment:
    """Return a payment that is being called off: others may pay instead once that is certain."""
    return replace(payment, closing=True, version=payment.version + 1)


def require_open(payment: Payment) -> None:
    if payment.status not in OPEN:
        raise illegal(f"a {payment.status} payment stays as it is")


def refund(payment: Payment, amount: int) -> Payment:
    """Return a payment of which that much goes back; raise CONFLICT where so much is not left."""
    left = payment.total - payment.refunded
    if payment.status not in TAKEN:
        raise illegal(f"of a {payment.status} payment nothing can be given back")
    if amount > left:
        raise Refusal(
            Code.CONFLICT, "more than is left of this payment", {"left": left, "amount": amount}
        )
    return _refunded(payment, payment.refunded + amount)


def unrefund(payment: Payment, amount: int) -> Payment:
    """Return a payment of which that much did not go back after all."""
    return _refunded(payment, payment.refunded - amount)


def give_back(payment: Payment, earlier: list[Refund], amount: int) -> dict[str, int]:
    """Return what a refund consists of, in proportion to what is left of the payment.

    `earlier` are the refunds of it that are not FAILED. The last one takes all that is left.
    """
    left = dict(payment.breakdown)
    for each in earlier:
        for account, part in each.breakdown.items():
            left[account] -= part
    parts = allocate(amount, list(left.values()))
    return {account: part for account, part in zip(left, parts, strict=True) if part}


def new_refund(
    payment: Payment,
    earlier: list[Refund],
    amount: int,
    reason: str,
    by: tuple[str, str],
    now: datetime,
) -> Refund:
    """Return a refund that is decided on, and not yet carried out."""
    if not reason.strip():
        raise invalid("reason", "say why the money goes back")
    return Refund(
        id=new_id(),
        tenant_id=payment.tenant_id,
        restaurant_id=payment.restaurant_id,
        payment_id=payment.id,
        session_id=payment.session_id,
        currency=payment.currency,
        amount=amount,
        reason=reason,
        approved_by=by[0],
        approved_by_name=by[1],
        breakdown=give_back(payment, earlier, amount),
        created_at=now,
    )


def _refunded(payment: Payment, refunded: int) -> Payment:
    status = PaymentStatus.PARTIALLY_REFUNDED if refunded else PaymentStatus.PAID
    if refunded == payment.total:
        status = PaymentStatus.REFUNDED
    return replace(payment, status=status, refunded=refunded, version=payment.version + 1)


def _moved(payment: Payment, status: PaymentStatus, **changes: object) -> Payment:
    return replace(payment, status=status, version=payment.version + 1, **changes)
