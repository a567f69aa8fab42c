"""The menu: read in a guest's language, and what is sold out of it."""

import msgspec
from msgspec.structs import replace

from handlers.deps import Deps
from handlers.usecase import use_case
from state.domain import events
from state.domain.actor import PASS, Actor
from state.domain.change import Change
from state.domain.commands import SetAvailability
from state.domain.errors import not_found
from state.domain.facts import Facts
from state.domain.language import base
from state.domain.menu import Menu, MenuItem, ModifierGroup, Station, availability, text
from state.domain.money import TaxMode
from state.domain.restaurant import Restaurant
from state.store import menus as store
from state.store import translations
from state.store.pool import Conn


class ShownModifier(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    name: str
    price_delta: int
    available: bool


class ShownGroup(msgspec.Struct, frozen=True):
    """A choice to make: at least `min`, at most `max` of its modifiers."""

    id: str
    name: str
    min: int
    max: int
    modifiers: tuple[ShownModifier, ...]


class ShownDish(msgspec.Struct, frozen=True):
    """`quantity` is what is left, null when nobody counts.

    `photo` names its picture, see `/api/photos/{photo}/{size}`. `machine`: a text of it is a
    machine's; its allergens never are. `sandbox`: it is a stand-in's, and no translation.
    """

    id: str
    name: str
    description: str
    price: int
    allergens: tuple[str, ...]
    course: int
    station: str
    available: bool
    quantity: int | None
    groups: tuple[ShownGroup, ...]
    photo: str | None = None
    machine: bool = False
    sandbox: bool = False


class ShownCategory(msgspec.Struct, frozen=True):
    id: str
    name: str
    items: tuple[ShownDish, ...]


class ShownMenu(msgspec.Struct, frozen=True, rename="camel"):
    """`seq` is that of the last event that told of it, as the `menuSeq` of a join's answer is."""

    version: int
    seq: int
    language: str
    currency: str
    tax_mode: TaxMode
    stations: tuple[Station, ...]
    categories: tuple[ShownCategory, ...]


async def current(conn: Conn, restaurant: Restaurant, deps: Deps) -> Menu:
    """Return the menu in force; what is left of its dishes is not for keeping, see facts.py.

    One that was changed while it was read is not kept. What is decided on it is not written
    either: the log has gone on.
    """
    held = deps.menus.get(restaurant.id)
    if held is None or held.version != restaurant.menu_version:
        held = await store.get(conn, restaurant.id, restaurant.menu_version)
        if await store.version(conn, restaurant.id) == restaurant.menu_version:
            deps.menus[restaurant.id] = held
    return held


@use_case()
def set_availability(facts: Facts, cmd: SetAvailability, actor: Actor, _deps: Deps) -> Change:
    """86 a dish, or bring it back, live for every guest."""
    actor.require(PASS)
    stock = facts.dishes.get(cmd.menu_item_id)
    if stock is None:
        raise not_found("dish")
    facts.require_reach(actor, stock.restaurant_id, "dish")
    sellable = cmd.available and cmd.quantity != 0
    left = cmd.quantity if cmd.available else None
    dish = facts.menus[stock.restaurant_id].items[stock.id]
    changed = replace(dish, available=sellable, quantity=left)
    now_left = availability(changed)
    return Change(
        tenant_id=actor.tenant,
        restaurant_id=stock.restaurant_id,
        dishes=[changed],
        drafts=[events.of_availability(now_left)],
        answer=now_left,
    )


async def show(conn: Conn, restaurant: Restaurant, lang: str) -> tuple[ShownMenu, bool]:
    """Return the menu as a guest reads it, and whether texts of it are missing in that language.

    What nobody has written in the language a machine has, where it could; else it is as in the
    restaurant's own.
    """
    menu = await store.get(conn, restaurant.id, restaurant.menu_version)
    chosen, own = _language(restaurant, lang), restaurant.language
    machine = await translations.menu_texts(conn, restaurant.id, chosen) if chosen != own else {}
    reader = _Reader(chosen, own, machine)
    dishes = list(menu.items.values())
    shown = ShownMenu(
        version=menu.version,
        seq=await store.told(conn, restaurant.id),
        language=chosen,
        currency=restaurant.currency,
        tax_mode=restaurant.tax_mode,
        stations=menu.stations,
        categories=tuple(
            ShownCategory(
                id=category.id,
                name=reader.text(category.texts),
                items=tuple(reader.dish(d) for d in dishes if d.category_id == category.id),
            )
            for category in menu.categories
        ),
    )
    return shown, reader.missing


def _language(restaurant: Restaurant, wanted: str) -> str:
    """Return the restaurant's language nearest to the one wanted: `de` for a phone's `de-AT`."""
    short = base(wanted)
    return next(
        (own for own in (wanted, short) if own in restaurant.languages), restaurant.language
    )


class _Reader:
    """Puts a menu into one reader's language: in people's words, else in a machine's.

    `missing` tells whether there were texts that neither had, or only a stand-in.
    """

    def __init__(self, lang: str, fallback: str, machine: dict[bytes, translations.Made]) -> None:
        self._lang, self._fallback, self._machine = lang, fallback, machine
        self.missing = False
        self._used = self._sandbox = False

    def text(self, texts: dict[str, str]) -> str:
        """Return a text, and note where it is from."""
        written = texts.get(self._lang)
        own = texts.get(self._fallback)
        if written or not own:
            return text(texts, self._lang, self._fallback)
        made = self._machine.get(translations.hash_of(self._fallback, own))
        unsure = made is None or made.sandbox
        self.missing |= unsure and self._lang != self._fallback
        if made is None:
            return own
        self._used = True
        self._sandbox |= made.sandbox
        return made.text

    def dish(self, dish: MenuItem) -> ShownDish:
        self._used = self._sandbox = False
        shown = self._dish(dish)
        machine = self._used or self._lang in dish.machine
        return replace(shown, machine=machine, sandbox=self._sandbox)

    def _dish(self, dish: MenuItem) -> ShownDish:
        return ShownDish(
            id=dish.id,
            name=self.text(dish.texts),
            description=self.text(dish.descriptions),
            price=dish.price,
            allergens=dish.allergens,
            course=dish.course,
            station=dish.station,
            available=dish.available,
            quantity=dish.quantity,
            groups=tuple(self.group(group) for group in dish.groups),
            photo=dish.photo,
        )

    def group(self, group: ModifierGroup) -> ShownGroup:
        return ShownGroup(
            id=group.id,
            name=self.text(group.texts),
            min=group.min,
            max=group.max,
            modifiers=tuple(
                ShownModifier(m.id, self.text(m.texts), m.price_delta, m.available)
                for m in group.modifiers
            ),
        )
