"""What a spoken text seems to order: dishes of the menu, found by their names, and all the rest.

A machine that hears makes mistakes: whatever is found here is read back and confirmed, and what was
not understood is said so. Where in doubt a word is left over rather than made a dish.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from state.domain.allergens import mentions
from state.domain.menu import Menu, MenuItem, text
from state.domain.spoken import (
    APART,
    FILLERS,
    LONGEST,
    NUMBERS,
    STEM,
    WITHOUT,
    Tokens,
    of_one_sound,
    of_one_stem,
    same_word,
    tokens,
)

MOST_OF_ONE = 99
NUMBER_AFTER = re.compile(r"[\u3040-\u30ff]")  # in Japanese the number follows the dish
OPTIONS = 5


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
    """Words that could be each of several dishes, or only sound like one: its guest says which."""

    heard: str
    options: tuple[Line, ...]


class Proposal(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What may be ordered, what may be one of several, and the words that are no dish at all."""

    lines: tuple[Line, ...] = ()
    unclear: tuple[Unclear, ...] = ()
    unmatched: tuple[str, ...] = ()
    allergy: bool = False
    allergens: tuple[str, ...] = ()


class Found(NamedTuple):
    """Dishes that so many words from here may mean; not `sure` is what only sounds like them."""

    length: int
    dishes: tuple[MenuItem, ...]
    sure: bool = True


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
        self._parts: dict[str, list[MenuItem]] = {}  # the dishes that have a word in their name
        for item, name in self._names:
            for word in name:
                self._parts.setdefault(word, []).append(item)
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
        self._give_up()

    def _step(self, at: int) -> int:
        """Take what stands here; return how many words that was."""
        number, length = self._number(at)
        if number is not None:
            return self._take_number(number, length)
        if length := self._one_of(WITHOUT, at):
            self._give_up()
            self._dropping = True
            self._rest += self._words[at : at + length]
            self._bare = True
            return length
        found = None if self._dropping else self._dish(at)
        if found is not None:
            return self._take(found, at)
        if length := self._one_of(FILLERS, at):
            if not (self._dropping and self._bare):  # "without the" is still about what follows
                self._part(self._words[at : at + length])
            return length
        self._rest.append(self._words[at])
        self._bare = False
        return 1

    def _take_number(self, number: int, length: int) -> int:
        self._give_up()
        if self.lines and NUMBER_AFTER.search(self.lines[-1].heard):
            self.lines[-1] = msgspec.structs.replace(self.lines[-1], quantity=number)
        else:
            self._count = number
        return length

    def _part(self, filler: Tokens) -> None:
        """Go on behind a filler: `two glasses of water` are two, `two trains and a soup` not."""
        if filler in APART:
            self._give_up()
        else:
            self._leave()

    def _give_up(self) -> None:
        """Say of words, and of the number before them, that nothing came of them."""
        if self._count is not None:
            self._rest.insert(0, str(self._count))
        self._count = None
        self._leave()

    def _take(self, found: Found, at: int) -> int:
        self._leave()
        heard = self._joined(self._words[at : at + found.length])
        quantity = self._count or 1
        self._count = None
        lines = tuple(self._line(dish, quantity, heard) for dish in found.dishes[:OPTIONS])
        if len(lines) > 1 or not found.sure:
            self.unclear.append(Unclear(heard=heard, options=lines))
        else:
            self.lines += lines
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
        found, at_first = Found(0, ()), at
        while (more := self._word(at)) is not None:
            common = tuple(dish for dish in more.dishes if not found.length or dish in found.dishes)
            if not common:
                break
            at += 1
            found = Found(at - at_first, common, found.sure and more.sure)
        return found if found.length else None

    def _word(self, at: int) -> Found | None:
        """Return the dishes that have the word here in their name, or one that sounds like it."""
        word = self._words[at] if at < len(self._words) else ""
        if len(word) < STEM or self._number(at)[0] or self._one_of(FILLERS | WITHOUT, at):
            return None
        for alike, sure in ((of_one_stem, True), (of_one_sound, False)):
            named = _distinct(
                item for each in alike(word, self._parts) for item in self._parts[each]
            )
            if named:
                return Found(1, named, sure)
        return None

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


def _begins(words: Tokens, at: int, name: Tokens) -> bool:
    here = words[at : at + len(name)]
    return len(here) == len(name) > 0 and all(map(same_word, here, name))


def _distinct(dishes: Iterable[MenuItem]) -> tuple[MenuItem, ...]:
    return tuple({dish.id: dish for dish in dishes}.values())


def _spaced(words: Sequence[str]) -> Iterator[str]:
    for before, word in zip(("", *words), words, strict=False):
        alone = NUMBER_AFTER.match(word) or NUMBER_AFTER.match(before) or not before
        yield word if alone else f" {word}"
