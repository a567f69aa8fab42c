"""Was anything lost, told twice, out of order, or told to the wrong people? By the hub's log."""

from collections import Counter
from collections.abc import Iterable
from math import inf
from typing import Any

import msgspec

from scripts.lunch.ears import Hears
from scripts.lunch.ledger import Tap
from scripts.lunch.screen import Screen

Event = dict[str, Any]
LAST_WORD = "table:statusChanged"


class Watched(msgspec.Struct, frozen=True):
    """A screen, and what it should have heard. `session` is the table session of a guest."""

    who: str
    screen: Screen
    hears: Hears
    session: str = ""


class Verdict(msgspec.Struct, frozen=True):
    """Each list says in words what went wrong, once for every screen and event."""

    lost: list[str]
    duplicated: list[str]
    out_of_order: list[str]
    strayed: list[str]

    def add(self, other: "Verdict") -> "Verdict":
        return Verdict(
            self.lost + other.lost,
            self.duplicated + other.duplicated,
            self.out_of_order + other.out_of_order,
            self.strayed + other.strayed,
        )


def judge(log: list[Event], watched: list[Watched], taps: list[Tap], guests: set[str]) -> Verdict:
    """Compare the log with what every screen heard and with what was acknowledged."""
    lost, strayed = _heard_amiss(log, watched)
    new = Counter(e["data"]["id"] for e in log if e["name"] == "order:new")
    placed = Counter(tap.order_id for tap in taps)
    unknown = [f"order {o} was acknowledged and is not in the log" for o in placed if o not in new]
    again = [f"order {o} came {n} times" for o, n in (new | placed).items() if n > 1]
    twice = [f"{one.who} heard seq {seq} again" for one in watched for seq in one.screen.twice]
    late = [f"{one.who} heard seq {s} too late" for one in watched for s in one.screen.disordered]
    return Verdict(
        lost=lost + unknown + _gaps(log),
        duplicated=twice + again + _never_asked_for(log, placed, guests),
        out_of_order=late,
        strayed=strayed,
    )


def tap_to_kitchen(taps: list[Tap], kitchens: Iterable[Screen]) -> list[float]:
    """Return the seconds from each tap to the kitchen's screen on another node."""
    heard = [
        (tap, *one.news[tap.order_id])
        for one in kitchens
        for tap in taps
        if tap.order_id in one.news
    ]
    one_node = len({node for _, _, node in heard} | {tap.node for tap in taps}) == 1
    return [at - tap.at for tap, at, node in heard if one_node or node != tap.node]


def _heard_amiss(log: list[Event], watched: list[Watched]) -> tuple[list[str], list[str]]:
    names = {event["seq"]: event["name"] for event in log}
    farewells, end = _farewells(log), max(names, default=0)
    lost, strayed = [], []
    for one in watched:
        meant = {event["seq"] for event in log if one.hears(event)}
        last = farewells.get(one.session, inf)
        due = {seq for seq in meant if seq < last and one.screen.must_know(seq)}
        lost += [
            f"{one.who} did not hear {names[seq]} ({seq})" for seq in due - one.screen.heard.keys()
        ]
        strayed += [
            f"{one.who} heard {names.get(seq)} ({seq})"
            for seq in one.screen.heard.keys() - meant
            if seq <= end
        ]
    return lost, strayed


def _gaps(log: list[Event]) -> list[str]:
    seqs = [event["seq"] for event in log]
    missing = set(range(seqs[0], seqs[-1] + 1)) - set(seqs) if seqs else set()
    return [f"the log has no seq {seq}" for seq in sorted(missing)]


def _never_asked_for(log: list[Event], placed: Counter[str], guests: set[str]) -> list[str]:
    """Return orders of our guests that no ack told of: a command that was carried out twice."""
    return [
        f"order {event['data']['id']} was never acknowledged"
        for event in log
        if event["name"] == "order:new"
        and event["actor"]["id"] in guests
        and event["data"]["id"] not in placed
    ]


def _farewells(log: list[Event]) -> dict[str, int]:
    """Return, by table session, where its closing begins: its guests may be let go from there."""
    begins: dict[str, int] = {}
    for event in log:
        begins.setdefault(event["trace"], event["seq"])
    return {
        event["data"]["sessionId"]: begins[event["trace"]]
        for event in log
        if event["name"] == LAST_WORD and event["data"]["status"] == "FREE"
    }
