"""The order that the benches of the transport send: as an entry of the log, and as clients get it.

Its data begin with a mark: the time it was sent, in microseconds, or 0.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec

from state.domain.actor import ActorRef
from state.domain.events import About, Event, Name
from state.live import entries

BYTES = 620  # the packet, as in the tables of what others reach
SEQ, MARK = 7_700_000_001, 7_700_000_002  # stand where each entry has numbers of its own


class Entries:
    """The entries of one restaurant's log, as bytes, and as the events before they are in it."""

    def __init__(self, rid: str, size: int = BYTES) -> None:
        self._event = event(rid, SEQ, MARK, size)
        self._data = bytes(self._event.data).replace(b"%d" % MARK, b"%d")
        entry = entries.write(self._event)
        self._template = entry.replace(b"%d" % SEQ, b"%d").replace(b"%d" % MARK, b"%d")

    def entry(self, seq: int, mark: int = 0) -> bytes:
        return self._template % (seq, mark, seq, seq)

    def event(self, seq: int, mark: int) -> Event:
        data = msgspec.Raw(self._data % mark)
        return msgspec.structs.replace(self._event, seq=seq, data=data)


def event(rid: str, seq: int, mark: int = 0, size: int = BYTES) -> Event:
    """Return an event whose packet has so many bytes while its numbers are small."""
    note = "no onions" + "." * (size - len(entries.arguments(_event(rid, 1, 0, "no onions"))) - 1)
    return _event(rid, seq, mark, note)


def arguments(rid: str, size: int = BYTES) -> list[Any]:
    """Return the event's name and arguments as its packet holds them."""
    found: list[Any] = msgspec.json.decode(entries.arguments(event(rid, 1, 0, size)))
    return found


def _event(rid: str, seq: int, mark: int, note: str) -> Event:
    data = {
        "mark": mark,
        "id": "0b6fh8ye2xk9q",
        "restaurantId": rid,
        "tableNumber": "12",
        "orderNumber": 4711,
        "status": "PENDING",
        "totalAmount": 3180,
        "items": [
            {"id": "0b6fh8ye2xk9r", "name": "Margherita", "quantity": 2, "station": "oven"},
            {"id": "0b6fh8ye2xk9s", "name": "Insalata", "quantity": 1, "station": "cold"},
        ],
        "note": note,
    }
    return Event(
        seq=seq,
        event_id="0b6fh8ye2xk9t",
        restaurant_id=rid,
        name=Name.ORDER_NEW,
        at=datetime(2026, 1, 1, tzinfo=UTC),
        actor=ActorRef("guest", "0b6fh8ye2xk9u"),
        trace="0b6fh8ye2xk9v",
        about=About(
            order="0b6fh8ye2xk9q",
            sessions=("0b6fh8ye2xk9w",),
            tables=("0b6fh8ye2xk9x",),
            stations=("oven", "cold"),
        ),
        data=msgspec.Raw(msgspec.json.encode(data)),
    )
