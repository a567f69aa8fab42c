"""Disputes: a webhook says that there is one; what it is, is read at the card company, and booked.

They come rarely and touch no command's facts, so they are written as an edit is: alone, in one
transaction that holds the restaurant.
"""

from typing import Any

import structlog

from handlers import booking
from handlers.charging import ATTEMPTS, LASTS, cards_of, held_by, reading
from handlers.deps import Deps, system
from handlers.editing import Edit, edit
from handlers.jobs import Kind, Task
from handlers.providers.stripe_disputes import Claim
from state.domain import dispute as domain
from state.domain import events
from state.domain.actor import Role
from state.domain.dispute import Dispute
from state.domain.ids import new_id
from state.domain.payment import Payment
from state.store import disputes as store

log = structlog.get_logger()


async def read(task: Task, providers: Any) -> dict[str, Any]:
    """Read what became of a dispute, and book it."""
    cards, held = cards_of(providers), await held_by(task)
    claim: Claim = await reading(cards.read_dispute(task.job.payload["ref"]))
    if (claim.payment_ref, claim.currency) != (held.provider_ref, held.currency):
        log.error("a dispute that does not agree", payment=held.id, dispute=claim.ref)
        return {"dispute": None}
    await record(claim, held, task.deps)
    return {"dispute": claim.ref, "status": claim.status}


async def record(claim: Claim, payment: Payment, deps: Deps) -> None:
    """Keep what is said of a dispute, and book what came of it; told again, nothing happens."""

    async def work(made: Edit) -> None:
        await _book(made, claim, payment)

    who, service = system(payment.tenant_id), frozenset({Role.SERVICE})
    await edit(payment.restaurant_id, who, deps, work, roles=service)


async def _book(made: Edit, claim: Claim, payment: Payment) -> None:
    known = await store.find(made.conn, claim.ref)
    if known is None:
        after = _new(made, claim, payment)
    else:
        after = domain.become(known, claim.status, made.now)
    if after is known:
        return
    book = booking.book(made.here, payment.currency, "stripe", made.now)
    before = None if known is None else known.status
    await store.put(made.conn, after, domain.entries(book, before, after, payment))
    made.drafts.append(events.of_dispute(after))


def _new(made: Edit, claim: Claim, payment: Payment) -> Dispute:
    return Dispute(
        id=new_id(),
        tenant_id=payment.tenant_id,
        restaurant_id=payment.restaurant_id,
        payment_id=payment.id,
        provider_ref=claim.ref,
        status=claim.status,
        currency=claim.currency,
        amount=claim.amount,
        reason=claim.reason,
        due_by=claim.due_by,
        sandbox=claim.sandbox,
        opened_at=claim.opened_at,
        closed_at=made.now if claim.status in domain.ENDED else None,
    )


KINDS = (Kind("payment.dispute", read, attempts=ATTEMPTS, lasts=LASTS),)
