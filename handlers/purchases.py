"""Paying for what another service sells: its charge becomes a payment, and its job goes on.

What was paid and is not wanted any more goes back: it came too late, or nothing was to be had.
"""

from typing import Any

from handlers import paying, payments
from handlers.deps import Deps, system
from handlers.jobs import Kind, Task
from handlers.unit import carry_out
from handlers.usecase import use_case
from state.domain import events
from state.domain.actor import Actor
from state.domain.bill_commands import PayCharge, RefundPayment
from state.domain.change import Change
from state.domain.charge import Charge, ChargeStatus
from state.domain.commands import Command
from state.domain.errors import Code, Refusal, not_found
from state.domain.facts import Facts
from state.domain.ids import new_id
from state.domain.payment import BY_STRIPE, LIVE, LOCK, TAKEN, Method, Payment, news
from state.domain.ton import Asset
from state.store import charges as store
from state.store import money

LATE = "it came too late: nobody waits for it any more"
OWED = "nothing was to be had for it"
METHODS = BY_STRIPE | {Method.TON_WALLET}
AT_ONCE = 50


class Begin(Command, frozen=True, kw_only=True):
    """A charge that its payer begins to pay: what it comes to is the charge's business."""

    restaurant_id: str
    purpose: str
    reference: str
    amount: int
    currency: str
    method: Method
    asset: Asset
    flow: str


async def wanted(cmd: PayCharge, actor: Actor, deps: Deps) -> Begin:
    """Return what an actor is to pay; raise NOT_FOUND, or CONFLICT where it is paid already."""
    async with deps.pool.acquire() as conn:
        charge = await store.find(conn, cmd.purpose, cmd.reference)
        if charge is None or charge.payer != actor.id:
            raise not_found("charge", "reference")
        known = await money.payments_for(conn, cmd.purpose, cmd.reference)
    if charge.status is not ChargeStatus.OPEN or any(p.status in LIVE for p in known):
        raise Refusal(Code.CONFLICT, "this is paid, being paid, or not wanted any more")
    if cmd.method not in METHODS:
        raise Refusal(Code.CONFLICT, f"this cannot be paid by {cmd.method}")
    return Begin(
        command_id=cmd.command_id,
        restaurant_id=charge.restaurant_id,
        purpose=charge.purpose,
        reference=charge.reference,
        amount=charge.amount,
        currency=charge.currency,
        method=cmd.method,
        asset=cmd.asset,
        flow=cmd.flow,
    )


@use_case()
def begin(facts: Facts, cmd: Begin, actor: Actor, deps: Deps) -> Change:
    """Begin to pay a charge."""
    here, now = facts.restaurant(cmd.restaurant_id), deps.now()
    begun = Payment(
        id=new_id(),
        tenant_id=here.tenant_id,
        restaurant_id=here.id,
        session_id=None,
        purpose=cmd.purpose,
        reference=cmd.reference,
        method=cmd.method,
        currency=cmd.currency,
        amount=cmd.amount,
        payer=actor.id,
        payer_name=actor.name,
        language=actor.lang,
        created_at=now,
        locked_until=now + LOCK,
    )
    if cmd.method is Method.TON_WALLET:
        job = payments.payment_job("payment.ton", begun, deps, asset=cmd.asset)
    else:
        job = payments.payment_job("payment.start", begun, deps, flow=cmd.flow, after=[])
    return Change(
        tenant_id=here.tenant_id,
        restaurant_id=here.id,
        new_payments=[begun],
        new_jobs=[job],
        drafts=[events.of_payment(begun)],
        answer=payments.Paying(restaurant_id=here.id, payment=news(begun), job_id=job.id),
    )


async def settle(task: Task, _providers: Any) -> dict[str, Any]:
    """Let the job that waits for a payment go on; give back what came too late, or twice."""
    payment_id, deps = task.job.payload["paymentId"], task.deps
    async with deps.pool.acquire() as conn:
        held = await money.payment(conn, payment_id)
        assert held is not None, "a payment is never forgotten before its jobs"
        known = await money.payments_for(conn, held.purpose, held.reference)
    first = min((p for p in known if p.status in TAKEN), key=lambda p: (p.settled_at, p.id))
    late = first.id != held.id
    if not late:
        try:
            await paying.settled(held.purpose, held.reference, held.amount, held.currency, deps)
        except Refusal as exc:
            if exc.code not in (Code.CONFLICT, Code.NOT_FOUND):
                raise
            late = True
    if late:
        await _give_back(held, LATE, deps)
    return {"settled": not late}


async def give_back_owed(deps: Deps) -> None:
    """Give back the money of charges for which nothing was to be had."""
    async with deps.pool.acquire() as conn:
        owed = await store.owed(conn, AT_ONCE)
    for charge in owed:
        await _pay_back(charge, deps)


async def _pay_back(charge: Charge, deps: Deps) -> None:
    async with deps.pool.acquire() as conn:
        known = await money.payments_for(conn, charge.purpose, charge.reference)
    taken = [held for held in known if held.status in TAKEN]
    for held in taken:
        if held.refunded < held.total:
            await _give_back(held, OWED, deps)
    if taken and not any(_waits_for_people(held) for held in taken):
        async with deps.pool.acquire() as conn:
            await store.become(conn, charge, ChargeStatus.VOID)


def _waits_for_people(held: Payment) -> bool:
    """Nothing here could send a coin, so somebody has to give it back by hand."""
    return held.method is Method.TON_WALLET and held.refunded < held.total


async def _give_back(held: Payment, why: str, deps: Deps) -> None:
    """Give all of a payment back, once; what only people can give back stays for them to see."""
    if _waits_for_people(held):
        return
    cmd = RefundPayment(payment_id=held.id, reason=why, command_id=f"back:{held.id}")
    await carry_out(payments.refund, cmd, system(held.tenant_id), deps)


KINDS = (Kind("payment.settled", settle, attempts=1000),)
