"""Azure AI Translator: 3.0 and 2026-06-06 behind one address."""

from typing import Any

from aiohttp import web

from scripts.standins.base import Standin
from scripts.standins.words import language_of, translated

MOST_ITEMS, MOST_CHARACTERS = 1000, 50_000
OLD, NEW = "3.0", "2026-06-06"


class Azure(Standin):
    """`left` is what may still be translated in this hour, in characters for each target."""

    name = "azure"

    def __init__(self, key: str, region: str = "", left: int = 2_000_000) -> None:
        self.key, self.region, self.left = key, region, left
        self._version = OLD
        super().__init__()

    def add_routes(self) -> None:
        self.app.router.add_post("/translate", self.translate)
        self.app.router.add_post("/detect", self.detect)
        self.app.router.add_get("/languages", self.languages)

    def error(self, status: int, message: str, more: int = 0) -> web.Response:
        """A number as the code in 3.0, text in 2026-06-06."""
        code: int | str = status * 1000 + more
        if self._version == NEW:
            code = str(code)
        body = {"error": {"code": code, "message": message}}
        return web.json_response(body, status=status, headers={"X-RequestId": "standin"})

    async def translate(self, request: web.Request) -> web.Response:
        refused = self._refused(request)
        if refused is not None:
            return refused
        given = await request.json()
        if self._version == OLD:
            targets = request.query.getall("to", [])
            known = request.query.get("from")
            items = [(one.get("Text") or one.get("text"), known, targets) for one in given]
        elif isinstance(given, dict) and isinstance(given.get("inputs"), list):
            items = [
                (one["text"], one.get("language"), [t["language"] for t in one["targets"]])
                for one in given["inputs"]
            ]
        else:
            return self.error(400, "The body of the request is not valid JSON.", 0)
        wrong = self._too_much(items)
        if wrong is not None:
            return wrong
        made = [self._made(*item) for item in items]
        answer: Any = made if self._version == OLD else {"value": made}
        return web.json_response(answer, headers={"X-RequestId": "standin"})

    async def detect(self, request: web.Request) -> web.Response:
        refused = self._refused(request)
        if refused is not None:
            return refused
        if self._version == NEW:
            return self.error(404, "The requested resource was not found.")
        found = [
            {
                "language": language_of(one.get("Text") or one.get("text")),
                "score": 1.0,
                "isTranslationSupported": True,
                "isTransliterationSupported": False,
            }
            for one in await request.json()
        ]
        return web.json_response(found)

    async def languages(self, _request: web.Request) -> web.Response:
        names = {code: {"name": code, "nativeName": code, "dir": "ltr"} for code in ("en", "de")}
        return web.json_response({"translation": names}, headers={"ETag": '"standin"'})

    def _refused(self, request: web.Request) -> web.Response | None:
        self._version = request.query.get("api-version", "")
        if self._version not in (OLD, NEW):
            return self.error(400, "The API version parameter is missing or not valid.", 21)
        key = request.headers.get("Ocp-Apim-Subscription-Key")
        if key is None:
            return web.Response(status=401)  # without a body
        region = request.headers.get("Ocp-Apim-Subscription-Region", "")
        if key != self.key or region != self.region:
            return self.error(401, "The request is not authorized.", 1)
        return None

    def _too_much(self, items: list[Any]) -> web.Response | None:
        targets = len(items[0][2]) if items else 0
        if not items or len(items) > MOST_ITEMS or not targets:
            return self.error(400, "The input is not valid.", 0)
        count = sum(len(text) * len(to) for text, _, to in items)
        if count > MOST_CHARACTERS:
            return self.error(400, "The maximum request size has been exceeded.", 50)
        if count > self.left:
            answer = self.error(429, "The server rejected the request.", 1)
            answer.headers["Retry-After"] = "1"
            return answer
        self.left -= count
        return None

    def _made(self, text: str, known: str | None, targets: list[str]) -> dict[str, Any]:
        name = "to" if self._version == OLD else "language"
        made: dict[str, Any] = {
            "translations": [{"text": translated(text, to), name: to} for to in targets]
        }
        if known is None:
            made["detectedLanguage"] = {"language": language_of(text), "score": 1.0}
        return made
