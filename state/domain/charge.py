"""Charges: money that a job waits for before it buys something from another company."""

from datetime import datetime
from enum import StrEnum

import msgspec

from state.domain.errors import Code, Refusal


class ChargeStatus(StrEnum):
    """VOID: nobody wants it any more. OWED: it was paid, and has to be given back."""

    OPEN = "OPEN"
    SETTLED = "SETTLED"
    VOID = "VOID"
    OWED = "OWED"


class Charge(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`reference` is the id of the job that waits, `payer` the actor who is to pay."""

    purpose: str
    reference: str
    tenant_id: str
    restaurant_id: str
    payer: str
    amount: int
    currency: str
    status: ChargeStatus = ChargeStatus.OPEN
    created_at: datetime
    settled_at: datetime | None = None


def require_match(charge: Charge, amount: int, currency: str) -> None:
    """Raise CONFLICT where something else was paid than was asked for."""
    if (amount, currency) != (charge.amount, charge.currency):
        raise Refusal(Code.CONFLICT, "what was paid is not what was asked for")
