"""What Stripe says of a dispute."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from state.domain.dispute import DisputeStatus

STATES = {
    "needs_response": DisputeStatus.OPEN,
    "under_review": DisputeStatus.OPEN,
    "won": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
    "warning_needs_response": DisputeStatus.INQUIRY,
    "warning_under_review": DisputeStatus.INQUIRY,
    "warning_closed": DisputeStatus.WITHDRAWN,
    "prevented": DisputeStatus.WITHDRAWN,
}


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """`payment_ref` is what Stripe calls the payment, `amount` what of it is disputed."""

    ref: str
    payment_ref: str
    status: DisputeStatus
    currency: str
    amount: int
    reason: str
    due_by: datetime | None
    opened_at: datetime
    sandbox: bool


def claim(found: dict[str, Any]) -> Claim:
    """Return what a dispute says."""
    due_by = (found.get("evidence_details") or {}).get("due_by")
    return Claim(
        ref=found["id"],
        payment_ref=found.get("payment_intent") or "",
        # What they will think of yet holds the money until it is over.
        status=STATES.get(found["status"], DisputeStatus.OPEN),
        currency=found["currency"].upper(),
        amount=found["amount"],
        reason=found.get("reason") or "",
        due_by=datetime.fromtimestamp(due_by, UTC) if due_by else None,
        opened_at=datetime.fromtimestamp(found["created"], UTC),
        sandbox=not found.get("livemode", True),
    )
