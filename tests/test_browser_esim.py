"""A traveller at a table: buys an eSIM on the phone, installs it, sees what is left."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from playwright.async_api import Page, expect

from handlers import work
from handlers.esim_usage import check_due
from handlers.providers.all import providers
from handlers.purchases import give_back_owed
from hub.settings import Settings
from hub.worker import job_queue
from scripts.standins.base import serving
from scripts.standins.stripe import Stripe
from tests.interpreters import cancel_all, forget_gate
from tests.place import Place
from tests.screens import PHONE, Screens, open_screens
from tests.sellers import SECRET, Shop, open_shop
from tests.test_browser_quality import ARTIFACTS, AXE, ROOT, SMALL, SPEAK, WIDTH, wear

HERE = 2


@pytest.fixture
async def shop(settings: Settings, place: Place) -> AsyncIterator[Shop]:
    """A shop, with a worker that sees to it and takes cards."""
    async with open_shop(settings) as made, cards(made) as keys:
        await made.rest()
        await cancel_all(made.deps)
        place.urls.append(made.url)
        async with providers(keys, made.deps.redis, lambda *_: None) as companies:
            here = replace(made.deps, public_url=made.url)
            queue = job_queue(keys, work.KINDS, companies, here)
            queue.start()
            yield made
            await queue.close()


@asynccontextmanager
async def cards(shop: Shop) -> AsyncIterator[Settings]:
    """A stand-in of the company that takes cards; yield the settings that use it as well."""
    stripe = Stripe(SECRET, shop.settings.stripe_webhook_secret)
    await forget_gate(shop.deps.redis, "stripe")
    async with serving([stripe]) as urls:
        stripe.root, stripe.hook = urls["stripe"], f"{shop.url}/webhooks/stripe"
        shop.stripe = stripe
        known = {"stripe_api_key": SECRET, "stripe_base_url": urls["stripe"]}
        yield msgspec.structs.replace(shop.settings, **known)


async def sit(screens: Screens, place: Place) -> Page:
    """Scan a table's code, and go from its menu to the shop."""
    phone = await screens.guest(node=HERE)
    await phone.get_by_role("link", name="eSIM").click()
    await phone.wait_for_selector(".esim-offer")
    return phone


async def test_a_traveller_buys_installs_and_watches_an_esim(place: Place, shop: Shop) -> None:
    async with open_screens(place) as screens:
        phone = await sit(screens, place)
        await expect(phone.locator(".sandbox-tag").first).to_have_text("Sandbox: not real")
        await phone.get_by_label("Country").select_option("JP")
        first = phone.locator(".esim-offer").first
        await expect(first).to_contain_text("Sandbox JP")
        await first.get_by_role("button", name="Buy 1 GB, 7 days for $4.50").click()
        dialog = phone.get_by_role("dialog")
        await expect(dialog).to_contain_text("It is yours once $4.50 is paid")
        await looks_well(phone, "esim-pay")

        # A reload in the middle loses nothing.
        await phone.reload()
        await dialog.get_by_role("button", name="Pay $4.50").click()
        code = phone.get_by_role("img", name="QR code of your eSIM")
        await expect(code).to_be_visible()
        await expect(dialog).to_contain_text("no network knows this eSIM")
        await phone.wait_for_function("document.querySelector('.esim-code').naturalWidth > 0")
        [iccid] = shop.standin.ledger.sims
        card = shop.standin.ledger.sims[iccid]
        await expect(dialog.locator("code").last).to_have_text(card["qrcode"])
        link = dialog.get_by_role("link", name="iPhone")
        assert await link.get_attribute("href") == (
            card["direct_apple_installation_url"].replace("$", "%24")
        )
        await looks_well(phone, "esim-code")
        await dialog.get_by_role("button", name="Close").click()

        owned = phone.locator(".esim-card")
        await expect(owned).to_contain_text("Not used yet")
        shop.standin.ledger.use(iccid, 900)
        async with shop.deps.pool.acquire() as conn:
            due = "CASE WHEN sim->>'iccid' = $1 THEN now() END"
            await conn.execute(f"UPDATE esims SET check_at = {due}", iccid)
        await check_due(shop.deps, shop.now)
        await expect(owned).to_contain_text("124 of 1,024 MB left")
        await looks_well(phone, "esim")

        await owned.get_by_role("button", name="Top up").click()
        await phone.locator("dialog .esim-offer button").first.click()
        await dialog.get_by_role("button", name="Do not buy").click()
        await expect(dialog).to_have_count(0)
        for lang in ("ru", "de", "ja", "ar", "en"):
            await phone.evaluate(SPEAK, lang)
            wide, html = await phone.evaluate(WIDTH)
            assert (wide <= 0, html[0]) == (True, lang), f"{wide} px too wide in {lang}"

        # At home, long after the visit, the eSIM is still on the phone that bought it.
        await phone.evaluate("localStorage.removeItem('guest:code')")
        await phone.reload()
        await expect(owned).to_contain_text("124 of 1,024 MB left")
        await expect(phone.locator("#main")).to_contain_text("Scan the code on your table first")


async def test_what_was_paid_by_card_and_cannot_be_had_is_given_back(
    place: Place, shop: Shop
) -> None:
    async with open_screens(place) as screens:
        phone = await sit(screens, place)
        await phone.evaluate("document.querySelector('select').append(new Option('Nowhere', 'ZZ'))")
        await phone.get_by_label("Country").select_option("ZZ")
        offer = phone.locator(".esim-offer", has_text="Sandbox ZZ").nth(3)
        await offer.get_by_role("button").click()
        dialog, card = phone.get_by_role("dialog"), phone.get_by_role("heading", name="SANDBOX")
        await dialog.get_by_role("button", name="By card").click()
        await expect(card).to_be_visible()
        await phone.go_back()  # to think it over
        await dialog.get_by_role("button", name="By card").click()
        await expect(card).to_be_visible()
        await phone.get_by_role("button", name="Pay").click()
        await expect(phone.locator(".toast.bad")).to_contain_text("no longer available")
        await expect(dialog).to_have_count(0)

        # What was paid for and is not to be had goes back to the card.
        assert shop.stripe is not None
        async with asyncio.timeout(30):
            while not shop.stripe.refunds or any(shop.stripe.taken().values()):
                await give_back_owed(shop.deps)
                await asyncio.sleep(0.05)


async def looks_well(page: Page, name: str) -> None:
    """Let axe look at a page by day and by night, and keep pictures of it."""
    ARTIFACTS.mkdir(exist_ok=True)
    await page.evaluate((Path(ROOT) / "node_modules/axe-core/axe.min.js").read_text())
    for theme in ("light", "dark"):
        await wear(page, theme)
        only = ["color-contrast"] if theme != "light" else []
        found = await page.evaluate(AXE, {"only": only, "also": "color-contrast"})
        assert found == [], f"{name} in {theme}: {found}"
        await page.screenshot(path=ARTIFACTS / f"{name}-phone-{theme}.jpg", type="jpeg", quality=80)
    assert await page.evaluate(SMALL, 48) == []
    await page.set_viewport_size({"width": 1280, "height": 900})
    await page.screenshot(path=ARTIFACTS / f"{name}-desk.jpg", type="jpeg", quality=80)
    await page.set_viewport_size(PHONE)
