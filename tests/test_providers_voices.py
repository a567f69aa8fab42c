"""Clients of companies that hear and speak, against servers that do as these do."""

import io
import wave
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from handlers.hearing import Hearing
from handlers.providers import azurespeech, deeplvoice, espeak
from handlers.providers.errors import (
    ExhaustedError,
    ProviderError,
    RefusedError,
    UnavailableError,
)
from handlers.providers.keys import Keys
from handlers.providers.spoken import Spoken
from handlers.providers.voices import Heard, Recogniser
from handlers.providers.wiring import Wiring
from hub.embedded import Engines
from scripts.standins.azurespeech import AzureSpeech
from scripts.standins.base import Fault, serving
from scripts.standins.deepl import DeepL
from state.domain.errors import Refusal
from state.domain.sound import SECOND
from state.live import client
from tests.fair import within
from tests.interpreters import forget_gate
from tests.speech import recording

KEY = "a-key-of-the-tests"
SAID = b"\1\2" * SECOND  # two seconds
NAMES = (deeplvoice.NAME, azurespeech.NAME, azurespeech.VOICE_NAME)


class Street:
    """The companies, and our clients of them."""

    def __init__(self) -> None:
        self.deepl, self.azure = DeepL(KEY), AzureSpeech(KEY)
        self.so_far: list[str] = []

    def open(self, urls: dict[str, str], wiring: Wiring) -> None:
        self.wiring = wiring
        self.keys = {
            "deepl_voice": True,
            "deepl_api_key": KEY,
            "deepl_base_url": urls["deepl"],
            "azure_speech_key": KEY,
            "azure_speech_base_url": urls["azure-speech"],
        }

    def ear(self, name: str, **more: Any) -> Recogniser:
        module = {"deepl-voice": deeplvoice, "azure-speech": azurespeech}[name]
        made: Recogniser | None = module.create(Keys(**self.keys | more), self.wiring)
        assert made is not None
        return made

    def voice(self, **more: Any) -> azurespeech.AzureVoice:
        made = azurespeech.create_voice(Keys(**self.keys | more), self.wiring)
        assert made is not None
        return made

    async def hear(self, name: str, language: str | None = "en", **more: Any) -> Heard:
        return await self.ear(name, **more).recognise(recording(SAID), language, self.tell)

    async def tell(self, text: str) -> None:
        self.so_far.append(text)


@pytest.fixture
async def street(engines: Engines) -> AsyncIterator[Street]:
    redis, made = client.connect(engines.redis_url), Street()
    for name in NAMES:
        await forget_gate(redis, name)
    async with aiohttp.ClientSession() as http, serving([made.deepl, made.azure]) as urls:
        made.open(urls, Wiring(http, redis, lambda *_: None))
        yield made
    for name in NAMES:
        await forget_gate(redis, name)
    await redis.aclose()


EARS = pytest.mark.parametrize("name", ["deepl-voice", "azure-speech"])


@EARS
async def test_what_is_said_goes_out_whole_and_comes_back_as_words(
    street: Street, name: str
) -> None:
    heard = await street.hear(name)
    # Azure's says it in the words it makes up: on a WebSocket there is no other place.
    assert heard == Heard("Where is the toilet?", "en", sandbox=name == "deepl-voice")
    assert street.so_far[0].lower().startswith("where")
    assert len(SAID) == (street.deepl.voice if name == "deepl-voice" else street.azure).heard
    assert (await street.hear(name, "de-AT")).language == "de"


def test_who_finds_out_a_language_is_asked_without_one(street: Street) -> None:
    deepl, azure = street.ear("deepl-voice"), street.ear("azure-speech")
    assert (deepl.hears(None), azure.hears(None)) == (True, False)
    assert (deepl.hears("tlh"), azure.hears("tlh")) == (False, False)
    assert azure.hears("de-AT")


def test_nobody_elses_ear_is_used_unasked(street: Street) -> None:
    for more in ({"deepl_voice": False}, {"deepl_api_key": "a-free-one:fx"}):
        assert deeplvoice.create(Keys(**street.keys | more), street.wiring) is None
    without = Keys(**street.keys | {"azure_speech_key": ""})
    assert azurespeech.create(without, street.wiring) is None
    assert azurespeech.create_voice(without, street.wiring) is None


async def test_deepl_finds_out_the_language(street: Street) -> None:
    assert (await street.hear("deepl-voice", None)).language == "en"
    [asked] = [call.body for call in street.deepl.calls if call.method == "POST"]
    assert asked["source_language_mode"] == "auto"


async def test_azure_says_how_sure_it_is_and_when_nobody_spoke(street: Street) -> None:
    street.azure.confidence = 0.3
    assert not (await street.hear("azure-speech")).sure
    assert street.azure.language == "en-US"
    street.azure.status = "InitialSilenceTimeout"
    assert (await street.hear("azure-speech")).text == ""


ERRORS: list[tuple[str, dict[str, Any], Fault | None, type[ProviderError]]] = [
    ("deepl-voice", {"deepl_api_key": "wrong"}, None, ExhaustedError),
    ("deepl-voice", {}, Fault(status=456), ExhaustedError),
    ("deepl-voice", {}, Fault(status=400), RefusedError),
    ("deepl-voice", {}, Fault(malformed=True), UnavailableError),
    ("azure-speech", {"azure_speech_key": "wrong"}, None, ExhaustedError),
    ("azure-speech", {}, Fault(status=400), RefusedError),
    ("azure-speech", {}, Fault(status=429), UnavailableError),
    ("azure-speech", {}, Fault(status=503), UnavailableError),
    ("azure-speech", {}, Fault(reset="before"), UnavailableError),
]


@pytest.mark.parametrize(("name", "more", "fault", "error"), ERRORS)
async def test_errors_at_the_door(
    street: Street, name: str, more: dict[str, Any], fault: Fault | None, error: type[Exception]
) -> None:
    standin = street.deepl if name == "deepl-voice" else street.azure
    standin.faults.extend([fault] * 3 if fault is not None else [])
    with pytest.raises(error):
        await street.hear(name, **more)


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (400, RefusedError),
        (429, UnavailableError),
        (500, UnavailableError),
        (-1, UnavailableError),
        (-2, UnavailableError),
    ],
)
async def test_deepl_in_the_middle_of_it(
    street: Street, trouble: int, error: type[ProviderError]
) -> None:
    street.deepl.voice.trouble = trouble
    with pytest.raises(error):
        await street.hear("deepl-voice")
    assert (await street.hear("deepl-voice")).text, "the next begins anew"


async def test_sound_goes_to_deepl_and_to_nobody_else(street: Street) -> None:
    street.deepl.voice.host = "deepl.com.example.test"
    with pytest.raises(RefusedError):
        await street.hear("deepl-voice")


@pytest.mark.parametrize(
    ("trouble", "status", "error"),
    [
        ("nonsense", "Success", UnavailableError),
        ("close", "Success", UnavailableError),
        ("", "Error", RefusedError),
    ],
)
async def test_azure_in_the_middle_of_it(
    street: Street, trouble: str, status: str, error: type[ProviderError]
) -> None:
    street.azure.trouble, street.azure.status = trouble, status
    with pytest.raises(error):
        await street.hear("azure-speech")


async def test_azure_reads_out(street: Street) -> None:
    voice = street.voice()
    assert voice.says("de-CH")
    assert not voice.says("tlh")
    sound = await voice.say("1 < 2 & so on", "de")
    assert sound.sandbox, "a stand-in says so"
    with wave.open(io.BytesIO(sound.wav)) as said:
        assert said.getframerate() == 24_000
    for fault, error in (
        (Fault(status=401), ExhaustedError),
        (Fault(status=415), RefusedError),
        (Fault(malformed=True), UnavailableError),
    ):
        await forget_gate(street.wiring.redis, azurespeech.VOICE_NAME)
        street.azure.faults.append(fault)
        with pytest.raises(error):
            await voice.say("one", "de")


async def test_where_one_does_not_hear_the_next_does_from_the_beginning(street: Street) -> None:
    ears = street.ear("deepl-voice"), street.ear("azure-speech")
    street.deepl.voice.trouble = 500
    hearing = Hearing(Spoken(ears, ()), private=False)
    heard, engine = await hearing.recognise(recording(SAID), "en", "en", street.tell)
    assert (heard.text, engine) == ("Where is the toilet?", "azure-speech")
    assert street.azure.heard == len(SAID)
    private = Hearing(Spoken(ears, ()), private=True)
    with pytest.raises(Refusal, match="nothing here understands"):
        await private.recognise(recording(SAID), "en", "en", street.tell)


async def test_who_goes_away_leaves_nobody_talking(street: Street) -> None:
    """A recording that fails ends the line at once, and says what was wrong with it."""

    async def breaks() -> AsyncIterator[bytes]:
        yield SAID[:SECOND]
        raise Refusal("CONFLICT", "it broke off")  # type: ignore[arg-type]

    for name in ("deepl-voice", "azure-speech"):
        async with within(10):
            with pytest.raises(Refusal):
                await street.ear(name).recognise(breaks, "en", street.tell)


def test_espeak_is_not_there_where_it_is_not(street: Street) -> None:
    assert espeak.create(Keys(espeak_home="/nowhere"), street.wiring) is None
