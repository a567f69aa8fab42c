"""Apertium, where it is installed: rules that translate a few pairs of languages on this machine.

What it makes is a draft, and called so.
"""

import asyncio
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from handlers.providers.errors import UnavailableError
from handlers.providers.keys import Keys
from handlers.providers.programs import answer_of
from handlers.providers.translators import Translated
from handlers.providers.wiring import Wiring
from state.domain.language import base

NAME = "apertium"
SECONDS = 10.0
AT_ONCE = 2  # each is a chain of a dozen processes
SHARE = "usr/share/apertium"
CODES = {
    **{"en": "eng", "es": "spa", "ca": "cat", "fr": "fra", "pt": "por", "it": "ita"},
    **{"ru": "rus", "uk": "ukr", "is": "isl", "mk": "mkd", "hr": "hbs_HR", "nb": "nob"},
}


class Apertium:
    name, private = NAME, True

    def __init__(self, program: str, home: Path) -> None:
        self._program, self._home = program, home
        self._pairs = {mode.stem for mode in (home / SHARE / "modes").glob("*.mode")}
        self._few = asyncio.Semaphore(AT_ONCE)
        self._environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        if home != Path("/"):  # unpacked there, and not installed
            programs = str(home / "usr/bin")
            self._environment |= {
                "APERTIUM_PATH": programs,
                "PATH": f"{programs}:{os.environ.get('PATH', os.defpath)}",
                "LD_LIBRARY_PATH": ":".join(map(str, home.glob("usr/lib/*-linux-*"))),
            }

    async def speaks(self, source: str | None, target: str) -> bool:
        return source is not None and self._pair(source, target) is not None

    async def translate(
        self, texts: Sequence[str], source: str | None, target: str
    ) -> list[Translated]:
        assert source is not None, "it does not find out languages"
        pair = self._pair(source, target)
        assert pair is not None, f"not spoken: {source} to {target}"
        async with self._few:
            return [Translated(await self._run(pair, text), base(source)) for text in texts]

    async def _run(self, pair: str, text: str) -> str:
        command = (self._program, "-u", "-f", "txt", "-d", str(self._home / SHARE), pair)
        out = await answer_of("apertium", command, text, self._environment, SECONDS)
        if not out.strip():
            raise UnavailableError("apertium answered nothing")
        return out.decode(errors="replace").strip()

    def _pair(self, source: str, target: str) -> str | None:
        """Return the name of a pair; some are named by three letters, some by two."""
        for names in ((CODES.get(base(source)), CODES.get(base(target))), (source, target)):
            if None not in names and f"{names[0]}-{names[1]}" in self._pairs:
                return f"{names[0]}-{names[1]}"
        return None


def create(keys: Keys, _wiring: Wiring) -> Apertium | None:
    home = Path(keys.apertium_home or "/")
    program = shutil.which("apertium", path=str(home / "usr/bin"))
    return Apertium(program, home) if program is not None else None
