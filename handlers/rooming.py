"""Paying by the room: a hotel guest's folio takes what the bill comes to, once."""

from typing import Any

from handlers import charged, folio
from handlers.deps import Deps, system
from handlers.jobs import Kind, LaterError, Outcome, Task
from handlers.providers.stripe import Returned
from state.domain.change import Change
from state.domain.errors import Code, Refusal, not_found
from state.domain.facts import Facts
from state.domain.folio import ChargeStatus, Posting
from state.domain.hotel import Booking
from state.domain.job import Job
from state.domain.payment import Payment
from state.store import bookings, money

AGAIN_SECONDS = 2.0  # the hotel's own system is asked meanwhile
ATTEMPTS = 1000  # each look at it is one


async def post(task: Task, _providers: Any) -> dict[str, Any]:
    """Charge a payment to a stay; under the payment's id that happens once."""
    held = await _held(task)
    stay = await _stay(task, task.job.payload["stay"])
    wish = Posting(
        booking_id=stay.id,
        amount=held.total,
        currency=held.currency,
        reference=reference(held),
        description="Restaurant",
    )
    charge = (await folio.post(stay, wish, system(held.tenant_id), task.deps)).data
    if charge.status is ChargeStatus.PENDING:
        raise LaterError(AGAIN_SECONDS)
    if charge.status is not ChargeStatus.POSTED:
        raise Refusal(Code.PROVIDER_UNAVAILABLE, charge.error or "the charge was taken off again")
    return {"paymentId": held.id, "reference": f"{stay.id}:{held.id}"}


async def take_off(task: Task, _providers: Any) -> dict[str, Any]:
    """Take what was charged to a stay off its folio again."""
    held = await _held(task)
    stay = await _stay(task, held.provider_ref.partition(":")[0])
    answer = await folio.void(stay, reference(held), system(held.tenant_id), task.deps)
    if answer.data.status is not ChargeStatus.VOIDED:
        raise LaterError(AGAIN_SECONDS)
    return {"reference": reference(held)}


def conclude_post(facts: Facts, job: Job, outcome: Outcome, deps: Deps) -> Change | None:
    """Book what the folio has taken, or that it did not."""
    held = facts.payments[job.payload["paymentId"]]
    if outcome.error is not None:
        return charged.failed(facts, held, outcome.error["message"], deps)
    return charged.posted(facts, held, outcome.result["reference"], deps)


def conclude_off(facts: Facts, job: Job, outcome: Outcome, deps: Deps) -> Change | None:
    """Book that it is off the folio, or that it stays on."""
    error = outcome.error
    status, why = ("succeeded", "") if error is None else ("failed", error["message"])
    given = facts.refunds[job.payload["refundId"]]
    return charged.returned(facts, given, Returned(status=status, ref="", why=why), deps)


KINDS = (
    Kind("payment.room", post, conclude_post, attempts=ATTEMPTS),
    Kind("payment.unroom", take_off, conclude_off, attempts=ATTEMPTS),
)


def reference(held: Payment) -> str:
    return f"payment:{held.id}"


async def _held(task: Task) -> Payment:
    async with task.deps.pool.acquire() as conn:
        held = await money.payment(conn, task.job.payload["paymentId"])
    assert held is not None, "a payment is never forgotten before its jobs"
    return held


async def _stay(task: Task, booking_id: str) -> Booking:
    async with task.deps.pool.acquire() as conn:
        found = await bookings.find(conn, booking_id)
    if found is None:
        raise not_found("booking")
    return found
