"""The jobs of paying by card: what is asked of the company, once, and what its answers mean.

A payment's row is there before anybody is asked, and its id is the key of every request. So whoever
finds a request without an answer sends it again and gets the first one's answer.
"""

from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import msgspec

from handlers import charged, intents
from handlers.deps import Deps, system
from handlers.intents import Ask
from handlers.jobs import Conclude, DoubtError, Kind, LaterError, Outcome, Task
from handlers.providers.errors import (
    AmbiguousError,
    ExhaustedError,
    ProviderError,
    RefusedError,
    UnavailableError,
)
from handlers.providers.stripe import Charge, Returned, Stripe
from handlers.providers.stripe_disputes import Claim
from handlers.unit import carry_out
from handlers.usecase import UseCase
from state.domain.actor import Actor
from state.domain.change import Change
from state.domain.commands import Command, Id
from state.domain.errors import Code, Refusal
from state.domain.facts import Facts
from state.domain.job import Job
from state.domain.payment import OPEN, Payment, PaymentStatus, Refund, RefundStatus
from state.store import money as store
from state.store.intents import Intent

SECONDS = 600.0  # an attempt: the company's own time is always up before, and then it is read
ATTEMPTS, LASTS = 1000, timedelta(days=30)  # money is not given up on
KEY_LASTS = timedelta(hours=23)  # the company remembers a key for a day
GIVE_UP = timedelta(minutes=41)  # a page of Stripe's is closed by then
AGAIN_SECONDS = 2.0
NO_CARDS = Refusal(Code.PROVIDER_UNAVAILABLE, "this house takes no cards")


class Apply(Command, frozen=True, kw_only=True):
    """What became of a payment, told while the job of another one waits for it."""

    payment_id: Id
    session_id: Id | None
    charge: dict[str, Any]


async def start(task: Task, providers: Any) -> dict[str, Any]:
    """Ask the company for a page, or a secret, by which the payer pays.

    Those whose place the payment takes are called off first. If one of them was paid after all,
    this one comes to nothing.
    """
    cards, held = cards_of(providers), await held_by(task)
    for other in task.job.payload["after"]:
        await _called_off(task, cards, other)
    if not await _still_due(task, held):
        raise Refusal(Code.CONFLICT, "somebody else has paid this by now")
    # A phone remembers whose table it sits at; another service has a page of its own.
    place = "scan/here" if held.session_id is not None else held.purpose
    flow, page = task.job.payload["flow"], f"{task.deps.public_url}/{place}"

    async def ask(_intent: Intent) -> Any:
        return _told(await cards.start(held, flow, f"{page}?paid={held.id}"))

    charge = await _once(task, "start", {"total": held.total, "flow": flow}, ask)
    return {
        "paymentId": held.id,
        "checkoutUrl": charge.get("checkoutUrl"),
        "clientSecret": charge.get("clientSecret"),
        "reference": charge["ref"],
    }


async def read(task: Task, providers: Any) -> dict[str, Any]:
    """Read what became of a payment, and of the refunds of it that are under way."""
    cards, held = cards_of(providers), await held_by(task)
    ref = held.provider_ref or task.job.payload.get("ref", "")
    found: dict[str, Any] = {"charge": None, "refunds": {}}
    if ref:
        charge = await reading(cards.read(ref))
        late = held.closing or task.deps.now() - held.created_at > GIVE_UP
        if charge.status == "pending" and late:
            charge = await reading(cards.cancel(ref))
        found["charge"] = _told(charge)
    for refund in await _refunds(task, held):
        if refund.provider_ref:
            given = await reading(cards.read_refund(refund.provider_ref))
            found["refunds"][refund.id] = _told(given)
    return found


async def capture(task: Task, providers: Any) -> dict[str, Any]:
    """Take what was set aside."""
    cards, held = cards_of(providers), await held_by(task)

    async def ask(_intent: Intent) -> Any:
        return _told(await cards.capture(held, task.job.payload["amount"]))

    request = {"amount": task.job.payload["amount"]}
    return {"charge": await _once(task, "capture", request, _patient(ask))}


async def cancel(task: Task, providers: Any) -> dict[str, Any]:
    """Call a payment off; what was paid in the meantime is paid."""
    return {"charge": await _cancelled(task, cards_of(providers), await held_by(task))}


async def refund(task: Task, providers: Any) -> dict[str, Any]:
    """Give money back."""
    cards, held = cards_of(providers), await held_by(task)
    wanted = {each.id: each for each in await _refunds(task, held)}[task.job.payload["refundId"]]

    async def ask(intent: Intent) -> Any:
        # Whoever asks again after so long would give it back once more.
        old = task.deps.now() - intent.created_at > KEY_LASTS
        found = await cards.find_refund(wanted, held) if old else None
        return msgspec.to_builtins(found or await cards.refund(wanted, held))

    answer = await _once(task, "refund", {"amount": wanted.amount}, _patient(ask))
    return {"refunds": {wanted.id: answer}}


def conclude_start(facts: Facts, job: Job, outcome: Outcome, deps: Deps) -> Change | None:
    """Keep what the company calls the payment, or that it came to nothing."""
    held = facts.payments[job.payload["paymentId"]]
    if outcome.error is not None:
        return charged.failed(facts, held, outcome.error["message"], deps)
    if held.provider_ref or held.status not in OPEN:
        return None
    after = msgspec.structs.replace(
        held, provider_ref=outcome.result["reference"], looked_at=deps.now()
    )
    return Change(
        tenant_id=held.tenant_id,
        restaurant_id=held.restaurant_id,
        payments=[after],
        drafts=(),
        answer=None,
    )


def conclude(facts: Facts, job: Job, outcome: Outcome, deps: Deps) -> Change | None:
    """Book what the company said."""
    held = facts.payments[job.payload["paymentId"]]
    if outcome.error is not None:
        return None
    for refund_id, told in outcome.result.get("refunds", {}).items():
        given = msgspec.convert(told, Returned)
        change = charged.returned(facts, facts.refunds[refund_id], given, deps)
        if change is not None:
            return change
    charge = outcome.result.get("charge")
    if charge is None:
        return None
    return charged.applied(facts, held, msgspec.convert(charge, Charge), deps)


def conclude_capture(facts: Facts, job: Job, outcome: Outcome, deps: Deps) -> Change | None:
    """Book what was taken; what the company does not let us take can be tried again, or let go."""
    held = facts.payments[job.payload["paymentId"]]
    if outcome.error is not None and held.status is PaymentStatus.AUTHORIZED:
        return charged.not_taken(held)
    return conclude(facts, job, outcome, deps)


def conclude_refund(facts: Facts, job: Job, outcome: Outcome, deps: Deps) -> Change | None:
    """Book a refund, or give up on one that the company does not make."""
    given = facts.refunds[job.payload["refundId"]]
    if outcome.error is not None:
        failed = Returned(status="failed", ref="", why=outcome.error["message"])
        return charged.returned(facts, given, failed, deps)
    return conclude(facts, job, outcome, deps)


def _kind(step: str, run: Any, conclude: Conclude, at_once: int = 16) -> Kind:
    return Kind(f"payment.{step}", run, conclude, SECONDS, at_once, ATTEMPTS, LASTS)


KINDS = (
    _kind("start", start, conclude_start, at_once=32),
    _kind("read", read, conclude),
    _kind("capture", capture, conclude_capture),
    _kind("cancel", cancel, conclude),
    _kind("refund", refund, conclude_refund),
)


async def look_after(deps: Deps, quiet: timedelta) -> None:
    """Have it read what became of payments of which nothing was heard for a while."""
    async with deps.pool.acquire() as conn:
        due = await store.unsettled(conn, deps.now() - quiet, 50)
    for held in due:
        cmd = charged.Look(payment_id=held.id)
        await carry_out(charged.look, cmd, system(held.tenant_id), deps)


def _apply(facts: Facts, cmd: Apply, _actor: Actor, deps: Deps) -> Change | None:
    held = facts.payments[cmd.payment_id]
    return charged.applied(facts, held, msgspec.convert(cmd.charge, Charge), deps)


def cards_of(providers: Any) -> Stripe:
    """Return the company that charges cards; raise a Refusal where there is none."""
    if providers is None or providers.cards is None:
        raise NO_CARDS
    cards: Stripe = providers.cards
    return cards


async def held_by(task: Task, payment_id: str | None = None) -> Payment:
    """Return the payment that a job is about, or another one, as it is now."""
    async with task.deps.pool.acquire() as conn:
        held = await store.payment(conn, payment_id or task.job.payload["paymentId"])
    assert held is not None, "a payment is never forgotten before its jobs"
    return held


async def _refunds(task: Task, held: Payment) -> list[Refund]:
    async with task.deps.pool.acquire() as conn:
        made = await store.refunds_of(conn, [held.id])
    return [each for each in made if each.status is RefundStatus.PENDING]


async def _called_off(task: Task, cards: Stripe, payment_id: str) -> None:
    """See to it that another payment is over before this one begins."""
    other = await held_by(task, payment_id)
    if other.status is not PaymentStatus.PENDING:
        return
    charge = await _cancelled(task, cards, other)
    cmd = Apply(payment_id=other.id, session_id=other.session_id, charge=charge)
    await carry_out(UseCase(_apply), cmd, system(other.tenant_id), task.deps)


async def _still_due(task: Task, held: Payment) -> bool:
    """Tell whether nobody else has paid what this payment is for."""
    if not task.job.payload["after"]:
        return True
    others = [await held_by(task, each) for each in task.job.payload["after"]]
    return all(other.status is PaymentStatus.FAILED for other in others)


async def _cancelled(task: Task, cards: Stripe, held: Payment) -> dict[str, Any]:
    """Call a payment off at the company; raise LaterError while its first request is out."""
    if not held.provider_ref:
        held = await held_by(task, held.id)
    if not held.provider_ref:
        raise LaterError(AGAIN_SECONDS)
    try:
        charge = await cards.cancel(held.provider_ref)
    except AmbiguousError as exc:
        raise DoubtError from exc
    except ProviderError as exc:
        raise LaterError(AGAIN_SECONDS) from exc
    if charge.status == "pending":
        raise LaterError(AGAIN_SECONDS)
    return _told(charge)


def _patient(ask: Ask) -> Ask:
    """Return what asks as long as the company is down: what is due stays due."""

    async def asked(intent: Intent) -> Any:
        try:
            return await ask(intent)
        except (UnavailableError, ExhaustedError) as exc:
            raise LaterError(AGAIN_SECONDS) from exc

    return asked


async def _once(task: Task, step: str, request: dict[str, Any], ask: Ask) -> dict[str, Any]:
    """Ask once, whatever happens; the same key makes asking again a way of reading."""

    async def again(intent: Intent) -> Any | None:
        try:
            return await ask(intent)
        except RefusedError:
            return None

    answer: dict[str, Any] = await intents.once(task, step, Stripe.name, request, ask, again)
    return answer


async def reading(asked: Awaitable[Charge | Returned | Claim]) -> Any:
    """Return what was read; nothing is lost where that fails, it is read again."""
    try:
        return await asked
    except AmbiguousError as exc:
        raise DoubtError from exc
    except ProviderError as exc:
        raise Refusal(Code.PROVIDER_UNAVAILABLE, str(exc)) from exc


def _told(charge: Charge | Returned) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(charge)
    return told
