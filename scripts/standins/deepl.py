"""DeepL's translation API, version 2."""

from aiohttp import web

from scripts.standins.base import Standin
from scripts.standins.deeplvoice import Voice
from scripts.standins.words import language_of, translated
from state.domain.language import tags

MOST_BYTES = 128 * 1024
NO_FORMALITY = {"EN-GB", "EN-US", "AR", "ZH", "KO", "TR", "UK", "BG", "CS", "DA"}
AMBIGUOUS = {"EN", "PT"}
TARGETS = tags(
    "AR BG CS DA DE EL EN-GB EN-US ES ET FI FR HU ID IT JA KO LT LV NB NL PL PT-BR PT-PT RO RU SK"
    " SL SV TR UK ZH"
)


class DeepL(Standin):
    """`left` is what the key may still have translated, in characters."""

    name = "deepl"

    def __init__(self, key: str, left: int = 500_000) -> None:
        self.key, self.left, self.limit = key, left, left
        self.voice = Voice(self)
        super().__init__()

    def add_routes(self) -> None:
        self.app.router.add_post("/v2/translate", self.translate)
        self.voice.add_routes(self.app)
        self.app.router.add_get("/v2/usage", self.usage)
        self.app.router.add_get("/v2/languages", self.languages)

    def error(self, status: int, message: str) -> web.Response:
        return web.json_response({"message": message}, status=status)

    async def translate(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"DeepL-Auth-Key {self.key}":
            return self.error(403, "Forbidden")
        if (request.content_length or 0) > MOST_BYTES:
            return self.error(413, "Request Entity Too Large")
        given = await request.json()
        texts, target = given.get("text"), str(given.get("target_lang", "")).upper()
        wrong = self._wrong(texts, target, given)
        if wrong:
            return self.error(400, wrong)
        count = sum(map(len, texts))
        if count > self.left:
            return self.error(456, "Quota exceeded")
        self.left -= count
        known = given.get("source_lang")
        made = [
            {
                "detected_source_language": (known or language_of(text)).upper(),
                "text": translated(text, target),
                **({"billed_characters": len(text)} if given.get("show_billed_characters") else {}),
            }
            for text in texts
        ]
        return web.json_response({"translations": made}, headers={"X-Trace-ID": "standin"})

    async def usage(self, _request: web.Request) -> web.Response:
        used = {"character_count": self.limit - self.left, "character_limit": self.limit}
        return web.json_response(used)

    async def languages(self, _request: web.Request) -> web.Response:
        known = [
            {"language": code, "name": code, "supports_formality": code not in NO_FORMALITY}
            for code in sorted(TARGETS)
        ]
        return web.json_response(known)

    def _wrong(self, texts: object, target: str, given: dict[str, object]) -> str:
        if not isinstance(texts, list) or not texts or len(texts) > 50:
            return "Parameter 'text' must be a list of 1 to 50 texts."
        if target in AMBIGUOUS:
            return f"Value for 'target_lang' not supported: {target} is deprecated."
        if target not in TARGETS:
            return "Value for 'target_lang' not supported."
        if given.get("formality") in ("more", "less") and target in NO_FORMALITY:
            return "'formality' is not supported for given 'target_lang'."
        return ""
