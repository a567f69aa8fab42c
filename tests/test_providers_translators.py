"""Each company's client against a server that speaks as the company does, error by error."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import deepl as deepl_sdk
import pytest
from azure.ai.translation.text.aio import TextTranslationClient
from azure.core.credentials import AzureKeyCredential

from handlers.providers import azure, deepl, libretranslate
from handlers.providers.errors import (
    ExhaustedError,
    ProviderError,
    RefusedError,
    UnavailableError,
)
from handlers.providers.keys import Keys
from handlers.providers.translators import Most, Translator, batches
from handlers.providers.wiring import Wiring
from hub.embedded import Engines
from scripts import sandbox
from scripts.standins.azure import Azure
from scripts.standins.base import Fault, Standin, serving
from scripts.standins.deepl import DeepL
from scripts.standins.libretranslate import LibreTranslate
from state.live import client, gates
from state.live.gates import Shown
from tests.interpreters import forget_gate

KEY = "a-key-of-the-tests"


class House:
    """The stand-ins, and our clients of them, as they are set up by `Keys`."""

    def __init__(self, urls: dict[str, str], wiring: Wiring) -> None:
        self.deepl = DeepL(KEY)
        self.azure = Azure(KEY, "westeurope")
        self.libretranslate = LibreTranslate()
        self.urls, self.wiring = urls, wiring
        self.outcomes: Counter[tuple[str, str]] = Counter()

    @property
    def standins(self) -> list[Standin]:
        return [self.deepl, self.azure, self.libretranslate]

    def client(self, name: str, **more: Any) -> Translator:
        keys = Keys(
            deepl_api_key=KEY,
            deepl_base_url=self.urls["deepl"],
            azure_translator_key=KEY,
            azure_translator_region="westeurope",
            azure_translator_base_url=self.urls["azure"],
            libretranslate_url=self.urls["libretranslate"],
        )
        keys = Keys(**{field: getattr(keys, field) for field in Keys.__struct_fields__} | more)
        made = {"deepl": deepl, "azure": azure, "libretranslate": libretranslate}[name].create(
            keys, self.wiring
        )
        assert made is not None
        return made

    async def gate(self, name: str) -> Shown:
        return await gates.show(self.wiring.redis, name)


@pytest.fixture
async def house(engines: Engines) -> AsyncIterator[House]:
    redis = client.connect(engines.redis_url)
    for name in ("deepl", "azure", "libretranslate"):
        await forget_gate(redis, name)
    async with aiohttp.ClientSession() as http:
        made = House({}, None)  # type: ignore[arg-type]

        def observe(name: str, outcome: str, _seconds: float) -> None:
            made.outcomes[name, outcome] += 1

        made.wiring = Wiring(http, redis, observe)
        async with serving(made.standins) as urls:
            made.urls = urls
            yield made
    await redis.aclose()


CLIENTS: list[tuple[str, dict[str, Any]]] = [
    ("deepl", {}),
    ("azure", {"azure_translator_version": "3.0"}),
    ("azure", {"azure_translator_version": "2026-06-06"}),
    ("libretranslate", {}),
]
EVERY = pytest.mark.parametrize(("name", "more"), CLIENTS, ids=["deepl", "3.0", "2026", "libre"])


@EVERY
async def test_texts_come_back_in_order_with_the_language_they_were_in(
    house: House, name: str, more: dict[str, Any]
) -> None:
    engine = house.client(name, **more)
    assert await engine.speaks(None, "de")
    assert await engine.speaks("ru", "en")
    found = await engine.translate(["no onions", "без лука", "well done"], None, "fr")
    assert [each.text[5:] for each in found] == ["no onions", "без лука", "well done"]
    assert [each.source for each in found] == ["en", "ru", "en"]
    [known] = await engine.translate(["no onions"], "en", "ja")
    assert known.text.endswith("no onions")
    assert house.outcomes[name, "good"] >= 2
    assert set(house.outcomes) == {(name, "good")}


@EVERY
@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_passing_failure_is_tried_again_where_that_is_allowed(
    house: House, name: str, more: dict[str, Any], status: int
) -> None:
    engine = house.client(name, **more)
    await engine.speaks("en", "de")  # libretranslate is asked for its languages first
    standin: Standin = getattr(house, name)
    standin.faults.append(Fault(status=status, headers={"Retry-After": "0"}))
    before = len(standin.calls)
    if name == "libretranslate" and status == 429:  # it bans who goes on
        with pytest.raises(UnavailableError):
            await engine.translate(["hello"], "en", "de")
        assert len(standin.calls) == before + 1
    else:
        await engine.translate(["hello"], "en", "de")
        assert len(standin.calls) == before + 2


@EVERY
@pytest.mark.parametrize(
    "fault", [Fault(reset="before"), Fault(reset="after"), Fault(malformed=True)]
)
async def test_a_broken_line_is_tried_again_and_nonsense_is_not_believed(
    house: House, name: str, more: dict[str, Any], fault: Fault
) -> None:
    engine = house.client(name, **more)
    await engine.speaks("en", "de")
    getattr(house, name).faults.append(fault)
    if fault.malformed:
        with pytest.raises(UnavailableError):
            await engine.translate(["hello"], "en", "de")
    else:
        assert (await engine.translate(["hello"], "en", "de"))[0].text.endswith("hello")


WRONG: list[tuple[str, int, type[ProviderError]]] = [
    ("deepl", 400, RefusedError),
    ("deepl", 403, ExhaustedError),
    ("deepl", 404, RefusedError),
    ("deepl", 413, RefusedError),
    ("deepl", 414, RefusedError),
    ("deepl", 456, ExhaustedError),
    ("deepl", 529, UnavailableError),
    ("azure", 400, RefusedError),
    ("azure", 401, ExhaustedError),
    ("azure", 403, ExhaustedError),
    ("azure", 408, UnavailableError),
    ("libretranslate", 400, RefusedError),
    ("libretranslate", 403, ExhaustedError),
]


@pytest.mark.parametrize(("name", "status", "error"), WRONG)
async def test_each_error_means_what_the_company_says_it_means(
    house: House, name: str, status: int, error: type[ProviderError]
) -> None:
    engine = house.client(name)
    await engine.speaks("en", "de")
    standin: Standin = getattr(house, name)
    again = error is UnavailableError
    standin.faults.extend([Fault(status=status, headers={"Retry-After": "0"})] * 3)
    before = len(standin.calls)
    with pytest.raises(error):
        await engine.translate(["hello"], "en", "de")
    assert len(standin.calls) - before == (3 if again else 1)
    shut = (await house.gate(name)).shut
    assert (shut > 3000) is (error is ExhaustedError), "left alone for an hour, or not at all"


async def test_a_spent_quota_is_not_asked_for_again(house: House) -> None:
    house.deepl.left = 3
    engine = house.client("deepl")
    for _ in range(2):
        with pytest.raises(ProviderError):
            await engine.translate(["hello"], "en", "de")
    assert len(house.deepl.calls) == 1


async def test_a_missing_key_is_told_from_a_wrong_request(house: House) -> None:
    house.libretranslate.key = KEY
    with pytest.raises(ExhaustedError):
        await house.client("libretranslate").translate(["hello"], "en", "de")
    await forget_gate(house.wiring.redis, "libretranslate")
    engine = house.client("libretranslate", libretranslate_api_key=KEY)
    assert await engine.translate(["hello"], "en", "de")
    with pytest.raises(RefusedError):
        await engine.translate(["hello"], "en", "tlh")


async def test_a_wrong_region_is_a_wrong_key(house: House) -> None:
    with pytest.raises(ExhaustedError):
        await house.client("azure", azure_translator_region="").translate(["hello"], "en", "de")


async def test_many_texts_go_in_requests_as_large_as_are_taken(house: House) -> None:
    texts = [f"text {number}" for number in range(120)]
    found = await house.client("deepl").translate(texts, "en", "de")
    assert [each.text for each in found] == [f"[DE] {text}" for text in texts]
    assert [len(call.body["text"]) for call in house.deepl.calls] == [50, 50, 20]
    long = ["a" * 20_000] * 5
    await house.client("azure").translate(long, "en", "de")
    assert [len(call.body["inputs"]) for call in house.azure.calls] == [2, 2, 1]


def test_a_text_too_long_for_any_batch_goes_alone() -> None:
    most = Most(texts=3, sizes=10, size=len)
    assert list(batches(["a" * 4, "b" * 4, "c" * 4, "d" * 40, "e"], most)) == [
        ["a" * 4, "b" * 4],
        ["c" * 4],
        ["d" * 40],
        ["e"],
    ]


async def test_the_breaker_opens_for_all_workers_and_lets_one_call_find_out(house: House) -> None:
    engines = [house.client("azure") for _ in range(2)]
    house.azure.faults.extend([Fault(status=500, headers={"Retry-After": "0"})] * 5)
    for _ in range(2):
        with pytest.raises(UnavailableError):
            await engines[0].translate(["hello"], "en", "de")
    asked = len(house.azure.calls)
    assert asked == 5, "the sixth try was not made"
    with pytest.raises(UnavailableError):
        await engines[1].translate(["hello"], "en", "de")
    assert len(house.azure.calls) == asked
    assert 0 < (await house.gate("azure")).shut <= 30

    state = "{p:azure}:state"
    await house.wiring.redis.of(state).hset(state, "open", 1)  # half a minute later
    house.azure.faults.append(Fault(seconds=0.2))
    first = asyncio.create_task(engines[0].translate(["hello"], "en", "de"))
    while len(house.azure.calls) == asked:  # noqa: ASYNC110 - the server is another's
        await asyncio.sleep(0.01)
    with pytest.raises(UnavailableError):
        await engines[1].translate(["hello"], "en", "de")
    assert await first
    assert await engines[1].translate(["hello"], "en", "de")


async def test_all_workers_together_stay_within_the_slots_of_a_service(house: House) -> None:
    engines = [house.client("libretranslate") for _ in range(3)]
    await asyncio.gather(*(engine.speaks("en", "de") for engine in engines))
    house.libretranslate.faults.extend([Fault(seconds=0.1)] * 6)
    busiest = 0

    async def watch() -> None:
        nonlocal busiest
        while True:
            busiest = max(busiest, (await house.gate("libretranslate")).busy)
            await asyncio.sleep(0.01)

    watching = asyncio.create_task(watch())
    await asyncio.gather(*(each.translate(["hello"], "en", "de") for each in engines * 2))
    watching.cancel()
    assert busiest == libretranslate.LIMITS.slots


async def test_deepls_own_client_understands_our_stand_in(house: House) -> None:
    url = house.urls["deepl"] + "/"
    translator = deepl_sdk.Translator(KEY, server_url=url)

    def talk() -> tuple[Any, Any]:
        made = translator.translate_text(["hello", "без лука"], target_lang="DE")
        with pytest.raises(deepl_sdk.AuthorizationException):
            deepl_sdk.Translator("another", server_url=url).translate_text(
                "hello", target_lang="DE"
            )
        return made, translator.get_usage()

    made, usage = await asyncio.to_thread(talk)
    translator.close()
    assert [(each.text, each.detected_source_lang) for each in made] == [
        ("[DE] hello", "EN"),
        ("[DE] без лука", "RU"),
    ]
    assert usage.character.count == len("hello") + len("без лука")


async def test_azures_own_client_understands_our_stand_in(house: House) -> None:
    async with TextTranslationClient(
        endpoint=house.urls["azure"], credential=AzureKeyCredential(KEY), region="westeurope"
    ) as azure_sdk:
        found = await azure_sdk.translate(body=["без лука"], to_language=["de"])
    assert found[0].translations[0].text == "[de] без лука"
    assert found[0].detected_language.language == "ru"


async def test_a_developer_can_let_a_stand_in_fail_and_see_what_it_was_asked() -> None:
    standin = DeepL(KEY)
    beside = {"/__sandbox__": sandbox.admin([standin])}
    ask = {"text": ["hello"], "target_lang": "DE"}
    sign = {"Authorization": f"DeepL-Auth-Key {KEY}"}
    async with serving([standin], beside=beside) as urls, aiohttp.ClientSession() as http:
        root = urls["deepl"].removesuffix("/deepl")
        fault = {"name": "deepl", "status": 503, "times": 1}
        await (await http.post(f"{root}/__sandbox__/faults", json=fault)).read()
        found = []
        for _ in range(2):
            async with http.post(f"{urls['deepl']}/v2/translate", json=ask, headers=sign) as reply:
                found.append(reply.status)
        async with http.get(f"{root}/__sandbox__/calls?name=deepl") as reply:
            asked = await reply.json()
    assert found == [503, 200]
    assert asked == [["POST", "/deepl/v2/translate", ask]] * 2
