"""Allergens in free text: found by reviewed words, so that no machine may translate them.

Translation engines turn "nuts" into what belongs on bolts. Text that speaks of an allergy is shown
as it was written, with a warning; the allergens found in it are named from a reviewed dictionary
(`allergen.*` in static/i18n). It is better to find one too many than one too few.
"""

import re
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
TOKEN = re.compile(r"\w+")
ALLERGY = "allergy"  # beside the allergens' names


class Finder:
    """Finds words in a text in one go: a long note must not hold up the orders beside it."""

    def __init__(self, words: Words) -> None:
        self._exact: dict[str, set[str]] = {}
        self._starts: dict[str, set[str]] = {}
        self._inside: dict[str, set[str]] = {}
        named = [(ALLERGY, words.allergy), *words.allergens.items()]
        for name, by_language in named:
            for word in (word for each in by_language.values() for word in each):
                self._place(word, words.whole).setdefault(_plain(word), set()).add(name)
        self._lengths = sorted({len(start) for start in self._starts})

    def __call__(self, text: str) -> set[str]:
        """Return the names of those of whom a text has a word."""
        small = text.casefold()
        found: set[str] = set()
        for token in set(TOKEN.findall(small)):
            found |= self._exact.get(token, NOTHING)
            for length in self._lengths:
                found |= self._starts.get(token[:length], NOTHING)
        for part, names in self._inside.items():
            if part in small:
                found |= names
        return found

    def _place(self, word: str, whole: frozenset[str]) -> dict[str, set[str]]:
        if word in whole:
            return self._exact
        anywhere = word.startswith("*") or " " in word or ANYWHERE.search(word)
        return self._inside if anywhere else self._starts


NOTHING: frozenset[str] = frozenset()


def _plain(word: str) -> str:
    return word.lstrip("*").casefold()


FIND = Finder(WORDS)


def mentions(text: str) -> Mention:
    """Return which allergens a text names, in whatever language, and if it speaks of an allergy."""
    found = FIND(text)
    return Mention(ALLERGY in found, tuple(name for name in WORDS.allergens if name in found))
