"""Being paid for what a job buys: the one port between those who sell and those who take money.

Who sells asks for a `charge` and lets its job wait. Who takes money shows it, and calls `settled`
with what was verifiably paid: the job then goes on. What came to nothing after it was paid for is
OWED, until who takes money has given it back.
"""

from handlers.deps import Deps, system
from handlers.editing import Edit, edit
from handlers.jobs import Task
from state.domain import events, job
from state.domain.actor import Role
from state.domain.charge import Charge, ChargeStatus, require_match
from state.domain.errors import Code, Refusal, not_found
from state.domain.payment import OPEN
from state.store import charges as store
from state.store import jobs as job_store
from state.store import money


async def request(task: Task, purpose: str, amount: int, currency: str) -> None:
    """Ask a job's owner to pay, once."""
    charge = Charge(
        purpose=purpose,
        reference=task.job.id,
        tenant_id=task.job.tenant_id,
        restaurant_id=task.job.restaurant_id,
        payer=task.job.owner,
        amount=amount,
        currency=currency,
        created_at=task.deps.now(),
    )
    async with task.deps.pool.acquire() as conn:
        await store.put(conn, charge)


async def status(purpose: str, reference: str, deps: Deps) -> ChargeStatus | None:
    """Return how a charge stands, None where nobody was asked to pay."""
    async with deps.pool.acquire() as conn:
        found = await store.find(conn, purpose, reference)
    return None if found is None else found.status


async def is_being_paid(purpose: str, reference: str, deps: Deps) -> bool:
    """Tell whether a payment of a charge is under way, so that it may come to be paid any time."""
    async with deps.pool.acquire() as conn:
        known = await money.payments_for(conn, purpose, reference)
    return any(each.status in OPEN for each in known)


async def settled(purpose: str, reference: str, amount: int, currency: str, deps: Deps) -> None:
    """Note that a charge was paid, and let its job go on. Told again, nothing happens.

    Raises NOT_FOUND where nobody was asked to pay, CONFLICT where it is another sum, or where it
    comes too late: then nothing will be had for it, and who took the money gives it back.
    """
    async with deps.pool.acquire() as conn:
        found = await store.find(conn, purpose, reference)
    if found is None:
        raise not_found("charge")
    require_match(found, amount, currency)

    async def settle(work: Edit) -> None:
        charge = await store.hold(work.conn, purpose, reference)
        assert charge is not None, "a charge is never forgotten"
        if charge.status is ChargeStatus.SETTLED:
            return
        waiting = await job_store.hold(work.conn, reference)
        if charge.status is not ChargeStatus.OPEN or waiting is None or waiting.ended:
            raise Refusal(Code.CONFLICT, "nobody waits for this payment any more")
        await store.become(work.conn, charge, ChargeStatus.SETTLED)
        going_on = job.resume(waiting)
        await job_store.save(work.conn, going_on)
        work.drafts += events.of_job(going_on)

    await edit(
        found.restaurant_id, system(found.tenant_id), deps, settle, roles=frozenset({Role.SERVICE})
    )


async def release(purpose: str, reference: str, deps: Deps) -> ChargeStatus | None:
    """Want a charge's money no more; return what it is then: VOID, or OWED where it was paid."""
    async with deps.pool.acquire() as conn, conn.transaction():
        charge = await store.hold(conn, purpose, reference)
        if charge is None or charge.status in (ChargeStatus.VOID, ChargeStatus.OWED):
            return None if charge is None else charge.status
        paid = charge.status is ChargeStatus.SETTLED
        after = ChargeStatus.OWED if paid else ChargeStatus.VOID
        await store.become(conn, charge, after)
        return after


async def withdraw(purpose: str, reference: str, deps: Deps) -> bool:
    """Let nobody pay a charge any more; return False where somebody has just paid it."""
    async with deps.pool.acquire() as conn, conn.transaction():
        charge = await store.hold(conn, purpose, reference)
        if charge is None or charge.status is not ChargeStatus.OPEN:
            return False
        await store.become(conn, charge, ChargeStatus.VOID)
        return True
