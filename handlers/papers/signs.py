"""Which signs the fonts of a PDF file have: what none of them has would be an empty box in it."""

from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING
from unicodedata import category

import msgspec

from handlers.papers.sheet import Sheet, Text
from handlers.papers.tongue import tongue

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

LEFT_OUT = "\u2026"
NO_SIGN = "\uffff"  # no font has one for this, so each draws its empty box
SIZE = 16
MARKS = {"Mn", "Mc", "Me", "Cf"}


def printable(sheet: Sheet, fonts: Iterable["FreeTypeFont"]) -> Sheet:
    """Return a sheet without signs that no font has; a note says so where letters are missing."""
    known = tuple(fonts)
    text = msgspec.json.encode(sheet).decode()
    missing = {sign for sign in set(text) if not sign.isascii() and not _drawn(sign, known)}
    if not missing:
        return sheet
    shown: Sheet = msgspec.json.decode(_without(text, missing), type=Sheet)
    if not any(map(str.isalpha, missing)):
        return shown
    note = Text(tongue(sheet.lang).say("paper.leftOut"))
    return msgspec.structs.replace(shown, notes=(*shown.notes, note))


def _without(text: str, missing: set[str]) -> str:
    """Return a text in which letters that are missing are dots, and pictures nothing."""
    parts, gone = [], False
    for sign in text:  # a mark goes with the letter that it is on
        gone = sign in missing or (gone and category(sign) in MARKS)
        parts.append((gone, sign))
    runs = ((gone, "".join(sign for _, sign in run)) for gone, run in groupby(parts, itemgetter(0)))
    return "".join(_lost(run) if gone else run for gone, run in runs)


def _lost(run: str) -> str:
    return LEFT_OUT if any(map(str.isalpha, run)) else ""


@lru_cache(maxsize=4096)
def _drawn(sign: str, fonts: tuple["FreeTypeFont", ...]) -> bool:
    return any(bytes(font.getmask(sign)) != _box(font) for font in fonts)


@lru_cache
def _box(font: "FreeTypeFont") -> bytes:
    return bytes(font.getmask(NO_SIGN))
