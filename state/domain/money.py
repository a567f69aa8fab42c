"""Money: integers in the minor unit of one currency; rates in basis points (1900 = 19 %)."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from fractions import Fraction
from math import lcm

import msgspec

BASIS = 10_000

# ISO 4217: the decimals of currencies that have not two.
DECIMALS = {
    **dict.fromkeys(
        ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX"], 0
    ),
    **dict.fromkeys(["UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"], 0),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}


class TaxMode(StrEnum):
    INCLUSIVE = "inclusive"
    EXCLUSIVE = "exclusive"


class Totals(msgspec.Struct, frozen=True):
    """What an order comes to. `subtotal` is the sum of its lines as the menu prices them."""

    subtotal: int
    tax: int
    total: int


def exponent(currency: str) -> int:
    """Return how many decimals the currency's minor unit is."""
    return DECIMALS.get(currency, 2)


def tax_of(amount: int, rate: int, mode: TaxMode) -> int:
    """Return the tax contained in, or to be added to, a non-negative amount; halves round up."""
    base = BASIS + rate if mode is TaxMode.INCLUSIVE else BASIS
    return (2 * amount * rate + base) // (2 * base)


def totals(lines: Iterable[tuple[int, int]], mode: TaxMode) -> Totals:
    """Add up (amount, rate) lines; taken once per rate, tax gathers no rounding errors."""
    by_rate: dict[int, int] = {}
    for amount, rate in lines:
        by_rate[rate] = by_rate.get(rate, 0) + amount
    subtotal = sum(by_rate.values())
    tax = sum(tax_of(amount, rate, mode) for rate, amount in by_rate.items())
    return Totals(subtotal, tax, subtotal if mode is TaxMode.INCLUSIVE else subtotal + tax)


def allocate(amount: int, weights: Sequence[Fraction | int]) -> list[int]:
    """Divide an amount by weights so that the parts add up to it, by largest remainder.

    Of equal remainders the first one gets the unit; without any weight all weigh the same.
    """
    if not weights:
        assert not amount, "there is nobody to give it to"
        return []
    scale = lcm(*(weight.denominator for weight in weights))  # exact, and in whole numbers
    whole_weights = [weight.numerator * (scale // weight.denominator) for weight in weights]
    whole = sum(whole_weights)
    if not whole:
        return allocate(amount, [1] * len(weights))
    shares = [divmod(amount * weight, whole) for weight in whole_weights]
    parts = [part for part, _ in shares]
    order = sorted(range(len(parts)), key=lambda i: -shares[i][1])
    for place in order[: amount - sum(parts)]:
        parts[place] += 1
    return parts


def share_of(amount: int, rate: int) -> int:
    """Return a rate's part of a non-negative amount; halves round up."""
    return (2 * amount * rate + BASIS) // (2 * BASIS)
