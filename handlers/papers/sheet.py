"""A sheet of paper before it is a page or a PDF file: all its words and figures, ready to be set.

A guest may read another language than the law asks for: then every word is there in both.
"""

from collections.abc import Sequence

import msgspec

from handlers.papers.tongue import Tongue, tongue


class Text(msgspec.Struct, frozen=True):
    """Words in the reader's language, and `other` in that of the law where it differs."""

    own: str
    other: str = ""


class Pair(msgspec.Struct, frozen=True):
    """A label and what it is of; `strong` where everybody looks."""

    label: Text
    value: str
    strong: bool = False


class Row(msgspec.Struct, frozen=True):
    """A thing that was sold: `note` says how much of it, `cells` its figures."""

    name: Text
    note: str
    cells: tuple[str, ...]


class Table(msgspec.Struct, frozen=True):
    """Figures below the names of their columns."""

    heads: tuple[Text, ...]
    rows: tuple[Row, ...]


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """`mark` is said before all else, such as that it was no real money."""

    lang: str
    direction: str
    title: Text
    number: str
    mark: Text | None = None
    seller: tuple[str, ...]
    buyer: tuple[str, ...] = ()
    facts: tuple[Pair, ...]
    lines: Table
    sums: tuple[Pair, ...]
    taxes: Table | None = None
    notes: tuple[Text, ...] = ()


class Speaker:
    """Says things in the reader's language and in that of the law."""

    def __init__(self, lang: str, legal: str) -> None:
        self.own: Tongue = tongue(lang)
        other = tongue(legal)
        self._other = None if other.lang == self.own.lang else other

    def say(self, key: str, **values: object) -> Text:
        own = self.own.say(key, **values)
        other = self._other.say(key, **values) if self._other else ""
        return Text(own, "" if other == own else other)

    def heads(self, *keys: str) -> tuple[Text, ...]:
        return tuple(self.say(key) for key in keys)

    def named(self, name: str, names: dict[str, str]) -> Text:
        """Return a thing's name as the reader knows it, and as the house does."""
        own = names.get(self.own.lang) or name
        return Text(own, "" if own == name else name)


def present(pairs: Sequence[Pair | None]) -> tuple[Pair, ...]:
    return tuple(pair for pair in pairs if pair is not None)
