"""Lines of code in each room of the house: all of them, and without blanks and comments."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from scripts.benches.options import Options
from scripts.supervise import ROOT

# A file counts in the innermost room that holds it.
ROOMS = (
    *("hub", "hub/embedded", "hub/engine", "hub/web", "handlers"),
    *("state/domain", "state/store", "state/live", "static", "scripts", "tests"),
)
CODE = {".py", ".js", ".c", ".css", ".html", ".sql", ".lua", ".sh", ""}  # "": our shell scripts
FETCHED = {"vendor", "__pycache__", "node_modules"}
COMMENTS = ("#", "//", "--", "/*", "*", "<!--")


async def run(_options: Options) -> AsyncIterator[dict[str, Any]]:
    for room in ROOMS:
        files = [path for path in _files(ROOT / room) if _room(path) == room]
        texts = [path.read_text().splitlines() for path in files]
        yield {
            "room": room,
            "files": len(files),
            "lines": sum(len(text) for text in texts),
            "code": sum(1 for text in texts for line in text if _is_code(line)),
        }


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in CODE and FETCHED.isdisjoint(path.parts):
            yield path


def _room(path: Path) -> str:
    place = path.parent.relative_to(ROOT)
    held = [room for room in ROOMS if place.is_relative_to(room)]
    return max(held, key=len)


def _is_code(line: str) -> bool:
    text = line.strip()
    return bool(text) and not text.startswith(COMMENTS)
