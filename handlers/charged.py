"""What a card company says of a payment or a refund, as the books take it.

It comes by a webhook, by looking, or with the answer to a request; in any order, and often. Only
what was read at the company counts, and only where it is this payment, this amount, this currency.
"""

import structlog
from msgspec.structs import replace

from handlers import booking, payments, settling
from handlers.deps import Deps
from handlers.providers.stripe import Charge, Returned
from handlers.usecase import use_case
from state.domain import events
from state.domain import payment as domain
from state.domain.actor import Actor
from state.domain.change import Change
from state.domain.commands import Command, Id
from state.domain.facts import Facts
from state.domain.payment import (
    OPEN,
    TAKEN,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
)

log = structlog.get_logger()
ELSEWHERE = "given back at the card company"


class Look(Command, frozen=True, kw_only=True):
    """Find out what became of a payment; `ref` is what the company calls it, where that is said.

    With a `dispute`, the company's name for one, it is that of which it is found out.
    """

    payment_id: Id
    ref: str = ""
    dispute: str = ""


@use_case()
def look(facts: Facts, cmd: Look, _actor: Actor, deps: Deps) -> Change | None:
    """Let a worker read what became of a payment at its company."""
    held = facts.payments.get(cmd.payment_id)
    if held is None:
        return None
    job = payments.look(held, cmd.ref, deps)
    if cmd.dispute:
        job = payments.payment_job("payment.dispute", held, deps, ref=cmd.dispute)
    return Change(
        tenant_id=held.tenant_id,
        restaurant_id=held.restaurant_id,
        payments=[replace(held, looked_at=deps.now())],
        new_jobs=[job],
        drafts=(),
        answer=None,
    )


def applied(facts: Facts, held: Payment, charge: Charge, deps: Deps) -> Change | None:
    """Return what a company's word on a payment changes, None where nothing is new."""
    held = replace(held, sandbox=charge.sandbox)
    if not _agrees(held, charge):
        log.error("a payment that does not agree", payment=held.id, status=charge.status)
        return None
    if charge.status == "paid" and held.status not in TAKEN:
        return _taken(facts, held, charge, deps)
    if charge.status == "paid" and charge.refunded > held.refunded:
        return _given_elsewhere(facts, held, charge.refunded - held.refunded, deps)
    if charge.status == "authorized" and held.status is PaymentStatus.PENDING:
        return _changed(facts, domain.authorize(held, charge.ref, deps.now()), deps)
    if charge.status == "failed" and held.status in OPEN:
        return _changed(facts, domain.fail(held, charge.why, deps.now()), deps)
    return None


def posted(facts: Facts, held: Payment, ref: str, deps: Deps) -> Change | None:
    """Return what it changes that a hotel's folio has taken a payment."""
    if held.status in TAKEN:
        return None
    due = replace(held, provider_ref=ref, failure="")
    after, entries = booking.taken(facts, due, held.payer, deps)
    return replace(_changed(facts, after, deps), entries=entries)


def failed(facts: Facts, held: Payment, why: str, deps: Deps) -> Change | None:
    """Return what it changes that a payment certainly came to nothing."""
    if held.status not in OPEN:
        return None
    return _changed(facts, domain.fail(held, why, deps.now()), deps)


def not_taken(held: Payment) -> Change:
    """Return what it changes that money which is set aside could not be taken.

    It is not tried again at once: that would be as vain. The next change of the bill does, or
    somebody calls the payment off.
    """
    after = replace(held, closing=False, version=held.version + 1)
    return Change(
        tenant_id=held.tenant_id,
        restaurant_id=held.restaurant_id,
        payments=[after],
        drafts=[events.of_payment(after)],
        answer=None,
    )


def returned(facts: Facts, refund: Refund, given: Returned, deps: Deps) -> Change | None:
    """Return what a company's word on a refund changes."""
    held = facts.payments[refund.payment_id]
    if refund.status is not RefundStatus.PENDING:
        return None
    if given.status == "pending":
        if refund.provider_ref == given.ref:
            return None
        return _refund_changed(held, replace(refund, provider_ref=given.ref))
    now = deps.now()
    if given.status == "failed":
        after = replace(
            refund,
            status=RefundStatus.FAILED,
            failure=given.why,
            provider_ref=given.ref,
            settled_at=now,
        )
        change = _changed(facts, domain.unrefund(held, refund.amount), deps)
        return replace(change, refunds=[after])
    after = replace(refund, status=RefundStatus.SUCCEEDED, provider_ref=given.ref, settled_at=now)
    entries = booking.given_back(facts, after, held, refund.approved_by, None, deps)
    change = _refund_changed(held, after)
    return replace(change, entries=entries, drafts=[events.of_payment(held)])


def _agrees(held: Payment, charge: Charge) -> bool:
    """Tell whether a company speaks of this very payment, and of its amount."""
    if charge.payment_id != held.id:
        return False
    nothing_said = not charge.currency and charge.status not in ("authorized", "paid")
    if charge.currency != held.currency and not nothing_said:
        return False
    if charge.status == "authorized" or (charge.status == "paid" and not held.manual):
        return held.status in TAKEN or charge.amount == held.total
    return charge.amount <= held.total


def _taken(facts: Facts, held: Payment, charge: Charge, deps: Deps) -> Change:
    """Book what was taken; of what was set aside that may be less by now."""
    less = held.total - charge.amount
    due = replace(
        held,
        provider_ref=charge.ref,
        method=charge.method,
        amount=max(0, held.amount - less),
        tip=held.tip if less <= held.amount else charge.amount,
        failure="",
    )
    after, entries = booking.taken(facts, due, held.payer, deps)
    change = replace(_changed(facts, after, deps), entries=entries)
    if held.session_id is not None:
        return change
    job = payments.payment_job("payment.settled", after, deps)
    return replace(change, new_jobs=[*change.new_jobs, job])


def _given_elsewhere(facts: Facts, held: Payment, amount: int, deps: Deps) -> Change:
    """Book what somebody gave back at the company itself."""
    earlier = [r for r in facts.refunds_of(held.id) if r.status is not RefundStatus.FAILED]
    now = deps.now()
    made = domain.new_refund(held, earlier, amount, ELSEWHERE, ("stripe", "Stripe"), now)
    made = replace(made, status=RefundStatus.SUCCEEDED, settled_at=now)
    entries = booking.given_back(facts, made, held, "stripe", None, deps)
    change = _changed(facts, domain.refund(held, amount), deps)
    return replace(change, new_refunds=[made], entries=entries)


def _changed(facts: Facts, after: Payment, deps: Deps) -> Change:
    change = Change(
        tenant_id=after.tenant_id,
        restaurant_id=after.restaurant_id,
        payments=[replace(after, looked_at=deps.now())],
        drafts=[events.of_payment(after)],
        answer=None,
    )
    return settling.follow(facts, change, deps)


def _refund_changed(held: Payment, after: Refund) -> Change:
    return Change(
        tenant_id=held.tenant_id,
        restaurant_id=held.restaurant_id,
        refunds=[after],
        drafts=(),
        answer=None,
    )
