"""Translations: what a reader is shown, by whom it was made, and what no machine may touch."""

import msgspec

from state.domain.allergens import mentions
from state.domain.language import ASIAN, EUROPEAN, base
from state.domain.menu import Texts

# Who is good at which languages; whoever cannot is passed over.
EUROPE_FIRST = ("deepl", "azure", "libretranslate", "apertium")
OTHERS_FIRST = ("azure", "deepl", "libretranslate", "apertium")


class Translation(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`text` is what to read. `engine` made it, or, when empty, it is the original.

    Of what speaks of allergy, or names allergens, a reader gets the original and these warnings.
    `sandbox`: a stand-in of the engine made it, and it is no translation.
    """

    text: str
    original: str
    source: str
    target: str
    engine: str = ""
    sandbox: bool = False
    allergy: bool = False
    allergens: tuple[str, ...] = ()


class NoteTranslation(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What a cook is told of a note beside its own words: it in other languages, or a warning.

    `untranslated`: it is in a language that the kitchen may not read, and no machine may touch it.
    """

    texts: Texts = {}
    engine: str = ""
    sandbox: bool = False
    allergy: bool = False
    allergens: tuple[str, ...] = ()
    untranslated: bool = False


def engines(source: str | None, target: str) -> tuple[str, ...]:
    """Return the engines for a pair of languages, the best first."""
    pair = {base(each) for each in (source, target) if each}
    europe = pair <= EUROPEAN and not pair & ASIAN
    return EUROPE_FIRST if europe else OTHERS_FIRST


def untouched(text: str, source: str | None, target: str) -> Translation:
    """Return a text as it is, with the warnings that go with it."""
    found = mentions(text)
    return Translation(
        text=text,
        original=text,
        source=source or "",
        target=target,
        allergy=found.allergy,
        allergens=found.allergens,
    )


def warning(text: str) -> NoteTranslation | None:
    """Return what a cook is to know of a note that no machine may translate."""
    found = mentions(text)
    if not found:
        return None
    return NoteTranslation(allergy=found.allergy, allergens=found.allergens)
