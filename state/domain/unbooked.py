"""Transfers in TON that paid nothing: what they are worth, and what people have made of them."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

import msgspec

from state.domain.errors import Code, Refusal, invalid
from state.domain.money import exponent
from state.domain.ton import DECIMALS, Asset, Outcome

UNCLAIMED = "unclaimed"  # the account of the ledger for money that is here and nobody's


class How(StrEnum):
    """BOOKED on a bill. RETURNED by somebody's hand, on the chain."""

    BOOKED = "booked"
    RETURNED = "returned"


class Handling(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What somebody has made of a transfer, or of a part of it: `amount` in minor units."""

    hash: str
    number: int
    restaurant_id: str
    how: How
    amount: int
    currency: str
    payment_id: str | None = None
    note: str
    by: str
    by_name: str
    at: datetime


class Arrival(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A transfer that was not booked, or not all of it, with what was asked for by its comment.

    `price` is what a coin was to be worth for it; "" where nothing was asked for.
    """

    hash: str
    account: str
    asset: Asset
    units: int
    excess: int
    comment: str
    source: str
    at: datetime
    sandbox: bool
    outcome: Outcome
    price: str = ""
    currency: str
    session_id: str | None = None
    table_number: str = ""

    @property
    def open_units(self) -> int:
        """Return how many of its units were not booked."""
        return self.excess if self.outcome is Outcome.SETTLED else self.units

    @property
    def worth(self) -> int | None:
        """Return what that is worth in minor units, rounded down; None where nobody can tell."""
        if not self.price:
            return None
        whole = Fraction(self.open_units, 10 ** DECIMALS[self.asset]) * Fraction(
            Decimal(self.price)
        )
        return int(whole * 10 ** exponent(self.currency))


def left(arrival: Arrival, handled: Sequence[Handling]) -> int | None:
    """Return how much of a transfer's worth nobody has seen to yet; None where nobody can tell."""
    if arrival.worth is None:
        return 0 if handled else None
    return max(0, arrival.worth - sum(each.amount for each in handled))


def require_amount(arrival: Arrival, handled: Sequence[Handling], amount: int | None) -> int:
    """Return the amount that is meant, all that is left where none is said.

    Raises INVALID where it has to be said, CONFLICT where so much is not left.
    """
    known = left(arrival, handled)
    if known is None and amount is None:
        raise invalid("amount", "is missing: nobody knows what this transfer is worth")
    wanted = amount if amount is not None else known
    assert wanted is not None
    if known is not None and (wanted > known or not wanted):
        raise Refusal(Code.CONFLICT, "so much of it is not left", {"left": known})
    return wanted
