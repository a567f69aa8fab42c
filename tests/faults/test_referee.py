"""The fault suite's referee: whatever goes wrong on a screen, in the log or with a command, it
must see it.
"""

from collections.abc import Sequence
from typing import Any

import pytest

from scripts.lunch import ears
from scripts.lunch.ledger import Done
from scripts.lunch.screen import Screen
from scripts.lunch.screens import Kind, Opened
from scripts.lunch.verdict import Verdict
from scripts.mishaps import healing
from scripts.mishaps.crowd import Phone, amiss_with, is_stranger
from scripts.mishaps.referee import Books, judge, views

SESSION = "session-1"
NOON = 1_767_268_800.0  # 2026-01-01T12:00:00Z
GOOD = Verdict([], [], [], [])


class Line:
    """A line as far as the referee looks at it."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen


def order(seq: int) -> dict[str, Any]:
    return {"id": "o1", "version": seq, "seq": seq, "status": "PENDING", "sessionId": SESSION}


def event(seq: int, trace: str, **more: Any) -> dict[str, Any]:
    return {
        "seq": seq,
        "name": "order:new" if seq == 1 else "order:itemChanged",
        "at": f"2026-01-01T12:00:0{seq}Z",
        "actor": {"id": "guest-1", "role": "guest"},
        "trace": trace,
        "about": {"stations": ["grill"], "sessions": [SESSION]},
        "data": order(seq),
    } | more


# Two commands: the first made one event, the second two.
LOG = [event(1, "first"), event(2, "second"), event(3, "second")]
DONE = [Done("c1", "order:create", True, 1, 0, 0), Done("c2", "order:accept", True, 3, 0, 0)]
ANSWERS = {"c1": {"ok": True, "seq": 1}, "c2": {"ok": True, "seq": 3}}


def books(
    log: Sequence[dict[str, Any]] = LOG,
    answers: dict[str, Any] = ANSWERS,
    orders: Sequence[dict[str, Any]] = (order(3),),
) -> Books:
    return Books(list(log), answers, {each["id"]: each for each in orders}, {}, {})


ALL = books()


def opened(*seqs: int, log: Sequence[dict[str, Any]] = LOG) -> Opened:
    """Return a kitchen's screen that heard those events, as they came."""
    kind = Kind(
        who="kitchen", join="", payload={}, keep=lambda order: True, hears=ears.kitchen, ours=bool
    )
    screen = Screen(kind.keep)
    screen.joined(0, {"orders": []}, fresh=True)
    by_seq = {each["seq"]: each for each in log}
    for seq in seqs:
        screen.hear(by_seq[seq]["name"], by_seq[seq]["data"], seq)
    return Opened(kind, Line(screen), 0)  # type: ignore[arg-type]


def verdict(*seqs: int, stored: Books = ALL, done: Sequence[Done] = DONE) -> Verdict:
    return judge(stored, [opened(*seqs)], done, since=0)


def test_nothing_is_said_of_a_good_day() -> None:
    assert verdict(1, 2, 3) == GOOD
    assert views(books(), [opened(1, 2, 3)]) == []


def test_a_lost_event_is_seen() -> None:
    assert verdict(1, 3).lost == ["kitchen did not hear order:itemChanged (2)"]


def test_a_doubled_event_is_seen() -> None:
    assert verdict(1, 2, 2, 3).duplicated == ["kitchen heard seq 2 again"]


def test_swapped_events_are_seen() -> None:
    assert verdict(1, 3, 2).out_of_order


def test_an_event_that_nobody_committed_is_seen() -> None:
    assert verdict(1, 2, 3, stored=books([*LOG[:1], *LOG[2:]])).strayed
    assert verdict(1, 2, 3, stored=books([*LOG[:1], *LOG[2:]])).lost == ["the log has no seq 2"]


def test_a_log_that_has_lost_its_beginning_is_seen() -> None:
    assert "the log begins at 2" in verdict(2, 3, stored=books(LOG[1:]), done=DONE[1:]).lost


def test_a_view_that_is_not_what_is_stored_is_seen() -> None:
    assert views(books(), [opened(1, 2)]) == ["kitchen"]
    assert views(books(orders=()), [opened(1, 2, 3)]) == ["kitchen"]
    assert views(books(orders=(order(3), {**order(1), "id": "o2"})), [opened(1, 2, 3)]) == [
        "kitchen"
    ]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"c1": ANSWERS["c1"]}, "acknowledged and is not kept"),
        ({**ANSWERS, "c2": {"ok": True, "seq": 2}}, "answered otherwise than is kept"),
    ],
)
def test_an_acknowledged_command_that_is_not_stored_as_it_was_told_is_seen(
    answers: dict[str, Any], words: str
) -> None:
    [lost] = verdict(1, 2, 3, stored=books(answers=answers)).lost
    assert lost.endswith(words)


def test_an_acknowledged_command_without_its_events_is_seen() -> None:
    [lost] = verdict(1, stored=books(LOG[:1])).lost
    assert lost == "order:accept c2 ends at 3, where nothing does"


def test_a_command_that_was_refused_or_never_answered_is_seen() -> None:
    done = [*DONE, Done("c3", "item:ready", False, None, 0, 60)]
    assert verdict(1, 2, 3, done=done).lost == ["item:ready c3 was refused"]


def test_a_command_that_was_carried_out_twice_is_seen() -> None:
    again = [*LOG, event(4, "second once more")]
    found = verdict(1, 2, 3, stored=books(again))
    assert found.duplicated == ["what ends at 4 was never acknowledged"]


def test_two_commands_that_were_told_of_one_change_are_seen() -> None:
    done = [*DONE, Done("c3", "order:accept", True, 3, 0, 0)]
    kept = {**ANSWERS, "c3": {"ok": True, "seq": 3}}
    found = verdict(1, 2, 3, stored=books(answers=kept), done=done)
    assert found.duplicated == ["2 commands were told that they end at 3"]


def test_what_happened_before_the_load_or_by_the_worker_needs_no_command() -> None:
    early = judge(books(), [opened(1, 2, 3)], DONE[1:], since=1)
    own = event(4, "by itself", actor={"id": "hub", "role": "service"})
    assert early == GOOD
    assert judge(books([*LOG, own]), [opened(1, 2, 3, 4, log=[*LOG, own])], DONE, 0) == GOOD


def phone(*heard: int, orders: dict[str, int] | None = None, **more: Any) -> Phone:
    fields: dict[str, Any] = {"same_id": True, "strange": 0, "since": 0}
    return Phone(heard=list(heard), orders=orders or {"o1": 3}, **fields | more)


def test_a_phone_of_the_crowd_is_held_to_the_same() -> None:
    assert amiss_with(phone(1, 2, 3), SESSION, books()) == GOOD
    assert amiss_with(phone(3, since=2), SESSION, books()) == GOOD
    assert amiss_with(phone(1, 3), SESSION, books()).lost == ["a phone did not hear 2"]
    assert amiss_with(phone(1, 2, 2, 3), SESSION, books()).duplicated == ["a phone heard 2 again"]
    assert amiss_with(phone(1, 3, 2), SESSION, books()).out_of_order == ["a phone heard 2 too late"]
    assert len(amiss_with(phone(1, 2, 3), "another", books()).strayed) == 3


@pytest.mark.parametrize(
    ("one", "strange"),
    [
        (phone(1, 2, 3), False),
        (phone(1, 2, 3, strange=1), True),
        (phone(1, 2, 3, same_id=False), True),
        (phone(1, 2, 3, orders={"o1": 2}), True),
        (phone(1, 2, 3, orders={"o1": 3, "o2": 1}), True),
    ],
)
def test_a_phone_that_did_not_recover_or_shows_something_else_is_seen(
    one: Phone, strange: bool
) -> None:
    assert bool(list(is_stranger(one, SESSION, books()))) is strange


def test_healing_ends_with_the_last_who_had_to_wait() -> None:
    began, over = NOON - 3, NOON
    short, calm = (NOON + 9, 0.1), (NOON - 4, 0.2)
    assert healing.healed(began, over, [calm, short, (NOON - 1, 5.0)], [NOON - 2]) == 0
    assert healing.healed(began, over, [calm, short, (NOON + 4, 2.0)], [NOON + 1]) == 4
    assert healing.healed(began, over, [calm, (NOON + 4, 2.0)], [NOON + 7]) == 7


def test_late_is_more_than_the_machine_does_on_a_calm_day() -> None:
    waits = [(NOON - 4, 1.0), (NOON + 4, 2.1), (NOON + 5, 1.9)]
    assert healing.healed(NOON - 3, NOON, waits, []) == 4


def test_waits_begin_when_an_event_has_happened_and_an_alert_is_due() -> None:
    screen = opened(1).line.screen
    screen.heard[1] = NOON + 3
    louder = event(
        2,
        "by itself",
        name="alert:escalated",
        data={"id": "a1", "raisedAt": "2026-01-01T12:00:00Z", "level": 1},
    )
    screen.heard[2] = NOON + 5
    waits = list(healing.waits_of([LOG[0], louder], [screen], [Done("c", "n", True, 1, NOON, 2)]))
    due = healing.LOUDER_AFTER[1] + healing.WORKER_SECONDS
    assert waits == [(NOON + 3, 2.0), (NOON + 5, 5 - due), (NOON, 2)]
