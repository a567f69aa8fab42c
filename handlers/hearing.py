"""Making out what is said, and reading texts out: by the best engine there is, else the next."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import structlog

from handlers.providers.errors import ProviderError
from handlers.providers.spoken import Spoken
from handlers.providers.voices import Heard, Recogniser, Recording, Tell, Voice
from state.domain.errors import Code, Refusal
from state.domain.language import base
from state.domain.voice import Speech
from state.live import speeches
from state.live.client import Servers

log = structlog.get_logger()

E = TypeVar("E", Recogniser, Voice)

MOST_READ_OUT = 1000  # characters: more than anybody listens to


class Hearing:
    """What is `private` stays in the house: only engines of our own hear it, or read it out."""

    def __init__(self, spoken: Spoken, *, private: bool) -> None:
        self._spoken, self._private = spoken, private

    async def recognise(
        self, recording: Recording, language: str | None, guess: str, tell: Tell
    ) -> tuple[Heard, str]:
        """Return what is said in a recording, and by whom it was made out.

        Raises PROVIDER_UNAVAILABLE where nobody understands the language, or nobody answers.
        """
        for engine in self._allowed(self._spoken.recognisers):
            wanted = language if language or engine.hears(None) else guess
            if not engine.hears(wanted):
                continue
            try:
                return await engine.recognise(recording, wanted, tell), engine.name
            except ProviderError as exc:
                log.warning("an engine was passed over", engine=engine.name, error=str(exc))
        raise Refusal(Code.PROVIDER_UNAVAILABLE, "nothing here understands speech at present")

    async def read_out(self, redis: Servers, owner: str, text: str, language: str) -> Speech | None:
        """Return a text read out for somebody; None where nobody reads that language."""
        for engine in self._allowed(self._spoken.voices):
            if not engine.says(language):
                continue
            try:
                sound = await engine.say(text[:MOST_READ_OUT], language)
            except ProviderError as exc:
                log.warning("an engine was passed over", engine=engine.name, error=str(exc))
                continue
            speech_id = await speeches.put(redis, owner, sound)
            url = f"/api/speech/{speech_id}"
            return Speech(url=url, language=base(language), engine=engine.name)
        return None

    def _allowed(self, engines: Sequence[E]) -> Iterator[E]:
        return (each for each in engines if each.private or not self._private)
