"""The bill of a party: opened when somebody asks for it, split, and lessened by managers."""

from collections.abc import Sequence

from msgspec.structs import replace

from handlers import settling, tables
from handlers.deps import Deps
from handlers.usecase import use_case
from state.domain import split
from state.domain.actor import CHIEFS, Actor
from state.domain.bill import Bill, lines_of, new_bill
from state.domain.bill_commands import (
    BillCommand,
    DiscountBill,
    LegRequest,
    Part,
    SplitBill,
    TipBill,
)
from state.domain.bill_lines import BillLine, Discount
from state.domain.change import Change
from state.domain.errors import Code, Refusal, invalid, not_found
from state.domain.facts import Facts
from state.domain.money import share_of
from state.domain.payment import LIVE, Claim
from state.domain.split import Leg, Split, SplitMode
from state.domain.table import TableSession


@use_case(stay=True)
def get(facts: Facts, cmd: BillCommand, actor: Actor, deps: Deps) -> Change:
    """Return the bill of a party as it stands; from then on everybody there hears of it."""
    session = party(facts, cmd, actor, deps)
    held = facts.bill_of(session.id)
    if held is None:
        return _changed(facts, session, opened(facts, session, deps), deps)
    return Change(
        tenant_id=session.tenant_id,
        restaurant_id=session.restaurant_id,
        drafts=(),
        answer=settling.show(facts, held),
    )


@use_case(stay=True)
def divide(facts: Facts, cmd: SplitBill, actor: Actor, deps: Deps) -> Change:
    """Split a bill among those who pay; legs that are paid stay, the others add up to the rest."""
    session = party(facts, cmd, actor, deps)
    held = opened(facts, session, deps)
    payments = facts.payments_of(session.id)
    made = _split(cmd, lines_of(held, facts.orders_of(session.id), payments))
    if made is not None:
        made = split.number(made, held.split, payments)
    return _changed(facts, session, replace(held, split=made), deps)


@use_case(stay=True)
def tip(facts: Facts, cmd: TipBill, actor: Actor, deps: Deps) -> Change:
    """Say what the caller gives on top of what it pays next."""
    session = party(facts, cmd, actor, deps)
    held = opened(facts, session, deps)
    if (cmd.amount is None) == (cmd.rate is None):
        raise invalid("amount", "say either an amount or a rate")
    amount = cmd.amount
    if amount is None:
        shown = settling.show(facts, held)
        parts = {leg.id: leg.amount for leg in shown.legs} | {None: shown.outstanding}
        if cmd.leg not in parts:
            raise not_found("leg", "leg")
        amount = share_of(parts[cmd.leg], cmd.rate or 0)
    others = {payer: meant for payer, meant in held.tips.items() if payer != actor.id}
    meant = others | ({actor.id: amount} if amount else {})
    return _changed(facts, session, replace(held, tips=meant), deps)


@use_case(stay=True)
def discount(facts: Facts, cmd: DiscountBill, actor: Actor, deps: Deps) -> Change:
    """Take something off a whole bill, with a reason; before anybody has paid for it."""
    actor.require(CHIEFS)
    session = party(facts, cmd, actor, deps)
    held = opened(facts, session, deps)
    if cmd.rate is not None and cmd.amount is not None:
        raise invalid("rate", "say either a rate or an amount")
    if begun(facts, session.id):
        raise Refusal(Code.CONFLICT, "somebody has begun to pay: give money back instead")
    less = None
    if cmd.rate is not None or cmd.amount is not None:
        if not cmd.reason.strip():
            raise invalid("reason", "say why")
        less = Discount(
            rate=cmd.rate or 0,
            amount=cmd.amount or 0,
            reason=cmd.reason,
            by=actor.id,
            by_name=actor.name,
        )
    return _changed(facts, session, replace(held, discount=less), deps)


def party(facts: Facts, cmd: BillCommand, actor: Actor, deps: Deps) -> TableSession:
    """Return the session whose bill is meant: a guest's own, or the one that staff name."""
    if actor.is_guest:
        return tables.own_session(facts, actor, deps)
    if cmd.session_id is not None:
        found = facts.sessions.get(cmd.session_id)
        if found is None:
            raise not_found("table session", "sessionId")
        facts.require_reach(actor, found.restaurant_id, "table session")
        return found
    if cmd.table_id is None:
        raise invalid("tableId", "is missing")
    return tables.party_at(facts, cmd.table_id, actor)


def opened(facts: Facts, session: TableSession, deps: Deps) -> Bill:
    """Return a party's bill, begun just now where nobody has asked for it before."""
    held = facts.bill_of(session.id)
    if held is not None:
        return held
    return new_bill(session, facts.restaurant(session.restaurant_id), deps.now())


def keep(facts: Facts, held: Bill, change: Change) -> Change:
    """Return a change that keeps a bill as well, be it new or not."""
    if held.id in facts.bills:
        return replace(change, bills=[*change.bills, held])
    return replace(change, new_bills=[*change.new_bills, held])


def begun(facts: Facts, session_id: str) -> bool:
    """Tell whether somebody has paid, or is paying."""
    return any(payment.status in LIVE for payment in facts.payments_of(session_id))


def claims(found: Sequence[BillLine], items: Sequence[Part], path: str) -> tuple[Claim, ...]:
    """Return the claims on parts of lines.

    Raises NOT_FOUND where a line is not on the bill, CONFLICT where not so much of it is left.
    """
    wanted = [Claim(item_id=each.item_id, shares=each.shares, of=each.of) for each in items]
    for place, each in enumerate(items):
        if each.shares > each.of:
            raise invalid(f"{path}[{place}].shares", "are more than there are")
    try:
        return split.claim(found, wanted)
    except LookupError as exc:
        [place] = exc.args
        at = f"{path}[{place}].itemId"
        if all(line.item_id != wanted[place].item_id for line in found):
            raise not_found("line of this bill", at) from exc
        details = [{"path": at, "message": "is paid, or being paid"}]
        raise Refusal(Code.CONFLICT, "somebody else pays this already", details) from exc


def _split(cmd: SplitBill, found: Sequence[BillLine]) -> Split | None:
    if cmd.mode == "none":
        return None
    mode = SplitMode(cmd.mode)
    if mode is SplitMode.GUEST:
        return Split(mode=mode)
    if mode is SplitMode.EQUAL:
        if cmd.parts is None:
            raise invalid("parts", "is missing")
        return Split(mode=mode, legs=tuple(Leg(id=str(n + 1)) for n in range(cmd.parts)))
    if cmd.legs is None:
        raise invalid("legs", "is missing")
    make = _by_items if mode is SplitMode.ITEMS else _by_amount
    return Split(mode=mode, legs=make(cmd.legs, found))


def _by_amount(legs: Sequence[LegRequest], _found: Sequence[BillLine]) -> tuple[Leg, ...]:
    for place, leg in enumerate(legs):
        if not leg.amount:
            raise invalid(f"legs[{place}].amount", "is missing")
    return tuple(
        Leg(id=str(number), name=leg.name, amount=leg.amount) for number, leg in enumerate(legs, 1)
    )


def _by_items(legs: Sequence[LegRequest], found: Sequence[BillLine]) -> tuple[Leg, ...]:
    """Return legs that claim items; together they may claim no more than there is."""
    made: list[Leg] = []
    whole: list[Part] = []
    for place, leg in enumerate(legs):
        if not leg.items:
            raise invalid(f"legs[{place}].items", "is empty")
        whole += leg.items
        claims(found, whole, f"legs[{place}].items")
        parts = tuple(Claim(item_id=i.item_id, shares=i.shares, of=i.of) for i in leg.items)
        made.append(Leg(id=str(place + 1), name=leg.name, claims=parts))
    return tuple(made)


def _changed(facts: Facts, session: TableSession, held: Bill, deps: Deps) -> Change:
    change = Change(
        tenant_id=session.tenant_id,
        restaurant_id=session.restaurant_id,
        drafts=(),
        answer=settling.show(facts, held),
    )
    return settling.follow(facts, keep(facts, held, change), deps)
