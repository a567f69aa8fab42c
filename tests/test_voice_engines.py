"""The engines that hear and speak on this machine, as they are."""

import io
import wave

import pytest

from handlers.providers import whisper
from handlers.providers.keys import Keys
from state.domain.errors import Refusal
from state.domain.sound import RATE, samples, wav
from tests.speech import ASKED, HEARD, NOWHERE, plain, recorded, recording, silence, voice


async def test_what_one_engine_says_the_other_understands() -> None:
    engine = whisper.create(Keys(), NOWHERE)
    assert engine is not None, "the extra `voice` is installed for tests"
    partial: list[str] = []

    async def tell(text: str) -> None:
        partial.append(text)

    try:
        asked = await recorded(ASKED)
        heard = await engine.recognise(recording(asked), "en", tell)
        assert (plain(heard.text), heard.language, heard.sure) == (HEARD, "en", True)
        assert partial, "while it was being said"

        assert engine._process is not None
        engine._process.kill()
        await engine._process.wait()
        with pytest.raises(Exception, match="whisper did not answer"):
            await engine.recognise(recording(asked), None, tell)
        again = await engine.recognise(recording(asked), None, tell)
        assert (plain(again.text), again.language) == (HEARD, "en"), "it finds out the language"

        nothing = await engine.recognise(recording(silence(1.0)), "en", tell)
        assert nothing.text == ""
        lonely = await engine.recognise(recording(b"\0"), "en", tell)
        assert lonely.text == ""
    finally:
        await engine.close()


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The bill, please"),
        ("ru", "Счёт, пожалуйста"),
        ("de", "Die Rechnung"),
        ("ar", "شكرا"),
    ],
)
async def test_a_text_is_read_out_as_a_wav_file(language: str, text: str) -> None:
    assert voice().says(language)
    with wave.open(io.BytesIO((await voice().say(text, language)).wav)) as said:
        assert (said.getnchannels(), said.getsampwidth()) == (1, 2)
        assert 0.3 < said.getnframes() / said.getframerate() < 5


def test_what_cannot_be_read_out_is_not_tried() -> None:
    assert not voice().says("tlh")
    assert not voice().says("ja"), "it would spell Chinese characters"


def test_a_recording_may_begin_as_a_wav_file_of_our_kind() -> None:
    assert samples(wav(b"\1\2\3\4", RATE)) == b"\1\2\3\4"
    assert samples(b"\1\2\3\4") == b"\1\2\3\4"


@pytest.mark.parametrize("first", [wav(b"", 44_100), wav(b"", RATE)[:30], b"RIFF"])
def test_any_other_kind_of_sound_is_refused(first: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        samples(first)
    assert refused.value.details[0]["path"] == "audio"
