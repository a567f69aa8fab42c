"""The menu: choices of modifiers, and what is left of a dish."""

from itertools import combinations_with_replacement

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.domain.errors import Code, Refusal
from state.domain.menu import Availability, availability, choose, take, text
from tests import make
from tests.make import group, modifier

SIDES = group("side", 1, 1, modifier("fries"), modifier("salad", 150))
EXTRAS = group("extra", 0, 2, modifier("egg", 100), modifier("cheese", 120), modifier("less", -50))
STEAK = make.dish(groups=(SIDES, EXTRAS))
KNOWN = [m.id for each in STEAK.groups for m in each.modifiers]


@pytest.mark.parametrize(
    "wanted", [mix for count in range(5) for mix in combinations_with_replacement(KNOWN, count)]
)
def test_a_choice_is_taken_when_every_group_has_enough_and_not_too_much(
    wanted: tuple[str, ...],
) -> None:
    sides = sum(each in ("fries", "salad") for each in wanted)
    if sides == 1 and len(wanted) - sides <= 2:
        assert [choice.id for choice in choose(STEAK, wanted, "en", "modifiers")] == list(wanted)
    else:
        with pytest.raises(Refusal) as refused:
            choose(STEAK, wanted, "en", "modifiers")
        assert refused.value.code is Code.INVALID


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ((), "modifiers: choose 1 of 'Side'"),
        (("fries", "fries"), "modifiers: choose 1 of 'Side'"),
        (("fries", "egg", "egg", "egg"), "modifiers: choose 0 to 2 of 'Extra'"),
    ],
)
def test_a_wrong_choice_is_told_what_to_choose(wanted: tuple[str, ...], message: str) -> None:
    with pytest.raises(Refusal) as refused:
        choose(STEAK, wanted, "en", "modifiers")
    assert refused.value.message == message


def test_a_choice_keeps_the_price_and_the_names_of_the_moment() -> None:
    fries, less = choose(STEAK, ("fries", "less"), "en", "modifiers")
    assert (fries.name, fries.group_id, fries.price_delta) == ("Fries", "side", 0)
    assert (less.name, less.group_id, less.price_delta) == ("Less", "extra", -50)
    assert less.texts == {"en": "Less"}


def test_a_modifier_of_another_dish_is_refused_where_it_stands() -> None:
    with pytest.raises(Refusal) as refused:
        choose(STEAK, ("fries", "caviar"), "en", "items[2].modifiers")
    assert refused.value.code is Code.INVALID
    assert refused.value.details[0]["path"] == "items[2].modifiers[1]"


def test_a_modifier_that_is_sold_out_is_refused_by_name_and_its_dish_is_not() -> None:
    sold_out = group("side", 1, 1, modifier("fries", available=False), modifier("salad"))
    with pytest.raises(Refusal, match="'Fries' is sold out") as refused:
        choose(make.dish(groups=(sold_out,)), ("fries",), "en", "modifiers")
    assert refused.value.code is Code.ITEM_UNAVAILABLE
    dish = {"menuItemId": "steak", "available": True, "quantity": None}
    assert refused.value.details == [dish | {"modifierId": "fries"}]
    assert choose(make.dish(groups=(sold_out,)), ("salad",), "en", "modifiers")


def test_a_dish_without_groups_takes_no_modifiers() -> None:
    assert choose(make.dish(), (), "en", "modifiers") == ()
    with pytest.raises(Refusal):
        choose(make.dish(), ("fries",), "en", "modifiers")


@pytest.mark.parametrize(
    ("available", "left", "wanted", "after"),
    [
        (True, None, 99, (True, None)),
        (True, 5, 1, (True, 4)),
        (True, 5, 4, (True, 1)),
        (True, 5, 5, (False, 0)),
    ],
)
def test_portions_are_taken_while_there_are_enough(
    available: bool, left: int | None, wanted: int, after: tuple[bool, int | None]
) -> None:
    taken = take(make.dish(available=available, quantity=left), wanted, "en")
    assert (taken.available, taken.quantity) == after


@pytest.mark.parametrize(
    ("available", "left", "wanted", "message"),
    [
        (True, 5, 6, "only 5 of 'Steak' left"),
        (True, 0, 1, "'Steak' is sold out"),
        (False, None, 1, "'Steak' is sold out"),
        (False, 5, 1, "'Steak' is sold out"),
    ],
)
def test_a_dish_that_cannot_be_had_is_refused_with_what_is_left_of_it(
    available: bool, left: int | None, wanted: int, message: str
) -> None:
    with pytest.raises(Refusal) as refused:
        take(make.dish(available=available, quantity=left), wanted, "en")
    assert (refused.value.code, refused.value.message) == (Code.ITEM_UNAVAILABLE, message)
    details = {"menuItemId": "steak", "available": available, "quantity": left}
    assert refused.value.details == [details]


@given(st.integers(0, 50), st.lists(st.integers(1, 9)))
def test_no_more_is_sold_than_there_was(stock: int, orders: list[int]) -> None:
    dish, sold = make.dish(quantity=stock, available=stock > 0), 0
    for wanted in orders:
        try:
            dish = take(dish, wanted, "en")
        except Refusal:
            assert wanted > stock - sold
        else:
            sold += wanted
    assert dish.quantity == stock - sold >= 0
    assert dish.available is (dish.quantity > 0)


def test_guests_hear_what_is_left_of_a_dish() -> None:
    assert availability(make.dish(quantity=3)) == Availability("steak", True, 3)


@pytest.mark.parametrize(
    ("texts", "lang", "expected"),
    [
        ({"en": "Steak", "de": "Rindersteak"}, "de", "Rindersteak"),
        ({"en": "Steak", "de": "Rindersteak"}, "ja", "Steak"),
        ({"en": "Steak", "de": ""}, "de", "Steak"),
        ({"fr": "Bavette"}, "ja", "Bavette"),
        ({}, "en", ""),
    ],
)
def test_a_text_is_read_in_one_s_language_else_the_restaurant_s_else_any(
    texts: dict[str, str], lang: str, expected: str
) -> None:
    assert text(texts, lang, "en") == expected
