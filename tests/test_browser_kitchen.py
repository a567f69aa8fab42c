"""What a cook relies on: nothing is gone unseen, and every key finds its ticket."""

from playwright.async_api import Locator, Page, expect

from tests.place import Place
from tests.scenes import Order, place_order
from tests.screens import open_screens
from tests.test_browser_offline import LOOK
from tests.test_browser_quality import SPEAK

UNSEEN_KEPT = LOOK.replace("WANTED", "all.result.some((each) => each.ghosts?.length)")


def ticket(page: Page, order: Order) -> Locator:
    return page.locator(f'[data-order="{order["id"]}"]')


async def press_on(page: Page, order: Order, *keys: str) -> None:
    """Select a ticket by its number, and press keys."""
    number = await ticket(page, order).locator(".ticket-key").inner_text()
    for key in (number, *keys):
        await page.keyboard.press(key)


async def test_what_was_struck_or_cancelled_stays_until_the_cook_has_seen_it(place: Place) -> None:
    async with open_screens(place) as screens:
        kitchen, guest = await screens.kitchen(), await place.guest()
        chief, cook = await place.worker("manager"), await place.worker("kitchen")
        orders = [await place_order(place, guest, *lines(place)) for _ in range(2)]
        struck, cancelled = orders
        beside, dish = struck["items"]
        for step in ("item:start", "item:ready"):
            await cook.send(step, orderId=struck["id"], itemId=beside["id"])
        await expect(ticket(kitchen, struck).locator(".l-READY")).to_have_count(1)
        await chief.send("item:void", orderId=struck["id"], itemId=dish["id"], reason="Left")
        await guest.send("order:cancel", orderId=cancelled["id"])
        await expect(kitchen.locator(".ticket.ghost")).to_have_count(1)
        await kitchen.evaluate(UNSEEN_KEPT)
        await kitchen.reload()
        await expect(ticket(kitchen, cancelled)).to_contain_text("CANCELLED")
        await expect(ticket(kitchen, struck)).to_have_class("ticket calm fresh changed")
        await expect(ticket(kitchen, struck).locator(".l-VOIDED")).to_have_count(1)
        await expect(ticket(kitchen, struck).locator(".bump")).to_have_text("Seen")
        for order in orders:
            await press_on(kitchen, order, "Enter")
            await expect(ticket(kitchen, order)).to_have_count(0)
        await expect(kitchen.locator(".toast.bad")).to_have_count(0)


def lines(place: Place) -> list[dict[str, object]]:
    return [place.line("bar"), place.line("grill")]


async def test_a_station_recalls_its_own_part_and_what_is_on_the_table(place: Place) -> None:
    async with open_screens(place) as screens:
        kitchen, guest = await screens.kitchen(), await place.guest()
        chief = await place.worker("manager")
        both, served = [await place_order(place, guest, *lines(place)) for _ in range(2)]
        for status in ("READY", "DELIVERED"):
            await chief.send("order:updateStatus", orderId=served["id"], status=status)
        await kitchen.locator(".bar-station select").select_option(label="Grill")
        await kitchen.clock.install()
        await press_on(kitchen, both, "Enter", "Enter")  # fingers often tap twice
        await kitchen.clock.fast_forward(5_000)  # for so long it can be undone
        await expect(ticket(kitchen, both)).to_have_count(0)
        for order, back in ((both, {"READY", "QUEUED"}), (served, {"READY", "SERVED"})):
            await kitchen.keyboard.press("r")
            await kitchen.get_by_role("dialog").get_by_text(f"#{order['orderNumber']}").click()
            await expect(ticket(kitchen, order).locator(".l-PREPARING")).to_have_count(1)
            now = await chief.send("join:order", orderId=order["id"])
            assert {i["status"] for i in now["order"]["items"]} <= {"PREPARING", *back}
        await expect(kitchen.locator(".toast.bad")).to_have_count(0)


async def test_keys_mean_the_ticket_chosen_whatever_was_touched_and_whichever_way_it_is_read(
    place: Place,
) -> None:
    async with open_screens(place) as screens:
        kitchen, guest = await screens.kitchen(), await place.guest()
        first, *_, last = [await place_order(place, guest) for _ in range(3)]
        await expect(kitchen.locator(".ticket")).to_have_count(3)
        await ticket(kitchen, first).locator(".bump", has_text="Accept").click()
        await expect(ticket(kitchen, first).locator(".bump")).to_have_text("Start")
        await press_on(kitchen, last, " ")
        await expect(ticket(kitchen, last).locator(".bump")).to_have_text("Start")
        await expect(ticket(kitchen, first).locator(".bump")).to_have_text("Start")
        await kitchen.evaluate(SPEAK, "ar")
        await press_on(kitchen, first, "ArrowLeft")
        chosen = kitchen.locator(".ticket.selected")
        await expect(chosen).to_have_attribute("data-order", last["id"])
        await expect(chosen).to_be_focused()
