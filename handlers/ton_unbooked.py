"""Transfers in TON that paid nothing, seen to by managers: booked on a bill, or sent back by hand.

Each thing that is made of one is a row that stays, and a movement of the ledger. A transfer is
valued by the price that was asked for it, or by who sees to it where none was.
"""

from typing import Annotated
from uuid import UUID, uuid5

import msgspec
from msgspec import Meta

from handlers import bills, booking, settling
from handlers.deps import Deps
from handlers.editing import Edit, edit, require_place
from handlers.unit import carry_out
from handlers.usecase import use_case
from state.domain import events, ledger, ton, unbooked
from state.domain.actor import CHIEFS, Actor
from state.domain.bill_commands import BillCommand
from state.domain.change import Answer, Change
from state.domain.commands import Command, Id, Note
from state.domain.errors import Code, Refusal, invalid, not_found
from state.domain.facts import Facts
from state.domain.ledger import Entry
from state.domain.payment import Method, Payment, PaymentNews, news
from state.domain.ton import Asset, Outcome
from state.domain.unbooked import Arrival, Handling, How
from state.store import money
from state.store import ton_unbooked as store
from state.store.pool import Conn

MOST = 100
NAMES = UUID("6a1e8b0e-2f0d-5c2e-9c1f-0d6b7a3e4f21")  # of payments made of transfers


class Unbooked(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A transfer that paid nothing, or too much: `amount` of coins as people read it.

    `worth` and `left` are in minor units: by the price that was asked for, and what of it nobody
    has seen to yet; null where nobody can tell what it is worth.
    """

    hash: str
    asset: Asset
    amount: str
    comment: str
    source: str
    at: str
    sandbox: bool
    outcome: Outcome
    excess: int
    currency: str
    worth: int | None
    left: int | None
    session_id: str | None
    table_number: str
    handled: list[Handling]


class Transfers(msgspec.Struct, frozen=True, rename="camel"):
    """`owed` are payments of what could not be had: somebody has to send their coins back."""

    deposits: list[Unbooked]
    owed: list[PaymentNews]


class SeeTo(Command, frozen=True, kw_only=True):
    """What a manager makes of a transfer; `amount`, in minor units, is else all that is left of it.

    `booked` is on the bill it was meant for, or on that of the party at `tableId`; `returned` was
    sent back by hand, and the `note` says how.
    """

    hash: Annotated[str, Meta(min_length=1, max_length=100)]
    how: How
    amount: Annotated[int, Meta(ge=1, le=10**12)] | None = None
    table_id: Id | None = None
    note: Note = ""


class Book(BillCommand, frozen=True, kw_only=True):
    """A payment that is made of a transfer."""

    payment_id: Id
    ref: str
    amount: int
    sandbox: bool


async def listed(rid: str, who: Actor, deps: Deps) -> Transfers:
    """Return what came for a restaurant and was not booked, the newest first."""
    await require_place(rid, who, deps)
    async with deps.pool.acquire() as conn:
        found = await store.arrivals(conn, rid, MOST)
        handled = await store.handlings(conn, [each.hash for each in found])
        owed = await money.owed_coins(conn, rid, MOST)
    return Transfers(
        [_shown(each, handled[each.hash]) for each in found], [news(each) for each in owed]
    )


async def see_to(rid: str, cmd: SeeTo, who: Actor, deps: Deps) -> Answer:
    """Make something of a transfer, or of a part of it; tell how it stands then."""
    await require_place(rid, who, deps)
    if cmd.how is How.RETURNED and not cmd.note.strip():
        raise invalid("note", "say how, and to whom")
    if cmd.how is How.BOOKED:
        await _book(rid, cmd, who, deps)

    async def work(made: Edit) -> Unbooked:
        arrival, handled = await _found(made.conn, rid, cmd.hash)
        payment = await money.payment(made.conn, _payment_id(cmd.hash, handled))
        if payment is not None:  # just now, or by somebody who then died
            handled.append(await _noted(made, How.BOOKED, payment.total, arrival, handled, cmd))
        if cmd.how is How.RETURNED:
            amount = unbooked.require_amount(arrival, handled, cmd.amount)
            handled.append(await _noted(made, How.RETURNED, amount, arrival, handled, cmd))
            for movement in _movements(made, handled[-1]):
                await money.enter(made.conn, movement)
        return _shown(arrival, handled)

    return await edit(rid, who, deps, work, cmd)


@use_case(stay=True)
def book(facts: Facts, cmd: Book, actor: Actor, deps: Deps) -> Change | None:
    """Take a transfer as a payment of a bill; one that was taken already stays as it is."""
    actor.require(CHIEFS)
    if cmd.payment_id in facts.payments:
        return None
    session = bills.party(facts, cmd, actor, deps)
    held = bills.opened(facts, session, deps)
    open_still = settling.picture(facts, held, facts.payments_of(session.id)).outstanding
    if cmd.amount > open_still:
        details = {"outstanding": open_still}
        raise Refusal(Code.CONFLICT, "so much is not left to pay on this bill", details)
    now = deps.now()
    payment = Payment(
        id=cmd.payment_id,
        tenant_id=session.tenant_id,
        restaurant_id=session.restaurant_id,
        session_id=session.id,
        table_id=session.table_id,
        reference=session.id,
        method=Method.TON_WALLET,
        currency=held.currency,
        amount=cmd.amount,
        payer=actor.id,
        payer_name=actor.name,
        provider_ref=cmd.ref,
        sandbox=cmd.sandbox,
        created_at=now,
        locked_until=now,
    )
    taken, entries = booking.taken(facts, payment, actor.id, deps)
    change = Change(
        tenant_id=session.tenant_id,
        restaurant_id=session.restaurant_id,
        new_payments=[taken],
        entries=entries,
        drafts=[events.of_payment(taken)],
        answer=news(taken),
    )
    return settling.follow(facts, bills.keep(facts, held, change), deps)


async def _book(rid: str, cmd: SeeTo, who: Actor, deps: Deps) -> None:
    """Make a payment of a transfer; until that is noted, it is the same one for whoever asks."""
    async with deps.pool.acquire() as conn:
        arrival, handled = await _found(conn, rid, cmd.hash)
    asked = Book(
        payment_id=_payment_id(cmd.hash, handled),
        session_id=None if cmd.table_id else arrival.session_id,
        table_id=cmd.table_id,
        ref=f"{cmd.hash}#{len(handled) + 1}",  # of one transfer several payments may be made
        amount=unbooked.require_amount(arrival, handled, cmd.amount),
        sandbox=arrival.sandbox,
    )
    if asked.session_id is None and asked.table_id is None:
        raise invalid("tableId", "is missing: this was for no bill")
    await carry_out(book, asked, who, deps)


def _payment_id(hash: str, handled: list[Handling]) -> str:
    return str(uuid5(NAMES, f"{hash} {len(handled) + 1}"))


async def _noted(
    made: Edit, how: How, amount: int, arrival: Arrival, handled: list[Handling], cmd: SeeTo
) -> Handling:
    after = Handling(
        hash=arrival.hash,
        number=len(handled) + 1,
        restaurant_id=made.here.id,
        how=how,
        amount=amount,
        currency=arrival.currency,
        payment_id=_payment_id(arrival.hash, handled) if how is How.BOOKED else None,
        note=cmd.note.strip(),
        by=made.who.id,
        by_name=made.who.name,
        at=made.now,
    )
    await store.add(made.conn, after)
    await made.note("ton:see-to", arrival.hash, how=how, amount=amount)
    return after


async def _found(conn: Conn, rid: str, hash: str) -> tuple[Arrival, list[Handling]]:
    arrival = await store.arrival(conn, rid, hash)
    if arrival is None:
        raise not_found("transfer", "hash")
    return arrival, (await store.handlings(conn, [hash]))[hash]


def _movements(made: Edit, after: Handling) -> list[list[Entry]]:
    """Return what is booked of what went back: it had come in, and it has gone."""
    here = booking.book(made.here, after.currency, made.who.id, made.now)
    came = {
        ledger.account_of(Method.TON_WALLET): after.amount,
        unbooked.UNCLAIMED: -after.amount,
    }
    gone = {account: -amount for account, amount in came.items()}
    return [ledger.movement(here, sides, memo=after.note) for sides in (came, gone)]


def _shown(arrival: Arrival, handled: list[Handling]) -> Unbooked:
    return Unbooked(
        hash=arrival.hash,
        asset=arrival.asset,
        amount=ton.shown_units(arrival.open_units, arrival.asset),
        comment=arrival.comment,
        source=arrival.source,
        at=arrival.at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        sandbox=arrival.sandbox,
        outcome=arrival.outcome,
        excess=arrival.excess,
        currency=arrival.currency,
        worth=arrival.worth,
        left=unbooked.left(arrival, handled),
        session_id=arrival.session_id,
        table_number=arrival.table_number,
        handled=handled,
    )
