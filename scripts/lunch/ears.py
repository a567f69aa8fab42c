"""Who must hear what (PROTOCOL 3), written once more for the check: by the log's own entries."""

from collections.abc import Callable
from typing import Any

Event = dict[str, Any]  # an entry of the log as GET .../events shows it
Hears = Callable[[Event], bool]

MONEY = ("bill:", "payment:")
FLOOR = ("order:", "table:", "service:", "alert:", *MONEY)
GUESTS = ("order:", "table:", "service:", "cart:", *MONEY)
READY, MENU = "order:ready", "menu:availability"
ANSWERED = "alert:resolved"  # is for every waiter, whatever their tables
PLACED = "order:placed"  # by who has to pay first: not the kitchen's business yet


def restaurant(event: Event) -> bool:
    return event["name"].startswith((*FLOOR, "display:")) or for_all(event)


def kitchen(event: Event) -> bool:
    theirs = event["name"].startswith("order:") and event["name"] not in (READY, PLACED)
    return for_all(event) or theirs


def station(name: str) -> Hears:
    def hears(event: Event) -> bool:
        return for_all(event) or (kitchen(event) and name in event["about"].get("stations", ()))

    return hears


def waiter(tables: frozenset[str] | None) -> Hears:
    """A waiter of some tables, or of all."""

    def hears(event: Event) -> bool:
        if event["about"].get("level") or event["name"] == ANSWERED or for_all(event):
            return True
        told = event["about"].get("tables", ())
        theirs = bool(told) if tables is None else not tables.isdisjoint(told)
        return theirs and event["name"].startswith((*FLOOR, "cart:"))

    return hears


def guest(session: str, person: str = "") -> Hears:
    """A guest of a table; `person` is who they are themselves, where they begin jobs."""

    def hears(event: Event) -> bool:
        if event["name"].startswith("job:"):
            return bool(person) and event["about"].get("owner") == person
        ours = session in event["about"].get("sessions", ())
        return for_all(event) or (ours and event["name"].startswith(GUESTS))

    return hears


def for_all(event: Event) -> bool:
    return bool(event["name"] == MENU)
