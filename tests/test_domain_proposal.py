"""What a spoken order is made of: dishes that are surely meant, and everything else said so."""

import pytest

from state.domain.menu import Menu
from state.domain.proposal import Proposal, propose
from tests import make

SOUP = {
    "en": "Tomato Soup",
    "de": "Tomatensuppe",
    "ru": "Томатный суп",
    "ja": "トマトスープ",
    "ar": "شوربة طماطم",
}
BURGER = {
    "en": "Halloumi Burger",
    "de": "Halloumi-Burger",
    "ru": "Бургер халуми",
    "ja": "ハルーミバーガー",
}
BEEF = {"en": "Beef Burger", "de": "Rinder-Burger"}
CHEESECAKE = {"en": "Onion Cheese Cake", "de": "Zwiebelkuchen"}
MENU: Menu = make.menu(
    make.dish("soup", texts=SOUP),
    make.dish("burger", texts=BURGER, groups=(make.group("side", 1, 1, make.modifier("fries")),)),
    make.dish("beef", texts=BEEF, available=False),
    make.dish("cake", texts=CHEESECAKE),
)


def made(said: str, language: str = "en") -> Proposal:
    return propose(said, MENU, language, "en")


def lines(said: str, language: str = "en") -> list[tuple[str, int]]:
    return [(line.menu_item_id, line.quantity) for line in made(said, language).lines]


@pytest.mark.parametrize(
    ("language", "said", "found"),
    [
        ("en", "Two halloumi burgers and one tomato soup, please.", [("burger", 2), ("soup", 1)]),
        ("en", "Can we have 2 tomato soups?", [("soup", 2)]),
        ("en", "the soup", [("soup", 1)]),
        ("de", "Zwei Tomatensuppen und einen Halloumi-Burger bitte", [("soup", 2), ("burger", 1)]),
        ("ru", "Два томатных супа, пожалуйста", [("soup", 2)]),
        ("ja", "トマトスープを二つお願いします", [("soup", 2)]),
        ("ar", "شوربة طماطم من فضلك", [("soup", 1)]),
    ],
)
def test_dishes_are_found_by_their_names(
    language: str, said: str, found: list[tuple[str, int]]
) -> None:
    assert lines(said, language) == found
    assert not made(said, language).unmatched


def test_what_is_not_on_the_menu_is_said_so() -> None:
    proposal = made("two tomato soups and a grilled chicken please and three")
    assert lines("two tomato soups and a grilled chicken") == [("soup", 2)]
    assert proposal.unmatched == ("grilled chicken", "3")


@pytest.mark.parametrize(
    "said", ["two trains and a soup", "два поезда и soup", "zwei Züge und soup"]
)
def test_a_number_goes_with_its_own_words_only(said: str) -> None:
    assert lines(said) == [("soup", 1)]
    assert made(said).unmatched[0].startswith("2 ")


def test_what_could_be_several_dishes_is_asked() -> None:
    proposal = made("three burgers")
    assert not proposal.lines
    [unclear] = proposal.unclear
    assert unclear.heard == "burgers"
    options = [(line.menu_item_id, line.quantity) for line in unclear.options]
    assert options == [("burger", 3), ("beef", 3)]


def test_words_that_are_together_say_more_than_each_alone() -> None:
    assert lines("three burgers halloumi and a soup") == [("burger", 3), ("soup", 1)]
    assert lines("a cheese cake two soups") == [("cake", 1), ("soup", 2)]


def test_what_only_sounds_like_a_dish_is_asked() -> None:
    proposal = made("two halami burgers and a tomahto")
    assert not proposal.lines
    guesses = [
        (each.heard, [line.menu_item_id for line in each.options]) for each in proposal.unclear
    ]
    assert guesses == [("halami burgers", ["burger"]), ("tomahto", ["soup"])]
    assert made("two trains").unmatched == ("2 trains",)
    assert not made("tight tomb").lines, "a beginning is not enough"


@pytest.mark.parametrize("said", ["a tomato soup without the cheese", "tomato soup no onion"])
def test_what_somebody_does_not_want_is_never_ordered(said: str) -> None:
    assert lines(said) == [("soup", 1)]
    [rest] = made(said).unmatched
    assert rest.split()[0] in ("without", "no")


def test_it_is_told_what_must_be_chosen_and_what_is_sold_out() -> None:
    [burger, beef] = made("a halloumi burger and a beef burger").lines
    assert (burger.choose, burger.available) == (True, True)
    assert (beef.choose, beef.available) == (False, False)


def test_what_speaks_of_allergy_is_warned_of() -> None:
    proposal = made("tomato soup, I am allergic to nuts")
    assert (proposal.allergy, proposal.allergens) == (True, ("nuts",))


def test_names_are_in_the_language_of_who_confirms_them() -> None:
    assert [line.name for line in made("tomato soup", "de").lines] == ["Tomatensuppe"]
    assert [line.name for line in made("Rinder-Burger", "ru").lines] == ["Beef Burger"]


@pytest.mark.parametrize("said", ["", "...", "please", "a", "without", "100 tomato"])
def test_anything_at_all_may_be_said(said: str) -> None:
    assert isinstance(made(said), Proposal)
