"""TON: addresses against known ones, and what a sum comes to in coins."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from urllib.parse import parse_qs, urlsplit

import pytest

from state.domain import ton
from state.domain.errors import Refusal
from state.domain.money import exponent
from state.domain.ton import Asset, Invoice

RAW = "0:ca6e321c7cce9ecedf0a8ca2492ec8592494aa5fb5ce0387dff96ef6af982a3e"
BOUNCEABLE = "EQDKbjIcfM6ezt8KjKJJLshZJJSqX7XOA4ff-W72r5gqPrHF"
NOW = datetime(2026, 11, 26, tzinfo=UTC)


def invoice(**more: object) -> Invoice:
    known = {
        "payment_id": "p1",
        "comment": "om-abc",
        "asset": Asset.COIN,
        "account": RAW,
        "units": 3,
        "price": "2.5",
        "sandbox": True,
        "created_at": NOW,
        "expires_at": NOW + timedelta(minutes=15),
    }
    return Invoice(**(known | more))  # type: ignore[arg-type]


def test_an_address_is_the_same_in_all_its_forms() -> None:
    forms = {
        ton.friendly(RAW, bounceable=bounceable, testnet=testnet)
        for bounceable in (True, False)
        for testnet in (True, False)
    }
    assert BOUNCEABLE in forms
    assert {form[:2] for form in forms} == {"EQ", "UQ", "kQ", "0Q"}
    assert {form[-4:] for form in forms} == {"PrHF", "PuwA", "PgpP", "PleK"}
    assert {form[2:44] for form in forms} == {BOUNCEABLE[2:44]}
    other = BOUNCEABLE.replace("-", "+").replace("_", "/")
    assert {ton.raw(form) for form in (*forms, other, RAW, RAW.upper())} == {RAW}


@pytest.mark.parametrize(
    "wrong",
    [
        *("", "EQ", "nonsense", RAW[:-1], RAW + "0", RAW.replace("0:", "7:"), "0:" + "zz" * 32),
        *(BOUNCEABLE[:-1] + "G", BOUNCEABLE[:20] + "A" + BOUNCEABLE[21:], BOUNCEABLE + "AAAA"),
    ],
)
def test_one_wrong_character_makes_it_no_address(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"no address|hexadecimal"):
        ton.raw(wrong)


def test_what_is_asked_for_is_worth_at_least_the_sum_and_hardly_more() -> None:
    dice = random.Random(7)
    for _ in range(500):
        currency, asset = dice.choice(["EUR", "JPY", "BHD"]), dice.choice(list(Asset))
        price = Decimal(dice.randint(1, 10**9)) / Decimal(10 ** dice.randint(0, 8))
        total = dice.randint(1, 10**7)
        units = ton.units_of(total, currency, asset, price)
        sum_ = Fraction(total, 10 ** exponent(currency))
        one = Fraction(price) / 10 ** ton.DECIMALS[asset]
        assert units * one >= sum_ > (units - 1) * one


@pytest.mark.parametrize("price", ["0", "-1", "NaN", "Infinity", "0.0000000000001"])
def test_what_is_no_price_asks_for_nothing(price: str) -> None:
    with pytest.raises(Refusal):
        ton.units_of(10**9, "EUR", Asset.COIN, Decimal(price))


def test_coins_are_shown_without_useless_zeros() -> None:
    shown = {ton.shown_units(units, Asset.COIN) for units in (1, 10**9, 1_500_000_000, 0)}
    assert shown == {"0.000000001", "1", "1.5", "0"}
    assert ton.shown_units(10_500_000, Asset.USDT) == "10.5"


def test_a_link_tells_a_wallet_all_of_it() -> None:
    found = urlsplit(ton.link(invoice(), "ton://", testnet=False))
    assert (found.scheme, found.netloc) == ("ton", "transfer")
    assert found.path[1:3] == "UQ", "what may not be deployed yet is paid all the same"
    assert parse_qs(found.query) == {
        "amount": ["3"],
        "text": ["om-abc"],
        "exp": [str(int((NOW + timedelta(minutes=15)).timestamp()))],
    }
    dollars = invoice(asset=Asset.USDT, jetton=RAW)
    asked = parse_qs(urlsplit(ton.link(dollars, "https://w.example/", testnet=False)).query)
    assert asked["jetton"] == [BOUNCEABLE]


def test_nobody_guesses_a_comment() -> None:
    made = {ton.new_comment() for _ in range(1000)}
    assert len(made) == 1000
    assert {len(each) for each in made} == {len("om-") + 16}
