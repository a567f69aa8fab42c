"""People who speak, as a test needs them: eSpeak's voice, recorded as a phone would."""

import io
import wave
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from handlers.providers.espeak import ESpeak, create
from handlers.providers.keys import Keys
from handlers.providers.voices import Recording
from scripts import espeak
from state.domain.sound import RATE, SECOND, wav

NOWHERE: Any = None
ASKED = "Where is the toilet?"
HEARD = "where is the toilet"


@cache
def voice() -> ESpeak:
    made = create(Keys(espeak_home=espeak.home()), NOWHERE)
    assert made is not None, "scripts/espeak.py fetches it"
    return made


async def recorded(text: str, language: str = "en") -> bytes:
    """Return what a phone records of somebody who says a text, and is silent for a moment."""
    with wave.open(io.BytesIO((await voice().say(text, language)).wav)) as said:
        rate = said.getframerate()
        samples = np.frombuffer(said.readframes(said.getnframes()), np.int16)
    times = np.arange(0, len(samples) / rate, 1 / RATE)
    resampled = np.interp(times, np.arange(len(samples)) / rate, samples).astype(np.int16)
    return resampled.tobytes() + silence(0.3)


def silence(seconds: float) -> bytes:
    return bytes(int(seconds * SECOND))


def recording(pcm: bytes, piece: int = SECOND // 4) -> Recording:
    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(pcm), piece):
            yield pcm[at : at + piece]

    return pieces


def plain(text: str) -> str:
    """Return a text as it is said: without marks and capitals."""
    return "".join(each for each in text.lower() if each.isalnum() or each == " ").strip()


def write_wav(path: Path, pcm: bytes) -> Path:
    path.write_bytes(wav(pcm, RATE))
    return path
