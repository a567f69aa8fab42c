"""The shared cart of a table session: what its guests are about to order together."""

from typing import Any

import msgspec
from msgspec.structs import replace

from state.domain.commands import CartAdd, CartUpdate, LineRequest
from state.domain.errors import Code, Refusal, not_found
from state.domain.ids import new_id
from state.domain.menu import Menu, MenuItem, choose, take, text

MAX_LINES = 50


class CartLine(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    id: str
    menu_item_id: str
    quantity: int
    modifiers: tuple[str, ...] = ()
    note: str = ""
    course: int | None = None
    added_by: str = ""
    added_by_name: str = ""


class PricedLine(CartLine, frozen=True, rename="camel", kw_only=True):
    """A cart line as phones show it, at the price of this moment."""

    name: str
    unit_price: int
    line_total: int
    available: bool


class Cart(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    session_id: str
    version: int
    lines: tuple[PricedLine, ...]
    total: int
    currency: str


def add(cart: tuple[CartLine, ...], cmd: CartAdd, by: str, name: str) -> tuple[CartLine, ...]:
    if len(cart) >= MAX_LINES:
        raise Refusal(Code.CONFLICT, f"a cart holds at most {MAX_LINES} lines")
    line = CartLine(
        id=new_id(),
        menu_item_id=cmd.menu_item_id,
        quantity=cmd.quantity,
        modifiers=cmd.modifiers,
        note=cmd.note,
        course=cmd.course,
        added_by=by,
        added_by_name=name,
    )
    return (*cart, line)


def update(cart: tuple[CartLine, ...], cmd: CartUpdate) -> tuple[CartLine, ...]:
    changes = {
        name: getattr(cmd, name)
        for name in ("quantity", "modifiers", "note", "course")
        if getattr(cmd, name) is not msgspec.UNSET
    }
    return _replace(cart, cmd.line_id, changes)


def remove(cart: tuple[CartLine, ...], line_id: str) -> tuple[CartLine, ...]:
    _require_line(cart, line_id)
    return tuple(line for line in cart if line.id != line_id)


def sign(cart: tuple[CartLine, ...], by: str, name: str) -> tuple[CartLine, ...]:
    """Return the cart with all that somebody has added under the name they go by now."""
    return tuple(
        replace(line, added_by_name=name) if line.added_by == by else line for line in cart
    )


def requests(cart: tuple[CartLine, ...]) -> tuple[LineRequest, ...]:
    """Return the cart as the lines of an order."""
    return tuple(
        LineRequest(
            menu_item_id=line.menu_item_id,
            quantity=line.quantity,
            modifiers=line.modifiers,
            note=line.note,
            course=line.course,
        )
        for line in cart
    )


def priced(
    session_id: str, version: int, cart: tuple[CartLine, ...], menu: Menu, currency: str, lang: str
) -> Cart:
    """Return the cart with names and prices; a dish no longer on the menu costs nothing."""
    lines = tuple(_priced(line, menu, lang) for line in cart)
    return Cart(
        session_id=session_id,
        version=version,
        lines=lines,
        total=sum(line.line_total for line in lines),
        currency=currency,
    )


def require_orderable(line: CartLine, menu: Menu, lang: str) -> None:
    """Raise NOT_FOUND or INVALID for a line that could never be ordered."""
    dish = menu.items.get(line.menu_item_id)
    if dish is None:
        raise not_found("dish")
    choose(dish, line.modifiers, lang, "modifiers")


def _priced(line: CartLine, menu: Menu, lang: str) -> PricedLine:
    dish = menu.items.get(line.menu_item_id)
    fields = msgspec.structs.asdict(line)
    if dish is None:
        return PricedLine(**fields, name="", unit_price=0, line_total=0, available=False)
    deltas = {m.id: m.price_delta for group in dish.groups for m in group.modifiers}
    unit = max(0, dish.price + sum(deltas.get(m, 0) for m in line.modifiers))
    return PricedLine(
        **fields,
        name=text(dish.texts, lang, lang),
        unit_price=unit,
        line_total=unit * line.quantity,
        available=_orderable(line, dish, lang),
    )


def _orderable(line: CartLine, dish: MenuItem, lang: str) -> bool:
    """Tell whether an order of this line would be taken now."""
    try:
        take(dish, line.quantity, lang)
        choose(dish, line.modifiers, lang, "")
    except Refusal:
        return False
    return True


def _replace(
    cart: tuple[CartLine, ...], line_id: str, changes: dict[str, Any]
) -> tuple[CartLine, ...]:
    _require_line(cart, line_id)
    return tuple(replace(line, **changes) if line.id == line_id else line for line in cart)


def _require_line(cart: tuple[CartLine, ...], line_id: str) -> None:
    if all(line.id != line_id for line in cart):
        raise not_found("cart line")
