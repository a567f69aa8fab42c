"""The floor's map and its list: what they show, and parties moved by drag and by keyboard."""

import re

from playwright.async_api import Locator, Page, expect

from tests.place import Place
from tests.screens import Screens, add, open_screens, place_order


def spot(page: Page, place: Place, index: int) -> Locator:
    """A table on the map."""
    return page.locator(f'.spot[data-table="{place.tables[index]["number"]}"]')


def row(page: Page, place: Place, index: int) -> Locator:
    """The same table in the list."""
    return page.locator(f'[data-row="{place.tables[index]["number"]}"]')


async def drag(page: Page, here: Locator, there: Locator) -> None:
    await here.locator(".top").hover()
    await page.mouse.down()
    await there.locator(".top").hover(force=True)
    await page.mouse.up()


async def confirm(page: Page, title: str) -> None:
    sheet = page.get_by_role("dialog", name=title)
    await sheet.locator(".sheet-foot .primary").click()
    await expect(sheet).to_have_count(0)


async def test_the_map_follows_a_visit_from_the_scan_to_the_clean_table(place: Place) -> None:
    async with open_screens(place) as screens:
        await visit(screens, place)


async def visit(screens: Screens, place: Place) -> None:
    floor, guest = await screens.floor(node=1), await screens.guest(node=0)
    waiter = await screens.waiter(node=0)
    table = spot(floor, place, 0)
    await expect(table).to_contain_text("Seated")
    await add(guest, "Beetroot Hummus")
    await expect(table).to_contain_text("Ordering")
    await place_order(guest)
    await expect(table).to_contain_text("Waiting")
    await expect(table).to_contain_text("€9.50")
    await expect(row(floor, place, 0)).to_have_accessible_name(
        re.compile(r"Table 1, Waiting \d+ min €9.50")
    )
    cook = await place.worker("kitchen")
    await cook.send("join:kitchen", restaurantId=place.id)
    (order,), _ = await cook.hears("orders:pending")
    await cook.send("order:updateStatus", orderId=order["id"], status="READY")
    await expect(table).to_contain_text("Ready")
    await waiter.get_by_role("button", name="On my way").click()
    await waiter.locator(".call-card").get_by_role("button", name="Served").click()
    await expect(table).to_contain_text("Eating")
    await guest.get_by_role("button", name="What do you need?").click()
    await guest.get_by_role("dialog").get_by_role("button", name="Bill").click()
    await expect(table).to_contain_text("Bill")
    await table.click()
    await floor.get_by_role("button", name="Close table").click()
    await confirm(floor, "Close table")
    await expect(table).to_contain_text("To clear")
    await table.click()
    await floor.get_by_role("button", name="The table is clean").click()
    await expect(table).to_contain_text("Free")


async def test_what_is_paid_shows_so_in_place_of_its_sum(place: Place) -> None:
    async with open_screens(place) as screens:
        floor, guest, till = (
            await screens.floor(),
            await place.guest(),
            await place.worker("manager", 1),
        )
        table = spot(floor, place, 0)
        order = await guest.send("order:create", items=[place.line()])
        await expect(table).to_contain_text("€")
        await till.send("payment:cash", tableId=place.tables[0]["id"])
        await expect(table).to_contain_text("Paid")
        await expect(table).not_to_contain_text("€")
        await expect(row(floor, place, 0)).to_have_accessible_name(
            re.compile(r"Table 1, Waiting \d+ min Paid")
        )
        for status in ("READY", "DELIVERED"):
            await till.send("order:updateStatus", orderId=order["id"], status=status)
        await expect(table).to_contain_text("Eating")
        body, chief = {"toTableId": place.tables[1]["id"]}, await place.login("manager")
        await place.post(f"/api/tables/{place.tables[0]['id']}/move", body, chief)
        eats_as_paid = re.compile(r"Table 2, Eating \d+ min Paid")
        await expect(row(floor, place, 1)).to_have_accessible_name(eats_as_paid)
        await floor.reload()
        await expect(row(floor, place, 1)).to_have_accessible_name(eats_as_paid)
        await spot(floor, place, 1).click()
        await expect(floor.get_by_role("dialog")).to_contain_text("Ordered so far€9.50")


async def test_a_party_is_moved_by_drag_and_joined_with_another_by_keyboard(place: Place) -> None:
    async with open_screens(place) as screens:
        floor = await screens.floor(node=1)
        ada, bo = await screens.guest(table=0), await screens.guest(table=2)
        await add(ada, "Espresso")
        await expect(spot(floor, place, 0)).to_contain_text("Ordering")
        await drag(floor, spot(floor, place, 0), spot(floor, place, 1))
        await confirm(floor, "Move table 1 to table 2?")
        await expect(spot(floor, place, 1)).to_contain_text("Ordering")
        await expect(spot(floor, place, 0)).to_contain_text("Free")
        await expect(ada.locator(".table-chip")).to_have_text("Table 2")

        await row(floor, place, 1).press("Enter")
        await floor.get_by_role("button", name="Move, or join another table").press("Enter")
        await expect(floor.get_by_role("status").filter(has_text="Where does")).to_be_visible()
        await row(floor, place, 2).press("Enter")
        await (
            floor.get_by_role("dialog", name="Join table 2")
            .get_by_role("button", name="Move", exact=True)
            .press("Enter")
        )
        await expect(spot(floor, place, 1)).to_contain_text("To clear")
        await expect(ada.get_by_text("Thank you for coming")).to_be_visible()
        await expect(bo.locator(".cart-bar")).to_contain_text("View order")


async def test_managers_arrange_the_map_and_the_pass_only_looks(place: Place) -> None:
    async with open_screens(place) as screens:
        chief, expo = await screens.floor(role="manager"), await screens.floor(role="expo")
        await screens.guest()
        before = await spot(chief, place, 0).get_attribute("transform")
        await chief.get_by_role("button", name="Settings").click()
        await chief.get_by_role("button", name="Arrange the map").click()
        for _ in range(3):
            await row(chief, place, 0).press("ArrowDown")
        await chief.get_by_role("button", name="Save").click()
        await expect(chief.get_by_text("The map is saved")).to_be_visible()
        await chief.reload()
        await expect(spot(chief, place, 0)).not_to_have_attribute("transform", before or "")
        await spot(expo, place, 0).click()
        sheet = expo.get_by_role("dialog", name="Table 1")
        await expect(sheet).to_contain_text("Seated")
        await expect(sheet.get_by_role("button", name="Close table")).to_have_count(0)
