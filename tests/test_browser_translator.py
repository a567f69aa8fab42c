"""A guest and a waiter talk, each on their own phone: by voice and by hand, in two languages."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from hub.app import Node
from hub.settings import Settings
from scripts import espeak
from scripts.browser import LAUNCH_ARGS, chromium_path
from tests.interpreters import interpreters
from tests.place import Place
from tests.screens import Screens
from tests.speech import recorded, silence, write_wav
from tests.test_browser_quality import ARTIFACTS, AXE, ROOT, SMALL, SPEAK, WIDTH, wear

LISTENING = 300_000  # ms; one core may have to serve both browser and ear
WORDS = "One espresso and two glasses of water please"


@pytest.fixture(scope="module")
async def ear(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    """A browser whose microphone hears somebody say the words, again and again."""
    said = silence(0.2) + await recorded(WORDS) + silence(1.0)
    sound = write_wav(tmp_path_factory.mktemp("ear") / "said.wav", said)
    expect.set_options(timeout=60_000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_path(),
            args=[
                *LAUNCH_ARGS,
                "--disable-gpu",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-audio-capture={sound}",
                "--autoplay-policy=no-user-gesture-required",
            ],
        )
        yield browser
        await browser.close()


async def speak(page: Page, shown: str, hold: bool = False) -> None:
    """Hold the button until as much was understood, or tap it, and tap again."""
    await page.get_by_role("button", name="Hold to speak").hover()
    await page.mouse.down()
    if not hold:
        await page.mouse.up()
    so_far = page.locator(".so-far")
    await expect(so_far).to_contain_text(shown, ignore_case=True, timeout=LISTENING)
    if not hold:
        await page.mouse.down()
    await page.mouse.up()


async def look(page: Page, name: str) -> None:
    """Hold a page to what all pages are held to, and keep its picture."""
    await page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text())
    for theme in ("light", "dark"):
        await wear(page, theme)
        only = ["color-contrast"] if theme != "light" else []
        found = await page.evaluate(AXE, {"only": only, "also": "color-contrast"})
        assert found == [], f"{name} in {theme}: {found}"
        ARTIFACTS.mkdir(exist_ok=True)
        picture = ARTIFACTS / f"translator-{name}-{theme}.jpg"
        await page.screenshot(path=picture, type="jpeg", quality=80)
    await wear(page, "light")
    assert await page.evaluate(SMALL, 48) == []


async def test_a_guest_and_a_waiter_talk_each_in_their_own_language(
    place: Place, nodes: list[Node], settings: Settings, ear: Browser
) -> None:
    screens = Screens(ear, place)
    worker: Any = interpreters(settings, nodes[0].deps, espeak_home=espeak.home())
    async with worker:
        guest = await screens.guest(node=0)
        await guest.get_by_role("button", name="What do you need?").click()
        await guest.get_by_role("link", name="Talk in your language").click()
        await expect(guest.locator(".said-none")).to_be_visible()

        await expect(guest.locator(".talk-there")).to_contain_text("Nobody from the house is here")
        await guest.get_by_role("button", name="Call waiter").click()

        waiter = await screens.waiter(node=1)
        await waiter.get_by_role("button", name="Tables").click()
        await waiter.locator(".table-card", has_text=place.tables[0]["number"]).first.click()
        await waiter.get_by_role("dialog").get_by_role("button", name="Translate").click()
        await waiter.get_by_role("button", name="Language").click()
        await waiter.get_by_role("button", name="Deutsch").click()
        await expect(waiter.get_by_placeholder("Oder hier tippen")).to_be_visible()
        await expect(waiter.locator(".talk-there")).to_have_text("Gast ist hier")
        await expect(guest.locator(".talk-there")).to_have_text("Lena Hoffmann is here")

        # By voice
        await speak(guest, "espresso")
        mine = guest.locator(".message.mine")
        await expect(mine.locator(".message-text")).to_contain_text("espresso", ignore_case=True)
        heard = waiter.locator(".message")
        await expect(heard.locator(".message-text")).to_contain_text("[DE]")
        await expect(heard.locator(".message-said")).to_contain_text("espresso", ignore_case=True)
        await expect(heard.locator(".message-mark")).to_contain_text("maschinell übersetzt")

        # By hand, and read out on the other phone
        await waiter.get_by_placeholder("Oder hier tippen").fill("Sofort!")
        async with guest.expect_response("**/api/speech/*") as spoken:
            await waiter.get_by_role("button", name="Senden").click()
        assert (await spoken.value).status == 200
        await expect(guest.locator(".message-text").last).to_have_text("[EN-GB] Sofort!")

        # What names allergens no machine translates
        await guest.get_by_placeholder("Or type here").fill("I am allergic to nuts")
        await guest.get_by_role("button", name="Send").click()
        await expect(waiter.locator(".message-warn")).to_contain_text("Schalenfrüchte")
        await look(guest, "talk")

        for language in ("ru", "ja", "ar", "de", "en"):
            await guest.evaluate(SPEAK, language)
            assert (await guest.evaluate(WIDTH))[0] <= 0, language

        # Who comes back finds what was said
        await guest.reload()
        await expect(guest.locator(".message")).to_have_count(3)

        # Who goes is known to be gone, long before they could have lost the line
        await waiter.locator(".talk-head a").click()
        gone = guest.get_by_text("Nobody from the house is here")
        await expect(gone).to_be_visible(timeout=30_000)

        # A spoken order is read back, and added when its guest says yes
        await guest.get_by_role("button", name="Order").click()
        await speak(guest, "water", hold=True)
        sheet = guest.get_by_role("dialog")
        await expect(sheet.locator(".proposed li").first).to_contain_text("Espresso")
        await expect(sheet).to_contain_text("Not understood")
        await look(guest, "order")
        await sheet.get_by_role("button", name="Yes, add").click()
        await expect(sheet).to_have_count(0)

        # Two who look at one phone
        await guest.get_by_role("button", name="Face to face on one phone").click()
        half = guest.locator(".half")
        await half.get_by_role("combobox").select_option("de")
        await expect(half.locator(".message-text").first).to_contain_text("[DE]")
        await expect(half.locator(".message-warn")).to_contain_text("erwähnt: Schalenfrüchte")
        await look(guest, "faces")
        await guest.goto(place.urls[0] + "/scan/here")
        await expect(guest.locator(".cart-bar")).to_contain_text("View order")
    await screens.close()
    assert not screens.complaints, screens.complaints


async def test_who_is_at_no_table_is_told_where_to_begin(place: Place, ear: Browser) -> None:
    screens = Screens(ear, place)
    page = await screens.plain("/translator", ".quiet-page p")
    await expect(page.locator(".quiet-page")).to_contain_text("Scan the code on your table")
    await screens.close()
    assert not screens.complaints, screens.complaints
