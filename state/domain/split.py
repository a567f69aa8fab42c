"""Who pays what of a bill: legs that always add up to what is outstanding."""

from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction

import msgspec
from msgspec.structs import replace

from state.domain.bill_lines import BillLine
from state.domain.money import allocate
from state.domain.payment import LIVE, TAKEN, Claim, Payment

REST = "rest"  # the leg of what nobody has taken on


class SplitMode(StrEnum):
    EQUAL = "equal"
    ITEMS = "items"
    AMOUNT = "amount"
    GUEST = "guest"


class Leg(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One payer's part, as it was agreed on: an `amount`, or claims on lines, or an equal share."""

    id: str
    name: str = ""
    amount: int = 0
    claims: tuple[Claim, ...] = ()


class Split(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    mode: SplitMode
    legs: tuple[Leg, ...] = ()


class LegNow(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A leg as it stands: OPEN, PENDING while somebody pays it, AUTHORIZED or PAID."""

    id: str
    name: str
    amount: int
    status: str
    payment_id: str | None = None
    claims: tuple[Claim, ...] = ()


def legs(
    split: Split | None, found: Sequence[BillLine], payments: Sequence[Payment], outstanding: int
) -> list[LegNow]:
    """Return the legs of a split; the open ones add up to what is outstanding."""
    if split is None:
        return []
    by_guest = split.mode is SplitMode.GUEST
    agreed = _by_guest(found) if by_guest else split.legs
    taken = {p.leg: p for p in payments if p.leg and p.status in LIVE}
    # What a guest has chosen since they paid is to be paid, too.
    open_ = [leg for leg in agreed if by_guest or leg.id not in taken]
    amounts = _amounts(split.mode, open_, found, outstanding)
    rest = outstanding - sum(amounts)
    made = [_leg(leg, amount) for leg, amount in zip(open_, amounts, strict=True)]
    if rest:
        made.append(LegNow(id=REST, name="", amount=rest, status="OPEN"))
    names, due = {leg.id: leg.name for leg in agreed}, {leg.id for leg in made}
    settled = [p for p in taken.values() if p.leg not in due]
    return [*(_taken(p, names.get(p.leg, "")) for p in settled), *made]


def number(made: Split, before: Split | None, payments: Sequence[Payment]) -> Split:
    """Return a new split whose legs are not those that were paid by an earlier one.

    Equal parts that are asked for once more stay the same ones as long as one of them is open.
    """
    taken = {p.leg for p in payments if p.leg and p.status in LIVE}
    first = 1 + max((int(leg) for leg in taken if leg.isdecimal()), default=0)
    if made.mode is SplitMode.EQUAL and before is not None and before.mode is SplitMode.EQUAL:
        ids = [leg.id for leg in before.legs]
        first = first if taken.issuperset(ids) else int(ids[0])
    legs = [replace(leg, id=str(first + place)) for place, leg in enumerate(made.legs)]
    return replace(made, legs=tuple(legs))


def claim(found: Sequence[BillLine], wanted: Sequence[Claim]) -> tuple[Claim, ...]:
    """Return claims with what they come to.

    Raises LookupError with the place of one that is not on the bill, or asks for more of a line
    than is left of it.
    """
    by_id = {line.item_id: line for line in found}
    left = {line.item_id: (line.left, line.shares_left) for line in found}
    made = []
    for place, each in enumerate(wanted):
        share = Fraction(each.shares, each.of)
        if each.item_id not in by_id or share > left[each.item_id][1]:
            raise LookupError(place)
        amount, shares = left[each.item_id]
        part = allocate(amount, [share, shares - share])[0]
        left[each.item_id] = (amount - part, shares - share)
        made.append(replace(each, amount=part))
    return tuple(made)


def everything(found: Sequence[BillLine]) -> tuple[Claim, ...]:
    """Return the claims on all that is left of the lines."""
    return tuple(
        Claim(
            item_id=line.item_id,
            shares=line.shares_left.numerator,
            of=line.shares_left.denominator,
            amount=line.left,
        )
        for line in found
        if line.left
    )


def _by_guest(found: Sequence[BillLine]) -> list[Leg]:
    names: dict[str, str] = {}
    claims: dict[str, list[Claim]] = {}
    for line in found:
        if line.guest_id and line.shares_left > 0:
            share = line.shares_left
            names.setdefault(line.guest_id, line.guest_name)
            claims.setdefault(line.guest_id, []).append(
                Claim(item_id=line.item_id, shares=share.numerator, of=share.denominator)
            )
    return [Leg(id=guest, name=names[guest], claims=tuple(each)) for guest, each in claims.items()]


def _amounts(
    mode: SplitMode, open_: Sequence[Leg], found: Sequence[BillLine], outstanding: int
) -> list[int]:
    if not open_:
        return []
    if mode is SplitMode.EQUAL:
        return allocate(outstanding, [1] * len(open_))
    wanted = [leg.amount for leg in open_]
    if mode is not SplitMode.AMOUNT:
        wanted = _claimed(open_, found)
    return wanted if sum(wanted) <= outstanding else allocate(outstanding, wanted)


def _claimed(open_: Sequence[Leg], found: Sequence[BillLine]) -> list[int]:
    """Return what the claims of each leg come to, line by line by largest remainder."""
    amounts = [0] * len(open_)
    for line in found:
        shares = [
            sum(
                (Fraction(c.shares, c.of) for c in leg.claims if c.item_id == line.item_id),
                Fraction(0),
            )
            for leg in open_
        ]
        rest = max(Fraction(0), line.shares_left - sum(shares))
        if any(shares):
            parts = allocate(line.left, [*shares, rest])
            amounts = [amount + part for amount, part in zip(amounts, parts[:-1], strict=True)]
    return amounts


def _leg(leg: Leg, amount: int) -> LegNow:
    status = "OPEN" if amount else "PAID"
    return LegNow(id=leg.id, name=leg.name, amount=amount, status=status, claims=leg.claims)


def _taken(payment: Payment, name: str) -> LegNow:
    status = "PAID" if payment.status in TAKEN else str(payment.status)
    return LegNow(
        id=payment.leg,
        name=name or payment.payer_name,
        amount=payment.amount,
        status=status,
        payment_id=payment.id,
        claims=payment.claims,
    )
