"""The menu: what can be ordered, how it may be varied, what it costs."""

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from state.domain.errors import Code, Refusal, invalid

Texts = dict[str, str]  # language -> text


class Modifier(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    texts: Texts
    price_delta: int
    available: bool = True


class ModifierGroup(msgspec.Struct, frozen=True, rename="camel"):
    """A choice to make: at least `min`, at most `max` of its modifiers."""

    id: str
    texts: Texts
    min: int
    max: int
    modifiers: tuple[Modifier, ...]


class Station(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    name: str


class Category(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    texts: Texts


class MenuItem(msgspec.Struct, frozen=True, rename="camel"):
    """A dish. `quantity` is what is left of it, None when nobody counts.

    `machine` names the languages whose texts are a machine's, as its manager said.
    """

    id: str
    category_id: str
    texts: Texts
    descriptions: Texts
    price: int
    tax_rate: int
    allergens: tuple[str, ...]
    station: str
    course: int
    prep_seconds: int
    groups: tuple[ModifierGroup, ...] = ()
    available: bool = True
    quantity: int | None = None
    photo: str | None = None
    machine: tuple[str, ...] = ()


class Menu(msgspec.Struct, frozen=True):
    """One version of a restaurant's menu."""

    version: int
    stations: tuple[Station, ...]
    categories: tuple[Category, ...]
    items: dict[str, MenuItem]

    def all_texts(self) -> Iterator[Texts]:
        """Yield all that a guest reads of it, each text in its languages."""
        yield from (category.texts for category in self.categories)
        for item in self.items.values():
            yield from (item.texts, item.descriptions)
            for group in item.groups:
                yield group.texts
                yield from (modifier.texts for modifier in group.modifiers)


class Choice(msgspec.Struct, frozen=True, rename="camel"):
    """A modifier as it was sold: the names and the price of that moment."""

    id: str
    group_id: str
    name: str
    price_delta: int
    texts: Texts = {}


class Availability(msgspec.Struct, frozen=True, rename="camel"):
    """What guests and kitchen hear when a dish runs out or comes back."""

    menu_item_id: str
    available: bool
    quantity: int | None


def text(texts: Texts, lang: str, fallback: str) -> str:
    """Return the text in a language, else in the restaurant's own, else any."""
    return texts.get(lang) or texts.get(fallback) or next(iter(texts.values()), "")


def choose(item: MenuItem, wanted: Sequence[str], lang: str, path: str) -> tuple[Choice, ...]:
    """Return the modifiers wanted, priced; raise INVALID or ITEM_UNAVAILABLE.

    `lang` is the restaurant's own language: the ticket is read by its cooks.
    """
    known = {m.id: (group, m) for group in item.groups for m in group.modifiers}
    for index, modifier_id in enumerate(wanted):
        if modifier_id not in known:
            raise invalid(f"{path}[{index}]", "no such modifier of this dish")
        if not known[modifier_id][1].available:
            name = text(known[modifier_id][1].texts, lang, lang)
            raise unavailable(item, f"'{name}' is sold out", modifierId=modifier_id)
    counts = Counter(known[modifier_id][0].id for modifier_id in wanted)
    for group in item.groups:
        if not group.min <= counts[group.id] <= group.max:
            raise invalid(path, f"choose {_range(group)} of '{text(group.texts, lang, lang)}'")
    return tuple(_choice(*known[modifier_id], lang) for modifier_id in wanted)


def unavailable(item: MenuItem, message: str, **more: str) -> Refusal:
    """The refusal for a dish, or a modifier of it, that cannot be had; it tells what can."""
    left = {"menuItemId": item.id, "available": item.available, "quantity": item.quantity}
    return Refusal(Code.ITEM_UNAVAILABLE, message, [left | more])


def take(item: MenuItem, quantity: int, lang: str) -> MenuItem:
    """Return the dish with `quantity` portions fewer; raise ITEM_UNAVAILABLE when there are not."""
    name = text(item.texts, lang, lang)
    if not item.available or item.quantity == 0:
        raise unavailable(item, f"'{name}' is sold out")
    if item.quantity is None:
        return item
    if item.quantity < quantity:
        raise unavailable(item, f"only {item.quantity} of '{name}' left")
    left = item.quantity - quantity
    return msgspec.structs.replace(item, quantity=left, available=left > 0)


def give_back(item: MenuItem, quantity: int) -> MenuItem:
    """Return a counted dish with `quantity` portions more; one that had run out is back."""
    left = (item.quantity or 0) + quantity
    return msgspec.structs.replace(item, quantity=left, available=left > 0)


def availability(item: MenuItem) -> Availability:
    return Availability(item.id, item.available, item.quantity)


def _range(group: ModifierGroup) -> str:
    return str(group.min) if group.min == group.max else f"{group.min} to {group.max}"


def _choice(group: ModifierGroup, modifier: Modifier, lang: str) -> Choice:
    name = text(modifier.texts, lang, lang)
    return Choice(modifier.id, group.id, name, modifier.price_delta, modifier.texts)
