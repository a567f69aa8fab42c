"""Boards: which orders a screen shows, and how events change it."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.domain.board import Doc, View, apply, shows
from state.domain.order import ItemStatus, Order, Status
from tests import make

SHOWN = {
    View.ACTIVE: {"PENDING", "CONFIRMED", "PREPARING", "READY", "DELIVERED"},
    View.PENDING: {"PENDING", "CONFIRMED", "PREPARING", "READY"},
}


def doc(**changes: object) -> Doc:
    return msgspec.to_builtins(make.order(ItemStatus.QUEUED, **changes))


@pytest.mark.parametrize("view", View)
@pytest.mark.parametrize("status", Status)
def test_a_board_shows_what_its_people_still_have_to_do(view: View, status: Status) -> None:
    assert shows(view, doc(status=status)) is (status in SHOWN[view])


@pytest.mark.parametrize(
    ("stations", "shown"),
    [
        (None, True),
        ({"grill"}, True),
        ({"bar"}, True),
        ({"bar", "pastry"}, True),
        ({"pastry"}, False),
        (set(), False),
    ],
)
def test_a_station_s_board_shows_the_orders_it_cooks_for(
    stations: set[str] | None, shown: bool
) -> None:
    items = (make.item(station="grill"), make.item(id="i1", station="bar"))
    order = msgspec.to_builtins(make.order(items=items))
    narrowed = None if stations is None else frozenset(stations)
    assert shows(View.PENDING, order, narrowed) is shown


def pending(order: Doc) -> bool:
    return shows(View.PENDING, order)


@pytest.mark.parametrize("name", ["order:new", "order:statusChanged", "order:anythingLater"])
def test_an_order_appears_changes_and_leaves(name: str) -> None:
    board: dict[str, Doc] = {}
    apply(board, name, doc(version=1), pending)
    apply(board, name, doc(version=2, status=Status.READY), pending)
    assert {key: order["version"] for key, order in board.items()} == {"o1": 2}
    apply(board, name, doc(version=3, status=Status.DELIVERED), pending)
    assert board == {}


@pytest.mark.parametrize("name", ["cart:changed", "alert:raised", "menu:availability", "job:done"])
def test_other_events_leave_a_board_as_it_is(name: str) -> None:
    board = {"o1": doc()}
    apply(board, name, {"id": "o1", "status": "RESOLVED"}, pending)
    assert board == {"o1": doc()}


def test_an_order_that_was_never_shown_leaves_quietly() -> None:
    board: dict[str, Doc] = {}
    apply(board, "order:cancelled", doc(status=Status.CANCELLED), pending)
    assert board == {}


orders = st.builds(
    make.order,
    st.sampled_from(ItemStatus),
    st.sampled_from(ItemStatus),
    id=st.sampled_from(["o1", "o2", "o3"]),
)


@given(st.sampled_from(View), st.lists(orders))
def test_a_board_that_heard_everything_equals_one_that_looks_now(
    view: View, heard: list[Order]
) -> None:
    board: dict[str, Doc] = {}
    now: dict[str, Doc] = {}
    keep: Callable[[Doc], bool] = lambda order: shows(view, order)  # noqa: E731
    for order in heard:
        now[order.id] = msgspec.to_builtins(order)
        apply(board, "order:statusChanged", now[order.id], keep)
    assert board == {key: order for key, order in now.items() if keep(order)}


@pytest.mark.parametrize("awaiting", [True, False])
def test_what_is_not_paid_yet_is_the_waiters_business_and_not_the_kitchens(awaiting: bool) -> None:
    order = doc(status=Status.PENDING, awaiting_payment=awaiting)
    assert shows(View.ACTIVE, order)
    assert shows(View.PENDING, order) is not awaiting
    before = {name: value for name, value in order.items() if name != "awaitingPayment"}
    assert shows(View.PENDING, before), "as an order was kept by a version without payments"
