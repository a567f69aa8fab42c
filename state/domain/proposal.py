"""What a spoken text seems to order: dishes of the menu, found by their names, and all the rest.

A machine that hears makes mistakes: whatever is found here is read back and confirmed, and what was
not understood is said so. Where in doubt a word is left over rather than made a dish.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from state.domain.allergens import mentions
from state.domain.menu import Menu, MenuItem, text

# Each character alone where words are not parted by spaces.
TOKEN = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f]|\d+|[^\W\d_\u3040-\u30ff\u3400-\u9fff]+"
)
STEM, ENDING = 3, 2  # letters that must be the same, and those that may differ at the end
MOST_OF_ONE = 99
NUMBER_AFTER = re.compile(r"[\u3040-\u30ff]")  # in Japanese the number follows the dish
OPTIONS = 5


class Words(msgspec.Struct, frozen=True):
    numbers: dict[str, list[str]]
    fillers: dict[str, str]
    without: dict[str, str]


class Line(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """So many of a dish, and the words by which it was found.

    `choose` tells that it has to be varied, on the menu; `available`, whether it can be had.
    """

    menu_item_id: str
    name: str
    quantity: int
    heard: str
    choose: bool = False
    available: bool = True


class Unclear(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Words that could be each of several dishes."""

    heard: str
    quantity: int
    options: tuple[str, ...]


class Proposal(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What may be ordered, what may be one of several, and the words that are no dish at all."""

    lines: tuple[Line, ...] = ()
    unclear: tuple[Unclear, ...] = ()
    unmatched: tuple[str, ...] = ()
    allergy: bool = False
    allergens: tuple[str, ...] = ()


class Found(NamedTuple):
    """Dishes that so many words from here may mean."""

    length: int
    dishes: tuple[MenuItem, ...]


Tokens = tuple[str, ...]


def tokens(said: str) -> Tokens:
    return tuple(TOKEN.findall(said.casefold().replace("\u0451", "\u0435").replace("'", "")))


def _known(phrases: Iterable[str]) -> frozenset[Tokens]:
    return frozenset(tokens(phrase) for phrase in phrases)


WORDS = msgspec.json.decode((Path(__file__).parent / "spoken.json").read_bytes(), type=Words)
NUMBERS = {
    tokens(word): number
    for each in WORDS.numbers.values()
    for number, words in enumerate(each, 1)
    for word in words.split()
}
FILLERS = _known(word for words in WORDS.fillers.values() for word in words.split())
WITHOUT = _known(word for words in WORDS.without.values() for word in words.split())
LONGEST = max(len(each) for each in {*NUMBERS, *FILLERS, *WITHOUT})


class Reader:
    """Reads one text from left to right."""

    def __init__(self, said: str, menu: Menu, language: str, house: str) -> None:
        self._words = tokens(said)
        self._language, self._house = language, house
        self._names = [
            (item, name)
            for item in menu.items.values()
            for name in sorted({tokens(each) for each in item.texts.values()})
        ]
        self._count: int | None = None
        self._rest: list[str] = []
        self._dropping = self._bare = False
        self.lines: list[Line] = []
        self.unclear: list[Unclear] = []
        self.unmatched: list[str] = []

    def read(self) -> None:
        at = 0
        while at < len(self._words):
            at += self._step(at)
        self._leave()
        self._forget_count()

    def _step(self, at: int) -> int:
        """Take what stands here; return how many words that was."""
        number, length = self._number(at)
        if number is not None:
            return self._take_number(number, length)
        if length := self._one_of(WITHOUT, at):
            self._leave()
            self._dropping = True
            self._rest += self._words[at : at + length]
            self._bare = True
            return length
        found = None if self._dropping else self._dish(at)
        if found is not None:
            return self._take(found, at)
        if length := self._one_of(FILLERS, at):
            if not (self._dropping and self._bare):  # "without the" is still about what follows
                self._leave()
            return length
        self._rest.append(self._words[at])
        self._bare = False
        return 1

    def _take_number(self, number: int, length: int) -> int:
        self._leave()
        if self.lines and self._count is None and NUMBER_AFTER.search(self.lines[-1].heard):
            self.lines[-1] = msgspec.structs.replace(self.lines[-1], quantity=number)
        else:
            self._forget_count()
            self._count = number
        return length

    def _forget_count(self) -> None:
        """Say of a number that nothing came of it."""
        if self._count is not None:
            self.unmatched.append(str(self._count))
        self._count = None

    def _take(self, found: Found, at: int) -> int:
        self._leave()
        heard = self._joined(self._words[at : at + found.length])
        quantity = self._count or 1
        self._count = None
        if len(found.dishes) > 1:
            options = tuple(dish.id for dish in found.dishes[:OPTIONS])
            self.unclear.append(Unclear(heard=heard, quantity=quantity, options=options))
        else:
            self.lines.append(self._line(found.dishes[0], quantity, heard))
        return found.length

    def _line(self, dish: MenuItem, quantity: int, heard: str) -> Line:
        return Line(
            menu_item_id=dish.id,
            name=text(dish.texts, self._language, self._house),
            quantity=quantity,
            heard=heard,
            choose=any(group.min for group in dish.groups),
            available=dish.available and dish.quantity != 0,
        )

    def _leave(self) -> None:
        """Close the words before this that were not understood."""
        if self._rest:
            self.unmatched.append(self._joined(self._rest))
        self._rest = []
        self._dropping = False

    def _number(self, at: int) -> tuple[int | None, int]:
        if self._words[at].isdecimal():
            number = int(self._words[at])
            return (number, 1) if 1 <= number <= MOST_OF_ONE else (None, 0)
        length = self._one_of(NUMBERS, at)
        return (NUMBERS[self._words[at : at + length]], length) if length else (None, 0)

    def _one_of(self, known: Iterable[Tokens], at: int) -> int:
        """Return how long the longest of these phrases is that stands here, 0 for none."""
        here = (self._words[at : at + length] for length in range(LONGEST, 0, -1))
        return next((len(each) for each in here if each in known), 0)

    def _dish(self, at: int) -> Found | None:
        """Return what the words here may mean: a dish's whole name, else a word that is in some."""
        whole = [(len(name), item) for item, name in self._names if _begins(self._words, at, name)]
        if whole:
            length = max(length for length, _ in whole)
            return Found(length, _distinct(item for size, item in whole if size == length))
        word = self._words[at]
        if len(word) < STEM or (word,) in FILLERS:
            return None
        named = _distinct(
            item for item, name in self._names if any(same_word(word, each) for each in name)
        )
        return Found(1, named) if named else None

    def _joined(self, words: Sequence[str]) -> str:
        return "".join(_spaced(words))


def propose(said: str, menu: Menu, language: str, house: str) -> Proposal:
    """Return what a text seems to order of a menu; names are in `language`, else the house's."""
    reader = Reader(said, menu, language, house)
    reader.read()
    warned = mentions(said)
    return Proposal(
        lines=tuple(reader.lines),
        unclear=tuple(reader.unclear),
        unmatched=tuple(reader.unmatched),
        allergy=warned.allergy,
        allergens=warned.allergens,
    )


def same_word(one: str, other: str) -> bool:
    """Tell whether two words are the same but for their ending: `soup` and `soups`."""
    if one == other:
        return True
    longer = max(len(one), len(other))
    shared = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    shared = min(len(one), len(other)) if shared is None else shared
    return shared >= STEM and shared >= longer - ENDING


def _begins(words: Tokens, at: int, name: Tokens) -> bool:
    here = words[at : at + len(name)]
    return len(here) == len(name) > 0 and all(map(same_word, here, name))


def _distinct(dishes: Iterable[MenuItem]) -> tuple[MenuItem, ...]:
    return tuple({dish.id: dish for dish in dishes}.values())


def _spaced(words: Sequence[str]) -> Iterator[str]:
    for before, word in zip(("", *words), words, strict=False):
        alone = NUMBER_AFTER.match(word) or NUMBER_AFTER.match(before) or not before
        yield word if alone else f" {word}"
