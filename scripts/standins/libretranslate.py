"""LibreTranslate, with its odd errors: 400 for a missing key, a ban for who goes on after 429."""

from aiohttp import web

from scripts.standins.base import Standin
from scripts.standins.words import language_of, translated

LANGUAGES = ("en", "de", "fr", "es", "ru", "ja", "ar")


class LibreTranslate(Standin):
    """With a `key` it wants one; `a_minute` requests may come, and who then goes on is banned."""

    name = "libretranslate"

    def __init__(self, key: str = "", a_minute: int = 1_000_000) -> None:
        self.key, self.left, self.banned = key, a_minute, False
        super().__init__()

    def add_routes(self) -> None:
        self.app.router.add_post("/translate", self.translate)
        self.app.router.add_post("/detect", self.detect)
        self.app.router.add_get("/languages", self.languages)
        self.app.router.add_get("/health", self.health)

    def error(self, status: int, message: str) -> web.Response:
        return web.json_response({"error": message}, status=status)

    async def translate(self, request: web.Request) -> web.Response:
        given = await request.json()
        refused = self._refused(given)
        if refused is not None:
            return refused
        texts = given["q"] if isinstance(given["q"], list) else [given["q"]]
        made = [self._made(text, given["target"]) for text in texts]
        found = [
            {"confidence": 0 if not _says(text) else 90, "language": language_of(text)}
            for text in texts
        ]
        single = not isinstance(given["q"], list)
        answer: dict[str, object] = {"translatedText": made[0] if single else made}
        if given["source"] == "auto":
            answer["detectedLanguage"] = found[0] if single else found
        return web.json_response(answer)

    async def detect(self, request: web.Request) -> web.Response:
        given = await request.json()
        return web.json_response([{"confidence": 90, "language": language_of(given["q"])}])

    async def languages(self, _request: web.Request) -> web.Response:
        known = [
            {"code": code, "name": code, "targets": [to for to in LANGUAGES if to != code]}
            for code in LANGUAGES
        ]
        return web.json_response(known)

    async def health(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    def _refused(self, given: dict[str, object]) -> web.Response | None:
        if self.banned:
            return self.error(403, "You have been banned from using this API")
        for field in ("q", "source", "target"):
            if not given.get(field):
                return self.error(400, f"Invalid request: missing {field} parameter")
        return self._unknown(given) or self._unsupported(given) or self._too_fast()

    def _unknown(self, given: dict[str, object]) -> web.Response | None:
        if self.key and not given.get("api_key"):
            return self.error(400, "Please contact the server operator to get an API key")
        if self.key and given["api_key"] != self.key:
            return self.error(403, "Invalid API key")
        return None

    def _unsupported(self, given: dict[str, object]) -> web.Response | None:
        for field, known in (("source", {*LANGUAGES, "auto"}), ("target", {*LANGUAGES})):
            if given[field] not in known:
                return self.error(400, f"{given[field]} is not supported")
        return None

    def _too_fast(self) -> web.Response | None:
        self.left -= 1
        self.banned = self.left < -1
        return self.error(429, "Slowdown: 1 per 1 minute") if self.left < 0 else None

    def _made(self, text: str, target: str) -> str:
        return translated(text, target) if _says(text) else text


def _says(text: str) -> bool:
    return any(letter.isalpha() for letter in text)
