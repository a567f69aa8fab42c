"""DeepL's Voice API: a session asked for over HTTP, then sound and words over a WebSocket.

Only its transcript is used: translations are made where allergens are looked for first.
"""

import base64
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec

from handlers.providers.api import Api
from handlers.providers.deepl import FREE_KEY, PRO, meaning
from handlers.providers.duplex import both
from handlers.providers.errors import ProviderError, RefusedError, UnavailableError
from handlers.providers.keys import Keys
from handlers.providers.voices import Heard, Recording, Tell
from handlers.providers.wiring import Wiring
from state.domain.language import base, tags
from state.domain.sound import RATE, SECOND
from state.live.gates import Limits

NAME = "deepl-voice"
MEDIA = f"audio/pcm; encoding=s16le; rate={RATE}"
CHUNK = SECOND // 4  # they want 50 to 250 ms at a time
IDLE = 30.0
LIMITS = Limits(slots=8, rate=5.0, burst=10, lease=90.0)
LANGUAGES = tags("de en es fr id it ja ko nl pl pt ro ru sv tr uk zh cs")
THEIRS = ".deepl.com"


class Session(msgspec.Struct, frozen=True):
    streaming_url: str
    token: str


class Segment(msgspec.Struct, frozen=True):
    text: str
    language: str = ""


class Update(msgspec.Struct, frozen=True):
    """`concluded` follows what was concluded before, `tentative` may yet be something else."""

    concluded: list[Segment] = []
    tentative: list[Segment] = []


class Fault(msgspec.Struct, frozen=True):
    error_code: int


class Told(msgspec.Struct, frozen=True):
    """One message; what is not named here is of no interest."""

    source_transcript_update: Update | None = None
    end_of_source_transcript: dict[str, Any] | None = None
    end_of_stream: dict[str, Any] | None = None
    error: Fault | None = None


class DeepLVoice:
    name, private = NAME, False

    def __init__(self, api: Api, key: str, host: str) -> None:
        self._api, self._host = api, host
        self._headers = {"Authorization": f"DeepL-Auth-Key {key}"}

    def hears(self, language: str | None) -> bool:
        return language is None or base(language) in LANGUAGES

    async def recognise(self, recording: Recording, language: str | None, tell: Tell) -> Heard:
        session, sandbox = await self._begin(language)
        params = {"token": session.token}
        async with self._api.stream(session.streaming_url, IDLE, params=params) as line:
            heard = await both(_send(line, recording), _hear(line, language, tell))
        return msgspec.structs.replace(heard, sandbox=sandbox)

    async def _begin(self, language: str | None) -> tuple[Session, bool]:
        spoken = base(language) if language else None
        asked: dict[str, Any] = {
            "source_media_content_type": MEDIA,
            "source_language_mode": "auto" if spoken is None else "fixed",
            "target_languages": ["de" if spoken == "en" else "en"],  # one has to be named
            "message_format": "json",
        }
        if spoken is not None:
            asked["source_language"] = spoken
        reply = await self._api.ask("POST", "/v3/voice/realtime", json=asked, headers=self._headers)
        session: Session = reply.json(Session)
        host = urlsplit(session.streaming_url).hostname or ""
        if host != self._host and not host.endswith(THEIRS):
            raise RefusedError("deepl-voice would have us send sound elsewhere")
        return session, reply.sandbox


async def _send(line: aiohttp.ClientWebSocketResponse, recording: Recording) -> None:
    async for piece in recording():
        for at in range(0, len(piece), CHUNK):
            data = base64.b64encode(piece[at : at + CHUNK]).decode()
            await line.send_str(_text({"source_media_chunk": {"data": data}}))
    await line.send_str(_text({"end_of_source_media": {}}))


async def _hear(line: aiohttp.ClientWebSocketResponse, language: str | None, tell: Tell) -> Heard:
    concluded: list[Segment] = []
    async for message in line:
        told = _read(message)
        if told.error is not None:
            raise _meaning(told.error.error_code)
        if told.source_transcript_update is not None:
            update = told.source_transcript_update
            concluded += update.concluded
            await tell(_joined([*concluded, *update.tentative]))
        if told.end_of_source_transcript is not None or told.end_of_stream is not None:
            spoken = next((each.language for each in concluded if each.language), language or "")
            return Heard(_joined(concluded), base(spoken))
    raise UnavailableError("deepl-voice broke off")


def _read(message: aiohttp.WSMessage) -> Told:
    try:
        return msgspec.json.decode(message.data, type=Told)
    except (msgspec.MsgspecError, TypeError) as exc:
        raise UnavailableError("deepl-voice says what was not agreed") from exc


def _meaning(code: int) -> ProviderError:
    text = f"deepl-voice ended with {code}"
    return RefusedError(text) if 400 <= code < 500 and code != 429 else UnavailableError(text)


def _joined(segments: list[Segment]) -> str:
    return "".join(each.text for each in segments).strip()


def _text(message: dict[str, Any]) -> str:
    return msgspec.json.encode(message).decode()


def create(keys: Keys, wiring: Wiring) -> DeepLVoice | None:
    """It is of the paid plans only, and used where that was asked for: it hears our guests."""
    if not (keys.deepl_voice and keys.deepl_api_key) or keys.deepl_api_key.endswith(FREE_KEY):
        return None
    address = keys.deepl_base_url or PRO
    api = wiring.api(NAME, address, times=(2.0, 10.0), limits=LIMITS, meaning=meaning)
    return DeepLVoice(api, keys.deepl_api_key, urlsplit(address).hostname or "")
