"""Items and their steps, and the order's status that follows from them."""

from datetime import datetime
from itertools import combinations_with_replacement, permutations, product

import msgspec
import pytest

from state.domain.actor import Role
from state.domain.errors import Code, Refusal
from state.domain.moves import Step, step_items
from state.domain.order import COOKED, ITEM_RANK, ITEM_STAMPS, RANK, ItemStatus, Status, derive
from tests import make
from tests.make import BEFORE, NOW

HELD, QUEUED, PREPARING, READY, SERVED, VOIDED = ItemStatus

# The steps as the kitchen knows them: from which status, by which step, to which.
GRID = """
.          fire    start      ready  recall     serve   void    remake
HELD       QUEUED  -          -      -          -       VOIDED  -
QUEUED     -       PREPARING  -      -          -       VOIDED  -
PREPARING  -       -          READY  QUEUED     -       VOIDED  -
READY      -       -          -      PREPARING  SERVED  VOIDED  QUEUED
SERVED     -       -          -      READY      -       VOIDED  QUEUED
VOIDED     -       -          -      -          -       -       -
"""
HEAD, *ROWS = (line.split() for line in GRID.strip().splitlines())
TABLE = {
    (ItemStatus(row[0]), Step(step)): None if target == "-" else ItemStatus(target)
    for row in ROWS
    for step, target in zip(HEAD[1:], row[1:], strict=True)
}
ALLOWED = {pair: target for pair, target in TABLE.items() if target}

WHO = {
    Step.FIRE: "waiter expo manager admin service",
    Step.START: "kitchen expo manager admin service",
    Step.READY: "kitchen expo manager admin service",
    Step.RECALL: "waiter kitchen expo manager admin service",
    Step.SERVE: "waiter expo manager admin service",
    Step.VOID: "waiter kitchen expo manager admin service",
    Step.REMAKE: "waiter kitchen expo manager admin service",
}

MIXES = [mix for count in range(5) for mix in combinations_with_replacement(ItemStatus, count)]
MANAGER = make.actor(Role.MANAGER)


def named(mix: tuple[ItemStatus, ...]) -> str:
    return "+".join(mix) or "nothing"


@pytest.mark.parametrize("status", ItemStatus)
@pytest.mark.parametrize("step", Step)
def test_an_item_takes_only_the_steps_of_the_table(status: ItemStatus, step: Step) -> None:
    before = make.order(status, QUEUED)
    target = TABLE[status, step]
    if target is None:
        with pytest.raises(Refusal) as refused:
            step_items(before, {"i0"}, step, MANAGER, NOW, "because")
        assert refused.value.code is Code.ILLEGAL_TRANSITION
    else:
        after = step_items(before, {"i0"}, step, MANAGER, NOW, "because")
        assert [item.status for item in after.items] == [target, QUEUED]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("step", Step)
def test_a_step_is_taken_only_by_those_it_belongs_to(role: Role, step: Step) -> None:
    # For each step a status in which nothing has been cooked yet, where there is one.
    source = next(status for status, possible in ALLOWED if possible is step)
    who = make.actor(role)
    if role in WHO[step].split():
        step_items(make.order(source), {"i0"}, step, who, NOW)
    else:
        with pytest.raises(Refusal) as refused:
            step_items(make.order(source), {"i0"}, step, who, NOW)
        assert refused.value.code is Code.FORBIDDEN


@pytest.mark.parametrize(("status", "step"), ALLOWED)
def test_a_step_stamps_what_it_reaches_and_clears_what_it_leaves(
    status: ItemStatus, step: Step
) -> None:
    before = make.order(status)
    item = step_items(before, {"i0"}, step, MANAGER, NOW, "because").items[0]
    for of, name in ITEM_STAMPS.items():
        assert getattr(item, name) == expected_stamp(of, status, item.status), name


def expected_stamp(of: ItemStatus, left: ItemStatus, reached: ItemStatus) -> datetime | None:
    if ITEM_RANK[of] > ITEM_RANK[reached]:
        return None
    if of is reached and ITEM_RANK[reached] > ITEM_RANK[left]:
        return NOW
    return BEFORE if ITEM_RANK[of] <= ITEM_RANK[left] else None


@pytest.mark.parametrize(("status", "step"), ALLOWED)
def test_each_step_makes_order_and_item_one_version_newer(status: ItemStatus, step: Step) -> None:
    before = make.order(status, QUEUED)
    after = step_items(before, {"i0"}, step, MANAGER, NOW, "because")
    assert after.version == before.version + 1
    assert after.items[0].version == before.items[0].version + 1
    assert after.items[1] is before.items[1]
    assert after.updated_at == NOW


def test_one_step_takes_several_items_as_one_change() -> None:
    before = make.order(QUEUED, QUEUED, READY)
    after = step_items(before, {"i0", "i1"}, Step.START, MANAGER, NOW)
    assert [item.status for item in after.items] == [PREPARING, PREPARING, READY]
    assert after.version == before.version + 1


def test_where_one_item_cannot_take_a_step_none_does() -> None:
    with pytest.raises(Refusal) as refused:
        step_items(make.order(QUEUED, READY), {"i0", "i1"}, Step.START, MANAGER, NOW)
    assert refused.value.code is Code.ILLEGAL_TRANSITION


def test_an_item_of_another_order_is_not_found() -> None:
    with pytest.raises(Refusal) as refused:
        step_items(make.order(QUEUED), {"i0", "elsewhere"}, Step.START, MANAGER, NOW)
    assert refused.value.code is Code.NOT_FOUND


def test_cooking_an_order_that_nobody_accepted_accepts_it() -> None:
    after = step_items(make.order(QUEUED), {"i0"}, Step.START, MANAGER, NOW)
    assert (after.status, after.confirmed_at) == (Status.PREPARING, NOW)


def test_cooking_an_accepted_order_leaves_the_time_of_acceptance() -> None:
    after = step_items(make.order(QUEUED, confirmed=True), {"i0"}, Step.START, MANAGER, NOW)
    assert after.confirmed_at == BEFORE


def test_a_dish_made_again_is_counted_and_keeps_the_time_it_came_in() -> None:
    item = step_items(make.order(SERVED), {"i0"}, Step.REMAKE, MANAGER, NOW, "cold").items[0]
    assert (item.remakes, item.reason) == (1, "cold")
    assert (item.queued_at, item.started_at, item.served_at) == (BEFORE, None, None)


def test_a_step_without_a_reason_keeps_the_one_given_before() -> None:
    before = make.order(items=(make.item(QUEUED, reason="cold"),))
    assert step_items(before, {"i0"}, Step.START, MANAGER, NOW).items[0].reason == "cold"


@pytest.mark.parametrize("status", [HELD, QUEUED, PREPARING, READY, SERVED])
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("reason", ["", "  ", "dropped"])
def test_what_is_being_cooked_only_a_manager_voids_and_says_why(
    status: ItemStatus, role: Role, reason: str
) -> None:
    before, who = make.order(status, QUEUED), make.actor(role)
    chief = role in (Role.MANAGER, Role.ADMIN, Role.SERVICE)
    code = None
    if role is Role.GUEST or (status in COOKED and not chief):
        code = Code.FORBIDDEN
    elif status in COOKED and not reason.strip():
        code = Code.INVALID
    if code is None:
        assert step_items(before, {"i0"}, Step.VOID, who, NOW, reason).items[0].status is VOIDED
        return
    with pytest.raises(Refusal) as refused:
        step_items(before, {"i0"}, Step.VOID, who, NOW, reason)
    assert refused.value.code is code


def test_a_voided_item_costs_nothing_any_more() -> None:
    before = make.order(QUEUED, QUEUED, tips=150)
    after = step_items(before, {"i0"}, Step.VOID, MANAGER, NOW)
    assert (before.subtotal, after.subtotal, after.tax) == (2000, 1000, 160)
    assert after.total_amount == 1150
    assert after.items[0].line_total == 1000


def test_voiding_the_last_item_cancels_the_order() -> None:
    after = step_items(make.order(VOIDED, QUEUED), {"i1"}, Step.VOID, MANAGER, NOW)
    assert (after.status, after.cancelled_at, after.total_amount) == (Status.CANCELLED, NOW, 0)


@pytest.mark.parametrize("step", [step for status, step in ALLOWED if status is SERVED])
def test_the_items_of_a_settled_order_stay_as_they_are(step: Step) -> None:
    with pytest.raises(Refusal) as refused:
        step_items(make.order(SERVED, completed=True), {"i0"}, step, MANAGER, NOW, "because")
    assert refused.value.code is Code.ILLEGAL_TRANSITION


@pytest.mark.parametrize(("status", "step"), ALLOWED)
def test_a_station_s_screen_steps_only_what_its_station_cooks(
    status: ItemStatus, step: Step
) -> None:
    items = (make.item(status), make.item(status, id="i1", station="bar"))
    grill = make.actor(Role.MANAGER, stations=frozenset({"grill", "pastry"}))
    assert step_items(make.order(items=items), {"i0"}, step, grill, NOW, "because")
    with pytest.raises(Refusal) as refused:
        step_items(make.order(items=items), {"i0", "i1"}, step, grill, NOW, "because")
    assert refused.value.code is Code.FORBIDDEN


# What each status means, said of how many live items are where. No two can be true at once.
MEANING = {
    Status.CANCELLED: lambda n, _confirmed, _completed: n["live"] == 0,
    Status.COMPLETED: lambda n, _confirmed, completed: n["live"] == n[SERVED] > 0 and completed,
    Status.DELIVERED: lambda n, _confirmed, completed: n["live"] == n[SERVED] > 0 and not completed,
    Status.READY: lambda n, *_: n[READY] > 0 and n[QUEUED] + n[PREPARING] == 0,
    Status.PREPARING: lambda n, *_: (
        n[PREPARING] + n[READY] + n[SERVED] > 0
        and n["live"] > n[SERVED]
        and (n[QUEUED] + n[PREPARING] > 0 or n[READY] == 0)
    ),
    Status.CONFIRMED: lambda n, confirmed, _: n["live"] == n[HELD] + n[QUEUED] > 0 and confirmed,
    Status.PENDING: lambda n, confirmed, _: n["live"] == n[HELD] + n[QUEUED] > 0 and not confirmed,
}


@pytest.mark.parametrize("mix", MIXES, ids=named)
def test_every_combination_of_items_has_exactly_one_status(mix: tuple[ItemStatus, ...]) -> None:
    counts = {status: mix.count(status) for status in ItemStatus}
    counts["live"] = len(mix) - counts[VOIDED]
    for confirmed, completed in product([False, True], repeat=2):
        true = [s for s, means in MEANING.items() if means(counts, confirmed, completed)]
        assert true == [derive(mix, confirmed, completed)]


@pytest.mark.parametrize("mix", MIXES, ids=named)
def test_the_order_of_the_items_does_not_matter(mix: tuple[ItemStatus, ...]) -> None:
    for confirmed, completed in product([False, True], repeat=2):
        found = {derive(iter(p), confirmed, completed) for p in permutations(mix)}
        assert len(found) == 1


@pytest.mark.parametrize("mix", MIXES, ids=named)
def test_a_voided_item_has_no_say(mix: tuple[ItemStatus, ...]) -> None:
    assert derive((*mix, VOIDED), True, False) is derive(mix, True, False)


@pytest.mark.parametrize("mix", MIXES, ids=named)
def test_an_item_held_back_only_keeps_an_order_from_being_done(mix: tuple[ItemStatus, ...]) -> None:
    without, held = derive(mix, True, False), derive((*mix, HELD), True, False)
    expected = {Status.CANCELLED: Status.CONFIRMED, Status.DELIVERED: Status.PREPARING}
    assert held is expected.get(without, without)


ADVANCING = [
    (mix, place)
    for mix in MIXES
    if not {HELD, VOIDED}.intersection(mix)
    for place, status in enumerate(mix)
    if status is not SERVED
]


@pytest.mark.parametrize(("mix", "place"), ADVANCING)
@pytest.mark.parametrize("confirmed", [False, True])
def test_an_order_never_falls_back_while_its_items_advance(
    mix: tuple[ItemStatus, ...], place: int, confirmed: bool
) -> None:
    forward = {QUEUED: PREPARING, PREPARING: READY, READY: SERVED}
    further = (*mix[:place], forward[mix[place]], *mix[place + 1 :])
    assert RANK[derive(mix, confirmed, False)] <= RANK[derive(further, confirmed, False)]


ORDER_FIELDS = """
id restaurantId tableId tableNumber sessionId orderNumber status paymentStatus priority version seq
currency subtotal tax tips totalAmount items note estimatedReadyAt createdAt updatedAt confirmedAt
preparedAt readyAt deliveredAt completedAt cancelledAt
"""
ITEM_FIELDS = """
id menuItemId name quantity unitPrice modifiers note station course status version
queuedAt startedAt readyAt servedAt voidedAt
"""


def test_an_order_on_the_wire_has_every_field_of_the_contract() -> None:
    shown = msgspec.to_builtins(make.order(QUEUED))
    assert shown.keys() >= set(ORDER_FIELDS.split())
    assert shown["items"][0].keys() >= set(ITEM_FIELDS.split())
