"""LibreTranslate, which a house runs by itself: what it reads stays in the house."""

from collections.abc import Sequence
from time import monotonic

import msgspec

from handlers.providers.api import Api, Reply
from handlers.providers.errors import ExhaustedError, ProviderError, UnavailableError
from handlers.providers.keys import Keys
from handlers.providers.translators import Most, Translated, batches
from handlers.providers.wiring import Wiring
from state.domain.language import base
from state.live.gates import Limits

NAME = "libretranslate"
MOST = Most(texts=50, sizes=10_000, size=len)  # by default there are no limits; but it is slow
LIMITS = Limits(slots=2, rate=20.0, burst=20, lease=25.0)
LANGUAGES_SECONDS = 3600.0


class Language(msgspec.Struct, frozen=True):
    code: str
    targets: list[str] = []


class Detected(msgspec.Struct, frozen=True):
    language: str
    confidence: float = 0.0


class Answer(msgspec.Struct, frozen=True, rename="camel"):
    translated_text: list[str]
    detected_language: list[Detected] = []


class Failure(msgspec.Struct, frozen=True):
    error: str = ""


class LibreTranslate:
    name, private = NAME, True

    def __init__(self, api: Api, key: str) -> None:
        self._api = api
        self._key = {"api_key": key} if key else {}
        self._spoken: dict[str, frozenset[str]] = {}
        self._asked_at = -LANGUAGES_SECONDS

    async def speaks(self, source: str | None, target: str) -> bool:
        spoken = await self._languages()
        if source is None:
            return any(base(target) in targets for targets in spoken.values())
        return base(target) in spoken.get(base(source), ())

    async def translate(
        self, texts: Sequence[str], source: str | None, target: str
    ) -> list[Translated]:
        found: list[Translated] = []
        for batch in batches(texts, MOST):
            body = {
                "q": batch,
                "source": base(source) if source else "auto",
                "target": base(target),
                "format": "text",
                **self._key,
            }
            reply = await self._api.ask("POST", "/translate", json=body)
            answer: Answer = reply.json(Answer)
            heard = [each.language for each in answer.detected_language] or [""] * len(batch)
            found += [
                Translated(text, source, reply.sandbox)
                for text, source in zip(answer.translated_text, heard, strict=True)
            ]
        return found

    async def _languages(self) -> dict[str, frozenset[str]]:
        if monotonic() - self._asked_at > LANGUAGES_SECONDS:
            known: list[Language] = (await self._api.ask("GET", "/languages")).json(list[Language])
            self._spoken = {each.code: frozenset(each.targets) for each in known}
            self._asked_at = monotonic()
        return self._spoken


def meaning(reply: Reply) -> ProviderError | None:
    """It says 400 also where a key is missing; and who goes on after a 429 is banned."""
    if reply.status == 429:
        return UnavailableError("libretranslate asks to slow down", again=False)
    if reply.status == 400 and "api key" in _error(reply).lower():
        return ExhaustedError("libretranslate wants a key")
    return None


def _error(reply: Reply) -> str:
    try:
        return msgspec.json.decode(reply.body, type=Failure).error
    except msgspec.MsgspecError:
        return ""


def create(keys: Keys, wiring: Wiring) -> LibreTranslate | None:
    if not keys.libretranslate_url:
        return None
    api = wiring.api(
        NAME, keys.libretranslate_url, times=(1.0, 20.0), limits=LIMITS, meaning=meaning
    )
    return LibreTranslate(api, keys.libretranslate_api_key)
