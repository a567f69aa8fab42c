"""How long it hurt: until nobody waited any more for an event, an answer or a connection."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from scripts.lunch.ledger import Done
from scripts.lunch.screen import Screen
from scripts.lunch.verdict import Event
from scripts.mishaps.hall import CHIEFS_AFTER, WAITERS_AFTER

LATE_SECONDS = 0.5  # past this whoever waits notices
TIMES_CALM = 2.0  # and it must be longer than what the machine's other work does to anybody
ESCALATED = {"alert:escalated": "raisedAt", "service:escalated": "requestedAt"}
LOUDER_AFTER = (0.0, WAITERS_AFTER, CHIEFS_AFTER)  # by level
WORKER_SECONDS = 0.5  # it looks so often


def healed(
    began: float, over: float, waits: Collection[tuple[float, float]], back: Iterable[float]
) -> float:
    """Return the seconds from when a fault was over until everybody had what they were owed:
    the last late event and the last late answer had come, and the last client was back.

    Late is what takes half a second, and twice as long as anything did before the fault began.
    `waits` are those of `waits_of`, `back` is when clients came in; all by the clock.
    """
    calm = max((seconds for at, seconds in waits if at < began), default=0.0)
    patience = max(LATE_SECONDS, TIMES_CALM * calm)
    late = [at for at, seconds in waits if seconds > patience]
    return max(0.0, max([*late, *back], default=over) - over)


def waits_of(
    log: Sequence[Event], screens: Iterable[Screen], done: Iterable[Done]
) -> Iterator[tuple[float, float]]:
    """Yield when each event reached each screen and each command was answered, and how long
    after it had happened, or had been asked.
    """
    due = {event["seq"]: _due(event) for event in log}
    for screen in screens:
        for seq, at in screen.heard.items():
            if seq in due:
                yield at, at - due[seq]
    for each in done:
        yield each.at, each.seconds


def _due(event: Event) -> float:
    """Return when an event should have reached everybody at the earliest."""
    if event["name"] in ESCALATED:
        waiting = event["data"]
        since = _clock(waiting[ESCALATED[event["name"]]])
        return since + LOUDER_AFTER[waiting["level"]] + WORKER_SECONDS
    return _clock(event["at"])


def _clock(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
