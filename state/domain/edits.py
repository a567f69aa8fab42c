"""What managers may change, and what makes sense: one Struct for each payload (PROTOCOL 7)."""

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from state.domain.commands import WHOLE, Command, Course, Id
from state.domain.errors import invalid
from state.domain.menu import Texts

# The fourteen that European law knows (Regulation 1169/2011, annex II).
Allergen = Literal[
    "gluten",
    "crustaceans",
    "eggs",
    "fish",
    "peanuts",
    "soy",
    "milk",
    "nuts",
    "celery",
    "mustard",
    "sesame",
    "sulphites",
    "lupin",
    "molluscs",
]
Lang = Annotated[str, Meta(max_length=12, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Words = dict[Lang, Annotated[str, Meta(max_length=120, pattern=WHOLE)]]
Prose = dict[Lang, Annotated[str, Meta(max_length=600, pattern=WHOLE)]]
Langs = Annotated[tuple[Lang, ...], Meta(max_length=40)]
Name = Annotated[str, Meta(min_length=1, max_length=80, pattern=WHOLE)]
Amount = Annotated[int, Meta(ge=0, le=100_000_000)]
Delta = Annotated[int, Meta(ge=-100_000_000, le=100_000_000)]
Rate = Annotated[int, Meta(ge=0, le=10_000)]
Count = Annotated[int, Meta(ge=0, le=50)]
Version = Annotated[int, Meta(ge=0, le=2**31 - 1)]
MOST_MODIFIERS = 50


class Save(Command, frozen=True, kw_only=True):
    """`expectedVersion` is the one that was looked at: who was overtaken gets STALE_VERSION."""

    expected_version: Version | None = None


class SaveCategory(Save, frozen=True, kw_only=True):
    """`machine` names the languages whose texts a machine made."""

    texts: Words
    machine: Langs = ()


class SaveItem(Save, frozen=True, kw_only=True):
    """A dish. `price` is in the minor unit, `taxRate` in basis points (1900 is 19 %)."""

    category_id: Id
    texts: Words
    descriptions: Prose = msgspec.field(default_factory=dict)
    machine: Langs = ()
    price: Amount
    tax_rate: Rate
    allergens: Annotated[tuple[Allergen, ...], Meta(max_length=14)] = ()
    station: Id
    course: Course = 1
    prep_seconds: Annotated[int, Meta(ge=0, le=86_400)] = 600
    groups: Annotated[tuple[Id, ...], Meta(max_length=20)] = ()


class SaveModifier(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One with an `id` is changed, one without is new; those left out are taken away."""

    id: Id | None = None
    texts: Words
    machine: Langs = ()
    price_delta: Delta = 0
    available: bool = True


class SaveGroup(Save, frozen=True, kw_only=True):
    """A choice to make: at least `min`, at most `max` of its modifiers."""

    texts: Words
    machine: Langs = ()
    min: Count = 0
    max: Annotated[int, Meta(ge=1, le=50)] = 1
    modifiers: Annotated[tuple[SaveModifier, ...], Meta(min_length=1, max_length=MOST_MODIFIERS)]


class SortMenu(Command, frozen=True, kw_only=True):
    """The order of things on the menu: what is named comes as it is named."""

    categories: Annotated[tuple[Id, ...], Meta(max_length=200)] = ()
    items: Annotated[tuple[Id, ...], Meta(max_length=2000)] = ()


class Removal(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    expected_version: Version | None = None


def require_texts(texts: Texts, language: str, path: str) -> Texts:
    """Return the texts that say something; raise INVALID without one in the house's language."""
    said = {lang: text.strip() for lang, text in texts.items() if text.strip()}
    if language not in said:
        raise invalid(f"{path}.{language}", "is missing: it is the restaurant's own language")
    return said


def said(texts: Texts) -> Texts:
    """Return the texts that say something."""
    return {lang: text.strip() for lang, text in texts.items() if text.strip()}


def by_machine(machine: Iterable[str], texts: Texts) -> list[str]:
    """Return the languages whose texts are a machine's, among those there are."""
    return sorted(set(machine) & texts.keys())


def require_choice(cmd: SaveGroup) -> None:
    """Raise INVALID for a choice that nobody could make."""
    if cmd.min > cmd.max:
        raise invalid("max", "is less than min")
    if cmd.min > len(cmd.modifiers):
        raise invalid("min", "is more than there are modifiers")
