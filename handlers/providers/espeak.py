"""eSpeak NG, where it is installed: a plain voice for a hundred languages, on this machine.

It is run as a program of its own.
"""

import asyncio
import os
import shutil
from pathlib import Path

from handlers.providers.errors import UnavailableError
from handlers.providers.keys import Keys
from handlers.providers.programs import answer_of
from handlers.providers.voices import Sound
from handlers.providers.wiring import Wiring
from state.domain.language import base
from state.domain.sound import wav

NAME = "espeak"
SECONDS = 10.0
AT_ONCE = 2
RATE = 22_050  # of its voices
WORDS_A_MINUTE = "150"
HEAD = 44  # bytes of the WAV file it writes; with lengths it cannot know yet
PLACES = ("usr/lib/*/espeak-ng-data", "usr/lib*/espeak-ng-data", "usr/share/espeak-ng-data")
NAMES = {"zh": "cmn", "no": "nb"}
# It reads kana only, and of a Chinese character says that it is one.
UNREADABLE = frozenset({"ja"})


class ESpeak:
    name, private = NAME, True

    def __init__(self, program: str, home: Path) -> None:
        self._program = program
        self._few = asyncio.Semaphore(AT_ONCE)
        self._environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        data = next((each for place in PLACES for each in home.glob(place)), home)
        self._known = {each.name for each in data.glob("lang/**/*") if each.is_file()}
        if home != Path("/"):  # unpacked there, and not installed
            self._environment["LD_LIBRARY_PATH"] = str(data.parent)
            self._environment["ESPEAK_DATA_PATH"] = str(data.parent)

    def says(self, language: str) -> bool:
        code = base(language)
        return code not in UNREADABLE and NAMES.get(code, code) in self._known

    async def say(self, text: str, language: str) -> Sound:
        code = base(language)
        async with self._few:
            made = await self._run(text, NAMES.get(code, code))
        return Sound(wav(made[HEAD:], RATE))

    async def _run(self, text: str, voice: str) -> bytes:
        command = (self._program, "-v", voice, "-s", WORDS_A_MINUTE, "--stdin", "--stdout")
        out = await answer_of("espeak", command, text, self._environment, SECONDS)
        if len(out) <= HEAD:
            raise UnavailableError("espeak said nothing")
        return out


def create(keys: Keys, _wiring: Wiring) -> ESpeak | None:
    home = Path(keys.espeak_home or "/")
    program = shutil.which("espeak-ng", path=str(home / "usr/bin"))
    return ESpeak(program, home) if program is not None else None
