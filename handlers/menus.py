"""The menu: read in a guest's language, and what is sold out of it."""

from typing import Any

from msgspec.structs import replace

from handlers.deps import Deps
from state.domain import events
from state.domain.actor import PASS, Actor
from state.domain.change import Change
from state.domain.commands import SetAvailability
from state.domain.menu import Menu, MenuItem, ModifierGroup, availability, text
from state.domain.restaurant import Restaurant
from state.store import menus as store
from state.store.pool import Conn


async def current(conn: Conn, restaurant: Restaurant, deps: Deps) -> Menu:
    """Return the menu in force; what is left of its dishes is not for keeping, see `stock`."""
    held = deps.menus.get(restaurant.id)
    if held is None or held.version != restaurant.menu_version:
        held = await store.get(conn, restaurant.id, restaurant.menu_version)
        deps.menus[restaurant.id] = held
    return held


async def set_availability(conn: Conn, cmd: SetAvailability, actor: Actor, deps: Deps) -> Change:
    """86 a dish, or bring it back, live for every guest."""
    actor.require(PASS)
    dish, restaurant_id = await store.lock_dish(conn, cmd.menu_item_id, actor.tenant)
    actor.require_reach(actor.tenant, restaurant_id, "dish")
    sellable = cmd.available and cmd.quantity != 0
    left = cmd.quantity if cmd.available else None
    changed = replace(dish, available=sellable, quantity=left)
    now_left = availability(changed)
    return Change(
        tenant_id=actor.tenant,
        restaurant_id=restaurant_id,
        dishes=[changed],
        drafts=[events.of_availability(now_left)],
        answer=now_left,
    )


async def show(conn: Conn, restaurant: Restaurant, lang: str) -> dict[str, Any]:
    """Return the menu as a guest reads it: one language, the restaurant's own as fallback."""
    menu = await store.get(conn, restaurant.id, restaurant.menu_version)
    chosen = lang if lang in restaurant.languages else restaurant.language
    reader = _Reader(chosen, restaurant.language)
    dishes = list(menu.items.values())
    return {
        "version": menu.version,
        "language": chosen,
        "currency": restaurant.currency,
        "taxMode": restaurant.tax_mode,
        "stations": menu.stations,
        "categories": [
            {
                "id": category.id,
                "name": reader.text(category.texts),
                "items": [reader.dish(d) for d in dishes if d.category_id == category.id],
            }
            for category in menu.categories
        ],
    }


class _Reader:
    """Puts a menu into one reader's language."""

    def __init__(self, lang: str, fallback: str) -> None:
        self._lang, self._fallback = lang, fallback

    def text(self, texts: dict[str, str]) -> str:
        return text(texts, self._lang, self._fallback)

    def dish(self, dish: MenuItem) -> dict[str, Any]:
        return {
            "id": dish.id,
            "name": self.text(dish.texts),
            "description": self.text(dish.descriptions),
            "price": dish.price,
            "allergens": dish.allergens,
            "course": dish.course,
            "station": dish.station,
            "available": dish.available,
            "quantity": dish.quantity,
            "groups": [self.group(group) for group in dish.groups],
        }

    def group(self, group: ModifierGroup) -> dict[str, Any]:
        return {
            "id": group.id,
            "name": self.text(group.texts),
            "min": group.min,
            "max": group.max,
            "modifiers": [
                {
                    "id": modifier.id,
                    "name": self.text(modifier.texts),
                    "priceDelta": modifier.price_delta,
                    "available": modifier.available,
                }
                for modifier in group.modifiers
            ],
        }
