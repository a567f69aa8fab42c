"""Paying: begun by guests, confirmed by waiters or by what other companies say, given back.

Whatever is decided here is one entry of the restaurant's log, so of two who pay the last part at
once one is told that it is paid. What is asked of other companies is a job: `handlers/charging.py`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from handlers import bills, booking, settling
from handlers.deps import TRACE, Deps
from handlers.usecase import use_case
from state.domain import events, split
from state.domain import payment as payments
from state.domain.actor import FLOOR, Actor
from state.domain.bill import Bill, lines_of
from state.domain.bill_commands import CancelPayment, Part, PayBill, PayCash, RefundPayment
from state.domain.change import Change
from state.domain.errors import Code, Refusal, forbidden, invalid, not_found
from state.domain.events import Name
from state.domain.facts import Facts
from state.domain.ids import new_id
from state.domain.job import Job, new_job
from state.domain.payment import (
    BACK_IN_CASH,
    BY_STRIPE,
    LOCK,
    OPEN,
    Claim,
    Method,
    Payment,
    PaymentNews,
    PaymentStatus,
    RefundStatus,
    call_off,
    news,
)
from state.domain.service import ServiceRequest
from state.domain.table import TableSession

URGENT = 10  # somebody stands there with a phone in the hand


class Paying(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A payment that was begun. The result of its job, if it has one, says how it goes on.

    It is for the payer alone: `{paymentId, checkoutUrl}` or `{paymentId, clientSecret}`, and in TON
    `{paymentId, comment}`.
    """

    restaurant_id: str
    payment: PaymentNews
    job_id: str | None = None


class Asked(NamedTuple):
    """What of a bill somebody pays."""

    amount: int
    claims: tuple[Claim, ...]
    leg: str


@use_case(stay=True)
def pay(facts: Facts, cmd: PayBill, actor: Actor, deps: Deps) -> Change:
    """Begin to pay a bill, or a part of it."""
    session = bills.party(facts, cmd, actor, deps)
    _require_method(cmd, actor)
    held = bills.opened(facts, session, deps)
    late = _late(facts, session.id, actor, cmd.method, deps)
    try:
        asked, late = _asked(facts, held, cmd, []), []
    except Refusal as exc:
        if not late or exc.code is not Code.CONFLICT:
            raise
        asked = _asked(facts, held, cmd, late)
    begun = _begun(held, session, asked, _tip(held, cmd.tip, actor), cmd.method, actor, deps)
    first = facts.restaurant(held.restaurant_id).pay_first
    begun = replace(begun, manual=first and cmd.method in BY_STRIPE)
    job = _job(begun, cmd, late, deps)
    closing = [call_off(each) for each in late]
    calls = _calls(facts, session, deps) if cmd.method is Method.CASH else []
    change = Change(
        tenant_id=session.tenant_id,
        restaurant_id=session.restaurant_id,
        new_payments=[begun],
        payments=closing,
        new_jobs=[job] if job else [],
        new_services=calls,
        drafts=[
            *(events.of_payment(each) for each in (*closing, begun)),
            *(events.of_service(Name.SERVICE_REQUESTED, call) for call in calls),
        ],
        answer=Paying(
            restaurant_id=session.restaurant_id,
            payment=news(begun),
            job_id=job.id if job else None,
        ),
    )
    change = bills.keep(facts, _without_tip(held, actor), change)
    return settling.follow(facts, change, deps)


@use_case(stay=True, drawer=True)
def cash(facts: Facts, cmd: PayCash, actor: Actor, deps: Deps) -> Change:
    """Take cash; the answer says how much `change` to give. It goes into the waiter's drawer."""
    actor.require(FLOOR)
    due, held, session = _cash_due(facts, cmd, actor, deps)
    tendered = due.total if cmd.tendered is None else cmd.tendered
    if tendered < due.total:
        raise invalid("tendered", f"is less than what is due: {due.total}")
    known = due.id in facts.payments
    drawer = booking.drawer_for(facts, due.restaurant_id, actor, deps)
    handed = replace(due, drawer_id=drawer.id, tendered=tendered)
    taken, entries = booking.taken(facts, handed, actor.id, deps, held)
    change = Change(
        tenant_id=session.tenant_id,
        restaurant_id=session.restaurant_id,
        new_payments=[] if known else [taken],
        payments=[taken] if known else [],
        entries=entries,
        drafts=[events.of_payment(taken)],
        answer=news(taken),
    )
    change = booking.put(facts, drawer, due.total, change)
    change = bills.keep(facts, _without_tip(held, actor), change)
    return settling.follow(facts, change, deps)


@use_case()
def cancel(facts: Facts, cmd: CancelPayment, actor: Actor, deps: Deps) -> Change:
    """Call a payment off: one's own, or as staff, or one that has kept others waiting too long."""
    held = _held(facts, cmd.payment_id, actor)
    payments.require_open(held)
    if held.payer != actor.id and actor.is_guest and held.locked_until > deps.now():
        raise forbidden("somebody else is paying this just now")
    if held.closing:
        return _payment_changed(facts, held, [], deps)
    if held.method is Method.ROOM_CHARGE:
        raise Refusal(Code.CONFLICT, "it is being charged to the room: take it off afterwards")
    if held.method is Method.CASH:
        return _payment_changed(facts, payments.fail(held, "cancelled", deps.now()), [], deps)
    kind = "payment.withdraw" if held.method is Method.TON_WALLET else "payment.cancel"
    job = payment_job(kind, held, deps)
    return _payment_changed(facts, call_off(held), [job], deps)


@use_case(drawer=True)
def refund(facts: Facts, cmd: RefundPayment, actor: Actor, deps: Deps) -> Change:
    """Give money back, with a reason; never more than is left of the payment."""
    held = _held(facts, cmd.payment_id, actor)
    amount = held.total - held.refunded if cmd.amount is None else cmd.amount
    after = payments.refund(held, amount)
    if held.method is Method.ROOM_CHARGE and amount != held.total:
        raise Refusal(Code.CONFLICT, "what was charged to a room is taken off as a whole")
    if not amount:
        raise Refusal(Code.CONFLICT, "nothing is left of this payment", {"left": 0})
    earlier = [r for r in facts.refunds_of(held.id) if r.status is not RefundStatus.FAILED]
    by = (actor.id, actor.name)
    back = payments.new_refund(held, earlier, amount, cmd.reason, by, deps.now())
    change = Change(
        tenant_id=held.tenant_id,
        restaurant_id=held.restaurant_id,
        payments=[after],
        new_refunds=[back],
        drafts=[events.of_payment(after)],
        answer=back,
    )
    if held.method not in BACK_IN_CASH:
        kind = "payment.unroom" if held.method is Method.ROOM_CHARGE else "payment.refund"
        job = payment_job(kind, held, deps, refundId=back.id, amount=amount)
        return settling.follow(facts, replace(change, new_jobs=[job]), deps)
    back = replace(back, status=RefundStatus.SUCCEEDED, settled_at=deps.now())
    if held.session_id is None:  # sold for another company, in its currency: no drawer has that
        entries = booking.given_back(facts, back, held, actor.id, None, deps)
        return settling.follow(
            facts, replace(change, new_refunds=[back], entries=entries, answer=back), deps
        )
    drawer = booking.drawer_for(facts, held.restaurant_id, actor, deps)
    entries = booking.given_back(facts, back, held, actor.id, drawer.id, deps)
    change = replace(change, new_refunds=[back], entries=entries, answer=back)
    return settling.follow(facts, booking.put(facts, drawer, -amount, change), deps)


def _held(facts: Facts, payment_id: str, actor: Actor) -> Payment:
    held = facts.payments.get(payment_id)
    if held is None:
        raise not_found("payment")
    facts.require_reach(actor, held.restaurant_id, "payment")
    theirs = held.session_id == actor.session if held.session_id else held.payer == actor.id
    if actor.is_guest and not theirs:
        raise not_found("payment")
    return held


def _require_method(cmd: PayBill, actor: Actor) -> None:
    if cmd.method is Method.CASH and not actor.is_guest:
        raise invalid("method", "cash that you were given is taken by payment:cash")
    if cmd.method is Method.ROOM_CHARGE and cmd.stay is None:
        raise invalid("stay", "is missing: whose room is it")


def _late(facts: Facts, session_id: str, actor: Actor, method: Method, deps: Deps) -> list[Payment]:
    """Return what others have begun to pay and kept for too long: who pays by card may take over.

    The job of the new payment calls them off first, and learns whether they were paid after all.
    """
    if method not in BY_STRIPE:
        return []
    return [
        each
        for each in facts.payments_of(session_id)
        if each.status is PaymentStatus.PENDING
        and each.method in BY_STRIPE
        and not each.closing
        and each.locked_until <= deps.now()
        and each.payer != actor.id
    ]


def _asked(facts: Facts, held: Bill, cmd: PayBill | PayCash, without: Sequence[Payment]) -> Asked:
    """Return what somebody asks to pay; raise CONFLICT where not so much is left."""
    gone = {each.id for each in without}
    others = [each for each in facts.payments_of(held.session_id) if each.id not in gone]
    orders = facts.orders_of(held.session_id)
    shown = settling.picture(facts, held, others)
    found = lines_of(held, orders, others)
    left = shown.outstanding
    if cmd.leg is not None:
        leg = next((leg for leg in shown.legs if leg.id == cmd.leg), None)
        if leg is None:
            raise not_found("leg", "leg")
        if leg.status != "OPEN":
            raise Refusal(Code.CONFLICT, "somebody pays this part already", {"status": leg.status})
        parts = tuple(Part(item_id=c.item_id, shares=c.shares, of=c.of) for c in leg.claims)
        asked = Asked(leg.amount, bills.claims(found, parts, "leg"), leg.id)
    elif cmd.items is not None:
        wanted = bills.claims(found, cmd.items, "items")
        asked = Asked(sum(each.amount for each in wanted), wanted, "")
    elif cmd.amount is not None:
        asked = Asked(cmd.amount, (), "")
    else:
        every = split.everything(found)
        exact = sum(each.amount for each in every) == left
        asked = Asked(left, every if exact else (), "")
    if not asked.amount or asked.amount > left:
        paying = [news(each) for each in others if each.status in OPEN]
        details = {"outstanding": left, "paying": paying}
        raise Refusal(Code.CONFLICT, "so much is not left to pay", details)
    return asked


def _tip(held: Bill, tip: int | None, actor: Actor) -> int:
    return held.tips.get(actor.id, 0) if tip is None else tip


def _without_tip(held: Bill, actor: Actor) -> Bill:
    return replace(held, tips={who: tip for who, tip in held.tips.items() if who != actor.id})


def _begun(
    held: Bill,
    session: TableSession,
    asked: Asked,
    tip: int,
    method: Method,
    actor: Actor,
    deps: Deps,
) -> Payment:
    now = deps.now()
    return Payment(
        id=new_id(),
        tenant_id=held.tenant_id,
        restaurant_id=held.restaurant_id,
        session_id=session.id,
        table_id=session.table_id,
        reference=session.id,
        method=method,
        currency=held.currency,
        amount=asked.amount,
        tip=tip,
        claims=asked.claims,
        leg=asked.leg,
        payer=actor.id,
        payer_name=actor.name,
        language=actor.lang if actor.is_guest else "",
        created_at=now,
        locked_until=now + LOCK,
    )


def _cash_due(
    facts: Facts, cmd: PayCash, actor: Actor, deps: Deps
) -> tuple[Payment, Bill, TableSession]:
    """Return the payment that cash is given for: one that a guest announced, or a new one."""
    if cmd.payment_id is None:
        session = bills.party(facts, cmd, actor, deps)
        held = bills.opened(facts, session, deps)
        asked = _asked(facts, held, cmd, ())
        tip = _tip(held, cmd.tip, actor)
        return _begun(held, session, asked, tip, Method.CASH, actor, deps), held, session
    due = _held(facts, cmd.payment_id, actor)
    payments.require_open(due)
    bill = facts.bill_of(due.session_id or "")
    found = facts.sessions.get(due.session_id or "")
    if due.method is not Method.CASH or bill is None or found is None:
        raise Refusal(Code.CONFLICT, f"this is being paid by {due.method}: call that off first")
    return replace(due, tip=due.tip if cmd.tip is None else cmd.tip), bill, found


def _job(begun: Payment, cmd: PayBill, late: Sequence[Payment], deps: Deps) -> Job | None:
    if begun.method is Method.ROOM_CHARGE:
        return payment_job("payment.room", begun, deps, stay=cmd.stay)
    if begun.method is Method.TON_WALLET:
        return payment_job("payment.ton", begun, deps, asset=cmd.asset)
    if begun.method not in BY_STRIPE:
        return None
    after = [each.id for each in late]
    return payment_job("payment.start", begun, deps, flow=cmd.flow, after=after)


def payment_job(kind: str, about: Payment, deps: Deps, **more: object) -> Job:
    """Return a job about a payment; who pays hears of those that begin it."""
    payload = {"paymentId": about.id, "sessionId": about.session_id, **more}
    begins = kind in ("payment.start", "payment.room", "payment.ton")
    return new_job(
        *(about.tenant_id, about.restaurant_id, kind, payload, deps.now()),
        priority=URGENT,
        owner=about.payer if begins else "",
        private=begins,
        stoppable=False,
        trace=TRACE.get(),
    )


def _calls(facts: Facts, session: TableSession, deps: Deps) -> list[ServiceRequest]:
    """Return the call that brings a waiter who takes the cash, unless one is made already."""
    if any(call.kind == "bill" for call in facts.calls_of(session.id)):
        return []
    now = deps.now()
    return [
        ServiceRequest(
            id=new_id(),
            restaurant_id=session.restaurant_id,
            session_id=session.id,
            table_id=session.table_id,
            table_number=session.table_number,
            kind="bill",
            requested_at=now,
            next_at=now + deps.escalation[0],
        )
    ]


def _payment_changed(facts: Facts, after: Payment, jobs: Sequence[Job], deps: Deps) -> Change:
    change = Change(
        tenant_id=after.tenant_id,
        restaurant_id=after.restaurant_id,
        payments=[after],
        new_jobs=jobs,
        drafts=[events.of_payment(after)],
        answer=news(after),
    )
    return settling.follow(facts, change, deps)


def look(held: Payment, ref: str, deps: Deps) -> Job:
    """Return the job of finding out what became of a payment."""
    return payment_job("payment.read", held, deps, ref=ref)
