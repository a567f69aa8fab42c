"""Whatever is done to an order, in whatever sequence, it stays consistent."""

from datetime import datetime, timedelta
from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from state.domain import events, moves
from state.domain.actor import Actor, Role
from state.domain.errors import Code, Refusal
from state.domain.money import totals
from state.domain.moves import STEPS, Move, Step
from state.domain.order import CLOSED, COOKED, ORDER_STAMPS, RANK, ItemStatus, Order, Status, derive
from tests import make
from tests.make import NOW

REFUSALS = {Code.ILLEGAL_TRANSITION, Code.FORBIDDEN, Code.INVALID}
MOVES = [moves.accept, moves.reject, moves.cancel, moves.complete, moves.recall]

# Mostly a manager, who may do nearly everything: so that something happens.
actors = st.sampled_from([make.actor(role) for role in (*Role, *[Role.MANAGER] * 7)])
reasons = st.sampled_from(["", "cold"])


def step(by: Step, item_id: str, held: Order, actor: Actor, now: datetime, reason: str) -> Order:
    return moves.step_items(held, {item_id}, by, actor, now, reason)


def update(target: Status, held: Order, actor: Actor, now: datetime, reason: str) -> Order:
    return moves.update_status(held, target, actor, now, reason)


def fire(course: int, held: Order, actor: Actor, now: datetime, _reason: str) -> Order:
    return moves.fire(held, course, actor, now)


def rush(rushed: bool, held: Order, actor: Actor, now: datetime, _reason: str) -> Order:
    return moves.rush(held, actor, now, rushed)


def transfer(table: str, held: Order, actor: Actor, now: datetime, _reason: str) -> Order:
    return moves.transfer(held, actor, now, (table, table, f"s{table}"))


ANY_TIME: list[Move] = [
    *MOVES,
    *(partial(update, status) for status in Status),
    *(partial(fire, course) for course in (1, 2, 3)),
    *(partial(rush, rushed) for rushed in (True, False)),
    *(partial(transfer, table) for table in ("7", "9")),
]


def acts(held: Order) -> st.SearchStrategy[Move]:
    """What may be tried next: mostly steps that the items can take, else anything."""
    steps = [
        partial(step, by, item.id)
        for item in held.items
        for status, by in STEPS
        if status is item.status and by is not Step.VOID
    ]
    wild = [partial(step, by, item.id) for by in Step for item in held.items]
    several = [st.sampled_from(steps)] * 5 if steps else []
    return st.one_of(*several, st.sampled_from(wild), st.sampled_from(ANY_TIME))


# As they are placed: a first course on its way, later ones held.
placed = st.lists(st.integers(1, 3), min_size=1, max_size=4).map(
    lambda courses: make.order(
        items=tuple(
            make.item(
                ItemStatus.HELD if course > min(courses) else ItemStatus.QUEUED,
                id=f"i{place}",
                course=course,
                line_total=1000 + place,
            )
            for place, course in enumerate(courses)
        )
    )
)


@settings(max_examples=150)
@given(placed, st.data())
def test_an_order_stays_consistent_whatever_is_done_to_it(held: Order, data: st.DataObject) -> None:
    for minute in range(data.draw(st.integers(1, 40))):
        now = NOW + timedelta(minutes=minute)
        act, actor, reason = data.draw(acts(held)), data.draw(actors), data.draw(reasons)
        after = attempt(act, held, actor, now, reason)
        if after is not None:
            assert held.status not in CLOSED
            assert (after.version, after.updated_at) == (held.version + 1, now)
            check_status(after)
            check_totals(after)
            check_items(held, after)
            check_events(held, after)
            held = after


def attempt(act: Move, held: Order, actor: Actor, now: datetime, reason: str) -> Order | None:
    """Return the order after an act; None where it is declined, with a code made for that."""
    try:
        return act(held, actor, now, reason)
    except Refusal as exc:
        if exc.code not in REFUSALS:
            raise
        return None


def check_status(found: Order) -> None:
    statuses = [item.status for item in found.items]
    confirmed, completed = found.confirmed_at is not None, found.completed_at is not None
    assert found.status is derive(statuses, confirmed, completed)
    assert confirmed or COOKED.isdisjoint(statuses)
    for status, name in ORDER_STAMPS.items():
        stamp = getattr(found, name)
        assert stamp is not None or status is not found.status, f"{name} is missing"
        assert stamp is None or RANK[status] <= RANK[found.status], f"{name} is of the future"


def check_totals(found: Order) -> None:
    live = [i for i in found.items if i.status is not ItemStatus.VOIDED]
    due = totals([(i.line_total, i.tax_rate) for i in live], found.tax_mode)
    assert (found.subtotal, found.tax) == (due.subtotal, due.tax)
    assert found.total_amount == due.total + found.tips


SOLD = ("id", "menu_item_id", "name", "quantity", "unit_price", "line_total", "tax_rate", "course")


def check_items(before: Order, after: Order) -> None:
    for old, new in zip(before.items, after.items, strict=True):
        assert [getattr(old, name) for name in SOLD] == [getattr(new, name) for name in SOLD]
        assert (new.version > old.version) == (new != old)
        assert old.status is not ItemStatus.VOIDED or new == old


def check_events(before: Order, after: Order) -> None:
    """A change nobody hears of would have no place in the log."""
    drafts = list(events.of_order(before, after))
    assert drafts
    assert all(draft.subject is after for draft in drafts)
    assert len({draft.name for draft in drafts}) == len(drafts)
