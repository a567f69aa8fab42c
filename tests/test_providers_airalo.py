"""Airalo's client against a server that speaks as Airalo does, error by error."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from airalo.airalo import Airalo as Sdk
from airalo.config import Config
from airalo.exceptions.airalo_exception import AiraloException
from airalo.helpers.signature import Signature

from handlers.providers import airalo
from handlers.providers.airalo import Airalo
from handlers.providers.airalo_wire import escaped, is_signed, moment, notice, signature
from handlers.providers.errors import (
    AmbiguousError,
    ExhaustedError,
    ProviderError,
    RefusedError,
    UnavailableError,
)
from handlers.providers.keys import Keys
from handlers.providers.wiring import Wiring
from hub.embedded import Engines
from scripts import sandbox
from scripts.standins import airalo as standin
from scripts.standins import airalo_shop as shop_of
from scripts.standins.airalo_shop import HOST
from scripts.standins.base import Fault, serving
from state.domain.errors import Code
from state.domain.esim import Package, UsageStatus
from state.domain.ids import new_id
from state.live import client, gates
from tests.interpreters import forget_gate

SECRET = "a/secret/of the tests"
NOW = {"Retry-After": "0"}


class House:
    """The stand-in, and as many clients of it as are wanted."""

    def __init__(self, wiring: Wiring) -> None:
        self.wiring = wiring
        self.standin = standin.Airalo(f"tests-{new_id()}", SECRET)
        self.url = ""

    def keys(self, **more: Any) -> Keys:
        known = {
            "airalo_client_id": self.standin.client_id,
            "airalo_client_secret": SECRET,
            "airalo_base_url": self.url,
        }
        return Keys(**known | more)

    def client(self, **more: Any) -> Airalo:
        made = airalo.create(self.keys(**more), self.wiring)
        assert made is not None
        return made

    def asked(self, path: str) -> int:
        return sum(call.path.endswith(path) for call in self.standin.calls)


@pytest.fixture
async def house(engines: Engines) -> AsyncIterator[House]:
    redis = client.connect(engines.redis_url)
    for part in ("", "-orders", "-usage", "-tokens"):
        await forget_gate(redis, f"airalo{part}")
    async with aiohttp.ClientSession() as http:
        made = House(Wiring(http, redis, lambda *_: None))
        async with serving([made.standin]) as urls:
            made.url = urls["airalo"]
            yield made
    await redis.aclose()


async def first(house: House, shop: Airalo) -> Package:
    return (await shop.packages("JP"))[0]


# What there is


async def test_packages_come_with_prices_in_cents_and_say_that_they_are_a_stand_ins(
    house: House,
) -> None:
    shop = house.client()
    packages = await shop.packages("JP")
    assert [each.price for each in packages] == [450, 900, 1900, 2400]
    assert {each.countries for each in packages} == {("JP",)}
    assert [each.megabytes for each in packages] == [1024, 3072, 10240, None]
    assert all(each.sandbox and each.currency == "USD" for each in packages)
    assert len((await shop.packages(None))[0].countries) > 3


async def test_packages_and_token_are_asked_for_once_by_all_workers_together(house: House) -> None:
    shops = [house.client() for _ in range(3)]
    house.standin.faults.extend([Fault(), Fault(seconds=0.2)])
    found = await asyncio.gather(*(shop.packages("JP") for shop in shops * 2))
    assert all(each == found[0] for each in found)
    assert (house.asked("/token"), house.asked("/packages")) == (1, 1)


async def test_who_fails_to_ask_lets_the_next_one_try(house: House) -> None:
    shop = house.client()
    house.standin.faults.extend([Fault(), Fault(status=404)])
    with pytest.raises(RefusedError):
        await shop.packages("JP")
    assert await shop.packages("JP")


async def test_all_pages_are_read_whatever_their_shape(house: House) -> None:
    house.standin.most_per_page = 1
    found = await house.client().packages(None)
    assert {each.operator for each in found} == {"Sandbox World", "Sandbox Europe"}
    assert house.asked("/packages") == 2


# Orders


async def test_an_order_brings_what_a_phone_needs_and_is_found_by_our_own_key(
    house: House,
) -> None:
    shop = house.client()
    package = await first(house, shop)
    ordered = await shop.order(package.id, "our key")
    [sim] = ordered.sims
    assert sim.lpa.startswith(f"LPA:1${HOST}$TEST-")
    assert await shop.find("our key") == ordered
    assert await shop.find("another key") is None
    assert await shop.affords(package)
    usage = await shop.usage(sim.iccid)
    assert (usage.status, usage.total, usage.remaining) == (UsageStatus.NOT_ACTIVE, 1024, 1024)

    [offer, _] = await shop.topups(sim.iccid)
    await shop.topup(offer.id, sim.iccid, "more")
    assert (await shop.usage(sim.iccid)).total == 2048
    assert await shop.find("more") is not None


async def test_an_order_told_of_later_is_signed_and_says_what_it_was(house: House) -> None:
    told: list[tuple[bytes, str]] = []
    site, url = await listener(told)
    shop = house.client(airalo_webhook_url=url)
    assert shop.tells
    package = await first(house, shop)
    house.standin.telling.mishaps.append("badly signed")
    request_id = await shop.order_later(package.id, "our/key")
    while len(told) < 2:  # noqa: ASYNC110 - the server is another's
        await asyncio.sleep(0.01)
    await site.cleanup()
    assert len(request_id) == 25
    assert [is_signed(body, signed, SECRET) for body, signed in told] == [False, True]
    said = notice(told[1][0])
    assert (said.request_id, said.description, len(said.sims)) == (request_id, "our/key", 1)
    found = await shop.find("our/key")
    assert found is not None
    assert [card.sim() for card in said.sims] == found.sims


async def listener(told: list[tuple[bytes, str]]) -> tuple[Any, str]:
    async def hear(request: aiohttp.web.Request) -> aiohttp.web.Response:
        if request.method == "POST":
            told.append((await request.read(), request.headers["airalo-signature"]))
        return aiohttp.web.Response()

    app = aiohttp.web.Application()
    app.router.add_route("*", "/hear", hear)
    runner = aiohttp.web.AppRunner(app)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}/hear"


async def test_where_nobody_listens_an_order_is_not_taken_on(house: House) -> None:
    shop = house.client(airalo_webhook_url=f"{house.url}/nowhere")
    package = await first(house, shop)
    with pytest.raises(RefusedError):
        await shop.order_later(package.id, "our key")


# Errors

TROUBLE = [
    ("test-insufficient-balance-7days-1gb", Code.PROVIDER_UNAVAILABLE),
    ("test-maintenance-mode-7days-1gb", Code.PROVIDER_UNAVAILABLE),
    ("test-not-enough-7days-1gb", Code.ITEM_UNAVAILABLE),
    ("test-out-of-stock-7days-1gb", Code.ITEM_UNAVAILABLE),
    ("no-such-package", Code.ITEM_UNAVAILABLE),
]


@pytest.mark.parametrize(("package_id", "code"), TROUBLE)
async def test_a_package_that_cannot_be_had_says_why_and_nothing_is_tried_again(
    house: House, package_id: str, code: Code
) -> None:
    shop = house.client()
    with pytest.raises(RefusedError) as caught:
        await shop.order(package_id, "our key")
    assert caught.value.code is code
    assert house.asked("/orders") == 1
    assert (await gates.show(house.wiring.redis, "airalo-orders")).shut == 0


async def test_a_top_up_can_be_out_of_the_question(house: House) -> None:
    shop = house.client()
    [sim] = (await shop.order("test-disabled-top-up-7days-1gb", "our key")).sims
    assert await shop.topups(sim.iccid) == []
    with pytest.raises(RefusedError) as caught:
        await shop.topup("sandbox-jp-7days-1gb-topup", sim.iccid, "more")
    assert caught.value.code is Code.ITEM_UNAVAILABLE
    with pytest.raises(RefusedError) as unknown:
        await shop.usage("8900000000000000000")
    assert unknown.value.code is Code.NOT_FOUND


ANSWERS: list[tuple[Fault, type[ProviderError]]] = [
    (Fault(status=422, body={"code": 14, "reason": "Invalid checksum"}), RefusedError),
    (Fault(status=422, body={"code": 43, "reason": "Bad request"}), RefusedError),
    (Fault(status=422, body={"code": 73, "reason": "recycled"}), RefusedError),
    (Fault(status=422, body={"data": {"quantity": "too many"}, "meta": {}}), RefusedError),
    (Fault(status=403, body={"code": 89, "reason": "IP"}), ExhaustedError),
    (Fault(status=404), RefusedError),
    # It may have been carried out, and only reading tells.
    (Fault(status=422, body={"code": 53, "reason": "unexpected"}), AmbiguousError),
    (Fault(status=500), AmbiguousError),
    (Fault(status=503, headers=NOW), AmbiguousError),
    (Fault(reset="before"), AmbiguousError),
    (Fault(reset="after"), AmbiguousError),
    (Fault(malformed=True), AmbiguousError),
]


@pytest.mark.parametrize(("fault", "error"), ANSWERS)
async def test_an_order_is_sent_once_and_what_is_not_certain_is_said_to_be_so(
    house: House, fault: Fault, error: type[ProviderError]
) -> None:
    shop = house.client()
    package = await first(house, shop)
    house.standin.faults.append(fault)
    with pytest.raises(error):
        await shop.order(package.id, "our key")
    assert house.asked("/orders") == 1
    carried_out = fault.reset == "after" or fault.malformed
    assert (await shop.find("our key") is not None) is carried_out


async def test_an_order_that_was_certainly_not_taken_on_is_sent_again(house: House) -> None:
    shop = house.client()
    package = await first(house, shop)
    house.standin.faults.extend([Fault(status=429, headers=NOW)] * 2)
    assert await shop.order(package.id, "our key")
    house.standin.faults.extend([Fault(status=429, headers=NOW)] * 3)
    with pytest.raises(UnavailableError):
        await shop.order(package.id, "another")
    assert len(house.standin.ledger.sold) == 1


@pytest.mark.parametrize("fault", [Fault(status=429, headers=NOW), Fault(status=502, headers=NOW)])
async def test_what_is_only_read_is_asked_for_again(house: House, fault: Fault) -> None:
    shop = house.client()
    [sim] = (await shop.order("sandbox-jp-7days-1gb", "our key")).sims
    house.standin.faults.append(fault)
    assert (await shop.usage(sim.iccid)).total == 1024
    house.standin.faults.append(Fault(malformed=True))
    with pytest.raises(UnavailableError):
        await shop.usage(sim.iccid)


async def test_a_token_that_has_run_out_is_replaced_also_for_an_order(house: House) -> None:
    shop = house.client()
    package = await first(house, shop)
    house.standin.tokens.clear()
    assert await shop.order(package.id, "our key")
    assert house.asked("/token") == 2


async def test_workers_whose_token_has_run_out_take_one_new_one_between_them(house: House) -> None:
    shops = [house.client() for _ in range(3)]
    for shop in shops:
        await shop.packages("JP")
        await shop.affords(await first(house, shop))
    house.standin.tokens.clear()
    [sim] = (await shops[0].order("sandbox-jp-7days-1gb", "our key")).sims
    for shop in shops[1:]:
        await shop.usage(sim.iccid)
    assert house.asked("/token") == 2


async def test_without_redis_a_worker_remembers_its_token(house: House) -> None:
    away = Wiring(house.wiring.http, client.connect("redis://127.0.0.1:1"), lambda *_: None)
    shop = airalo.create(house.keys(), away)
    assert shop is not None
    for number in range(4):
        assert (await shop.order("sandbox-jp-7days-1gb", f"{number}")).sims
    assert house.asked("/token") == 1
    await away.redis.aclose()


async def test_who_is_not_let_in_with_a_new_token_either_gives_up(house: House) -> None:
    shop = house.client()
    house.standin.faults.extend([Fault(), Fault(status=401), Fault(), Fault(status=401)])
    with pytest.raises(ExhaustedError):
        await shop.usage("8900000000000000000")
    assert (house.asked("/token"), house.asked("/usage")) == (2, 2)


async def test_a_wrong_key_is_not_tried_for_an_hour_and_tokens_are_few(house: House) -> None:
    with pytest.raises(ExhaustedError):
        await house.client(airalo_client_secret="another").packages("JP")
    assert (await gates.show(house.wiring.redis, "airalo-tokens")).shut > 3000
    with pytest.raises(UnavailableError):
        await house.client().packages("JP")


async def test_usage_is_asked_for_within_the_companys_limits(house: House) -> None:
    shop = house.client()
    [sim] = (await shop.order("sandbox-jp-7days-1gb", "our key")).sims
    await asyncio.gather(*(shop.usage(sim.iccid) for _ in range(7)))
    assert house.asked("/usage") == 7, "none was too many"


# Small things


def test_a_signature_is_theirs_whichever_way_they_packed_it() -> None:
    told = {"url": "https://example.com/a", "name": "日本"}
    official = Signature(SECRET).get_signature(told)
    plain = b'{"url": "https://example.com/a", "name": "\xe6\x97\xa5\xe6\x9c\xac"}'
    assert official == signature(escaped(plain), SECRET)
    assert is_signed(plain, official, SECRET)
    assert is_signed(plain, signature(plain, SECRET), SECRET)
    assert not is_signed(plain + b" ", signature(plain, SECRET), SECRET)
    assert not is_signed(b"no json", official, SECRET)
    assert not is_signed(plain, "", SECRET)


def test_times_are_in_utc() -> None:
    found = moment("2026-01-02 03:04:05")
    assert found is not None
    assert found.isoformat() == "2026-01-02T03:04:05+00:00"
    assert moment(None) is None


# Their own client


class Here(Config):
    """Airalo's client knows one address; this is the place where it asks for it."""

    def __init__(self, url: str, client_id: str) -> None:
        super().__init__({"client_id": client_id, "client_secret": SECRET})
        self._here = f"{url}/v2/"

    def get_url(self) -> str:
        return self._here


async def test_airalos_own_client_understands_our_stand_in(house: House) -> None:
    def talk() -> dict[str, Any]:
        sdk = Sdk(Here(house.url, house.standin.client_id))
        said: dict[str, Any] = {"packages": sdk.get_country_packages("JP", flat=True)}
        wanted = said["packages"]["data"][0]["package_id"]
        said["order"] = sdk.order(wanted, 1, "by / their client")
        iccid = said["order"]["data"]["sims"][0]["iccid"]
        said["usage"] = sdk.sim_usage(iccid)
        said["topups"] = sdk.get_sim_topups(iccid)
        said["topup"] = sdk.topup(said["topups"]["data"][0]["id"], iccid, "more")
        said["history"] = sdk.get_sim_package_history(iccid)
        said["instructions"] = sdk.get_installation_instructions({"iccid": iccid})
        with pytest.raises(AiraloException):
            sdk.order("test-out-of-stock-7days-1gb", 1)
        with pytest.raises(AiraloException):
            sdk.order_async(wanted, 1, webhook_url=f"{house.url}/nowhere")
        with pytest.raises(AiraloException):
            Sdk(Here(house.url, f"another-{new_id()}"))
        return said

    said = await asyncio.to_thread(talk)
    assert len(said["packages"]["data"]) == 6
    assert said["order"]["data"]["sims"][0]["lpa"] == HOST
    assert said["usage"]["data"]["status"] == "NOT_ACTIVE"
    assert said["topup"]["data"]["type"] == "topup"
    assert len(said["history"]["data"]) == 2
    assert said["instructions"]["data"]["instructions"]["ios"]


async def test_a_developer_can_let_messages_go_astray_and_data_be_used_up() -> None:
    shop = standin.Airalo("anybody", SECRET)
    told: list[tuple[bytes, str]] = []
    site, url = await listener(told)
    beside = {"/__sandbox__": sandbox.admin([shop])}
    async with serving([shop], beside=beside) as urls, aiohttp.ClientSession() as http:
        root = urls["airalo"].removesuffix("/airalo") + "/__sandbox__"
        for mishap in ("lost", "twice"):
            asked = {"name": "airalo", "mishap": mishap}
            assert (await http.post(f"{root}/mishaps", json=asked)).status == 200
        package = shop_of.find("sandbox-jp-7days-1gb")
        assert package is not None
        [iccid] = shop.ledger.sell(package, 1, "any").iccids
        async with http.post(f"{root}/use", json={"iccid": iccid, "megabytes": 1000}) as reply:
            assert (await reply.json())["remaining"] == 24
        for number in range(2):
            shop.tell(url, {"iccid": iccid, "level": f"{number}"})
        while len(told) < 2:  # noqa: ASYNC110 - the server is another's
            await asyncio.sleep(0.01)
    await site.cleanup()
    assert [notice(body).level for body, _ in told] == ["1", "1"]
