"""Azure's Speech service: what hears and what speaks behind one address."""

import struct
from typing import Any

from aiohttp import WSMsgType, web

from scripts.standins.base import Standin
from state.domain.sound import wav

FORMAT = "riff-24khz-16bit-mono-pcm"
RATE = 24_000


class AzureSpeech(Standin):
    """It always understands `words`, with `confidence`; `status` is how it says it has.

    `trouble`: its next WebSocket sends nonsense, or closes without a word.
    """

    name = "azure-speech"

    def __init__(self, key: str, words: str = "Where is the toilet?") -> None:
        self.key = key
        self.words, self.confidence, self.status = words, 0.9, "Success"
        self.trouble, self.heard, self.language = "", 0, ""
        super().__init__()

    def add_routes(self) -> None:
        hear = "/speech/recognition/conversation/cognitiveservices/v1"
        self.app.router.add_get(hear, self.hear)
        self.app.router.add_post("/cognitiveservices/v1", self.say)

    def error(self, status: int, message: str) -> web.Response:
        return web.Response(status=status, text=message)

    async def say(self, request: web.Request) -> web.Response:
        if request.headers.get("Ocp-Apim-Subscription-Key") != self.key:
            return self.error(401, "")
        if request.content_type != "application/ssml+xml":
            return self.error(415, "")
        ssml = await request.text()
        form = request.headers.get("X-Microsoft-OutputFormat")
        if form != FORMAT or "<voice name='" not in ssml or not request.headers.get("User-Agent"):
            return self.error(400, "")
        sound = wav(b"\1\0" * RATE, RATE)
        return web.Response(body=sound, content_type="audio/x-wav")

    async def hear(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Ocp-Apim-Subscription-Key") != self.key:
            return self.error(401, "")
        if "-" not in request.query.get("language", "") or "X-ConnectionId" not in request.headers:
            return self.error(400, "")
        self.language, self.heard = request.query["language"], 0
        line = web.WebSocketResponse()
        await line.prepare(request)
        await self._listen(line)
        await line.close()
        return line

    async def _listen(self, line: web.WebSocketResponse) -> None:
        configured = first = False
        async for message in line:
            path, request, body = _read(message)
            if path == "speech.config":
                configured = True
            elif path != "audio" or not configured:
                return  # they close the line on who does not keep to the protocol
            elif not first:
                first = body.startswith(b"RIFF")
                await self._send(line, request, "turn.start", {"context": {"serviceTag": "one"}})
                if self.trouble:
                    await self._break_off(line)
                    return
            elif body:
                self.heard += len(body)
                so_far = {"Text": self.words.split()[0].lower(), "Offset": 0, "Duration": 1}
                await self._send(line, request, "speech.hypothesis", so_far)
            else:
                await self._end(line, request)
                return

    async def _break_off(self, line: web.WebSocketResponse) -> None:
        trouble, self.trouble = self.trouble, ""
        if trouble == "nonsense":
            await line.send_str("Path: speech.phrase\r\n\r\n{half")

    async def _end(self, line: web.WebSocketResponse, request: str) -> None:
        phrase: dict[str, Any] = {"RecognitionStatus": self.status, "Offset": 0, "Duration": 1}
        if self.status == "Success":
            best = {"Confidence": self.confidence, "Lexical": "", "Display": self.words}
            phrase["NBest"] = [best]
        await self._send(line, request, "speech.phrase", phrase)
        await self._send(line, request, "speech.endDetected", {"Offset": 1})
        await self._send(line, request, "turn.end", {})

    async def _send(
        self, line: web.WebSocketResponse, request: str, path: str, body: dict[str, Any]
    ) -> None:
        kind = "Content-Type:application/json; charset=utf-8"
        head = f"X-RequestId:{request}\r\n{kind}\r\nPath:{path}\r\n\r\n"
        await line.send_str(head + web.json_response(body).text)


def _read(message: Any) -> tuple[str, str, bytes]:
    """Return the path of a message, its request, and its body."""
    if message.type is WSMsgType.BINARY:
        (size,) = struct.unpack_from(">H", message.data)
        head, body = message.data[2 : 2 + size].decode(), message.data[2 + size :]
    else:
        head, _, text = message.data.partition("\r\n\r\n")
        body = text.encode()
    fields = dict(line.split(": ", 1) for line in head.strip().split("\r\n"))
    return fields["Path"], fields["X-RequestId"], body
