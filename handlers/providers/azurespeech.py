"""Azure's Speech service: it hears over a WebSocket, and reads out over HTTP.

Its messages have heads as HTTP has: `Path` says what each is.
"""

import struct
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

import aiohttp
import msgspec

from handlers.providers.api import Api
from handlers.providers.duplex import both
from handlers.providers.errors import RefusedError, UnavailableError
from handlers.providers.keys import Keys
from handlers.providers.voices import Heard, Recording, Sound, Tell
from handlers.providers.wiring import Wiring
from state.domain.ids import new_id
from state.domain.language import base
from state.domain.sound import RATE, wav
from state.live.gates import Limits

NAME, VOICE_NAME = "azure-speech", "azure-voice"
HEAR, SAY = "/speech/recognition/conversation/cognitiveservices/v1", "/cognitiveservices/v1"
HOSTS = {NAME: "stt", VOICE_NAME: "tts"}
FORMAT = "riff-24khz-16bit-mono-pcm"
IDLE = 30.0
LIMITS = Limits(slots=16, rate=20.0, burst=20, lease=90.0)
SURE = 0.5  # of 1
# A language alone is not enough: where it is spoken, and by which of their voices.
SPOKEN = {
    "ar": ("ar-SA", "ZariyahNeural"),
    "cs": ("cs-CZ", "VlastaNeural"),
    "de": ("de-DE", "KatjaNeural"),
    "en": ("en-US", "JennyNeural"),
    "es": ("es-ES", "ElviraNeural"),
    "fr": ("fr-FR", "DeniseNeural"),
    "he": ("he-IL", "HilaNeural"),
    "hi": ("hi-IN", "SwaraNeural"),
    "it": ("it-IT", "ElsaNeural"),
    "ja": ("ja-JP", "NanamiNeural"),
    "ko": ("ko-KR", "SunHiNeural"),
    "nl": ("nl-NL", "ColetteNeural"),
    "pl": ("pl-PL", "ZofiaNeural"),
    "pt": ("pt-PT", "RaquelNeural"),
    "ru": ("ru-RU", "SvetlanaNeural"),
    "th": ("th-TH", "PremwadeeNeural"),
    "tr": ("tr-TR", "EmelNeural"),
    "uk": ("uk-UA", "PolinaNeural"),
    "vi": ("vi-VN", "HoaiMyNeural"),
    "zh": ("zh-CN", "XiaoxiaoNeural"),
}
ABOUT = {"context": {"system": {"name": "onemoment-hub", "version": "1"}}}
NOTHING_SAID = frozenset({"NoMatch", "InitialSilenceTimeout", "BabbleTimeout", "EndOfDictation"})


class Guess(msgspec.Struct, frozen=True, rename="pascal"):
    display: str
    confidence: float = 1.0


class Phrase(msgspec.Struct, frozen=True, kw_only=True):
    status: str = msgspec.field(name="RecognitionStatus")
    best: list[Guess] = msgspec.field(name="NBest", default=[])


class Hypothesis(msgspec.Struct, frozen=True, rename="pascal"):
    text: str


class AzureSpeech:
    name, private = NAME, False

    def __init__(self, api: Api, key: str) -> None:
        self._api, self._key = api, key

    def hears(self, language: str | None) -> bool:
        return language is not None and base(language) in SPOKEN

    async def recognise(self, recording: Recording, language: str | None, tell: Tell) -> Heard:
        assert language is not None, "it does not find out languages"
        request = new_id().replace("-", "")
        params = {"language": SPOKEN[base(language)][0], "format": "detailed"}
        headers = {"Ocp-Apim-Subscription-Key": self._key, "X-ConnectionId": request}
        async with self._api.stream(HEAR, IDLE, params=params, headers=headers) as line:
            text, sure = await both(_send(line, recording, request), _hear(line, tell))
        return Heard(text, base(language), sure)


class AzureVoice:
    name, private = VOICE_NAME, False

    def __init__(self, api: Api, key: str) -> None:
        self._api = api
        self._headers = {
            "Ocp-Apim-Subscription-Key": key,
            "Content-Type": "application/ssml+xml",
            "X-Microsoft-OutputFormat": FORMAT,
            "User-Agent": "onemoment-hub",
        }

    def says(self, language: str) -> bool:
        return base(language) in SPOKEN

    async def say(self, text: str, language: str) -> Sound:
        place, voice = SPOKEN[base(language)]
        ssml = (
            f"<speak version='1.0' xmlns='http://www.w3.org/2001/10/synthesis' xml:lang='{place}'>"
            f"<voice name='{place}-{voice}'>{escape(text)}</voice></speak>"
        )
        reply = await self._api.ask("POST", SAY, data=ssml.encode(), headers=self._headers)
        if not reply.body.startswith(b"RIFF"):
            raise UnavailableError("azure-voice sent no sound")
        return Sound(reply.body, reply.sandbox)


async def _send(line: aiohttp.ClientWebSocketResponse, recording: Recording, request: str) -> None:
    config = _head("speech.config", request, "application/json") + b"\r\n"
    await line.send_str((config + msgspec.json.encode(ABOUT)).decode())
    await line.send_bytes(_sound(wav(b"", RATE), request))
    async for piece in recording():
        if piece:  # one without any says that this is the end
            await line.send_bytes(_sound(piece, request))
    await line.send_bytes(_sound(b"", request))


def _head(path: str, request: str, kind: str) -> bytes:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    lines = {"Path": path, "X-RequestId": request, "X-Timestamp": now, "Content-Type": kind}
    return "".join(f"{name}: {value}\r\n" for name, value in lines.items()).encode()


def _sound(piece: bytes, request: str) -> bytes:
    head = _head("audio", request, "audio/x-wav")
    return struct.pack(">H", len(head)) + head + piece


async def _hear(line: aiohttp.ClientWebSocketResponse, tell: Tell) -> tuple[str, bool]:
    said: list[Guess] = []
    async for message in line:
        path, body = _read(message)
        if path == "speech.hypothesis":
            so_far: Hypothesis = _decoded(body, Hypothesis)
            await tell(" ".join([*(each.display for each in said), so_far.text]))
        elif path == "speech.phrase":
            said += _understood(_decoded(body, Phrase))
        elif path == "turn.end":
            text = " ".join(each.display for each in said).strip()
            return text, all(each.confidence >= SURE for each in said)
    raise UnavailableError("azure-speech broke off")


def _understood(phrase: Phrase) -> list[Guess]:
    if phrase.status in NOTHING_SAID:
        return []
    if phrase.status != "Success" or not phrase.best:
        raise RefusedError(f"azure-speech ended with {phrase.status[:40]}")
    return [each for each in phrase.best[:1] if each.display]


def _read(message: aiohttp.WSMessage) -> tuple[str, str]:
    """Return the path of a message, and its body."""
    if message.type is not aiohttp.WSMsgType.TEXT:
        raise UnavailableError("azure-speech says what was not agreed")
    head, _, body = message.data.partition("\r\n\r\n")
    for each in head.split("\r\n"):
        name, _, value = each.partition(":")
        if name.strip().lower() == "path":
            return value.strip().lower(), body
    raise UnavailableError("azure-speech says what was not agreed")


def _decoded(body: str, kind: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as exc:
        raise UnavailableError("azure-speech says what was not agreed") from exc


def _api(name: str, keys: Keys, wiring: Wiring, seconds: float) -> Api | None:
    if not keys.azure_speech_key:
        return None
    usual = f"https://{keys.azure_speech_region}.{HOSTS[name]}.speech.microsoft.com"
    address = keys.azure_speech_base_url or usual
    return wiring.api(name, address, times=(3.0, seconds), limits=LIMITS)


def create(keys: Keys, wiring: Wiring) -> AzureSpeech | None:
    api = _api(NAME, keys, wiring, 75.0)
    return AzureSpeech(api, keys.azure_speech_key) if api is not None else None


def create_voice(keys: Keys, wiring: Wiring) -> AzureVoice | None:
    api = _api(VOICE_NAME, keys, wiring, 15.0)
    return AzureVoice(api, keys.azure_speech_key) if api is not None else None
