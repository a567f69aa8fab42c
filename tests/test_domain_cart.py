"""The shared cart of a table."""

from typing import Any

import pytest

from state.domain.cart import (
    MAX_LINES,
    CartLine,
    add,
    priced,
    remove,
    requests,
    require_orderable,
    update,
)
from state.domain.commands import CartAdd, CartUpdate, LineRequest
from state.domain.errors import Code, Refusal
from tests import make
from tests.make import group, modifier

STEAK = make.dish(
    "steak",
    price=2450,
    texts={"en": "Steak", "de": "Rindersteak"},
    groups=(
        group("side", 1, 1, modifier("fries"), modifier("salad", 150)),
        group("extra", 0, 2, modifier("egg", 100), modifier("truffle", 900, available=False)),
    ),
)
BEER = make.dish("beer", price=420, quantity=3)
OFF = make.dish("off", price=990, available=False)
MENU = make.menu(STEAK, BEER, OFF)


def line(line_id: str = "l1", dish: str = "steak", **more: Any) -> CartLine:
    fields = {"quantity": 1, "modifiers": ("fries",) if dish == "steak" else ()}
    return CartLine(id=line_id, menu_item_id=dish, **fields | more)


CART = (line("l1"), line("l2", "beer", note="cold"), line("l3"))


def test_a_line_joins_the_end_of_the_cart_and_says_who_added_it() -> None:
    cmd = CartAdd(menu_item_id="beer", quantity=2, note="two glasses", course=1)
    before, added = CART, add(CART, cmd, "g1", "Ada")
    assert added[:3] == before
    assert (added[3].added_by, added[3].added_by_name) == ("g1", "Ada")
    assert requests(added)[3] == LineRequest(
        menu_item_id="beer", quantity=2, note="two glasses", course=1
    )


def test_lines_are_told_apart_even_for_the_same_dish() -> None:
    cmd = CartAdd(menu_item_id="beer")
    first, second = add(add((), cmd, "g1", "Ada"), cmd, "g2", "Bo")
    assert first.id != second.id
    assert [first.added_by_name, second.added_by_name] == ["Ada", "Bo"]


def test_a_cart_is_not_without_end() -> None:
    full = tuple(line(f"l{n}") for n in range(MAX_LINES))
    with pytest.raises(Refusal) as refused:
        add(full, CartAdd(menu_item_id="beer"), "g1", "Ada")
    assert refused.value.code is Code.CONFLICT
    assert len(add(full[1:], CartAdd(menu_item_id="beer"), "g1", "Ada")) == MAX_LINES


@pytest.mark.parametrize(
    "change",
    [
        {"quantity": 4},
        {"modifiers": ("salad", "egg")},
        {"modifiers": ()},
        {"note": "well done"},
        {"note": ""},
        {"course": 2},
        {"course": None},
        {"quantity": 2, "note": "to share"},
        {},
    ],
)
def test_an_update_changes_what_it_names_of_its_line_only(change: dict[str, Any]) -> None:
    cart = (line("l1", note="rare", course=3), *CART[1:])
    after = update(cart, CartUpdate(line_id="l1", **change))
    assert after == (line("l1", **{"note": "rare", "course": 3} | change), *CART[1:])


def test_a_removed_line_is_gone_and_the_others_keep_their_places() -> None:
    assert [each.id for each in remove(CART, "l2")] == ["l1", "l3"]


def test_a_line_that_is_not_there_is_not_found() -> None:
    for act in (lambda: remove(CART, "l9"), lambda: update(CART, CartUpdate(line_id="l9"))):
        with pytest.raises(Refusal) as refused:
            act()
        assert refused.value.code is Code.NOT_FOUND


def test_a_cart_becomes_the_lines_of_an_order() -> None:
    cart = (line("l1", quantity=2, modifiers=("salad", "egg"), note="rare", course=2),)
    assert requests(cart) == (
        LineRequest(
            menu_item_id="steak", quantity=2, modifiers=("salad", "egg"), note="rare", course=2
        ),
    )


def test_a_cart_is_shown_with_names_and_prices_of_the_moment() -> None:
    cart = (line("l1", quantity=2, modifiers=("salad", "egg")), line("l2", "beer"))
    shown = priced("s1", 4, cart, MENU, "EUR", "de")
    assert [each.name for each in shown.lines] == ["Rindersteak", "Beer"]
    assert [each.unit_price for each in shown.lines] == [2700, 420]
    assert [each.line_total for each in shown.lines] == [5400, 420]
    assert (shown.session_id, shown.version, shown.total, shown.currency) == ("s1", 4, 5820, "EUR")


@pytest.mark.parametrize(
    ("wanted", "available"),
    [
        (line(), True),
        (line(dish="beer", quantity=3), True),
        (line(dish="beer", quantity=4), False),  # three are left
        (line(dish="off"), False),
        (line(modifiers=("fries", "truffle")), False),  # sold out
        (line(modifiers=()), False),  # the menu now asks for a side
        (line(modifiers=("fries", "gone")), False),
    ],
)
def test_a_line_is_available_when_an_order_of_it_would_be_taken(
    wanted: CartLine, available: bool
) -> None:
    assert priced("s1", 1, (wanted,), MENU, "EUR", "en").lines[0].available is available


def test_a_dish_that_left_the_menu_costs_nothing_and_cannot_be_had() -> None:
    gone = priced("s1", 1, (line(dish="caviar"),), MENU, "EUR", "en").lines[0]
    assert (gone.available, gone.line_total, gone.name) == (False, 0, "")


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (line(), None),
        (line(dish="off"), None),  # it may come back before the order is placed
        (line(dish="caviar"), Code.NOT_FOUND),
        (line(modifiers=()), Code.INVALID),
        (line(modifiers=("fries", "gone")), Code.INVALID),
    ],
)
def test_what_could_never_be_ordered_does_not_enter_a_cart(
    wanted: CartLine, code: Code | None
) -> None:
    if code is None:
        require_orderable(wanted, MENU, "en")
    else:
        with pytest.raises(Refusal) as refused:
            require_orderable(wanted, MENU, "en")
        assert refused.value.code is code
