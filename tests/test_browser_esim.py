"""A traveller at a table: buys an eSIM on the phone, installs it, sees what is left."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from handlers import work
from handlers.esim_usage import check_due
from hub.settings import Settings
from hub.worker import job_queue
from tests.interpreters import cancel_all
from tests.place import Place
from tests.screens import PHONE, Screens, open_screens
from tests.sellers import Shop, open_shop
from tests.test_browser_quality import ARTIFACTS, AXE, ROOT, SMALL, SPEAK, WIDTH, wear

HERE = 2


@pytest.fixture
async def shop(settings: Settings, place: Place) -> AsyncIterator[Shop]:
    """A shop, with a worker that sees to it."""
    async with open_shop(settings) as made:
        await made.rest()
        await cancel_all(made.deps)
        place.urls.append(made.url)
        queue = job_queue(made.settings, work.KINDS, made.now, made.deps)
        queue.start()
        yield made
        await queue.close()


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


async def test_what_cannot_be_had_is_said_and_the_page_goes_on(place: Place, shop: Shop) -> None:
    async with open_screens(place) as screens:
        phone = await sit(screens, place)
        await phone.evaluate("document.querySelector('select').append(new Option('Nowhere', 'ZZ'))")
        await phone.get_by_label("Country").select_option("ZZ")
        offer = phone.locator(".esim-offer", has_text="Sandbox ZZ").nth(3)
        await offer.get_by_role("button").click()
        dialog = phone.get_by_role("dialog")
        await dialog.get_by_role("button", name="Pay $4.50").click()
        await expect(phone.locator(".toast.bad")).to_contain_text("no longer to be had")
        await expect(dialog).to_have_count(0)


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
