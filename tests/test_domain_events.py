"""Which change makes which events, what they carry and whom they are about."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
import pytest

from state.domain import events, moves
from state.domain.actor import Role
from state.domain.alert import escalate, raise_alert
from state.domain.cart import Cart, CartLine
from state.domain.events import About, Name
from state.domain.menu import Availability
from state.domain.moves import Step
from state.domain.order import ItemStatus, Order, Status
from state.domain.service import ServiceRequest
from state.domain.table import Table
from tests import make
from tests.make import NOW

HELD, QUEUED, PREPARING, READY, SERVED, VOIDED = ItemStatus
MANAGER = make.actor(Role.MANAGER)

Act = Callable[[Order], Order]


def step(by: Step, *ids: str) -> Act:
    return lambda held: moves.step_items(held, ids or {"i0"}, by, MANAGER, NOW, "because")


def to(target: str) -> Act:
    return lambda held: moves.update_status(held, Status(target), MANAGER, NOW, "because")


def by_manager(move: Callable[..., Order], **more: Any) -> Act:
    return lambda held: move(held, MANAGER, NOW, **more)


CONFIRMED, ITEM, STATUS = Name.ORDER_CONFIRMED, Name.ORDER_ITEM, Name.ORDER_STATUS
DELAYS = (timedelta(minutes=1), timedelta(minutes=2))


def fire_course(held: Order) -> Order:
    return moves.fire(held, 1, MANAGER, NOW)


TO_TABLE_9 = by_manager(moves.transfer, to=("t9", "9", "s2"))


@pytest.mark.parametrize(
    ("held", "act", "names"),
    [
        (make.order(QUEUED), by_manager(moves.accept), [CONFIRMED, STATUS]),
        (make.order(QUEUED), step(Step.START), [CONFIRMED, ITEM, STATUS]),
        (make.order(QUEUED, confirmed=True), step(Step.START), [ITEM, STATUS]),
        (make.order(PREPARING, QUEUED), step(Step.START, "i1"), [ITEM]),
        (make.order(PREPARING, QUEUED), step(Step.READY), [ITEM]),
        (make.order(READY, PREPARING), step(Step.READY, "i1"), [ITEM, STATUS, Name.ORDER_READY]),
        (make.order(READY, READY), step(Step.SERVE), [ITEM]),
        (make.order(READY), step(Step.SERVE), [ITEM, STATUS]),
        (make.order(READY), step(Step.RECALL), [ITEM, STATUS]),
        (make.order(SERVED), step(Step.RECALL), [ITEM, STATUS, Name.ORDER_READY]),
        (make.order(SERVED), step(Step.REMAKE), [ITEM, STATUS]),
        (make.order(QUEUED, QUEUED), step(Step.VOID), [ITEM]),
        (make.order(READY, QUEUED), step(Step.VOID, "i1"), [ITEM, STATUS, Name.ORDER_READY]),
        (make.order(QUEUED), step(Step.VOID), [ITEM, STATUS, Name.ORDER_CANCELLED]),
        (make.order(READY, HELD), fire_course, [ITEM, STATUS]),
        (make.order(QUEUED, HELD), fire_course, [ITEM]),
        (make.order(SERVED), by_manager(moves.complete), [STATUS]),
        (make.order(QUEUED), by_manager(moves.rush, rushed=True), [Name.ORDER_PRIORITY]),
        (make.order(READY), TO_TABLE_9, [Name.ORDER_TRANSFERRED]),
        (make.order(QUEUED), to("READY"), [CONFIRMED, ITEM, STATUS, Name.ORDER_READY]),
        (make.order(PREPARING), to("CANCELLED"), [ITEM, STATUS, Name.ORDER_CANCELLED]),
        (
            make.order(QUEUED),
            partial(moves.reject, actor=MANAGER, now=NOW, reason="no fish"),
            [ITEM, STATUS, Name.ORDER_CANCELLED],
        ),
    ],
)
def test_a_change_of_an_order_is_told_most_general_first(
    held: Order, act: Act, names: list[Name]
) -> None:
    after = act(held)
    drafts = list(events.of_order(held, after))
    assert [draft.name for draft in drafts] == names
    assert all(draft.subject is after for draft in drafts)
    assert all(draft.about.order == "o1" for draft in drafts)


def test_a_new_order_is_told_once_whatever_is_in_it() -> None:
    placed = make.order(QUEUED, HELD)
    assert [draft.name for draft in events.of_order(None, placed)] == [Name.ORDER_NEW]


def test_where_nothing_changed_nothing_is_told() -> None:
    assert list(events.of_order(make.order(QUEUED), make.order(QUEUED))) == []


def told(held: Order, act: Act) -> dict[Name, About]:
    return {draft.name: draft.about for draft in events.of_order(held, act(held))}


def test_an_event_says_what_changed_beside_the_state_it_carries() -> None:
    about = told(make.order(QUEUED, READY, QUEUED), step(Step.START, "i0", "i2"))
    assert about[ITEM].change == {"changedItems": ["i0", "i2"]}
    about = told(make.order(READY), step(Step.SERVE))
    assert about[STATUS].change == {"previousStatus": "READY"}
    about = told(make.order(QUEUED), step(Step.START))
    assert about[CONFIRMED].change == {}


def test_an_order_s_events_are_about_its_table_its_party_and_its_stations() -> None:
    items = [make.item(id=f"i{n}", station=s) for n, s in enumerate(["grill", "bar", "grill"])]
    (draft,) = events.of_order(None, make.order(items=tuple(items)))
    assert draft.about == About(
        order="o1", sessions=("s1",), tables=("t7",), stations=("grill", "bar")
    )


def test_a_transfer_is_about_both_tables_and_what_follows_about_the_new_one() -> None:
    held = make.order(READY)
    about = told(held, TO_TABLE_9)[Name.ORDER_TRANSFERRED]
    assert (about.tables, about.sessions) == (("t7", "t9"), ("s1", "s2"))
    assert about.change == {"fromTableId": "t7", "fromTableNumber": "7"}
    moved = TO_TABLE_9(held)
    later = told(moved, step(Step.SERVE))[STATUS]
    assert (later.tables, later.sessions) == (("t9",), ("s2",))


def test_a_transfer_within_one_session_names_it_once() -> None:
    about = told(make.order(READY), by_manager(moves.transfer, to=("t9", "9", "s1")))
    assert about[Name.ORDER_TRANSFERRED].sessions == ("s1",)


def test_a_cart_is_its_party_s_business() -> None:
    cart = Cart(session_id="s1", version=2, lines=(), total=0, currency="EUR")
    draft = events.of_cart(make.session(), make.session(), cart)
    assert (draft.name, draft.subject) == (Name.CART, cart)
    assert draft.about == About(sessions=("s1",))


def test_waiters_hear_of_the_first_and_the_last_line_of_a_cart() -> None:
    line = CartLine(id="l1", menu_item_id="steak", quantity=1)
    empty, full = make.session(), make.session(cart=(line,))
    cart = Cart(session_id="s1", version=2, lines=(), total=0, currency="EUR")
    for before, after, tables in ((empty, full, ("t7",)), (full, empty, ("t7",)), (full, full, ())):
        assert events.of_cart(before, after, cart).about == About(sessions=("s1",), tables=tables)


def test_a_move_tells_the_waiters_of_both_tables_and_the_party_of_its_new_one() -> None:
    left = Table(id="t1", restaurant_id="r1", number="1")
    seated, gone = events.of_move(left, make.session(), {"o1": 950})
    assert gone.about == About(tables=("t1",))
    assert seated.about == About(sessions=("s1",), tables=("t7",))
    assert [(d.subject["tableId"], d.subject["status"]) for d in (gone, seated)] == [
        ("t1", "MOVED"),
        ("t7", "SEATED"),
    ]
    assert seated.subject["settled"] == {"o1": 950}, "what it has paid goes with it"


@pytest.mark.parametrize("status", ["SEATED", "FREE"])
def test_a_table_tells_who_sits_there(status: str) -> None:
    draft = events.of_table(make.session(), status)
    assert draft.name is Name.TABLE_STATUS
    assert draft.subject == {
        "tableId": "t7",
        "tableNumber": "7",
        "sessionId": "s1",
        "status": status,
        **({"seatedAt": make.NOW, "ordering": False, "settled": {}} if status == "SEATED" else {}),
    }
    assert draft.about == About(sessions=("s1",), tables=("t7",))


def test_what_is_sold_out_concerns_everybody() -> None:
    sold_out = Availability("steak", False, 0)
    draft = events.of_availability(sold_out)
    assert (draft.name, draft.subject) == (Name.MENU_AVAILABILITY, sold_out)
    assert draft.about == About()


@pytest.mark.parametrize("name", [Name.SERVICE_REQUESTED, Name.SERVICE_CHANGED])
def test_a_call_is_about_its_table(name: Name) -> None:
    call = ServiceRequest(
        id="c1",
        restaurant_id="r1",
        session_id="s1",
        table_id="t7",
        table_number="7",
        kind="water",
        requested_at=NOW,
    )
    draft = events.of_service(name, call)
    assert (draft.name, draft.subject) == (name, call)
    assert draft.about == About(sessions=("s1",), tables=("t7",))
    moved = msgspec.structs.replace(call, table_id="t9")
    assert events.of_service(name, moved, call).about.tables == ("t7", "t9")


def test_an_alert_is_about_its_order_its_table_and_how_loud_it_is() -> None:
    alert = raise_alert(make.order(READY), NOW, DELAYS)
    assert events.of_alert(Name.ALERT_RAISED, alert).about == About(order="o1", tables=("t7",))
    moved = msgspec.structs.replace(alert, table_id="t9")
    assert events.of_alert(Name.ALERT_RAISED, moved, alert).about.tables == ("t7", "t9")
    louder = escalate(escalate(alert, DELAYS), DELAYS)
    draft = events.of_alert(Name.ALERT_ESCALATED, louder)
    assert draft.about == About(order="o1", tables=("t7",), level=2)


def test_whom_an_event_is_about_survives_the_log() -> None:
    about = About(order="o1", sessions=("s1", "s2"), tables=("t7",), level=2, change={"a": [1]})
    kept = msgspec.json.decode(msgspec.json.encode(about))
    assert msgspec.convert(kept, About) == about
    assert msgspec.json.encode(About()) == b"{}"


NAMES = """
order:new order:confirmed order:statusChanged order:itemChanged order:ready order:cancelled
order:priority cart:changed table:statusChanged menu:availability service:requested
service:changed alert:raised alert:escalated alert:resolved display:stale
"""


def test_events_bear_the_names_clients_rely_on() -> None:
    assert {name.value for name in Name} >= set(NAMES.split())
