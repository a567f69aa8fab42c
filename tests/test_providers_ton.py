"""toncenter and who tells prices, error by error: what each means, and what is asked again."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from handlers.providers.errors import ExhaustedError, RefusedError, UnavailableError
from hub.app import Node
from hub.settings import Settings
from scripts.standins.base import Fault
from state.domain.ton import Asset
from tests.interpreters import forget_gate
from tests.wallets import KEY, Chain, chain

OLD = {"ok": False, "result": "Ratelimit exceed", "code": 429}
NEW = {"ok": False, "code": 429, "error": "Ratelimit exceeded"}
SOON = {"Retry-After": "0"}
PASSING = [
    Fault(status=429, body=NEW, headers=SOON),
    Fault(status=429, body=OLD, headers=SOON),
    Fault(status=500, headers=SOON),
    Fault(status=504, headers=SOON),
    Fault(status=542, headers=SOON),
    Fault(reset="before"),
    Fault(reset="after"),
]
LASTING = [
    (Fault(status=422), RefusedError),
    (Fault(status=404), RefusedError),
    (Fault(status=401), ExhaustedError),
    (Fault(status=403), ExhaustedError),
    (Fault(malformed=True), UnavailableError),
    (Fault(status=200, body=OLD), UnavailableError),
]
NO_PRICES: list[Any] = [
    {},
    {"GRAM": {"prices": {}}},
    {"GRAM": {"prices": {"USD": 1.0}}},
    {"GRAM": {"prices": {"EUR": 0}}},
    {"GRAM": {"prices": {"EUR": 1.0}}, "TON": {"prices": {"EUR": 2.0}}},
]


@pytest.fixture
async def wallets(settings: Settings, nodes: list[Node]) -> AsyncIterator[Chain]:
    async with chain(settings, nodes[0].deps) as made:
        yield made
    for name in ("toncenter", "tonrates"):
        await forget_gate(nodes[0].deps.redis, name)


async def test_what_passes_is_asked_again(wallets: Chain) -> None:
    sent = wallets.toncenter.pay(wallets.account, 5, "om-x")
    for fault in PASSING:
        wallets.toncenter.calls.clear()
        wallets.toncenter.faults.append(fault)
        [found] = (await wallets.client.deposits(Asset.COIN, 0)).deposits
        assert (found.hash, found.units, found.comment) == (sent["hash"], 5, "om-x"), fault
        assert found.sandbox
        assert len(wallets.toncenter.calls) == 2, fault


async def test_what_does_not_pass_is_asked_once(wallets: Chain, nodes: list[Node]) -> None:
    for fault, error in LASTING:
        wallets.toncenter.calls.clear()
        wallets.toncenter.faults.append(fault)
        with pytest.raises(error):
            await wallets.client.deposits(Asset.COIN, 0)
        assert len(wallets.toncenter.calls) == 1, fault
        await forget_gate(nodes[0].deps.redis, "toncenter")


async def test_a_key_of_the_other_network_or_of_nobody_is_none(
    wallets: Chain, nodes: list[Node]
) -> None:
    wallets.toncenter.key = "another"
    for other in ("", KEY):
        wallets.toncenter.other_network = other
        with pytest.raises(ExhaustedError):
            await wallets.client.last(Asset.COIN)
        await forget_gate(nodes[0].deps.redis, "toncenter")
    assert len(wallets.toncenter.calls) == 2


async def test_what_cannot_be_read_is_read_again_and_not_left_out(wallets: Chain) -> None:
    made = wallets.toncenter.pay(wallets.account, 5, "om-x")
    for name, wrong in (("lt", "soon"), ("lt", ""), ("account", "0:00"), ("account", "here")):
        body = {"transactions": [made | {name: wrong}], "address_book": {}}
        wallets.toncenter.faults.append(Fault(status=200, body=body))
        with pytest.raises(UnavailableError):
            await wallets.client.deposits(Asset.COIN, 0)


async def test_a_price_is_one_of_this_currency_and_asked_for_once_in_half_a_minute(
    wallets: Chain, nodes: list[Node]
) -> None:
    for rates in NO_PRICES:
        wallets.rates.faults.append(Fault(status=200, body={"rates": rates}))
        with pytest.raises(RefusedError):
            await wallets.client.rates.price(Asset.COIN, "EUR")
        await forget_gate(nodes[0].deps.redis, "tonrates")
    wallets.rates.calls.clear()
    first = await wallets.client.rates.price(Asset.COIN, "EUR")
    wallets.rates.prices["gram"] = 9.0
    assert await wallets.client.rates.price(Asset.COIN, "EUR") == first
    assert (first.price, first.sandbox) == ("2.5", True)
    [call] = wallets.rates.calls
    assert call.query == {"tokens": "gram", "currencies": "eur"}
