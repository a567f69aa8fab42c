"""What a guest sees first: the page's head and the menu's first dishes, as HTML.

The same elements as `static/pages/guest.js` and `guest/menu.js` draw, which take them over as they
stand (`tests/test_browser_first.py` holds them to that); until then `guest/early.js` keeps taps.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Any

import msgspec
from babel import Locale, numbers
from msgspec.structs import replace

from handlers.menus import ShownCategory, ShownDish, ShownMenu
from handlers.papers.tongue import tongue
from hub.web.api import Host
from hub.web.markup import Html, markup, tag
from hub.web.static import FILES

AT_FIRST = 8  # dishes, as in guest/menu.js
FEW = 5  # portions, as there too
NOTHING = tag("div", id="app", aria_busy="true")
ICON = re.compile(r'^  (\w+): "(M[^"]+)",$', re.MULTILINE)
# Among Arabic letters an amount stands by itself, and its currency's Latin ones too.
LEFT_TO_RIGHT, BY_ITSELF, END = "\u2066", "\u2068", "\u2069"


def draw(host: Host, table: str, menu: ShownMenu, lang: str, written: dict[int, str]) -> Html:
    """Return the page's element with what is seen first, in a language that has words.

    `written` has the menu's prices, see below.
    """
    sight = Sight(lang, written)
    return tag(
        "div",
        sight.head(host, table),
        tag("main", sight.menu(menu), id="main"),
        tag("div", class_="toasts", role="status", aria_live="polite"),
        id="app",
        aria_busy="true",
        lang=lang,
        dir=sight.direction,
    )


def prices(menu: ShownMenu, lang: str) -> dict[int, str]:
    """Return the menu's prices as they are written: a phone's first takes it longest of all."""
    amounts = {dish.price for category in menu.categories for dish in category.items}
    return {amount: _money(amount, menu.currency, lang) for amount in amounts}


class Sight:
    """Draws for readers of one language."""

    def __init__(self, lang: str, written: dict[int, str]) -> None:
        self.lang, self.direction, self._prices = lang, tongue(lang).direction, written
        self._words, self._icons = _words(lang, FILES.version), _icons(FILES.version)

    def head(self, host: Host, table: str) -> Html:
        code = self.lang.upper()
        titles = tag(
            "div",
            tag("p", self._say("table", number=table), class_="table-chip"),
            tag("h1", host.name),
        )
        language = tag(
            "button",
            self._icon("globe"),
            tag("span", code, class_="code"),
            class_="quiet-button",
            aria_label=f"{self._say('language')}: {code}",
        )
        service = tag(
            "button",
            self._icon("bell"),
            class_="icon-button bell-button ",
            aria_label=self._say("service.title"),
        )
        tools = tag("div", language, service, class_="guest-tools")
        closed = [] if host.open else [tag("p", self._say("closedNow"), class_="closed-note")]
        row = tag("div", titles, tools, class_="guest-head-row")
        return tag("header", row, closed, self._views(), class_="guest-head")

    def menu(self, menu: ShownMenu) -> Html:
        links = (
            tag(
                "a",
                each.name,
                href=f"#c-{each.id}",
                aria_current=None if number else "true",
            )
            for number, each in enumerate(menu.categories)
        )
        names = tag("nav", links, class_="categories", aria_label=self._say("categories"))
        bar = tag("div", names, self._filter(menu), class_="category-bar")
        return markup([bar, *map(self._category, _first(menu.categories))])

    def _views(self) -> Html:
        menu = tag("button", self._say("menu"), class_="view-tab", aria_current="page")
        orders = tag("button", self._say("yourOrders"), class_="view-tab")
        return tag("nav", menu, " ", orders, class_="views", aria_label=self._say("views"))

    def _filter(self, menu: ShownMenu) -> Iterator[Html]:
        if any(dish.allergens for category in menu.categories for dish in category.items):
            label = self._say("allergens")
            yield tag(
                "button",
                self._icon("filter"),
                class_="icon-button filter-button ",
                aria_label=label,
            )

    def _category(self, category: ShownCategory) -> Html:
        dishes = tag("ul", map(self._dish, category.items), class_="dishes")
        name = tag("h2", category.name)
        return tag("section", name, dishes, id=f"c-{category.id}", class_="category")

    def _dish(self, dish: ShownDish) -> Html:
        add = tag(
            "button",
            self._icon("plus"),
            class_="add-button ",
            data_dish=dish.id,
            disabled=not dish.available,
            aria_haspopup="dialog" if dish.groups else None,
            aria_label=self._say("addNamed", name=dish.name),
        )
        main = tag(
            "button",
            self._about(dish),
            class_="dish-main",
            data_dish=dish.id,
            aria_haspopup="dialog",
        )
        look = "dish  " if dish.available else "dish gone "
        return tag("li", self._photo(dish), main, add, class_=look)

    def _photo(self, dish: ShownDish) -> Iterator[Html]:
        if dish.photo:
            yield tag(
                "img",
                class_="dish-photo ",
                src=f"/api/photos/{dish.photo}/small",
                width="320",
                height="240",
                loading="lazy",
                alt="",
            )

    def _about(self, dish: ShownDish) -> Iterator[Html]:
        yield tag("span", dish.name, class_="dish-name")
        if dish.description:
            yield tag("span", dish.description, class_="dish-text")
        if dish.machine:
            yield tag("span", self._say("menu.machine"), class_="dish-machine")
        if dish.sandbox:
            yield tag("span", self._say("sandbox"), class_="tag warn")
        yield tag("span", self._foot(dish), class_="dish-foot")

    def _foot(self, dish: ShownDish) -> Iterator[Html]:
        yield tag("span", self._prices[dish.price], class_="price")
        if not dish.available:
            yield tag("span", self._say("soldOut"), class_="tag bad")
        elif dish.quantity is not None and dish.quantity <= FEW:
            yield tag("span", self._say("left", count=dish.quantity), class_="tag warn")

    def _say(self, key: str, **values: str | int) -> str:
        words = self._words[key]
        if not isinstance(words, str):
            form = Locale(self.lang).plural_form(int(values["count"]))
            words = words.get(form, words["other"])
        said: str = words.format(**values)
        return said

    def _icon(self, name: str) -> Html:
        path = tag("path", d=self._icons[name])
        return tag("svg", path, class_=f"icon icon-{name}", viewBox="0 0 24 24", aria_hidden="true")


def _first(categories: Iterable[ShownCategory]) -> Iterator[ShownCategory]:
    """Return the first dishes in their categories."""
    left = AT_FIRST
    for category in categories:
        if left > 0:
            yield replace(category, items=category.items[:left])
        left -= len(category.items)


@lru_cache(maxsize=10_000)  # everybody who comes to a restaurant reads the same amounts
def _money(amount: int, currency: str, lang: str) -> str:
    own = tongue(lang)
    text = own.money(amount, currency)
    if own.direction == "ltr":
        return text
    symbol = numbers.get_currency_symbol(currency, locale=lang)
    return f"{BY_ITSELF}{text.replace(symbol, LEFT_TO_RIGHT + symbol + END)}{END}"


@cache
def _words(lang: str, _version: str) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(_file(f"i18n/{lang}.json"))
    return found


@cache
def _icons(_version: str) -> dict[str, str]:
    return dict(ICON.findall(_file("lib/ui.js").decode()))


def _file(path: str) -> bytes:
    file = FILES.find(path)
    assert file is not None, "it is a file of ours"
    return file.body
