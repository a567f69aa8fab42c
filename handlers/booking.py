"""Entering money into the books: what a payment or a refund means to the ledger and to a drawer."""

from datetime import datetime

from msgspec.structs import replace

from handlers.deps import Deps
from state.domain import drawer, events, ledger, settlement
from state.domain.actor import Actor
from state.domain.bill import Bill, lines_of
from state.domain.change import Change
from state.domain.drawer import Drawer
from state.domain.facts import Facts
from state.domain.hours import business_day
from state.domain.ledger import Book, Entry
from state.domain.payment import Payment, Refund, take
from state.domain.restaurant import Restaurant


def book(restaurant: Restaurant, currency: str, actor_id: str, now: datetime) -> Book:
    return Book(
        tenant_id=restaurant.tenant_id,
        restaurant_id=restaurant.id,
        currency=currency,
        business_day=business_day(now, restaurant.timezone, restaurant.day_cutover),
        at=now,
        actor_id=actor_id,
    )


def taken(
    facts: Facts, payment: Payment, actor_id: str, deps: Deps, fresh: Bill | None = None
) -> tuple[Payment, list[Entry]]:
    """Return a payment whose money has come in, and what is booked of it.

    `fresh` is its bill where that was begun just now.
    """
    now = deps.now()
    after = take(payment, _breakdown(facts, payment, fresh), now)
    restaurant = facts.restaurant(payment.restaurant_id)
    return after, ledger.of_payment(book(restaurant, payment.currency, actor_id, now), after)


def given_back(
    facts: Facts, refund: Refund, payment: Payment, actor_id: str, drawer_id: str | None, deps: Deps
) -> list[Entry]:
    """Return what is booked of a refund that was carried out."""
    restaurant = facts.restaurant(payment.restaurant_id)
    here = book(restaurant, payment.currency, actor_id, deps.now())
    return ledger.of_refund(here, refund, payment, drawer_id)


def drawer_for(facts: Facts, restaurant_id: str, actor: Actor, deps: Deps) -> Drawer:
    """Return the drawer of who takes cash; without one, the shift begins with an empty one."""
    held = facts.drawer_of(restaurant_id, actor.id)
    if held is not None:
        return held
    currency = facts.restaurant(restaurant_id).currency
    staff = (actor.id, actor.name)
    return drawer.open_drawer(actor.tenant, restaurant_id, staff, currency, 0, deps.now())


def put(facts: Facts, held: Drawer, amount: int, change: Change) -> Change:
    """Return a change by which so much more is in a drawer, or so much less."""
    after = drawer.put(held, amount)
    change = replace(change, drafts=[*change.drafts, events.of_drawer(after)])
    if held.id in facts.drawers:
        return replace(change, drawers=[after])
    return replace(change, new_drawers=[after])


def _breakdown(facts: Facts, payment: Payment, fresh: Bill | None) -> dict[str, int]:
    held = fresh or (facts.bill_of(payment.session_id) if payment.session_id else None)
    if held is None:
        tips = {ledger.TIPS: payment.tip} if payment.tip else {}
        return {f"{ledger.OTHER}:{payment.purpose}": payment.amount} | tips
    payments = facts.payments_of(held.session_id)
    found = lines_of(held, facts.orders_of(held.session_id), payments)
    return settlement.breakdown(found, payments, payment)
