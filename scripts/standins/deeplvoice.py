"""DeepL's Voice API: sessions over HTTP, and a WebSocket for each, to be opened once."""

import base64
import binascii
import secrets
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

if TYPE_CHECKING:
    from scripts.standins.deepl import DeepL

MEDIA = "audio/pcm; encoding=s16le; rate=16000"
SECOND = 32_000
MOST_TARGETS = 5


class Voice:
    """It always understands `words`. `trouble` is how its next WebSocket ends: with the code of an
    error, by nonsense (-1), or without a word (-2).
    """

    def __init__(self, owner: "DeepL") -> None:
        self._owner = owner
        self._sessions: dict[str, dict[str, Any]] = {}
        self.words, self.trouble, self.heard = ["Where is", " the toilet?"], 0, 0
        self.host = ""  # where it says that sound is to be sent, if not here

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post("/v3/voice/realtime", self.begin)
        app.router.add_get("/v3/voice/realtime/connect", self.connect)

    async def begin(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"DeepL-Auth-Key {self._owner.key}":
            return self._owner.error(403, "Forbidden")
        given = await request.json()
        targets = given.get("target_languages")
        if given.get("source_media_content_type") != MEDIA:
            return self._owner.error(400, "Value for 'source_media_content_type' not supported.")
        if not isinstance(targets, list) or not 1 <= len(targets) <= MOST_TARGETS:
            return self._owner.error(400, "Parameter 'target_languages' is not valid.")
        if given.get("source_language_mode") == "fixed" and not given.get("source_language"):
            return self._owner.error(400, "Parameter 'source_language' not specified.")
        token = secrets.token_urlsafe(12)
        self._sessions[token] = given
        host = self.host or request.host
        url = f"ws://{host}/{self._owner.name}/v3/voice/realtime/connect"
        return web.json_response(
            {"streaming_url": url, "token": token, "session_id": secrets.token_hex(8)}
        )

    async def connect(self, request: web.Request) -> web.StreamResponse:
        session = self._sessions.pop(request.query.get("token", ""), None)
        if session is None:
            return self._owner.error(403, "Forbidden")
        line = web.WebSocketResponse()
        await line.prepare(request)
        if self.trouble:
            await self._fail(line)
        else:
            await self._listen(line, session)
        await line.close()
        return line

    async def _fail(self, line: web.WebSocketResponse) -> None:
        trouble, self.trouble = self.trouble, 0
        if trouble > 0:
            await line.send_json({"error": _error(trouble)})
        elif trouble == -1:
            await line.send_str('{"half": ')

    async def _listen(self, line: web.WebSocketResponse, session: dict[str, Any]) -> None:
        language = session.get("source_language", "en")
        self.heard = 0
        async for message in line:
            given = message.json() if message.type is WSMsgType.TEXT else {}
            if "end_of_source_media" in given:
                await self._end(line, language)
                return
            chunk = _chunk(given)
            if chunk is None:
                await line.send_json({"error": _error(400)})
                return
            self.heard += len(chunk)
            await self._update(line, language, [], self.words[:1])

    async def _end(self, line: web.WebSocketResponse, language: str) -> None:
        for word in self.words:  # what is concluded is told once
            await self._update(line, language, [word], [])
        await line.send_json({"end_of_source_transcript": {}})
        await line.send_json({"end_of_stream": {}})

    async def _update(
        self, line: web.WebSocketResponse, language: str, sure: list[str], unsure: list[str]
    ) -> None:
        told = {
            name: [{"language": language, "text": t, "start_time": 0, "end_time": 1} for t in texts]
            for name, texts in (("concluded", sure), ("tentative", unsure))
        }
        await line.send_json({"source_transcript_update": told})


def _chunk(given: dict[str, Any]) -> bytes | None:
    """Return the sound of a message; None where it is none, or too much at once."""
    try:
        data = base64.b64decode(given["source_media_chunk"]["data"], validate=True)
    except (KeyError, TypeError, binascii.Error):
        return None
    return data if len(data) <= SECOND else None


def _error(code: int) -> dict[str, Any]:
    return {
        "request_type": "source_media_chunk",
        "error_code": code,
        "reason_code": code * 10_000,
        "error_message": "as was asked for",
    }
