"""The referee of money sees what it is there to see, and nothing else."""

from typing import Any

import pytest

from scripts.lunch.verdict import Verdict
from scripts.mishaps.bookkeeper import Counted, Paid, judge

GOOD = Verdict([], [], [], [])


def paid(name: str, amount: int, tip: int = 0, **changes: Any) -> Paid:
    fields = {"session_id": "s1", "status": "PAID", "booked": amount + tip}
    return Paid(id=name, amount=amount, **fields | changes)


def counted(*payments: Paid, **changes: Any) -> Counted:
    """Two legs of a party that owes 30, both charged and booked."""
    fields: dict[str, Any] = {
        "due": {"s1": 30},
        "taken": {"p1": 10, "p2": 25},
        "charges": {"p1": 1, "p2": 1},
    }
    known = [paid("p1", 10), paid("p2", 20, 5)]
    return Counted(paid=list(payments) or known, **fields | changes)


def test_nothing_is_said_of_money_that_was_taken_and_booked() -> None:
    assert judge(counted()) == GOOD


def test_what_was_given_back_is_neither_lost_nor_owed() -> None:
    back = paid("p1", 10, status="REFUNDED", booked=0)
    assert judge(counted(back, paid("p2", 20, 5), taken={"p1": 0, "p2": 25})) == GOOD


def test_money_that_was_taken_and_is_not_booked_is_seen() -> None:
    late = paid("p1", 10, status="PENDING", booked=0)
    found = judge(counted(late, paid("p2", 20, 5)))
    assert found.lost == [
        "of payment p1 10 was taken and 0 is booked",
        "party s1 owes 30 and has paid 20",
    ]
    unknown = judge(counted(taken={"p1": 10, "p2": 25, "p9": 7}))
    assert unknown.lost == ["of payment p9 7 was taken and 0 is booked"]


def test_a_refund_that_was_made_twice_is_seen() -> None:
    assert judge(counted(taken={"p1": 0, "p2": 25})).strayed == [
        "of payment p1 10 is booked and 0 was taken"
    ]


def test_a_payment_that_was_charged_twice_is_seen() -> None:
    assert judge(counted(charges={"p1": 2, "p2": 1})).duplicated == [
        "payment p1 was charged 2 times"
    ]


@pytest.mark.parametrize(("due", "what"), [(29, "duplicated"), (31, "lost")])
def test_a_party_that_paid_too_much_or_too_little_is_seen(due: int, what: str) -> None:
    found = judge(counted(due={"s1": due}))
    assert getattr(found, what) == [f"party s1 owes {due} and has paid 30"]


def test_a_party_that_paid_nothing_though_it_began_to_is_seen() -> None:
    failed = paid("p1", 30, status="FAILED", booked=0)
    assert judge(counted(failed, taken={}, charges={})).lost == ["party s1 owes 30 and has paid 0"]
