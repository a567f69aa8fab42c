"""The manager's desk: what is edited there is everywhere at once."""

import asyncio
import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Page, expect

from tests.desk import desk
from tests.place import Place
from tests.scenes import cook_order, place_order
from tests.screens import Screens, add, open_screens

SECTIONS = {
    "live": ".stat",
    "reports": ".stat",
    "money": ".stat",
    "history": ".history-row, .nothing-here",
    "menu": ".menu-row",
    "tables": ".table-tile",
    "stations": ".row",
    "people": ".row",
    "devices": ".row",
    "hours": ".day-row",
    "settings": ".form",
}


async def go(manager: Page, section: str) -> None:
    await manager.goto(f"{manager.url.split('#')[0]}#{section}")
    await manager.wait_for_selector(SECTIONS[section])


async def test_a_new_price_is_on_the_guests_phone_at_once(place: Place) -> None:
    async with open_screens(place) as screens:
        guest = await screens.guest(node=1)
        manager = await screens.manager(node=0, section="menu")
        await add(guest, "Espresso")
        await manager.locator(".menu-row", has_text="Espresso").locator(".row-main").click()
        sheet = manager.get_by_role("dialog")
        await sheet.get_by_label("Price").fill("3,75")
        await sheet.get_by_role("button", name="Save").click()
        dish = guest.locator(".dish", has=guest.get_by_text("Espresso", exact=True))
        await expect(dish.locator(".dish-foot .price")).to_have_text("€3.75")
        await expect(guest.locator(".cart-bar .price")).to_have_text("€3.75")
        await expect(manager.locator(".menu-row", has_text="Espresso")).to_contain_text("€3.75")


async def test_a_dish_with_all_that_belongs_to_it_is_added_by_hand(
    place: Place, tmp_path: Path
) -> None:
    picture = tmp_path / "ramen.png"
    Image.new("RGB", (400, 300), "tomato").save(picture)
    async with open_screens(place) as screens:
        german = await screens.guest(node=1, locale="de-DE")
        manager = await screens.manager(section="menu")
        await manager.get_by_role("button", name="New choice").click()
        choice = manager.get_by_role("dialog")
        await choice.get_by_label("Name · English").first.fill("Broth")
        await choice.get_by_label("Choose at least").fill("1")
        await choice.locator(".modifier .row-main").click()
        await (
            choice.locator(".modifier-open").get_by_label("Name · English").fill("Miso <b>rich</b>")
        )
        await choice.locator(".modifier-price input").fill("1.50")
        await choice.get_by_role("button", name="Save").click()
        await expect(choice).to_have_count(0)

        await manager.get_by_role("button", name="New dish").click()
        sheet = manager.get_by_role("dialog")
        await sheet.get_by_label("Name · English").fill("Ramen")
        await sheet.get_by_role("button", name="Deutsch").click()
        await sheet.get_by_label("Name · Deutsch").fill("Nudelsuppe")
        await sheet.get_by_label("Translated by a machine").check()
        await sheet.locator("input[type=file]").set_input_files(picture)
        await sheet.get_by_label("Price").fill("14")
        await sheet.get_by_label("Tax").fill("7")
        await sheet.get_by_role("button", name="Broth").click()
        await sheet.get_by_role("button", name="eggs").click()
        await sheet.get_by_role("button", name="Save").click()
        row = manager.locator(".menu-row", has_text="Ramen")
        await expect(row.locator("img.thumb")).to_have_count(1)
        await expect(row.locator(".tag.warn")).to_have_text("Machine")

        dish = german.locator(".dish", has_text="Nudelsuppe")
        await expect(dish.locator("img")).to_have_count(1)
        await dish.locator(".dish-main").click()
        await german.get_by_text("Miso <b>rich</b>").click()
        await expect(german.locator("dialog .price").last).to_have_text("15,50\xa0€")
        await expect(german.locator("dialog .allergens")).to_contain_text("Eier")


async def test_what_was_changed_by_another_is_not_overwritten_unseen(place: Place) -> None:
    boss = await desk(place)
    async with open_screens(place) as screens:
        manager = await screens.manager(section="tables")
        await manager.locator(".table-tile").first.click()
        sheet = manager.get_by_role("dialog")
        table = (await boss.get("house"))["tables"][0]
        await boss.put(f"tables/{table['id']}", number=table["number"], seats=9)
        await sheet.get_by_label("Seats").fill("7")
        await sheet.get_by_role("button", name="Save").click()
        await expect(sheet.get_by_role("alert")).to_contain_text("Somebody else changed this")
        await sheet.get_by_role("button", name="Save").click()
        await expect(sheet).to_have_count(0)
        assert (await boss.get("house"))["tables"][0]["seats"] == 7


async def test_a_newcomer_signs_in_at_the_kitchens_screen_and_is_let_go(place: Place) -> None:
    async with open_screens(place) as screens:
        kitchen = await screens.kitchen(node=1, role="manager")
        await kitchen.get_by_role("button", name="Settings").click()
        await kitchen.get_by_role("button", name="Pair this screen").click()
        await kitchen.get_by_label("A name for it").fill("Grill screen")
        await kitchen.get_by_role("button", name="Pair", exact=True).click()
        await expect(kitchen.get_by_text("This screen is paired")).to_be_visible()
        await kitchen.get_by_role("button", name="Sign out").click()

        manager = await screens.manager(node=0, section="people")
        await manager.get_by_role("button", name="New person").click()
        sheet = manager.get_by_role("dialog")
        await sheet.get_by_label("Name").fill("Mei <i>Lin</i>")
        await sheet.get_by_label("Role").select_option("kitchen")
        await sheet.get_by_label("PIN").fill("7351")
        await sheet.get_by_role("button", name="Save").click()
        await expect(manager.get_by_text("Mei <i>Lin</i>")).to_be_visible()

        for digit in "7351":
            await kitchen.get_by_role("button", name=digit, exact=True).click()
        await kitchen.get_by_role("button", name="Start shift").click()
        await expect(kitchen.locator(".link-dot.live")).to_be_visible()
        await go(manager, "devices")
        await manager.get_by_role("button", name="Unpair").click()
        await manager.get_by_role("dialog").get_by_role("button", name="Remove").click()
        await expect(kitchen.locator(".signin")).to_be_visible()
        await expect(manager.get_by_text("None yet")).to_be_visible()


async def test_the_desk_follows_the_house_live(place: Place) -> None:
    guest, cook = await place.guest(), await place.cook()
    async with open_screens(place) as screens:
        manager = await screens.manager(node=1)
        order = await place_order(place, guest)
        row = manager.locator(".now-tickets .row", has_text=f"#{order['orderNumber']}")
        await expect(row.locator(".tag")).to_have_text("Received")
        await cook_order(cook, order)
        await expect(row.locator(".tag")).to_have_text("Ready")
        await expect(manager.locator(".now-alerts .row")).to_contain_text("is ready")
        dish = place.dish("pastry")
        await cook.send("menu:availability", menuItemId=dish["id"], available=False)
        gone = manager.locator(".now-sold-out .row")
        await expect(gone.locator(".grow")).to_have_text(dish["name"])
        await gone.get_by_role("button", name="Back on").click()
        await cook.hears("menu:availability", lambda told: told["available"])
        await expect(gone).to_have_count(0)
        sales = manager.locator(".stat", has_text="Sales today").locator(".stat-value")
        await expect(sales).to_have_text(f"€{order['subtotal'] / 100:,.2f}")
        await go(manager, "history")
        happened = manager.locator(".history-row")
        await expect(happened.first).to_contain_text(f"Back on{dish['name']}Daniel Weiss")
        await manager.get_by_role("button", name="Orders").click()
        await expect(happened).to_have_count(1)
        await expect(happened).to_contain_text(f"Order #{order['orderNumber']} placed")


async def test_charts_have_their_numbers_in_a_table_and_in_a_file(place: Place) -> None:
    guest, cook = await place.guest(), await place.cook()
    await cook_order(cook, await place_order(place, guest, place.line("grill", 3)))
    async with open_screens(place) as screens:
        manager = await screens.manager(section="reports")
        card = manager.locator(".report-intervals")
        await expect(card.get_by_role("img")).to_have_accessible_name(
            "Bar chart with 1 bars. The highest is"
            f" {await card.locator('.chart-text').last.text_content()}: 3 (Items)."
        )
        await card.get_by_text("As a table").click()
        await expect(card.locator("tbody tr td").nth(1)).to_have_text("3")
        async with manager.expect_download() as download:
            await card.get_by_role("button", name="CSV").click()
        file = await (await download.value).path()
        lines = (await asyncio.to_thread(Path(file).read_text, "utf-8-sig")).splitlines()
        assert lines[0] == "at,orders,items,sales"
        assert lines[1].split(",")[1:3] == ["1", "3"]


async def test_the_codes_of_all_tables_are_what_is_printed(place: Place) -> None:
    async with open_screens(place) as screens:
        manager = await screens.manager(section="tables")
        await manager.get_by_role("button", name="Print codes").click()
        await expect(manager.locator(".sheet .code-card")).to_have_count(len(place.tables))
        await manager.emulate_media(media="print")
        paper = manager.locator(".paper .code-card")
        await expect(paper.last).to_be_visible()
        assert await paper.count() == len(place.tables)
        await expect(manager.locator(".desk")).to_be_hidden()
        pdf = io.BytesIO(await manager.pdf())
        assert pdf.getvalue().count(b"/Type /Page\n") > 1 or len(pdf.getvalue()) > 10_000


@pytest.mark.parametrize(
    "profile",
    [
        {"locale": "ar-EG", "viewport": {"width": 360, "height": 640}},
        {"locale": "ru-RU", "viewport": {"width": 820, "height": 1180}, "color_scheme": "dark"},
    ],
    ids=["Arabic phone", "Russian tablet"],
)
async def test_every_section_fits_every_screen(calm: Place, profile: dict[str, object]) -> None:
    async with open_screens(calm) as screens:
        manager = await signed_in(screens, calm, profile)
        for section in SECTIONS:
            await go(manager, section)
            wide = await manager.evaluate("document.documentElement.scrollWidth")
            assert wide <= await manager.evaluate("innerWidth"), section
            texts = await manager.locator("#main").inner_text()
            assert "m." + section not in texts


async def signed_in(screens: Screens, place: Place, profile: dict[str, object]) -> Page:
    """Sign in where labels are in another language."""
    page = await screens.blank(**profile)
    await page.goto(f"{place.urls[0]}/manager")
    await page.locator("input[name=email]").fill(place.staff["manager"]["email"])
    await page.locator("input[name=password]").fill(place.staff["manager"]["password"])
    await page.locator(".signin-form .primary").click()
    await page.wait_for_selector(".link-dot.live")
    return page


async def test_the_desk_is_worked_by_keyboard(calm: Place) -> None:
    async with open_screens(calm) as screens:
        manager = await screens.manager(section="menu")
        await manager.wait_for_selector(".menu-row")
        await manager.locator(".search input").focus()
        await manager.keyboard.type("espresso")
        await expect(manager.locator(".menu-row")).to_have_count(1)
        await manager.locator(".menu-row .row-main").focus()
        await manager.keyboard.press("Enter")
        sheet = manager.get_by_role("dialog")
        await expect(sheet).to_be_visible()
        await manager.keyboard.press("Escape")
        await expect(sheet).to_have_count(0)
