"""What every company that translates offers, behind one interface."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

import msgspec


class Translated(msgspec.Struct, frozen=True):
    """A text in the language asked for, and the language it was in, empty where nobody said.

    `sandbox`: a stand-in made it, which does not know any language.
    """

    text: str
    source: str = ""
    sandbox: bool = False


class Translator(Protocol):
    """One engine. A `private` one runs in our own house: what it reads goes nowhere else."""

    @property
    def name(self) -> str: ...

    @property
    def private(self) -> bool: ...

    async def speaks(self, source: str | None, target: str) -> bool:
        """Tell whether it translates from a language (None: it is to find out which) to another."""

    async def translate(
        self, texts: Sequence[str], source: str | None, target: str
    ) -> list[Translated]:
        """Return the texts in the target language, in order. Raises a ProviderError."""


class Most(NamedTuple):
    """How much a service takes in one request: texts, and what `size` counts of each."""

    texts: int
    sizes: int
    size: Callable[[str], int]


def batches(texts: Sequence[str], most: Most) -> Iterator[list[str]]:
    """Yield the texts in order, as many at a time as a service takes."""
    batch: list[str] = []
    total = 0
    for text in texts:
        size = most.size(text)
        if batch and (len(batch) >= most.texts or total + size > most.sizes):
            yield batch
            batch, total = [], 0
        batch.append(text)
        total += size
    if batch:
        yield batch
