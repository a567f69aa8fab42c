"""An event as the log in Redis keeps it: four lines for the nodes, and what their clients get.

Whoever appends an event builds its last line, once for all nodes; they send it on as it is.
"""

from datetime import datetime
from typing import Any

import msgspec

from state.domain.actor import ActorRef
from state.domain.events import About, Event

MICROSECOND = 1e-6
ENCODER = msgspec.json.Encoder()


class Meta(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What an event comes with (PROTOCOL 3)."""

    seq: int
    event_id: str
    restaurant_id: str
    at: datetime
    actor: ActorRef
    change: dict[str, Any] = {}
    replay: bool = False


ARGUMENTS = msgspec.json.Decoder(tuple[str, msgspec.Raw, Meta, str])
ABOUT = msgspec.json.Decoder(About)


def write(event: Event) -> bytes:
    """Return an event's entry."""
    at = int(event.at.timestamp() / MICROSECOND)
    about = event.about
    if about.change:
        about = msgspec.structs.replace(about, change={})
    return b"%d\n%d\n%s\n%s %s\n%s" % (
        *(event.seq, at, event.trace.encode(), event.name.encode(), ENCODER.encode(about)),
        arguments(event),
    )


def split(entry: bytes) -> list[bytes]:
    """Return what a node needs in order to send an event on: its seq, when it was decided, its
    trace, what tells who hears of it, and what clients get.
    """
    return entry.split(b"\n", 4)


def seconds(at: bytes) -> float:
    """Return when an event was decided, in seconds since 1970."""
    return int(at) * MICROSECOND


def read(entry: bytes) -> Event:
    """Return the event of an entry."""
    seq, _, trace, line, arguments = split(entry)
    name, data, meta, _offset = ARGUMENTS.decode(arguments)
    _, about = audience(line)
    return Event(
        seq=int(seq),
        event_id=meta.event_id,
        restaurant_id=meta.restaurant_id,
        name=name,
        at=meta.at,
        actor=meta.actor,
        trace=trace.decode(),
        about=msgspec.structs.replace(about, change=meta.change),
        data=data,
    )


def audience(line: bytes) -> tuple[str, About]:
    """Return an event's name and what it is about, less what it changed."""
    name, about = line.split(b" ", 1)
    return name.decode(), ABOUT.decode(about)


def arguments(event: Event) -> bytes:
    """Return what clients get of an event, as JSON: name, data, meta, its offset in the log."""
    meta = Meta(
        event.seq,
        event.event_id,
        event.restaurant_id,
        event.at,
        event.actor,
        event.about.change,
    )
    return ENCODER.encode((event.name, event.data, meta, str(event.seq)))


def replayed(arguments: bytes) -> bytes:
    """Return what clients get of an event that they get later than others."""
    name, data, meta, offset = ARGUMENTS.decode(arguments)
    return ENCODER.encode((name, data, msgspec.structs.replace(meta, replay=True), offset))
