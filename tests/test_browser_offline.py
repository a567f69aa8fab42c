"""A lost line: the page says how old it is, keeps the taps, and catches up by itself."""

from playwright.async_api import expect

from tests.place import Place
from tests.screens import add, open_screens, place_order


async def test_a_board_without_a_line_tells_so_and_catches_up(place: Place) -> None:
    async with open_screens(place) as screens:
        guest, kitchen = await screens.guest(), await screens.kitchen()
        await add(guest, "Beetroot Hummus")
        await place_order(guest)
        await expect(kitchen.locator(".ticket")).to_have_count(1)

        await kitchen.context.set_offline(True)
        await expect(kitchen.locator(".banner")).to_contain_text("Showing orders as of")
        age = kitchen.locator(".ticket-age")
        await expect(age).not_to_have_text(await age.inner_text())  # the timer goes on
        await kitchen.locator(".ticket .bump", has_text="Accept").click()
        await expect(kitchen.locator(".banner")).to_contain_text("1 tap is kept here")
        await guest.get_by_role("button", name="Menu").click()
        await add(guest, "Espresso")
        await place_order(guest)
        await expect(kitchen.locator(".ticket")).to_have_count(1)

        await kitchen.context.set_offline(False)
        await expect(kitchen.locator(".ticket")).to_have_count(2)
        await expect(kitchen.locator(".banner")).to_have_count(0)
        await expect(kitchen.get_by_text("orders caught up")).to_be_visible()
        await expect(guest.locator(".round-said").last).to_contain_text("Accepted")


async def test_an_order_placed_without_a_line_arrives_once_when_it_is_back(place: Place) -> None:
    async with open_screens(place) as screens:
        guest, kitchen = await screens.guest(), await screens.kitchen()
        await add(guest, "Beetroot Hummus")
        await guest.locator(".cart-bar button").click()
        await guest.context.set_offline(True)
        await guest.locator(".place-button").click()
        await expect(guest.locator(".place-button")).to_contain_text("Sending")
        await expect(guest.locator(".place-button")).to_be_disabled()
        await guest.context.set_offline(False)
        await expect(guest.locator(".round")).to_have_count(1)
        await expect(kitchen.locator(".ticket")).to_have_count(1)


async def test_a_reload_brings_back_the_same_person_at_the_same_table(place: Place) -> None:
    async with open_screens(place) as screens:
        guest, kitchen = await screens.guest(), await screens.kitchen()
        await add(guest, "Beetroot Hummus")
        await guest.reload()
        await guest.locator(".cart-bar button").click()
        await expect(guest.locator(".initials")).to_have_attribute("aria-label", "You")
        await guest.get_by_role("button", name="Place order").click()
        await expect(kitchen.locator(".ticket")).to_have_count(1)
        await kitchen.reload()
        await expect(kitchen.locator(".ticket")).to_have_count(1)
