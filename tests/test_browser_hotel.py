"""A night as a guest sees it: found, booked, checked in with the link; nothing for axe to find."""

from datetime import timedelta
from pathlib import Path

import asyncpg
import msgspec
from playwright.async_api import Page, expect

from handlers import work
from hub.app import run_node
from hub.settings import Settings
from hub.worker import job_queue
from tests.agencies import USED, agencies
from tests.guesthouse import open_early, today
from tests.interpreters import cancel_all
from tests.place import Place
from tests.screens import PHONE, Screens, open_screens
from tests.test_browser_quality import ARTIFACTS, AXE, ROOT, SMALL, SPEAK, THEMES, WIDTH, wear

FIELDS = {
    "Date of birth": "1990-12-10",
    "Passport or identity card number": "123456789",
    "Address": "12 St James's Square",
}


async def checked(page: Page, name: str) -> None:
    """Hold a page to what holds on all of them, and keep pictures of it."""
    await page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text())
    assert await page.evaluate(SMALL, 48) == []
    ARTIFACTS.mkdir(exist_ok=True)
    for theme in THEMES:
        await wear(page, theme)
        only = ["color-contrast"] if theme != "light" else []
        found = await page.evaluate(AXE, {"only": only, "also": "color-contrast"})
        assert found == [], f"{name} in {theme}: {found}"
        path: Path = ARTIFACTS / f"{name}-phone-{theme}.jpg"
        await page.screenshot(path=path, type="jpeg", quality=80, full_page=True)
    await wear(page, "light")


async def opened(screens: Screens, place: Place) -> Page:
    page = await screens.blank(viewport=PHONE, has_touch=True)
    await page.goto(f"{place.urls[0]}/hotel/{place.tables[0]['token']}")
    await expect(page.get_by_role("heading", name="Stay the night")).to_be_visible()
    return page


async def test_a_guest_finds_a_room_books_it_and_checks_in(
    place: Place, db: asyncpg.Connection
) -> None:
    await open_early(db, place)
    async with open_screens(place) as screens:
        page = await opened(screens, place)
        assert place.tables[0]["token"] not in page.url
        tonight = today()
        await page.get_by_label("Arrival").fill(tonight.isoformat())
        await page.get_by_label("Departure").fill((tonight + timedelta(days=2)).isoformat())
        await page.get_by_role("button", name="More").last.click()
        await expect(page.get_by_label("Child 1")).to_have_value("8")
        await page.get_by_role("button", name="Find rooms").click()
        offer = page.locator(".offer")
        await expect(offer).to_have_count(1)
        await expect(offer).to_contain_text("Linden House")
        await expect(offer.locator(".price")).to_have_text("€258.00")
        await checked(page, "hotel")

        await offer.get_by_role("button", name="Choose").click()
        sheet = page.get_by_role("dialog")
        for label, value in (
            ("First name", "Ada"),
            ("Last name", "Lovelace"),
            ("E-mail", "ada@example.test"),
        ):
            await sheet.get_by_label(label).fill(value)
        await checked(page, "hotel-book")
        await sheet.get_by_role("button", name="Book").click()
        booking = page.locator(".booking")
        await expect(booking).to_contain_text("Ada Lovelace")
        await expect(booking.locator(".booking-code")).to_be_visible()
        await expect(sheet).to_have_count(0)
        await checked(page, "hotel-booked")
        for lang in ("ru", "de", "ja", "ar", "en"):
            await page.evaluate(SPEAK, lang)
            wide, html = await page.evaluate(WIDTH)
            assert (wide, html) == (0, [lang, "rtl" if lang == "ar" else "ltr"])

        await booking.get_by_role("link", name="Check in").click()
        await expect(page.get_by_role("heading", name="Linden House")).to_be_visible()
        await expect(page.get_by_label("First name")).to_have_value("Ada")
        await checked(page, "checkin")
        for label, value in FIELDS.items():
            await page.get_by_label(label).fill(value)
        await page.get_by_label("Nationality").select_option("United Kingdom")
        await page.get_by_role("button", name="Check in").click()
        card = page.locator(".door-card")
        await expect(card).to_contain_text("Welcome, Ada!")
        code = await card.locator(".door-code strong").inner_text()
        assert (len(code), code.isdigit()) == (6, True)
        await checked(page, "checkin-done")
        await page.reload()
        await expect(card.locator(".door-code strong")).to_have_text(code)


async def test_a_room_of_another_company_is_booked_while_the_guest_waits(
    place: Place, settings: Settings
) -> None:
    here = msgspec.structs.replace(settings, job_lease=2.0, **USED)
    async with run_node(here) as node, agencies(node.deps) as house:
        await cancel_all(node.deps)
        queue = job_queue(here, work.KINDS, house.made, node.deps)
        queue.start()
        place.urls.insert(0, f"http://127.0.0.1:{node.port}")
        async with open_screens(place) as screens:
            page = await opened(screens, place)
            start = today() + timedelta(days=500 - 7)
            await page.get_by_label("Departure").fill((start + timedelta(days=1)).isoformat())
            await page.get_by_label("Arrival").fill(start.isoformat())
            await page.get_by_role("button", name="Find rooms").click()
            await expect(page.locator(".offer")).to_have_count(5)
            await expect(page.locator(".offer").first).to_contain_text("Our own house")
            await checked(page, "hotel-offers")
            mint = page.locator(".offer", has_text="The Old Mint")
            await expect(mint).to_contain_text("For trying out")
            await mint.get_by_role("button", name="Choose").click()
            sheet = page.get_by_role("dialog")
            for label in ("First name", "Last name", "Phone", "Address", "City"):
                await sheet.get_by_label(label).fill("Ada")
            await sheet.get_by_label("E-mail").fill("ada@example.test")
            await sheet.get_by_role("button", name="Book").click()
            booking = page.locator(".booking")
            await expect(booking).to_contain_text("The Old Mint")
            await expect(booking).to_contain_text("For trying out")
            await expect(booking.get_by_role("link", name="Check in")).to_have_count(0)
            await booking.get_by_role("button", name="Cancel booking").click()
            await expect(booking).to_contain_text("Cancelled")
        await queue.close()
    assert [order["status"] for order in house.booking.orders.values()] == ["cancelled_by_guest"]


async def test_a_link_that_nobody_made_opens_nothing(place: Place) -> None:
    async with open_screens(place) as screens:
        page = await screens.blank(viewport=PHONE)
        await page.goto(f"{place.urls[0]}/checkin/guessed")
        await expect(page.get_by_text("There is no such booking.")).to_be_visible()


async def test_who_is_lost_is_told_what_to_do_in_their_language(place: Place) -> None:
    async with open_screens(place) as screens:
        page = await screens.blank(viewport=PHONE, has_touch=True, locale="de-DE")
        await page.goto(f"{place.urls[0]}/hotel/here")
        await expect(page.get_by_role("heading")).to_contain_text("Scannen Sie zuerst den Code")
        await checked(page, "hotel-nobody")
        await page.goto(f"{place.urls[0]}/nowhere")
        await expect(page.get_by_role("heading")).to_have_text("Diese Seite gibt es nicht")
        assert await page.evaluate(SMALL, 48) == []
        assert (await page.evaluate(WIDTH))[0] <= 0
        await page.get_by_role("link", name="Zur Startseite").click()
        await expect(page.locator(".story")).to_be_visible()
