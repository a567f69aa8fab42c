"""Words as people say them: numbers, those that mean nothing, and what sounds alike."""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from pathlib import Path

import msgspec

# Each character alone where words are not parted by spaces.
TOKEN = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f]|\d+|[^\W\d_\u3040-\u30ff\u3400-\u9fff]+"
)
STEM, ENDING = 3, 2  # letters that must be the same, and those that may differ at the end
AUDIBLE, ALIKE = 5, 0.7  # letters a word needs to be guessed at, and how much has to be right


class Words(msgspec.Struct, frozen=True):
    """By language; of the fillers those that set one wish `apart` from the next."""

    numbers: dict[str, list[str]]
    fillers: dict[str, str]
    without: dict[str, str]
    apart: dict[str, str]


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
APART = _known(word for words in WORDS.apart.values() for word in words.split())
LONGEST = max(len(each) for each in {*NUMBERS, *FILLERS, *WITHOUT})


def same_word(one: str, other: str) -> bool:
    """Tell whether two words are the same but for their ending: `soup` and `soups`."""
    if one == other:
        return True
    longer = max(len(one), len(other))
    shared = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    shared = min(len(one), len(other)) if shared is None else shared
    ending = longer - shared
    return shared >= STEM and ending <= (ENDING if shared > STEM else 1)


def of_one_stem(word: str, known: Iterable[str]) -> list[str]:
    return [each for each in known if same_word(word, each)]


def of_one_sound(word: str, known: Iterable[str]) -> list[str]:
    """Return what a machine may have heard as this word: `cappuccino` for `kapuchino`."""
    if len(word) < AUDIBLE:
        return []
    matcher = SequenceMatcher(b=word)  # it knows the second by heart
    found = []
    for each in known:
        if len(each) < AUDIBLE or 2 * min(len(each), len(word)) < ALIKE * (len(each) + len(word)):
            continue
        matcher.set_seq1(each)
        if matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE:
            found.append(each)
    return found
