"""The rush's referee: whatever goes wrong on a screen or in the log, it must see it."""

from typing import Any

import pytest

from scripts.lunch import ears
from scripts.lunch.ledger import Tap
from scripts.lunch.report import timing
from scripts.lunch.screen import Screen
from scripts.lunch.verdict import Verdict, Watched, judge, tap_to_kitchen

SESSION, GUEST = "session-1", "guest-1"


def event(seq: int, name: str = "order:itemChanged", order: str = "o1", **more: Any) -> Any:
    """Return an entry of the log."""
    return {
        "seq": seq,
        "name": name,
        "actor": {"id": GUEST},
        "trace": f"command-{seq}",
        "about": {"stations": ["grill"], "sessions": [SESSION], "tables": ["t1"]},
        "data": {"id": order, "version": seq, "status": "PENDING", "sessionId": SESSION},
    } | more


LOG = [event(1, "order:new"), event(2), event(3)]
TAPS = [Tap("o1", 1, 0.0, "one")]


def screen(*seqs: int, joined: int = 0) -> Screen:
    """Return a screen that joined at a seq and heard those."""
    shown = Screen(lambda order: True)
    shown.joined(joined, {"orders": []}, fresh=True)
    for seq in seqs:
        found = LOG[seq - 1]
        shown.hear(found["name"], found["data"], seq)
    return shown


def verdict(*shown: Screen, log: Any = LOG, taps: Any = TAPS, hears: Any = ears.kitchen) -> Verdict:
    return judge(log, [Watched("kitchen", s, hears, SESSION) for s in shown], taps, {GUEST})


def test_a_screen_that_heard_everything_once_and_in_order_is_right() -> None:
    assert verdict(screen(1, 2, 3)) == Verdict([], [], [], [])


def test_what_a_screen_did_not_hear_is_lost() -> None:
    assert verdict(screen(1, 3)).lost == ["kitchen did not hear order:itemChanged (2)"]


def test_what_a_snapshot_showed_already_is_not_lost() -> None:
    assert verdict(screen(3, joined=2)).lost == []


def test_what_was_missed_before_a_reset_is_in_the_new_snapshot() -> None:
    shown = screen(1)
    shown.joined(3, {"orders": [], "reset": "too old"}, fresh=True)
    assert verdict(shown).lost == []


def test_what_is_replayed_after_a_return_must_be_whole() -> None:
    shown = screen(1)
    shown.joined(3, {}, fresh=False)
    assert len(verdict(shown).lost) == 2


def test_what_was_heard_again_is_duplicated() -> None:
    assert verdict(screen(1, 2, 2, 3)).duplicated == ["kitchen heard seq 2 again"]


def test_what_comes_after_its_turn_is_out_of_order() -> None:
    assert verdict(screen(1, 3, 2)).out_of_order == ["kitchen heard seq 2 too late"] * 2


def test_what_others_were_told_is_strayed() -> None:
    found = verdict(screen(1, 2, 3), hears=ears.station("bar"))
    assert found.strayed == [
        "kitchen heard order:new (1)",
        "kitchen heard order:itemChanged (2)",
        "kitchen heard order:itemChanged (3)",
    ]


def test_what_came_after_the_log_was_read_is_nobodys_fault() -> None:
    assert verdict(screen(1, 2, 3), log=LOG[:2]) == Verdict([], [], [], [])


def test_an_acknowledged_order_that_the_log_does_not_know_is_lost() -> None:
    taps = [*TAPS, Tap("o2", 9, 0.0, "one")]
    assert verdict(taps=taps).lost == ["order o2 was acknowledged and is not in the log"]


def test_an_order_nobody_was_told_of_was_carried_out_twice() -> None:
    log = [*LOG, event(4, "order:new", "o2")]
    assert verdict(log=log).duplicated == ["order o2 was never acknowledged"]


def test_two_acks_for_one_order_are_one_too_many() -> None:
    assert verdict(taps=TAPS * 2).duplicated == ["order o1 came 2 times"]


def test_a_gap_in_the_log_is_a_loss() -> None:
    assert verdict(log=[LOG[0], LOG[2]]).lost == ["the log has no seq 2"]


def test_guests_may_be_let_go_before_they_hear_that_their_table_is_closed() -> None:
    free = {"id": "t1", "sessionId": SESSION, "status": "FREE"}
    closing = event(4, "table:statusChanged", data=free)
    guest = Watched("guest", screen(1, 2, 3), ears.guest(SESSION), SESSION)
    assert judge([*LOG, closing], [guest], TAPS, {GUEST}).lost == []


@pytest.mark.parametrize(
    ("hears", "names"),
    [
        (ears.kitchen, {"order:new", "menu:availability"}),
        (ears.station("grill"), {"order:new", "menu:availability"}),
        (ears.station("bar"), {"menu:availability"}),
        (ears.guest(SESSION), {"order:new", "order:ready", "cart:changed", "menu:availability"}),
        (ears.guest("another"), {"menu:availability"}),
        (
            ears.waiter(None),
            {"order:new", "order:ready", "alert:raised", "cart:changed", "menu:availability"},
        ),
        (ears.waiter(frozenset({"t2"})), {"menu:availability"}),
        (ears.restaurant, {"order:new", "order:ready", "alert:raised", "menu:availability"}),
    ],
)
def test_everybody_hears_what_the_contract_says(hears: ears.Hears, names: set[str]) -> None:
    all_names = ("order:new", "order:ready", "alert:raised", "cart:changed", "menu:availability")
    assert {name for name in all_names if hears(event(1, name))} == names


def test_the_way_from_the_tap_to_the_other_node_is_what_is_timed() -> None:
    near, far = screen(), screen()
    near.node, far.node = "one", "two"
    for shown in (near, far):
        shown.hear("order:new", LOG[0]["data"], 1)
    at, _ = far.news["o1"]
    assert tap_to_kitchen(TAPS, [near, far]) == [at]


def test_percentiles_are_those_of_the_nearest_rank() -> None:
    found = timing([n / 1000 for n in range(1, 101)])
    assert (found.p50, found.p99, found.count) == (50.0, 99.0, 100)
    assert timing([]).count == 0
