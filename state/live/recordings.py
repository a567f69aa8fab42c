"""What somebody is saying, for the moment in which it is made out: its sound, and words of it.

Nothing of it is in Postgres, and a minute after its last part it is gone from here as well.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from state.domain.sound import SECOND
from state.live import keys
from state.live.client import Script, Servers

RECORD = Script("record")
KEEP_SECONDS = 60  # after its last part
MOST_SECONDS = 60  # what a person says at a stretch
CHANNEL = "heard"  # that every node listens to
LAST = b"1"


class Verdict(StrEnum):
    """What became of a part. HAD: it was there before. HOLE: one before it is missing."""

    KEPT = "kept"
    HAD = "had"
    HOLE = "hole"
    ENDED = "ended"
    LONG = "long"


class Recording(NamedTuple):
    """Whose it is, and what they call it."""

    restaurant_id: str
    owner: str
    voice_id: str


class Part(NamedTuple):
    """A part as it is kept here: `sealed`, so that nobody hears it."""

    sealed: bytes
    last: bool


class Partial(msgspec.Struct, frozen=True, rename="camel"):
    """What was understood of a recording so far; for its owner alone, and not kept."""

    restaurant_id: str
    owner: str
    voice_id: str
    text: str


async def add(
    redis: Servers, recording: Recording, number: int, part: Part, size: int
) -> tuple[Verdict, int]:
    """Add a part with so many bytes of sound; return what became of it, and how many there are."""
    found: Any = await RECORD.run(
        redis,
        _keys(recording),
        [number, part.sealed, int(part.last), KEEP_SECONDS, size, MOST_SECONDS * SECOND],
    )
    return Verdict(found[0].decode()), found[1]


async def read(redis: Servers, recording: Recording, since: int) -> Sequence[Part]:
    """Return the parts that there are by now, from one on."""
    key = _keys(recording)[0]
    found: Any = await redis.of(key).lrange(key, since, -1)
    return [Part(each[1:], each[:1] == LAST) for each in found]


async def forget(redis: Servers, recording: Recording) -> None:
    names = _keys(recording)
    await redis.of(names[0]).delete(*names)


async def tell(redis: Servers, partial: Partial) -> None:
    """Tell all nodes what was understood so far: its owner is connected to one of them."""
    await redis.call(CHANNEL, "SPUBLISH", CHANNEL, msgspec.json.encode(partial))


def _keys(recording: Recording) -> list[str]:
    name = f"{keys.tag(recording.restaurant_id)}voice:{recording.owner}:{recording.voice_id}"
    return [name, f"{name}:of"]
