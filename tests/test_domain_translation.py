"""Who is asked to translate what, and what is said of text that nobody may translate."""

import pytest

from state.domain.language import base, same
from state.domain.translation import NoteTranslation, engines, untouched, warning


@pytest.mark.parametrize(
    ("source", "target", "first"),
    [
        *(("en", "de", "deepl"), (None, "fr", "deepl"), ("pt-BR", "en-GB", "deepl")),
        *(("en", "ja", "azure"), ("ja", "en", "azure"), ("zh-Hans", "ko", "azure")),
        *(("en", "ar", "azure"), ("tr", "de", "azure"), (None, "sw", "azure")),
    ],
)
def test_european_pairs_go_to_deepl_first_and_all_others_to_azure(
    source: str | None, target: str, first: str
) -> None:
    found = engines(source, target)
    assert found[0] == first
    assert set(found[:2]) == {"deepl", "azure"}
    assert found[2:] == ("libretranslate", "apertium"), "what is in the house comes last"


def test_a_language_is_the_same_in_every_country() -> None:
    assert base("de-AT") == base("DE_ch") == "de"
    assert same("pt-BR", "pt")
    assert not same("pt", "es")


def test_a_text_that_no_machine_may_touch_comes_as_it_is_with_what_to_beware_of() -> None:
    plain = untouched("no nuts, I am allergic", "en", "de")
    assert (plain.text, plain.engine, plain.target) == ("no nuts, I am allergic", "", "de")
    assert (plain.allergy, plain.allergens) == (True, ("nuts",))
    assert warning("no nuts, I am allergic") == NoteTranslation(allergy=True, allergens=("nuts",))
    assert warning("no nuts") == NoteTranslation(allergens=("nuts",))
    assert warning("no onions") is None
