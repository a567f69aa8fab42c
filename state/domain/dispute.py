"""Disputes: payers who have their bank take a payment back. They move money, never a dish.

While one is open its money stands on an account of its own: the card company holds it. What is won
comes back to the account of its method, what is lost is a loss.
"""

from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from state.domain.ledger import Book, Entry, account_of, movement
from state.domain.payment import Payment

HELD, LOST = "disputed", "chargebacks"  # accounts


class DisputeStatus(StrEnum):
    """INQUIRY: the bank has asked, and nothing was taken; it is WITHDRAWN, or becomes OPEN."""

    INQUIRY = "INQUIRY"
    WITHDRAWN = "WITHDRAWN"
    OPEN = "OPEN"
    WON = "WON"
    LOST = "LOST"


TAKEN = {DisputeStatus.OPEN, DisputeStatus.WON, DisputeStatus.LOST}  # the money was, at least once
ENDED = {DisputeStatus.WITHDRAWN, DisputeStatus.WON, DisputeStatus.LOST}


class Dispute(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`amount` may be less than the payment's. `dueBy` is until when the house may answer.

    `reason` is the card company's word for why, such as "fraudulent". `providerRef` is what the
    company calls it; there it is answered, too. `sandbox`: it is not about real money.
    """

    id: str
    tenant_id: str
    restaurant_id: str
    payment_id: str
    provider_ref: str
    status: DisputeStatus
    currency: str
    amount: int
    reason: str
    due_by: datetime | None = None
    sandbox: bool = False
    opened_at: datetime
    closed_at: datetime | None = None


def become(held: Dispute, status: DisputeStatus, now: datetime) -> Dispute:
    """Return a dispute as its company has it by now; one that has ended stays as it is."""
    if held.status is status or held.status in ENDED:
        return held
    if held.status is DisputeStatus.OPEN and status is DisputeStatus.WITHDRAWN:
        status = DisputeStatus.WON  # what was taken comes back
    if held.status is DisputeStatus.OPEN and status is DisputeStatus.INQUIRY:
        return held
    return replace(held, status=status, closed_at=now if status in ENDED else None)


def entries(
    book: Book, before: DisputeStatus | None, held: Dispute, payment: Payment
) -> list[Entry]:
    """Return what is booked when a dispute becomes what it is; `before` is None where it is new.

    Of one that is heard of when it is over, both movements are booked.
    """
    method, amount = account_of(payment.method), held.amount
    made: list[Entry] = []
    if held.status in TAKEN and before not in TAKEN:
        made += _booked(book, {method: -amount, HELD: amount}, held, "disputed")
    if held.status is DisputeStatus.WON:
        made += _booked(book, {method: amount, HELD: -amount}, held, "won")
    if held.status is DisputeStatus.LOST:
        made += _booked(book, {HELD: -amount, LOST: amount}, held, "lost")
    return made


def _booked(book: Book, sides: dict[str, int], held: Dispute, memo: str) -> list[Entry]:
    return movement(book, sides, dispute_id=held.id, memo=memo)
