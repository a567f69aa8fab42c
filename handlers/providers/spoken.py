"""All engines that hear and speak, made once and ended together."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

from handlers.providers import azurespeech, deeplvoice, espeak, whisper
from handlers.providers.keys import Keys
from handlers.providers.voices import Recogniser, Voice
from handlers.providers.wiring import Wiring

# The best first; one adds its `create` here, which returns None where it is not set up.
RECOGNISERS: tuple[Callable[[Keys, Wiring], Recogniser | None], ...] = (
    deeplvoice.create,
    azurespeech.create,
    whisper.create,
)
VOICES: tuple[Callable[[Keys, Wiring], Voice | None], ...] = (
    azurespeech.create_voice,
    espeak.create,
)


class Spoken(NamedTuple):
    """In the order in which they are to be asked."""

    recognisers: tuple[Recogniser, ...]
    voices: tuple[Voice, ...]


NOBODY = Spoken((), ())


@asynccontextmanager
async def spoken(keys: Keys, wiring: Wiring) -> AsyncIterator[Spoken]:
    hearing = [create(keys, wiring) for create in RECOGNISERS]
    speaking = [create(keys, wiring) for create in VOICES]
    try:
        yield Spoken(
            tuple(each for each in hearing if each is not None),
            tuple(each for each in speaking if each is not None),
        )
    finally:
        for each in hearing:
            if isinstance(each, whisper.Whisper):
                await each.close()
