"""Bills: whatever was ordered, taken off, split and paid, everything adds up to the last cent."""

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from state.domain import bill as bills
from state.domain import settlement, split
from state.domain.bill import Bill
from state.domain.bill_lines import BillLine, Discount
from state.domain.money import TaxMode, allocate, totals
from state.domain.order import ItemStatus, Order
from state.domain.payment import (
    Claim,
    Method,
    Payment,
    PaymentStatus,
    RefundStatus,
    fail,
    give_back,
    new_refund,
    refund,
    take,
)
from state.domain.split import Leg, Split, SplitMode
from tests import make
from tests.make import NOW

# Prices as they are in yen, in cents and in Bahraini fils.
CURRENCIES = {"JPY": 1, "EUR": 100, "BHD": 1000}
SEAT = ("t7", "7")


def a_bill(**changes: Any) -> Bill:
    fields: dict[str, Any] = {
        "id": "b1",
        "tenant_id": "t1",
        "restaurant_id": "r1",
        "session_id": "s1",
        "currency": "EUR",
        "opened_at": NOW,
    }
    return Bill(**fields | changes)


def a_payment(amount: int, **changes: Any) -> Payment:
    fields: dict[str, Any] = {
        "id": f"p{amount}",
        "tenant_id": "t1",
        "restaurant_id": "r1",
        "session_id": "s1",
        "reference": "s1",
        "method": Method.CARD,
        "currency": "EUR",
        "amount": amount,
        "payer": "g1",
        "created_at": NOW,
        "locked_until": NOW + timedelta(seconds=90),
    }
    return Payment(**fields | changes)


@st.composite
def parties(draw: st.DrawFn) -> tuple[Bill, list[Order]]:
    """A bill in some currency, with the orders of a party."""
    currency, unit = draw(st.sampled_from(list(CURRENCIES.items())))
    mode = draw(st.sampled_from(TaxMode))
    count = iter(range(1000))
    orders = [
        make.order(
            id=f"o{number}",
            currency=currency,
            tax_mode=mode,
            items=tuple(
                make.item(
                    draw(
                        st.sampled_from([ItemStatus.SERVED, ItemStatus.SERVED, ItemStatus.VOIDED])
                    ),
                    id=f"i{next(count)}",
                    line_total=draw(st.integers(0, 99 * unit)),
                    tax_rate=draw(st.sampled_from([0, 700, 1900, 825])),
                    guest_id=draw(st.sampled_from(["", "g1", "g2", "g3"])),
                )
                for _ in range(draw(st.integers(1, 5)))
            ),
        )
        for number in range(draw(st.integers(1, 3)))
    ]
    off = draw(
        st.none()
        | st.builds(Discount, rate=st.integers(1, 10_000), reason=st.just("late"), by=st.just("m"))
        | st.builds(
            Discount, amount=st.integers(1, 300 * unit), reason=st.just("late"), by=st.just("m")
        )
    )
    made = a_bill(
        currency=currency, service_rate=draw(st.sampled_from([0, 1000, 1250])), discount=off
    )
    return made, orders


@st.composite
def splits(draw: st.DrawFn, found: list[BillLine]) -> Split:
    mode = draw(st.sampled_from(SplitMode))
    if mode is SplitMode.EQUAL:
        return Split(mode=mode, legs=tuple(Leg(id=str(n)) for n in range(draw(st.integers(1, 9)))))
    if mode is SplitMode.AMOUNT:
        amounts = draw(st.lists(st.integers(1, 10_000), min_size=1, max_size=4))
        return Split(mode=mode, legs=tuple(Leg(id=str(n), amount=a) for n, a in enumerate(amounts)))
    if mode is SplitMode.GUEST:
        return Split(mode=mode)
    of = draw(st.integers(1, 7))
    claims = tuple(
        tuple(Claim(item_id=line.item_id, shares=1, of=of) for line in found if draw(st.booleans()))
        for _ in range(of)
    )
    return Split(mode=mode, legs=tuple(Leg(id=str(n), claims=c) for n, c in enumerate(claims)))


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_parts_add_up_and_are_less_than_a_unit_off(amount: int, weights: list[int]) -> None:
    parts = allocate(amount, weights)
    assert sum(parts) == amount
    whole = sum(weights) or len(weights)
    for part, weight in zip(parts, weights if sum(weights) else [1] * len(weights), strict=True):
        assert abs(part - Fraction(amount * weight, whole)) < 1


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (1, [1, 1, 1], [1, 0, 0]),
        (0, [1, 2], [0, 0]),
        (7, [0, 0], [4, 3]),
        (10, [1, 2, 4], [1, 3, 6]),  # 1.43, 2.86, 5.71
        (0, [], []),
    ],
)
def test_who_has_the_largest_remainder_gets_the_unit(
    amount: int, weights: list[int], parts: list[int]
) -> None:
    assert allocate(amount, weights) == parts


@given(parties())
def test_a_bill_is_the_sum_of_its_lines_and_of_its_orders(party: tuple[Bill, list[Order]]) -> None:
    held, orders = party
    shown = bills.show(held, SEAT, orders, [])
    assert all(line.due == line.net + line.tax + line.service for line in shown.lines)
    assert all(min(line.net, line.tax, line.service, line.discount) >= 0 for line in shown.lines)
    assert shown.total == sum(line.due for line in shown.lines) == shown.outstanding
    assert shown.tax == sum(shown.taxes.values())
    assert shown.subtotal - shown.discount + shown.service + shown.tax >= shown.total
    if held.discount is None and not held.service_rate:
        dues = [
            totals(
                [(i.line_total, i.tax_rate) for i in o.items if i.status is not ItemStatus.VOIDED],
                o.tax_mode,
            )
            for o in orders
        ]
        assert shown.total == sum(due.total for due in dues)
        assert shown.tax == sum(due.tax for due in dues)


@given(st.data())
def test_legs_add_up_however_it_is_split_and_whoever_pays_first(data: st.DataObject) -> None:
    held, orders = data.draw(parties())
    found = bills.lines_of(held, orders, [])
    held = replace(held, split=data.draw(splits(found)))
    payments: list[Payment] = []
    for turn in range(12):
        shown = bills.show(held, SEAT, orders, payments)
        legs = [leg for leg in shown.legs if leg.status == "OPEN" and leg.amount]
        assert sum(leg.amount for leg in legs) == shown.outstanding
        assert shown.paid + shown.outstanding == shown.total
        assert all(leg.amount >= 0 for leg in shown.legs)
        if not legs:
            break
        leg = data.draw(st.sampled_from(legs))
        claims = split.claim(shown.lines, leg.claims) if leg.claims else ()
        made = a_payment(leg.amount, id=f"p{turn}", leg=leg.id, claims=claims, tip=turn)
        parts = settlement.breakdown(shown.lines, payments, made)
        payments.append(take(made, parts, NOW))
    else:
        raise AssertionError("a bill that is never paid")
    _check_paid(held, orders, payments)


@settings(max_examples=40)
@given(st.data())
def test_a_party_that_orders_and_splits_again_has_legs_for_all_of_it(data: st.DataObject) -> None:
    """However it was split before, and whatever was paid by then, nothing is left without a leg."""
    held, orders = data.draw(parties())
    payments: list[Payment] = []
    for turn in range(len(orders)):
        so_far = orders[: turn + 1]
        whole = [x for x in bills.lines_of(held, so_far, payments) if x.shares_left == 1]
        agreed = split.number(data.draw(splits(whole)), held.split, payments)
        held = replace(held, split=agreed)
        open_ = _open_legs(held, so_far, payments)
        ids = [leg.id for leg in bills.show(held, SEAT, so_far, payments).legs]
        assert len(set(ids)) == len(ids)
        if agreed.mode is SplitMode.EQUAL and open_:
            assert all(leg.id != split.REST for leg in open_)
            assert max(leg.amount for leg in open_) - min(leg.amount for leg in open_) <= 1
        for _ in range(data.draw(st.integers(0, 9))):
            if not open_:
                break
            leg = data.draw(st.sampled_from(open_))
            shown = bills.show(held, SEAT, so_far, payments)
            made = a_payment(
                leg.amount,
                id=f"p{len(payments)}",
                leg=leg.id,
                claims=split.claim(shown.lines, leg.claims) if leg.claims else (),
            )
            parts = settlement.breakdown(shown.lines, payments, made)
            payments.append(take(made, parts, NOW))
            open_ = _open_legs(held, so_far, payments)


def _open_legs(held: Bill, orders: list[Order], payments: list[Payment]) -> list[split.LegNow]:
    """Return the legs that are to be paid; they add up to what is outstanding."""
    shown = bills.show(held, SEAT, orders, payments)
    open_ = [leg for leg in shown.legs if leg.status == "OPEN" and leg.amount]
    assert sum(leg.amount for leg in open_) == shown.outstanding
    return open_


def test_equal_parts_asked_for_again_are_the_same_until_all_are_paid() -> None:
    thirds = Split(mode=SplitMode.EQUAL, legs=tuple(Leg(id=str(n)) for n in (1, 2, 3)))
    assert split.number(thirds, None, []) == thirds
    paid = a_payment(100, leg="1", status=PaymentStatus.PAID)
    assert split.number(thirds, thirds, [paid]) == thirds
    by_amount = Split(mode=SplitMode.AMOUNT, legs=(Leg(id="1", amount=5),))
    assert split.number(by_amount, thirds, [paid]).legs[0].id == "2"
    all_paid = [a_payment(100, leg=leg, status=PaymentStatus.PAID) for leg in ("1", "2", "3")]
    again = split.number(thirds, thirds, all_paid)
    assert [leg.id for leg in again.legs] == ["4", "5", "6"]
    assert split.number(thirds, again, all_paid) == again


def _check_paid(held: Bill, orders: list[Order], payments: list[Payment]) -> None:
    """What the payments consist of is what the bill does, account by account."""
    shown = bills.show(held, SEAT, orders, payments)
    assert shown.paid == shown.total
    booked: dict[str, int] = {}
    for payment in payments:
        assert sum(payment.breakdown.values()) == payment.total
        for account, part in payment.breakdown.items():
            booked[account] = booked.get(account, 0) + part
    for rate, tax in shown.taxes.items():
        assert booked.get(f"tax:{rate}", 0) == tax
    assert booked.get("service", 0) == shown.service
    assert booked.get("tips", 0) == sum(p.tip for p in payments) == shown.tips
    statuses = settlement.settled(orders, shown.lines, payments)
    for order in orders:
        live = any(item.status is not ItemStatus.VOIDED for item in order.items)
        assert statuses[order.id] == ("PAID" if live else "UNPAID")


@given(st.data())
def test_shares_of_a_line_add_up_in_any_order(data: st.DataObject) -> None:
    order = make.order(
        items=(make.item(ItemStatus.SERVED, line_total=data.draw(st.integers(1, 9999))),)
    )
    of = data.draw(st.integers(1, 9))
    payments: list[Payment] = []
    for number in range(of):
        [line] = bills.lines_of(a_bill(), [order], payments)
        [claim] = split.claim([line], [Claim(item_id="i0", shares=1, of=of)])
        assert abs(claim.amount - Fraction(line.due, of)) <= 1
        payments.append(a_payment(claim.amount, id=f"p{number}", claims=(claim,)))
    [line] = bills.lines_of(a_bill(), [order], payments)
    assert (line.left, line.shares_left, line.held) == (0, 0, line.due)
    with pytest.raises(LookupError):
        split.claim([line], [Claim(item_id="i0", shares=1, of=of)])


@given(parties(), st.data())
def test_refunds_take_back_what_was_paid_and_not_a_cent_more(
    party: tuple[Bill, list[Order]], data: st.DataObject
) -> None:
    held, orders = party
    found = bills.lines_of(held, orders, [])
    total = sum(line.due for line in found)
    made = a_payment(total, tip=data.draw(st.integers(0, 500)))
    paid = take(made, settlement.breakdown(found, [], made), NOW)
    earlier = []
    while paid.refunded < paid.total:
        amount = data.draw(st.integers(1, paid.total - paid.refunded))
        back = new_refund(paid, earlier, amount, "cold", ("m1", "Maria"), NOW)
        assert sum(back.breakdown.values()) == amount
        assert all(part >= 0 for part in back.breakdown.values())
        paid = refund(paid, amount)
        earlier.append(replace(back, status=RefundStatus.SUCCEEDED))
    whole: dict[str, int] = {}
    for back in earlier:
        for account, part in back.breakdown.items():
            whole[account] = whole.get(account, 0) + part
    assert {k: v for k, v in whole.items() if v} == {k: v for k, v in paid.breakdown.items() if v}
    assert give_back(paid, earlier, 0) == {}
    if paid.total:
        assert paid.status is PaymentStatus.REFUNDED


def test_what_fails_gives_its_leg_back() -> None:
    order = make.order(ItemStatus.SERVED, ItemStatus.SERVED)
    held = a_bill(split=Split(mode=SplitMode.EQUAL, legs=(Leg(id="a"), Leg(id="b"))))
    trying = a_payment(1000, leg="a")
    shown = bills.show(held, SEAT, [order], [trying])
    assert [(leg.id, leg.amount, leg.status) for leg in shown.legs] == [
        ("a", 1000, "PENDING"),
        ("b", 1000, "OPEN"),
    ]
    shown = bills.show(held, SEAT, [order], [fail(trying, "declined", NOW)])
    assert [(leg.id, leg.status) for leg in shown.legs] == [("a", "OPEN"), ("b", "OPEN")]
    assert (shown.status, shown.outstanding) == ("UNPAID", 2000)


def test_what_is_taken_off_after_it_was_paid_is_owed_to_the_guest() -> None:
    order = make.order(ItemStatus.SERVED, ItemStatus.SERVED)
    found = bills.lines_of(a_bill(), [order], [])
    made = a_payment(2000)
    paid = take(made, settlement.breakdown(found, [], made), NOW)
    less = make.order(ItemStatus.SERVED, ItemStatus.VOIDED)
    shown = bills.show(a_bill(), SEAT, [less], [paid])
    assert (shown.total, shown.overpaid, shown.outstanding) == (1000, 1000, 0)
    shown = bills.show(a_bill(), SEAT, [less], [refund(paid, 1000)])
    assert (shown.overpaid, shown.outstanding, shown.status) == (0, 0, "PARTIALLY_REFUNDED")


def test_of_what_was_set_aside_only_what_was_cooked_is_taken() -> None:
    order = make.order(ItemStatus.SERVED, ItemStatus.SERVED)
    found = bills.lines_of(a_bill(), [order], [])
    aside = a_payment(
        2000, tip=100, claims=split.everything(found), status=PaymentStatus.AUTHORIZED
    )
    assert settlement.settled([order], found, [aside]) == {"o1": "AUTHORIZED"}
    assert settlement.to_capture(aside, found) == 2100
    less = bills.lines_of(a_bill(), [make.order(ItemStatus.SERVED, ItemStatus.VOIDED)], [aside])
    assert settlement.to_capture(aside, less) == 1100
    assert settlement.to_capture(aside, []) == 0


@pytest.mark.parametrize(
    ("status", "refunded", "expected"),
    [
        (PaymentStatus.PENDING, 0, "PENDING"),
        (PaymentStatus.AUTHORIZED, 0, "AUTHORIZED"),
        (PaymentStatus.PAID, 0, "PAID"),
        (PaymentStatus.PARTIALLY_REFUNDED, 500, "PARTIALLY_REFUNDED"),
        (PaymentStatus.REFUNDED, 1000, "REFUNDED"),
        (PaymentStatus.FAILED, 0, "UNPAID"),
    ],
)
def test_an_order_says_how_it_is_paid(status: PaymentStatus, refunded: int, expected: str) -> None:
    order = make.order(ItemStatus.SERVED)
    found = bills.lines_of(a_bill(), [order], [])
    made = a_payment(1000, status=status, refunded=refunded)
    assert settlement.settled([order], found, [made]) == {"o1": expected}
    assert bills.show(a_bill(), SEAT, [order], [made]).status == expected
    part = a_payment(999, status=PaymentStatus.PAID)
    assert settlement.settled([order], found, [part]) == {"o1": "PARTIALLY_PAID"}
