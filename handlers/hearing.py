"""Making out what is said, and reading texts out: by the best engine there is, else the next."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import structlog

from handlers.deps import Deps
from handlers.providers.errors import ProviderError
from handlers.providers.spoken import Spoken
from handlers.providers.voices import Heard, Recogniser, Recording, Tell, Voice
from handlers.sealing import seal, unseal
from state.domain.errors import Code, Refusal, not_found
from state.domain.language import base
from state.domain.voice import Speech
from state.live import speeches

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

    async def read_out(self, deps: Deps, owner: str, text: str, language: str) -> Speech | None:
        """Return a text read out for somebody; None where nobody reads that language."""
        for engine in self._allowed(self._spoken.voices):
            if not engine.says(language):
                continue
            try:
                sound = await engine.say(text[:MOST_READ_OUT], language)
            except ProviderError as exc:
                log.warning("an engine was passed over", engine=engine.name, error=str(exc))
                continue
            speech_id = speeches.new_id()
            sealed = seal(deps.tokens.secret, sound.wav, speech_id)
            await speeches.put(deps.redis, owner, speech_id, sealed)
            url = f"/api/speech/{speech_id}"
            return Speech(
                url=url, language=base(language), engine=engine.name, sandbox=sound.sandbox
            )
        return None

    def _allowed(self, engines: Sequence[E]) -> Iterator[E]:
        return (each for each in engines if each.private or not self._private)


async def speech(speech_id: str, owner: str, deps: Deps) -> bytes:
    """Return a text that was read out for somebody, as a WAV file."""
    sealed = await speeches.get(deps.redis, owner, speech_id)
    if sealed is None:
        raise not_found("speech")
    return unseal(deps.tokens.secret, sealed, speech_id)
