"""Money: exact, half up, and the same in every currency."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.domain.actor import Role
from state.domain.money import BASIS, TaxMode, Totals, tax_of, totals
from state.domain.moves import accept
from state.domain.order import ItemStatus
from tests import make
from tests.make import NOW

INCLUSIVE, EXCLUSIVE = TaxMode.INCLUSIVE, TaxMode.EXCLUSIVE

amounts = st.integers(0, 10**9)
rates = st.integers(0, BASIS)
lines = st.lists(st.tuples(amounts, st.sampled_from([0, 500, 700, 1900])), max_size=8)
modes = st.sampled_from(TaxMode)


def half_up(exact: Fraction) -> int:
    whole, rest = divmod(exact.numerator, exact.denominator)
    return whole + (2 * rest >= exact.denominator)


@pytest.mark.parametrize(
    ("amount", "rate", "mode", "tax"),
    [
        (11900, 1900, INCLUSIVE, 1900),
        (10000, 1900, EXCLUSIVE, 1900),
        (1000, 1900, INCLUSIVE, 160),  # 159.66
        (999, 700, EXCLUSIVE, 70),  # 69.93
        (50, 100, EXCLUSIVE, 1),  # 0.5: a half goes up
        (49, 100, EXCLUSIVE, 0),  # 0.49
        (150, 100, EXCLUSIVE, 2),  # 1.5
        (101, 100, INCLUSIVE, 1),
        (3, 10000, INCLUSIVE, 2),  # 1.5: a half goes up here too
        (1000, 0, INCLUSIVE, 0),
        (1000, 0, EXCLUSIVE, 0),
        (0, 1900, INCLUSIVE, 0),
        (0, 1900, EXCLUSIVE, 0),
    ],
)
def test_tax_is_what_a_receipt_says(amount: int, rate: int, mode: TaxMode, tax: int) -> None:
    assert tax_of(amount, rate, mode) == tax


@given(amounts, rates)
def test_tax_added_is_rounded_half_up(amount: int, rate: int) -> None:
    exact = Decimal(amount) * rate / BASIS
    assert tax_of(amount, rate, EXCLUSIVE) == exact.quantize(Decimal(1), ROUND_HALF_UP)


@given(amounts, rates)
def test_tax_contained_is_rounded_half_up(amount: int, rate: int) -> None:
    exact = Fraction(amount * rate, BASIS + rate)
    assert tax_of(amount, rate, INCLUSIVE) == half_up(exact)


@given(amounts, rates)
def test_tax_contained_is_never_more_than_the_price(amount: int, rate: int) -> None:
    assert 0 <= tax_of(amount, rate, INCLUSIVE) <= amount


@given(amounts, rates)
def test_tax_that_was_added_is_contained_in_the_sum(net: int, rate: int) -> None:
    tax = tax_of(net, rate, EXCLUSIVE)
    assert tax_of(net + tax, rate, INCLUSIVE) == tax


@given(lines)
def test_a_menu_with_tax_included_is_paid_as_written(sold: list[tuple[int, int]]) -> None:
    found = totals(sold, INCLUSIVE)
    assert found.total == found.subtotal == sum(amount for amount, _ in sold)


@given(lines)
def test_a_menu_without_tax_is_paid_with_it(sold: list[tuple[int, int]]) -> None:
    found = totals(sold, EXCLUSIVE)
    assert found.subtotal == sum(amount for amount, _ in sold)
    assert found.total == found.subtotal + found.tax


@given(lines, modes, st.randoms(use_true_random=False))
def test_the_order_of_the_lines_does_not_matter(
    sold: list[tuple[int, int]], mode: TaxMode, chance: object
) -> None:
    mixed = list(sold)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert totals(mixed, mode) == totals(sold, mode)


@given(lines, amounts, st.integers(1, 9), modes)
def test_lines_of_one_are_taxed_like_one_line_of_all(
    others: list[tuple[int, int]], price: int, count: int, mode: TaxMode
) -> None:
    single = [*others, *[(price, 1900)] * count]
    assert totals(single, mode) == totals([*others, (price * count, 1900)], mode)


@given(lines, modes)
def test_tax_is_the_sum_of_what_each_rate_comes_to(
    sold: list[tuple[int, int]], mode: TaxMode
) -> None:
    parts = [
        totals([line for line in sold if line[1] == rate], mode) for rate in {r for _, r in sold}
    ]
    assert totals(sold, mode) == Totals(
        sum(p.subtotal for p in parts), sum(p.tax for p in parts), sum(p.total for p in parts)
    )


def test_nothing_costs_nothing() -> None:
    assert totals([], INCLUSIVE) == totals([], EXCLUSIVE) == Totals(0, 0, 0)


@pytest.mark.parametrize("currency", ["JPY", "EUR", "KWD", "XTS"])
def test_the_currency_changes_no_number(currency: str) -> None:
    held = make.order(ItemStatus.QUEUED, currency=currency)
    after = accept(held, make.actor(Role.WAITER), NOW)
    assert (after.subtotal, after.tax, after.total_amount) == (1000, 160, 1000)
    assert msgspec.to_builtins(after)["currency"] == currency
