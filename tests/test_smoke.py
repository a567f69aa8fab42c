"""Asking all companies whether they are there; here their stand-ins answer."""

from handlers.providers.keys import Keys
from hub.embedded import Engines
from scripts import smoke
from scripts.standins.airalo import Airalo
from scripts.standins.azure import Azure
from scripts.standins.base import serving
from scripts.standins.deepl import DeepL
from scripts.standins.smtp import Smtp
from scripts.standins.toncenter import Toncenter
from scripts.standins.tonrates import TonRates
from state.domain.ids import new_id
from state.live import client
from tests.interpreters import forget_gate
from tests.sellers import PARTS

KEY = "a-key-of-the-tests"
ADDRESS = f"0:{64 * '6'}"
NAMES = ("deepl", "azure", "toncenter", "tonrates", "smtp")


async def test_each_company_with_a_key_is_asked_and_who_fails_is_named(engines: Engines) -> None:
    redis = client.connect(engines.redis_url)
    for name in (*NAMES, *PARTS):
        await forget_gate(redis, name)
    await redis.of("ton:COIN:EUR").delete("ton:COIN:EUR")
    deepl, azure, airalo = DeepL(KEY), Azure(KEY), Airalo(new_id(), KEY)
    chain = Toncenter(KEY)
    chain.pay(ADDRESS, 5, None)["lt"] = "7"
    async with (
        Smtp().listening() as mail,
        serving([deepl, azure, airalo, chain, TonRates()]) as urls,
    ):
        keys = Keys(
            deepl_api_key=KEY,
            deepl_base_url=urls["deepl"],
            azure_translator_key="another",
            azure_translator_base_url=urls["azure"],
            airalo_client_id=airalo.client_id,
            airalo_client_secret=KEY,
            airalo_base_url=urls["airalo"],
            ton_address=ADDRESS,
            ton_base_url=f"{urls['toncenter']}/api/v3",
            ton_rates_url=f"{urls['tonrates']}/v2",
            smtp_url=mail,
            mail_from="hub@example.test",
        )
        found = {each.name: each async for each in smoke.check(keys, redis)}
        for name in (*NAMES, *PARTS):
            await forget_gate(redis, name)
        none = [each.name async for each in smoke.check(Keys(), redis)]
    await redis.aclose()
    assert found.keys() >= {"deepl", "azure", "airalo", "toncenter"}
    assert found["toncenter"].said == "a coin is 2.5 EUR, the last transfer to us was at 7"
    assert (found["deepl"].said, found["deepl"].wrong) == ("water is [ES] water in Spanish", "")
    assert found["smtp"].said == "letters are taken by sandbox"
    assert found["airalo"].said == "4 packages for Japan"
    assert "does not accept our key" in found["azure"].wrong
    assert airalo.ledger.sold == [], "nothing is bought"
    assert not {"airalo", *NAMES} & set(none), "who has no key is not asked"
