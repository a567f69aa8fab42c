"""What being paid means to an order: its release to the kitchen and its end, and no dish moves."""

import pytest

from state.domain.actor import Role
from state.domain.errors import Refusal
from state.domain.moves import accept, complete, fire
from state.domain.order import ItemStatus, Order, Status
from state.domain.paid import BEGUN, FUNDED, SETTLED, hold, settle_up
from tests import make
from tests.make import NOW

STATUSES = [
    "UNPAID",
    "PENDING",
    "AUTHORIZED",
    "PARTIALLY_PAID",
    "PAID",
    "PARTIALLY_REFUNDED",
    "REFUNDED",
]
SERVED, QUEUED, READY = ItemStatus.SERVED, ItemStatus.QUEUED, ItemStatus.READY


def waiting() -> Order:
    """Two courses that a guest has ordered in a house that is paid first."""
    items = hold((make.item(id="i0", course=1), make.item(id="i1", course=2)))
    return make.order(items=items, awaiting_payment=True)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("item", [QUEUED, READY, SERVED])
def test_paying_moves_no_dish_and_completes_what_was_brought(status: str, item: ItemStatus) -> None:
    before = make.order(item)
    after = settle_up(before, status, NOW)
    assert after.items == before.items
    assert after.payment_status == status
    done = item is SERVED and status in SETTLED
    assert (after.status is Status.COMPLETED) is done
    assert after.version == before.version + done
    assert settle_up(after, status, NOW) is after


@pytest.mark.parametrize("status", STATUSES)
def test_the_kitchen_gets_the_first_course_once_the_money_is_there(status: str) -> None:
    after = settle_up(waiting(), status, NOW)
    funded = status in FUNDED
    assert after.awaiting_payment is not funded
    expected = [ItemStatus.QUEUED if funded else ItemStatus.HELD, ItemStatus.HELD]
    assert [item.status for item in after.items] == expected


def test_nobody_lets_the_kitchen_begin_before() -> None:
    waiter = make.actor(Role.WAITER)
    with pytest.raises(Refusal, match="once it is paid"):
        fire(waiting(), 1, waiter, NOW)
    with pytest.raises(Refusal, match="once it is paid"):
        accept(waiting(), waiter, NOW)


@pytest.mark.parametrize("status", STATUSES)
def test_what_is_being_paid_is_not_completed_by_hand(status: str) -> None:
    order = make.order(SERVED, payment_status=status)
    waiter = make.actor(Role.WAITER)
    if status in BEGUN:
        with pytest.raises(Refusal, match="being paid"):
            complete(order, waiter, NOW)
    else:
        done = complete(order, waiter, NOW, "paid in the hotel")
        assert (done.status, done.reason) == (Status.COMPLETED, "paid in the hotel")
