"""Azure AI Translator, in its two versions that do not understand each other.

What is wrong it tells by the status; its six-digit codes, numbers in one and text in the other, and
sometimes no body at all, say no more than that to a program.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from handlers.providers.api import Api, Reply
from handlers.providers.keys import Keys
from handlers.providers.translators import Most, Translated, batches
from handlers.providers.wiring import Wiring
from state.domain.ids import new_id
from state.domain.language import base, tags
from state.live.gates import Limits

NAME = "azure"
OLD = "3.0"
MOST = Most(texts=1000, sizes=50_000, size=len)  # characters for each target: we name one
LIMITS = Limits(slots=16, rate=50.0, burst=50, lease=20.0)
CODES = {"zh": "zh-Hans", "zh-tw": "zh-Hant", "zh-hk": "zh-Hant", "no": "nb", "sr": "sr-Latn"}
SPOKEN = tags(
    "af ar az bg bn bs ca cs cy da de el en es et fa fi fil fr ga gu he hi hr hu hy id is"
    " it ja ka kk km kn ko lo lt lv mk ml mn mr ms mt my nb ne nl no pa pl pt ro ru sk sl"
    " sq sr sv sw ta te th tr uk ur uz vi zh"
)


class Detected(msgspec.Struct, frozen=True):
    language: str


class Text(msgspec.Struct, frozen=True):
    text: str


class Item(msgspec.Struct, frozen=True, rename="camel"):
    translations: list[Text]
    detected_language: Detected | None = None


class Answer(msgspec.Struct, frozen=True):
    """What 2026-06-06 wraps its items in; 3.0 answers with the bare list."""

    value: list[Item]


Made = tuple[list[Item], bool]  # and whether a stand-in made it


class Azure:
    name, private = NAME, False

    def __init__(self, api: Api, key: str, region: str, version: str) -> None:
        self._api, self._version = api, version
        self._headers = {"Ocp-Apim-Subscription-Key": key}
        if region:
            self._headers["Ocp-Apim-Subscription-Region"] = region

    async def speaks(self, source: str | None, target: str) -> bool:
        return base(target) in SPOKEN and (source is None or base(source) in SPOKEN)

    async def translate(
        self, texts: Sequence[str], source: str | None, target: str
    ) -> list[Translated]:
        ask = self._ask_old if self._version == OLD else self._ask_new
        found: list[Translated] = []
        for batch in batches(texts, MOST):
            items, sandbox = await ask(batch, source and code(source), code(target))
            found += [
                Translated(
                    item.translations[0].text,
                    item.detected_language.language if item.detected_language else "",
                    sandbox,
                )
                for item in items
            ]
        return found

    async def _ask_old(self, texts: list[str], source: str | None, target: str) -> Made:
        params = {"to": target} | ({"from": source} if source else {})
        reply = await self._ask(params, [{"Text": text} for text in texts])
        items: list[Item] = reply.json(list[Item])
        return items, reply.sandbox

    async def _ask_new(self, texts: list[str], source: str | None, target: str) -> Made:
        known = {"language": source} if source else {}
        inputs = [{"text": text, "targets": [{"language": target}], **known} for text in texts]
        reply = await self._ask({}, {"inputs": inputs})
        answer: Answer = reply.json(Answer)
        return answer.value, reply.sandbox

    async def _ask(self, params: dict[str, str], body: Any) -> Reply:
        return await self._api.ask(
            "POST",
            "/translate",
            params={"api-version": self._version, **params},
            json=body,
            headers={**self._headers, "X-ClientTraceId": new_id()},
        )


def code(tag: str) -> str:
    """Return a language by the name it has here."""
    return CODES.get(tag.lower(), CODES.get(base(tag), base(tag)))


def create(keys: Keys, wiring: Wiring) -> Azure | None:
    if not keys.azure_translator_key:
        return None
    api = wiring.api(NAME, keys.azure_translator_base_url, times=(2.0, 15.0), limits=LIMITS)
    region, version = keys.azure_translator_region, keys.azure_translator_version
    return Azure(api, keys.azure_translator_key, region, version)
