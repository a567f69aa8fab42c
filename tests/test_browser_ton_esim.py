"""A traveller pays for an eSIM with a wallet, and has its receipt and its item."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from playwright.async_api import expect

from handlers import work
from handlers.providers.all import providers
from hub.settings import Settings
from hub.worker import job_queue
from scripts.standins.toncenter import PAYER
from state.domain.ton import raw
from tests.interpreters import cancel_all
from tests.place import Place
from tests.screens import open_screens
from tests.sellers import Shop, open_shop
from tests.test_browser_esim import looks_well, sit
from tests.test_browser_pay import clean
from tests.test_browser_quality import SPEAK, WIDTH
from tests.wallets import Chain, chain

WALLET = f"0:{64 * 'a'}"


@pytest.fixture
async def shop(settings: Settings, place: Place) -> AsyncIterator[Shop]:
    async with open_shop(settings) as made:
        await made.rest()
        place.urls.append(made.url)
        yield made


@pytest.fixture
async def wallets(shop: Shop) -> AsyncIterator[Chain]:
    """A worker that sells eSIMs, and one that reads the chain."""
    async with chain(shop.settings, shop.deps) as made:
        await cancel_all(shop.deps)
        async with providers(shop.settings, shop.deps.redis, lambda *_: None) as sellers:
            kinds = {name: kind for name, kind in work.KINDS.items() if name.startswith("esim")}
            queue = job_queue(
                msgspec.structs.replace(shop.settings, job_lease=2.0), kinds, sellers, shop.deps
            )
            queue.start()
            yield made
            await queue.close()


async def test_a_traveller_pays_in_coins_and_has_a_proof(
    place: Place, shop: Shop, wallets: Chain
) -> None:
    async with open_screens(place) as screens:
        phone = await sit(screens, place)
        await phone.get_by_label("Country").select_option("JP")
        await expect(phone.locator(".esim-offer").first).to_contain_text("Sandbox JP")
        await phone.locator(".esim-offer").first.get_by_role("button").click()
        dialog = phone.get_by_role("dialog")
        await dialog.get_by_role("button", name="By wallet: GRAM").click()
        await expect(dialog.locator(".pay-coins")).to_have_text("Send 1.8 GRAM")  # 4.50 at 2.50
        code = dialog.locator(".pay-code")
        await expect(code).to_have_js_property("complete", value=True)
        await phone.reload()  # loses nothing
        await expect(dialog.locator(".pay-coins")).to_have_text("Send 1.8 GRAM")
        await looks_well(phone, "esim-coins")
        link = await dialog.get_by_role("link", name="Open the wallet").get_attribute("href")
        wanted = urlsplit(link or "")
        wallets.toncenter.pay(wanted.path[1:], 1_800_000_000, parse_qs(wanted.query)["text"][0])
        await wallets.look()
        await expect(phone.get_by_role("img", name="QR code of your eSIM")).to_be_visible()
        await dialog.get_by_role("button", name="Close").click()

        await phone.locator(".esim-card").get_by_role("button", name="Proof of purchase").click()
        receipt = dialog.locator(".esim-receipt code")
        status, claims = await place.post(
            "/api/proofs/verify", {"receipt": await receipt.inner_text()}
        )
        assert (status, claims["amount"]) == (200, 450)
        await clean(phone, "esim-proof")
        wallet = dialog.get_by_label("Wallet address")
        assert raw(await wallet.input_value()) == PAYER, "the one that has paid"
        await wallet.fill("x" * 48)
        await dialog.get_by_role("button", name="Put it into this wallet").click()
        await expect(phone.locator(".toast.bad")).to_contain_text("not a TON address")
        await wallet.fill(WALLET)
        await dialog.get_by_role("button", name="Put it into this wallet").click()
        preparing = dialog.get_by_role("status").get_by_text("It is being prepared.")
        await expect(preparing).to_be_visible()
        for lang in ("ru", "de", "ja", "ar", "en"):
            await phone.evaluate(SPEAK, lang)
            wide, html = await phone.evaluate(WIDTH)
            assert (wide <= 0, html[0]) == (True, lang), f"{wide} px too wide in {lang}"
