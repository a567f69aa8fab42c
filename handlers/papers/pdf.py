"""A sheet as a PDF file: A4, archivable (PDF/A-2a), its fonts within it.

Typst sets it, right-to-left scripts and Japanese too. The sheet is handed over as data, so nothing
a guest or a cook has written is ever taken for markup. It is imported by who first needs it.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import structlog

from handlers.papers.sheet import Sheet
from handlers.papers.signs import SIZE, printable

if TYPE_CHECKING:
    import typst
    from PIL.ImageFont import FreeTypeFont

log = structlog.get_logger()

PRESS = ThreadPoolExecutor(max_workers=1, thread_name_prefix="press")
TEMPLATE = Path(__file__).with_name("paper.typ")
FONTS = ("fontpkg_noto_sans", "fontpkg_noto_sans_arabic", "noto_cjk_sans_jp_regular")


async def pdf(sheet: Sheet, at: datetime) -> bytes:
    """Return a sheet as a PDF file; `at` is its date.

    It is made in a thread, one at a time, and the latest are kept: whoever asks for one again and
    again keeps nobody else waiting.
    """
    return await asyncio.get_running_loop().run_in_executor(PRESS, _set, sheet, at)


@lru_cache(maxsize=64)
def _set(sheet: Sheet, at: datetime) -> bytes:
    import typst

    shown = printable(sheet, drawing())
    try:
        return _compile(shown, at, "a-2a")
    except typst.TypstError as exc:
        # An archive takes less than a reader does: a guest is to have their receipt all the same.
        log.warning("a PDF file that is not for archives", why=exc.message)
        return _compile(shown, at, None)


def _compile(sheet: Sheet, at: datetime, standard: "typst.PDFStandards") -> bytes:
    import typst

    made = typst.compile(
        TEMPLATE,
        root=TEMPLATE.parent,
        font_paths=fonts(),
        sys_inputs={"sheet": msgspec.json.encode(sheet).decode()},
        pdf_standards=standard,
        timestamp=int(at.timestamp()),
    )
    assert isinstance(made, bytes), "a PDF file is one, however many pages it has"
    return made


@cache
def fonts() -> "typst.Fonts":
    """Return the fonts that came with us, and no others: every machine sets the same."""
    import typst

    found = [find_spec(name) for name in FONTS]
    folders = [str(Path(spec.origin).parent) for spec in found if spec and spec.origin]
    assert len(folders) == len(FONTS), "the fonts are installed with the hub"
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)


@cache
def drawing() -> tuple["FreeTypeFont", ...]:
    """Return the same fonts, upright, to see what each of them has."""
    from PIL.ImageFont import truetype

    paths = {font.path: font.index for font in fonts().fonts() if font.style == "normal"}
    return tuple(truetype(str(path), SIZE, index) for path, index in paths.items())
