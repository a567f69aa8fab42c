"""What no machine may translate is found by reviewed words, in all languages offered."""

import json
from pathlib import Path

import pytest

from state.domain.allergens import WORDS, mentions

TEXTS = {
    path.stem: json.loads(path.read_text())
    for path in (Path(__file__).parents[1] / "static" / "i18n").glob("*.json")
}
EUROPEAN_LAW = {
    *("gluten", "crustaceans", "eggs", "fish", "peanuts", "soy", "milk"),
    *("nuts", "celery", "mustard", "sesame", "sulphites", "lupin", "molluscs"),
}


def test_the_words_are_of_all_fourteen_allergens_in_all_languages() -> None:
    assert WORDS.allergens.keys() == EUROPEAN_LAW
    for by_language in (WORDS.allergy, *WORDS.allergens.values()):
        assert by_language.keys() == TEXTS.keys()
        assert all(by_language.values())


@pytest.mark.parametrize("lang", sorted(TEXTS))
@pytest.mark.parametrize("allergen", sorted(EUROPEAN_LAW))
def test_an_allergen_is_found_by_the_name_our_own_dictionary_has_for_it(
    allergen: str, lang: str
) -> None:
    name = TEXTS[lang][f"allergen.{allergen}"]
    assert allergen in mentions(name).allergens
    assert allergen in mentions(f"… {name.upper()}!").allergens


@pytest.mark.parametrize(
    "text",
    [
        *("I'm allergic", "Allergy!", "lactose intolerant", "she is coeliac", "I carry an EpiPen"),
        *("моя аллергия", "непереносимость лактозы", "Nussallergie", "Zöliakie"),
        *("アレルギーがあります", "عندي حساسية"),
    ],
)
def test_whoever_speaks_of_an_allergy_is_understood(text: str) -> None:
    assert mentions(text).allergy


@pytest.mark.parametrize(
    "text",
    [
        *("", "no onions please", "well done", "nutmeg is fine", "by the window", "very spicy"),
        *("без лука", "поострее", "ohne Zwiebeln", "einen Tisch am Fenster", "eins mehr bitte"),
        *("玉ねぎ抜き", "氷なし", "بدون بصل", "حار جدا"),
    ],
)
def test_what_speaks_of_none_may_be_translated(text: str) -> None:
    assert not mentions(text)
