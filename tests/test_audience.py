"""Who hears of what: the whole table of events and rooms, written out."""

from datetime import UTC, datetime

import msgspec
import pytest

from hub import audience
from state.domain.actor import ActorRef
from state.domain.events import About, Event, Name

ROOMS = {
    "order": {"order:o1"},
    "kitchen": {"kitchen:r1"},
    "stations": {"kitchen:r1:grill", "kitchen:r1:bar"},  # those that cook for the order
    "any_station": {"kitchen:r1:*"},
    "expo": {"expo:r1"},
    "waiter": {"waiter:r1:t7", "waiter:r1:*"},  # of that table, and of all tables
    "waiters": {"waiter:r1"},
    "chiefs": {"chiefs:r1"},
    "restaurant": {"restaurant:r1"},
    "table": {"table:s1"},
    "guests": {"guests:r1"},
    "person": {"person:r1:a1"},
    "talk": {"talk:s1"},
}

ORDER = "order kitchen stations waiter restaurant table"
TABLE = {
    "order:new": "kitchen stations waiter restaurant table",
    "order:confirmed": ORDER,
    "order:statusChanged": ORDER,
    "order:itemChanged": ORDER,
    "order:cancelled": ORDER,
    "order:priority": ORDER,
    "order:transferred": ORDER,
    "order:noteTranslated": ORDER,
    "order:ready": "order waiter expo restaurant table",
    "cart:changed": "waiter table",  # waiters: where the event names a table
    "table:statusChanged": "waiter restaurant table",
    "menu:availability": "kitchen any_station waiters restaurant guests",
    "menu:changed": "kitchen any_station waiters restaurant guests",
    "table:changed": "waiters restaurant",
    "restaurant:changed": "kitchen any_station waiters restaurant guests",
    "staff:changed": "restaurant",
    "service:requested": "waiter restaurant table",
    "service:changed": "waiter restaurant table",
    "service:escalated": "waiter restaurant table",  # and, by its level, all waiters, the chiefs
    "alert:raised": "waiter restaurant",
    "alert:escalated": "waiters restaurant",
    "alert:resolved": "waiters restaurant",
    "display:stale": "restaurant",
    "job:progress": "person",
    "job:completed": "person",
    "job:failed": "person",
    "translate:message": "talk",
    "esim:lowData": "person",
    "hotel:bookingChanged": "person",
    "hotel:doorCode": "person",
    "hotel:folioChanged": "person",
    "order:placed": "order waiter restaurant table",
    "order:paymentChanged": ORDER,
    "bill:changed": "waiter restaurant table",
    "payment:statusChanged": "waiter restaurant table person",  # the person: for no bill
    "drawer:changed": "chiefs person",
    "billing.invoice.created": "chiefs",
    "billing.invoice.changed": "chiefs",
    "dispute:changed": "chiefs",
}

ABOUT = About(order="o1", sessions=("s1",), tables=("t7",), stations=("grill", "bar"), owner="a1")


def event(name: str, about: About = ABOUT) -> Event:
    return Event(
        seq=1,
        event_id="e1",
        restaurant_id="r1",
        name=name,
        at=datetime.now(UTC),
        actor=ActorRef("waiter", "w1"),
        trace="",
        about=about,
        data=msgspec.Raw(b"{}"),
    )


@pytest.mark.parametrize("name", Name)
def test_every_event_has_a_line_in_the_table(name: Name) -> None:
    assert name in TABLE
    assert name in audience.AUDIENCES


@pytest.mark.parametrize("group", ROOMS)
@pytest.mark.parametrize("name", TABLE)
def test_an_event_is_heard_in_the_rooms_of_its_line_and_in_no_other(name: str, group: str) -> None:
    heard = audience.rooms(event(name))
    if group in TABLE[name].split():
        assert heard >= ROOMS[group]
    else:
        assert heard.isdisjoint(ROOMS[group])
    assert heard <= set().union(*ROOMS.values())


@pytest.mark.parametrize("name", ["alert:escalated", "alert:resolved"])
@pytest.mark.parametrize(("level", "chiefs"), [(0, False), (1, False), (2, True)])
def test_an_alert_at_its_loudest_reaches_expo_and_managers_too(
    name: str, level: int, chiefs: bool
) -> None:
    about = msgspec.structs.replace(ABOUT, level=level)
    assert ("chiefs:r1" in audience.rooms(event(name, about))) is chiefs


@pytest.mark.parametrize(
    ("name", "party"),
    [
        ("alert:raised", set()),
        ("service:changed", {"table:s1"}),
        ("service:escalated", {"table:s1"}),
    ],
)
def test_what_is_loud_is_told_to_all_who_see_it(name: str, party: set[str]) -> None:
    quiet, loud, loudest = [
        audience.rooms(event(name, msgspec.structs.replace(ABOUT, level=level)))
        for level in range(3)
    ]
    assert quiet == {"waiter:r1:t7", "waiter:r1:*", "restaurant:r1"} | party
    assert loud == quiet | {"waiter:r1"}
    assert loudest == loud | {"chiefs:r1"}


def test_a_transfer_is_heard_at_both_tables() -> None:
    about = msgspec.structs.replace(ABOUT, sessions=("s1", "s2"), tables=("t7", "t9"))
    heard = audience.rooms(event("order:transferred", about))
    assert heard >= {"table:s1", "table:s2", "waiter:r1:t7", "waiter:r1:t9", "waiter:r1:*"}


def test_an_event_of_a_newer_version_is_shown_to_the_restaurant_only() -> None:
    assert audience.rooms(event("order:juggled")) == {"restaurant:r1"}


@pytest.mark.parametrize("name", TABLE)
def test_no_event_leaves_its_restaurant(name: str) -> None:
    """Rooms are named after the restaurant, an order, or a session: all of them of this one."""
    for room in audience.rooms(event(name)):
        kind, _, whose = room.partition(":")
        assert whose.split(":")[0] == {"order": "o1", "table": "s1", "talk": "s1"}.get(kind, "r1")


def test_rooms_of_different_kinds_never_share_a_name() -> None:
    one_id = [
        *(audience.restaurant("x"), audience.guests("x"), audience.kitchen("x")),
        *(audience.station("x", "x"), audience.any_station("x"), audience.expo("x")),
        *(audience.chiefs("x"), audience.waiters("x"), audience.all_tables("x")),
        *(audience.waiter("x", "x"), audience.order("x"), audience.table("x")),
        *(audience.person("x", "x"), audience.talk("x")),
    ]
    assert len(set(one_id)) == len(one_id)
