"""DeepL's API, version 2."""

from collections.abc import Sequence

import msgspec

from handlers.providers.api import Api, Reply
from handlers.providers.errors import ExhaustedError, ProviderError
from handlers.providers.keys import Keys
from handlers.providers.translators import Most, Translated, batches
from handlers.providers.wiring import Wiring
from state.domain.language import base, tags
from state.live.gates import Limits

NAME = "deepl"
FREE, PRO = "https://api-free.deepl.com", "https://api.deepl.com"
FREE_KEY = ":fx"  # how keys of the free plan end
SPENT = 456
# A request has 128 KiB at most; some of them are for what is around the texts.
MOST = Most(texts=50, sizes=100 * 1024, size=lambda text: len(msgspec.json.encode(text)) + 1)
LIMITS = Limits(slots=8, rate=20.0, burst=20, lease=15.0)
SOURCES = tags(
    "ar bg cs da de el en es et fi fr hu id it ja ko lt lv nb nl pl pt ro ru sk sl sv tr uk zh"
)
# English and Portuguese are no targets by themselves.
TARGETS = {code: code.upper() for code in SOURCES} | {"en": "EN-GB", "pt": "PT-PT"}
VARIANTS = {"en-us": "EN-US", "en-gb": "EN-GB", "pt-br": "PT-BR", "pt-pt": "PT-PT"}


class One(msgspec.Struct, frozen=True):
    text: str
    detected_source_language: str = ""


class Answer(msgspec.Struct, frozen=True):
    translations: list[One]


class DeepL:
    name, private = NAME, False

    def __init__(self, api: Api, key: str) -> None:
        self._api = api
        self._headers = {"Authorization": f"DeepL-Auth-Key {key}"}

    async def speaks(self, source: str | None, target: str) -> bool:
        return base(target) in TARGETS and (source is None or base(source) in SOURCES)

    async def translate(
        self, texts: Sequence[str], source: str | None, target: str
    ) -> list[Translated]:
        found: list[Translated] = []
        for batch in batches(texts, MOST):
            # `more` fails where a language knows no formality, `prefer_more` does not.
            body = {
                "text": batch,
                "target_lang": VARIANTS.get(target.lower(), TARGETS[base(target)]),
                "formality": "prefer_more",
            }
            if source is not None:
                body["source_lang"] = base(source).upper()
            reply = await self._api.ask("POST", "/v2/translate", json=body, headers=self._headers)
            answer: Answer = reply.json(Answer)
            found += [
                Translated(one.text, one.detected_source_language.lower(), reply.sandbox)
                for one in answer.translations
            ]
        return found


def meaning(reply: Reply) -> ProviderError | None:
    if reply.status == SPENT:
        return ExhaustedError("deepl's quota is used up")
    return None


def create(keys: Keys, wiring: Wiring) -> DeepL | None:
    if not keys.deepl_api_key:
        return None
    usual = FREE if keys.deepl_api_key.endswith(FREE_KEY) else PRO
    api = wiring.api(
        NAME, keys.deepl_base_url or usual, times=(2.0, 10.0), limits=LIMITS, meaning=meaning
    )
    return DeepL(api, keys.deepl_api_key)
