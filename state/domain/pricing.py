"""From what a guest asked for to an order's lines: names, prices and times of this moment."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from state.domain.commands import LineRequest
from state.domain.errors import Code, Refusal, not_found
from state.domain.ids import new_id
from state.domain.menu import Menu, MenuItem, choose, take, text
from state.domain.order import Item, ItemStatus, Order
from state.domain.translation import warning

# Dishes one station works on side by side; our estimate until stations report their own.
PARALLEL_DISHES = 4


def price_lines(
    lines: Sequence[LineRequest],
    menu: Menu,
    stock: Mapping[str, MenuItem],
    lang: str,
    now: datetime,
    guests: Sequence[tuple[str, str]] = (),
) -> tuple[tuple[Item, ...], dict[str, MenuItem]]:
    """Return the items of a new order, and the dishes whose counted stock it lowers.

    `stock` holds the dishes as they are at this moment, read under lock where they are counted.
    `guests` are the ids and names of those who chose the lines, where they are known.
    The first course goes to the kitchen at once, later ones are HELD until fired.
    Raises NOT_FOUND or INVALID with the line's path, or ITEM_UNAVAILABLE.
    """
    left: dict[str, MenuItem] = {}
    items = []
    first = min((_course(line, menu) for line in lines), default=1)
    chosen = guests or [("", "")] * len(lines)
    for index, line in enumerate(lines):
        dish = menu.items.get(line.menu_item_id)
        current = left.get(line.menu_item_id) or stock.get(line.menu_item_id)
        if dish is None or current is None:
            raise not_found("dish", f"items[{index}].menuItemId")
        left[dish.id] = take(current, line.quantity, lang)
        item = _item(line, dish, index, lang, now, held=_course(line, menu) > first)
        items.append(replace(item, guest_id=chosen[index][0], guest_name=chosen[index][1]))
    return tuple(items), {key: dish for key, dish in left.items() if dish.quantity is not None}


def require_total(items: Sequence[Item], expected: int | None) -> None:
    """Raise PRICE_CHANGED where the lines cost something else than whoever orders them was told."""
    total = sum(item.line_total for item in items)
    if expected is not None and total != expected:
        raise Refusal(
            Code.PRICE_CHANGED,
            "prices have changed: look at the order again",
            {"expectedTotal": expected, "total": total},
        )


def estimate(items: Sequence[Item], queue: Mapping[str, int], now: datetime) -> datetime | None:
    """Return when the items on fire will be ready; `queue` is each station's work in seconds."""
    longest: dict[str, int] = defaultdict(int)
    for item in items:
        if item.status is ItemStatus.QUEUED:
            longest[item.station] = max(longest[item.station], item.prep_seconds)
    waits = [queue.get(s, 0) // PARALLEL_DISHES + prep for s, prep in longest.items()]
    return now + timedelta(seconds=max(waits)) if waits else None


def returned(before: Order, after: Order) -> Counter[str]:
    """Return how many portions of each dish a change voids before anybody cooked them."""
    portions: Counter[str] = Counter()
    for old, new in zip(before.items, after.items, strict=True):
        if new.status is ItemStatus.VOIDED and old.status in (ItemStatus.HELD, ItemStatus.QUEUED):
            portions[new.menu_item_id] += new.quantity
    return portions


def queued_anew(before: Order, after: Order) -> bool:
    """Tell whether a change gives the kitchen items it did not have to cook before."""
    return any(
        new.status is ItemStatus.QUEUED and old.status is not ItemStatus.QUEUED
        for old, new in zip(before.items, after.items, strict=True)
    )


def require_lines(lines: Sequence[LineRequest]) -> None:
    if not lines:
        raise Refusal(Code.INVALID, "the cart is empty", [{"path": "items", "message": "is empty"}])


def _course(line: LineRequest, menu: Menu) -> int:
    dish = menu.items.get(line.menu_item_id)
    return line.course or (dish.course if dish else 1)


def _item(
    line: LineRequest, dish: MenuItem, index: int, lang: str, now: datetime, *, held: bool
) -> Item:
    choices = choose(dish, line.modifiers, lang, f"items[{index}].modifiers")
    unit = max(0, dish.price + sum(choice.price_delta for choice in choices))
    return Item(
        id=new_id(),
        menu_item_id=dish.id,
        name=text(dish.texts, lang, lang),
        names=dish.texts,
        quantity=line.quantity,
        unit_price=unit,
        line_total=unit * line.quantity,
        tax_rate=dish.tax_rate,
        modifiers=choices,
        note=line.note,
        note_translation=warning(line.note),
        allergens=dish.allergens,
        station=dish.station,
        course=line.course or dish.course,
        prep_seconds=dish.prep_seconds,
        status=ItemStatus.HELD if held else ItemStatus.QUEUED,
        queued_at=None if held else now,
    )
