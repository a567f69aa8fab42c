"""What is done to an order as a whole: accepted, rejected, cancelled, rushed, moved, fired."""

from collections.abc import Callable
from functools import partial

import pytest

from state.domain.actor import Role
from state.domain.errors import Code, Refusal
from state.domain.moves import (
    accept,
    cancel,
    complete,
    fire,
    recall,
    reject,
    rush,
    transfer,
    update_status,
)
from state.domain.order import RANK, ItemStatus, Order, Priority, Status
from tests import make
from tests.make import BEFORE, NOW

HELD, QUEUED, PREPARING, READY, SERVED, VOIDED = ItemStatus
Mix = tuple[ItemStatus, ...]

GUEST, WAITER, KITCHEN, EXPO, MANAGER, ADMIN, SERVICE = (make.actor(role) for role in Role)
ELSEWHERE = ("t9", "9", "s2")

# One order in each status; PREPARING and READY with a course still held back.
EXAMPLES: dict[Status, Order] = {
    Status.PENDING: make.order(QUEUED, HELD),
    Status.CONFIRMED: make.order(QUEUED, HELD, confirmed=True),
    Status.PREPARING: make.order(PREPARING, QUEUED, HELD),
    Status.READY: make.order(READY, READY, HELD),
    Status.DELIVERED: make.order(SERVED, VOIDED),
    Status.COMPLETED: make.order(SERVED, VOIDED, completed=True),
    Status.CANCELLED: make.order(VOIDED, VOIDED),
}

MOVES: dict[str, Callable[..., Order]] = {
    "accept": accept,
    "reject": partial(reject, reason="no fish today"),
    "cancel": partial(cancel, reason="they left"),
    "complete": complete,
    "rush": partial(rush, rushed=True),
    "recall": partial(recall, reason=""),
    "transfer": partial(transfer, to=ELSEWHERE),
    "fire": lambda order, actor, now: fire(order, 1, actor, now),
}
WHEN = {
    "accept": "PENDING",
    "reject": "PENDING",
    "cancel": "PENDING CONFIRMED PREPARING READY",
    "complete": "DELIVERED",
    "rush": "PENDING CONFIRMED PREPARING READY",
    "recall": "PREPARING READY DELIVERED",
    "transfer": "PENDING CONFIRMED PREPARING READY",
    "fire": "PENDING CONFIRMED PREPARING READY",
}
WHO = {
    "accept": "waiter kitchen expo manager admin service",
    "reject": "kitchen expo manager admin service",
    "cancel": "guest waiter manager admin service",
    "complete": "waiter manager admin service",
    "rush": "waiter kitchen expo manager admin service",
    "recall": "waiter kitchen expo manager admin service",
    "transfer": "waiter manager admin service",
    "fire": "waiter expo manager admin service",
}


def test_the_examples_are_what_they_are_called() -> None:
    assert {status: example.status for status, example in EXAMPLES.items()} == {
        status: status for status in Status
    }


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("name", MOVES)
def test_an_order_moves_only_when_its_status_allows(name: str, status: Status) -> None:
    before = EXAMPLES[status]
    if status in WHEN[name].split():
        after = MOVES[name](before, MANAGER, NOW)
        assert (after.version, after.updated_at) == (before.version + 1, NOW)
    else:
        with pytest.raises(Refusal) as refused:
            MOVES[name](before, MANAGER, NOW)
        assert refused.value.code is Code.ILLEGAL_TRANSITION


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", MOVES)
def test_an_order_is_moved_only_by_those_it_concerns(name: str, role: Role) -> None:
    before = EXAMPLES[Status(WHEN[name].split()[0])]
    if role in WHO[name].split():
        MOVES[name](before, make.actor(role), NOW)
    else:
        with pytest.raises(Refusal) as refused:
            MOVES[name](before, make.actor(role), NOW)
        assert refused.value.code is Code.FORBIDDEN


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", MOVES)
def test_whoever_may_not_is_told_so_even_where_nobody_could(name: str, role: Role) -> None:
    found = refusal(MOVES[name], EXAMPLES[Status.CANCELLED], make.actor(role), NOW)
    may = role in WHO[name].split()
    assert found is (Code.ILLEGAL_TRANSITION if may else Code.FORBIDDEN)


@pytest.mark.parametrize(
    ("before", "target", "who"),
    [
        (make.order(PREPARING, confirmed=True), "DELIVERED", "waiter expo manager admin service"),
        (make.order(HELD), "PREPARING", "kitchen expo manager admin service"),
    ],
)
def test_whoever_may_not_set_a_status_is_told_so_even_where_nobody_could(
    before: Order, target: str, who: str
) -> None:
    for role in Role:
        found = refusal(update_status, before, Status(target), make.actor(role), NOW, "")
        assert found is (Code.ILLEGAL_TRANSITION if role in who.split() else Code.FORBIDDEN), role


def test_accepting_stamps_the_time_and_cooks_nothing_yet() -> None:
    after = accept(make.order(QUEUED, HELD), KITCHEN, NOW)
    assert (after.status, after.confirmed_at) == (Status.CONFIRMED, NOW)
    assert after.items == make.order(QUEUED, HELD).items


def test_a_rejected_order_keeps_the_reason_its_guest_is_told() -> None:
    assert reject(make.order(QUEUED), KITCHEN, NOW, "no fish today").reason == "no fish today"


@pytest.mark.parametrize("end", [reject, cancel])
def test_a_rejected_or_cancelled_order_has_no_live_item_and_no_price(
    end: Callable[..., Order],
) -> None:
    after = end(make.order(QUEUED, HELD, VOIDED, tips=100), MANAGER, NOW, "no fish today")
    assert {item.status for item in after.items} == {VOIDED}
    assert [item.voided_at for item in after.items] == [NOW, NOW, BEFORE]
    assert [item.version for item in after.items] == [2, 2, 1]
    assert [item.reason for item in after.items] == ["no fish today", "no fish today", ""]
    assert (after.status, after.cancelled_at) == (Status.CANCELLED, NOW)
    assert (after.subtotal, after.tax, after.total_amount) == (0, 0, 100)
    assert after.reason == "no fish today"


@pytest.mark.parametrize(
    ("mix", "confirmed", "refusals"),
    [
        # Who is refused to cancel, and why: guest, waiter, manager without and with a reason.
        ((QUEUED,), False, [None, None, None, None]),
        ((QUEUED, HELD, VOIDED), False, [None, None, None, None]),
        ((QUEUED,), True, [Code.ILLEGAL_TRANSITION, None, None, None]),
        ((PREPARING,), True, [Code.ILLEGAL_TRANSITION, Code.FORBIDDEN, Code.INVALID, None]),
        ((READY, QUEUED), True, [Code.ILLEGAL_TRANSITION, Code.FORBIDDEN, Code.INVALID, None]),
        ((SERVED, QUEUED), True, [Code.ILLEGAL_TRANSITION] * 4),
        ((SERVED,), True, [Code.ILLEGAL_TRANSITION] * 4),
        ((VOIDED,), False, [Code.ILLEGAL_TRANSITION] * 4),
    ],
)
def test_a_guest_cancels_until_it_is_accepted_a_waiter_until_it_cooks_a_manager_until_it_is_served(
    mix: Mix, confirmed: bool, refusals: list[Code | None]
) -> None:
    before = make.order(*mix, confirmed=confirmed)
    asked = [(GUEST, ""), (WAITER, "they left"), (MANAGER, " "), (MANAGER, "they left")]
    assert [refusal(cancel, before, who, NOW, reason) for who, reason in asked] == refusals


def refusal(move: Callable[..., Order], *args: object) -> Code | None:
    try:
        move(*args)
    except Refusal as exc:
        return exc.code
    return None


def test_completing_stamps_the_time_and_is_the_end() -> None:
    after = complete(make.order(SERVED), WAITER, NOW)
    assert (after.status, after.completed_at, after.delivered_at) == (Status.COMPLETED, NOW, BEFORE)


def test_a_rush_is_declared_and_called_off_once() -> None:
    rushed = rush(make.order(QUEUED), WAITER, NOW, rushed=True)
    assert rushed.priority is Priority.RUSH
    assert refusal(rush, rushed, WAITER, NOW, True) is Code.ILLEGAL_TRANSITION
    calm = rush(rushed, WAITER, NOW, rushed=False)
    assert calm.priority is Priority.NORMAL
    assert refusal(rush, calm, WAITER, NOW, False) is Code.ILLEGAL_TRANSITION


@pytest.mark.parametrize(
    ("mix", "after"),
    [
        ((PREPARING, QUEUED), (QUEUED, QUEUED)),
        ((READY, READY, HELD), (PREPARING, PREPARING, HELD)),
        ((READY, PREPARING), (PREPARING, PREPARING)),
        ((SERVED, SERVED, VOIDED), (READY, READY, VOIDED)),
        # What a guest has before them does not return to the board while something else can.
        ((SERVED, READY), (SERVED, PREPARING)),
        ((SERVED, PREPARING), (SERVED, QUEUED)),
        ((SERVED, HELD), (READY, HELD)),
        ((SERVED, QUEUED), (READY, QUEUED)),
        ((QUEUED, HELD), None),
        ((HELD, VOIDED), None),
    ],
)
def test_a_recall_brings_back_what_was_bumped_last(mix: Mix, after: Mix | None) -> None:
    before = make.order(*mix, confirmed=True)
    if after is None:
        assert refusal(recall, before, EXPO, NOW, "") is Code.ILLEGAL_TRANSITION
    else:
        assert tuple(i.status for i in recall(before, EXPO, NOW, "").items) == after


def test_a_transfer_changes_the_place_and_nothing_else() -> None:
    before = make.order(READY)
    after = transfer(before, WAITER, NOW, ELSEWHERE)
    assert (after.table_id, after.table_number, after.session_id) == ELSEWHERE
    assert (after.items, after.status, after.ready_at) == (before.items, Status.READY, BEFORE)


def test_an_order_is_not_transferred_to_the_table_it_is_at() -> None:
    before = make.order(READY)
    assert refusal(transfer, before, WAITER, NOW, ("t7", "7", "s9")) is Code.ILLEGAL_TRANSITION


def test_firing_a_course_sends_its_held_items_and_no_others() -> None:
    courses = [(SERVED, 1), (HELD, 2), (VOIDED, 2), (HELD, 3)]
    items = tuple(
        make.item(status, id=f"i{place}", course=course)
        for place, (status, course) in enumerate(courses)
    )
    after = fire(make.order(items=items), 2, WAITER, NOW)
    assert [item.status for item in after.items] == [SERVED, QUEUED, VOIDED, HELD]
    assert after.items[1].queued_at == NOW
    assert refusal(fire, after, 2, WAITER, NOW) is Code.ILLEGAL_TRANSITION


@pytest.mark.parametrize(
    ("before", "target", "after"),
    [
        (make.order(QUEUED, HELD), "CONFIRMED", (QUEUED, HELD)),
        (make.order(QUEUED, HELD), "PREPARING", (PREPARING, HELD)),
        (make.order(QUEUED, HELD), "READY", (READY, HELD)),
        (make.order(QUEUED, VOIDED, confirmed=True), "PREPARING", (PREPARING, VOIDED)),
        (make.order(PREPARING, QUEUED), "READY", (READY, READY)),
        (make.order(SERVED, QUEUED), "READY", (SERVED, READY)),
        (make.order(READY, SERVED, VOIDED), "DELIVERED", (SERVED, SERVED, VOIDED)),
        (make.order(SERVED), "COMPLETED", (SERVED,)),
        (make.order(QUEUED, HELD), "CANCELLED", (VOIDED, VOIDED)),
        (make.order(READY, PREPARING), "CANCELLED", (VOIDED, VOIDED)),
    ],
)
def test_a_status_expands_to_the_steps_its_items_need(
    before: Order, target: str, after: Mix
) -> None:
    found = update_status(before, Status(target), MANAGER, NOW, "because")
    assert found.status == target
    assert tuple(item.status for item in found.items) == after
    assert found.version == before.version + 1


@pytest.mark.parametrize(
    ("before", "target"),
    [
        (make.order(QUEUED), "DELIVERED"),
        (make.order(READY, PREPARING), "DELIVERED"),
        (make.order(READY, HELD), "DELIVERED"),
        (make.order(SERVED, HELD), "READY"),
        (make.order(SERVED, HELD), "DELIVERED"),
        (make.order(HELD), "PREPARING"),
        (make.order(READY), "COMPLETED"),
        (make.order(SERVED), "CANCELLED"),
        (make.order(SERVED, completed=True), "CANCELLED"),
    ],
)
def test_a_status_out_of_reach_changes_nothing(before: Order, target: str) -> None:
    found = refusal(update_status, before, Status(target), MANAGER, NOW, "because")
    assert found is Code.ILLEGAL_TRANSITION


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("target", Status)
def test_an_order_is_never_set_to_the_status_it_has_or_an_earlier_one(
    status: Status, target: Status
) -> None:
    if RANK[target] <= RANK[status]:
        found = refusal(update_status, EXAMPLES[status], target, MANAGER, NOW, "because")
        assert found is Code.ILLEGAL_TRANSITION


@pytest.mark.parametrize(
    ("before", "target", "who"),
    [
        (make.order(QUEUED), "CONFIRMED", "waiter kitchen expo manager admin service"),
        (make.order(QUEUED), "PREPARING", "kitchen expo manager admin service"),
        (make.order(PREPARING), "READY", "kitchen expo manager admin service"),
        (make.order(READY), "DELIVERED", "waiter expo manager admin service"),
        (make.order(SERVED), "COMPLETED", "waiter manager admin service"),
        (make.order(QUEUED), "CANCELLED", "guest waiter manager admin service"),
        (make.order(PREPARING), "CANCELLED", "manager admin service"),
    ],
)
def test_a_status_is_set_by_whoever_may_take_its_steps(
    before: Order, target: str, who: str
) -> None:
    for role in Role:
        actor = make.actor(role)
        found = refusal(update_status, before, Status(target), actor, NOW, "because")
        assert (found is None) == (role in who.split()), role


def test_a_status_reached_through_others_stamps_them_all() -> None:
    after = update_status(make.order(QUEUED), Status.READY, KITCHEN, NOW, "")
    assert (after.confirmed_at, after.prepared_at, after.ready_at) == (NOW, NOW, NOW)
    assert (after.items[0].started_at, after.items[0].ready_at) == (NOW, NOW)


def test_a_step_back_clears_the_stamps_of_what_it_leaves() -> None:
    delivered = make.order(SERVED)
    ready = recall(delivered, WAITER, NOW, "")
    assert (ready.prepared_at, ready.ready_at, ready.delivered_at) == (BEFORE, BEFORE, None)
    cooking = recall(ready, EXPO, NOW, "")
    assert (cooking.prepared_at, cooking.ready_at) == (BEFORE, None)


GRILL = make.actor(Role.KITCHEN, stations=frozenset({"grill"}))


def at_two_stations(grill: ItemStatus, bar: ItemStatus) -> Order:
    return make.order(items=(make.item(grill), make.item(bar, id="i1", station="bar")))


@pytest.mark.parametrize(
    ("move", "before", "after"),
    [
        (partial(update_status, target=Status.PREPARING), (QUEUED, QUEUED), (PREPARING, QUEUED)),
        (partial(update_status, target=Status.READY), (QUEUED, READY), (READY, READY)),
        (recall, (READY, READY), (PREPARING, READY)),
        (recall, (PREPARING, READY), (QUEUED, READY)),
    ],
)
def test_a_station_s_screen_moves_its_own_part_of_an_order(
    move: Callable[..., Order], before: Mix, after: Mix
) -> None:
    found = move(at_two_stations(*before), actor=GRILL, now=NOW, reason="")
    assert tuple(item.status for item in found.items) == after


def test_a_station_s_screen_does_not_finish_what_another_one_cooks() -> None:
    before = at_two_stations(QUEUED, PREPARING)
    found = refusal(update_status, before, Status.READY, GRILL, NOW, "")
    assert found is Code.ILLEGAL_TRANSITION
