"""The main job as people see it: phones, the kitchen's screen and the waiter's phone, two nodes."""

from playwright.async_api import expect

from tests.place import Place
from tests.screens import add, open_screens, place_order


async def test_a_table_orders_together_and_everybody_follows_each_step(place: Place) -> None:
    async with open_screens(place) as screens:
        ada = await screens.guest(node=0)
        bo = await screens.guest(node=1, locale="de-DE")
        kitchen, waiter = await screens.kitchen(node=1), await screens.waiter(node=0)

        await add(ada, "Beetroot Hummus")
        await expect(bo.locator(".cart-bar .price")).to_have_text("9,50\xa0€")
        await bo.locator(".dish-main", has_text="Dry-Aged Ribeye").click()
        await bo.get_by_text("Medium rare").click()
        await bo.get_by_text("Pommes frites").click()
        await bo.locator("dialog .sheet-foot .primary").click()
        await expect(ada.locator(".bubble")).to_have_text("2")

        await bo.locator(".cart-bar button").click()
        number = await place_order(ada)
        await expect(ada.locator(".round-said")).to_contain_text("Received by the kitchen")
        cart = bo.get_by_role("dialog")
        await expect(cart).to_contain_text(
            f"Als Bestellung Nr.\xa0{number.removeprefix('#')} an die Küche gesendet"
        )
        await cart.get_by_role("button", name="Schließen").click()
        await bo.get_by_role("button", name="Bestellungen").click()
        await expect(bo.locator(".round-number")).to_have_text(number)
        await expect(bo.locator(".cart-bar")).to_have_count(0)

        ticket = kitchen.locator(".ticket", has_text=number)
        await expect(ticket.locator(".line-name")).to_have_text(
            ["Beetroot Hummus", "Dry-Aged Ribeye, 300 g"]
        )
        await ticket.get_by_role("button", name="Accept").click()
        await expect(ada.locator(".round-said")).to_contain_text("Accepted")

        hummus, ribeye = ticket.locator(".line-main").first, ticket.locator(".line-main").last
        await hummus.click()
        await expect(ada.locator(".round-item .state").first).to_have_text("Cooking")
        await expect(bo.locator(".round-item .state").first).to_have_text("In Arbeit")
        await hummus.click()
        await expect(ada.locator(".round-item .state").first).to_have_text("Ready")
        await ribeye.click()
        await expect(ticket.locator(".l-PREPARING")).to_have_count(1)
        await ticket.get_by_role("button", name="Ready", exact=True).click()
        await expect(ada.locator(".round-said")).to_contain_text("on its way to you")

        await expect(waiter.locator(".badge")).to_have_text("1")
        await waiter.get_by_role("button", name="On my way").click()
        await expect(waiter.locator(".badge")).to_have_count(0)
        await waiter.locator(".call-card").get_by_role("button", name="Served").click()
        await expect(ada.locator(".round-said")).to_contain_text("Served")
        await expect(bo.locator(".round-said")).to_contain_text("Serviert")
        await expect(waiter.get_by_text("Nobody is waiting for you")).to_be_visible()


async def test_what_guests_write_is_shown_as_text(place: Place) -> None:
    note = '<img src=x onerror="document.title=1"> nut allergy'
    async with open_screens(place) as screens:
        guest, kitchen = await screens.guest(), await screens.kitchen()
        await add(guest, "Beetroot Hummus", note)
        await place_order(guest)
        ticket = kitchen.locator(".ticket")
        await expect(ticket.locator(".ticket-note.allergy")).to_have_text(note)
        await expect(ticket.locator(".allergy-strip")).to_have_text("ALLERGY")
        await expect(ticket.locator(".ticket-note img")).to_have_count(0)


async def test_a_reader_of_arabic_gets_the_page_from_right_to_left(place: Place) -> None:
    async with open_screens(place) as screens:
        guest = await screens.guest(locale="ar-EG")
        await expect(guest.locator("html")).to_have_attribute("dir", "rtl")
        await expect(guest.get_by_role("button", name="القائمة")).to_be_visible()
        await expect(guest.locator(".dish-name", has_text="حمص")).to_have_count(1)
