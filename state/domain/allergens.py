"""Allergens in free text: found by reviewed words, so that no machine may translate them.

Translation engines turn "nuts" into what belongs on bolts. Text that speaks of an allergy is shown
as it was written, with a warning; the allergens found in it are named from a reviewed dictionary
(`allergen.*` in static/i18n). It is better to find one too many than one too few.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import msgspec


class Words(msgspec.Struct, frozen=True):
    """How words begin that speak of an allergy, and of each of the fourteen allergens that
    European law knows (Regulation 1169/2011, annex II), by language. What begins with * may also be
    the end of a longer word; what is in `whole` begins too many others.
    """

    allergy: dict[str, list[str]]
    allergens: dict[str, dict[str, list[str]]]
    whole: frozenset[str]


class Mention(msgspec.Struct, frozen=True):
    """What free text says of what its writer must not eat."""

    allergy: bool
    allergens: tuple[str, ...]

    def __bool__(self) -> bool:
        return self.allergy or bool(self.allergens)


WORDS = msgspec.json.decode((Path(__file__).parent / "allergens.json").read_bytes(), type=Words)
# Written without spaces, or with endings before and after: found anywhere.
ANYWHERE = re.compile(r"[\u0600-\u06ff\u3040-\u30ff\u4e00-\u9fff]")


def _pattern(by_language: dict[str, list[str]]) -> re.Pattern[str]:
    words: Iterable[str] = (word for words in by_language.values() for word in words)
    return re.compile("|".join(map(_part, words)))


def _part(word: str) -> str:
    text = re.escape(word.lstrip("*").casefold())
    if ANYWHERE.search(word):
        return text
    before = "" if word.startswith("*") else r"\b"
    return before + text + (r"\b" if word in WORDS.whole else "")


FOUND_BY = {name: _pattern(words) for name, words in WORDS.allergens.items()}
ALLERGY_FOUND_BY = _pattern(WORDS.allergy)


def mentions(text: str) -> Mention:
    """Return which allergens a text names, in whatever language, and if it speaks of an allergy."""
    small = text.casefold()
    return Mention(
        bool(ALLERGY_FOUND_BY.search(small)),
        tuple(name for name, pattern in FOUND_BY.items() if pattern.search(small)),
    )
