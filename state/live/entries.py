"""An event as the log in Redis keeps it: two lines for the nodes, and what their clients get.

Whoever appends an event builds its last line, once for all nodes; they send it on as it is.
"""

from datetime import datetime
from typing import Any, NamedTuple

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


class Entry(NamedTuple):
    """What a node reads of an event: no more than it needs to send it on.

    `at` is in seconds since 1970, `audience` what decides who hears of it, `arguments` the JSON
    array that clients get.
    """

    seq: int
    at: float
    trace: str
    audience: bytes
    arguments: bytes


ARGUMENTS = msgspec.json.Decoder(tuple[str, msgspec.Raw, Meta, str])
ABOUT = msgspec.json.Decoder(About)


def write(event: Event) -> bytes:
    """Return an event's entry."""
    at = int(event.at.timestamp() / MICROSECOND)
    about = ENCODER.encode(msgspec.structs.replace(event.about, change={}))
    return b"%d %d %s\n%s %s\n%s" % (
        *(event.seq, at, event.trace.encode(), event.name.encode(), about),
        arguments(event),
    )


def split(entry: bytes) -> Entry:
    head, audience, arguments = entry.split(b"\n", 2)
    seq, at, trace = head.split(b" ", 2)
    return Entry(int(seq), int(at) * MICROSECOND, trace.decode(), audience, arguments)


def read(entry: bytes) -> Event:
    """Return the event of an entry."""
    found = split(entry)
    name, data, meta, _offset = ARGUMENTS.decode(found.arguments)
    _, about = audience(found.audience)
    return Event(
        seq=found.seq,
        event_id=meta.event_id,
        restaurant_id=meta.restaurant_id,
        name=name,
        at=meta.at,
        actor=meta.actor,
        trace=found.trace,
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
