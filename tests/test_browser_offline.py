"""A lost line: the page says how old it is, keeps the taps, and catches up by itself."""

from playwright.async_api import expect

from tests.place import Place
from tests.screens import Screens, add, open_screens, place_order

# Comes back once the device has a copy of the board with an order on it.
LOOK = """() => new Promise((resolve) => {
  const asked = indexedDB.open("onemoment", 1);
  asked.onsuccess = () => {
    const look = () => {
      const all = asked.result.transaction("pictures").objectStore("pictures").getAll();
      all.onsuccess = () => (WANTED) ? resolve() : setTimeout(look, 100);
    };
    look();
  };
})"""
KEPT = LOOK.replace("WANTED", "all.result.some((picture) => picture.orders.length > 0)")
NONE_KEPT = LOOK.replace("WANTED", "all.result.length === 0")


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


async def test_a_tap_of_a_page_that_was_closed_without_a_line_still_arrives(place: Place) -> None:
    async with open_screens(place) as screens:
        guest, kitchen = await screens.guest(), await screens.kitchen()
        await add(guest, "Beetroot Hummus")
        await place_order(guest)
        await expect(kitchen.locator(".ticket")).to_have_count(1)
        context, url = kitchen.context, kitchen.url
        await context.set_offline(True)
        await kitchen.locator(".ticket .bump", has_text="Accept").click()
        await expect(kitchen.locator(".ticket .bump", has_text="Start")).to_be_visible()
        await kitchen.close()  # the browser fell over
        await expect(guest.locator(".round-said")).to_contain_text("Received")
        await context.set_offline(False)
        again = await context.new_page()
        await again.goto(url)
        await expect(guest.locator(".round-said")).to_contain_text("Accepted")
        await expect(again.locator(".ticket .bump", has_text="Start")).to_be_visible()


async def test_a_screen_switched_on_without_a_line_shows_its_last_picture(place: Place) -> None:
    async with open_screens(place) as screens:
        guest, kitchen = await screens.guest(), await screens.kitchen()
        await add(guest, "Beetroot Hummus")
        number = await place_order(guest)
        await expect(kitchen.locator(".ticket")).to_have_count(1)
        await kitchen.evaluate(KEPT)
        await kitchen.evaluate(WORKER_HAS_ALL)
        await kitchen.context.set_offline(True)
        await kitchen.reload()
        await expect(kitchen.locator(".ticket-number")).to_have_text(number)
        await expect(kitchen.locator(".banner")).to_contain_text("Showing orders as of")
        await kitchen.locator(".bump", has_text="Accept").click()
        # After half a minute it is more than a hiccup, and told so.
        await expect(kitchen.locator(".banner.serious")).to_be_visible(timeout=60_000)
        await kitchen.context.set_offline(False)
        await expect(guest.locator(".round-said")).to_contain_text("Accepted")

        await shows_the_desk_without_a_line(screens, number)

        # Who signs out leaves nothing to look at.
        await kitchen.get_by_role("button", name="Settings").click()
        await kitchen.get_by_role("button", name="Sign out").click()
        await kitchen.evaluate(NONE_KEPT)


async def test_a_guest_without_a_line_has_the_menu_and_the_orders_as_they_were(
    place: Place,
) -> None:
    async with open_screens(place) as screens:
        guest, kitchen = await screens.guest(), await screens.kitchen()
        await add(guest, "Beetroot Hummus")
        await place_order(guest)
        await guest.evaluate(KEPT)
        await guest.evaluate(WORKER_HAS_ALL)
        await guest.context.set_offline(True)
        await guest.reload()
        await expect(guest.locator(".banner")).to_contain_text("No connection")
        await guest.get_by_role("button", name="Your orders").click()
        await expect(guest.locator(".round-said")).to_contain_text("Received")
        await guest.get_by_role("button", name="Menu").click()
        await guest.get_by_role("button", name="Add Espresso").click()
        await kitchen.locator(".ticket .bump", has_text="Accept").click()

        await guest.context.set_offline(False)
        await expect(guest.locator(".cart-bar")).to_contain_text("1")
        await guest.get_by_role("button", name="Your orders").click()
        await expect(guest.locator(".round-said")).to_contain_text("Accepted")


async def test_an_order_taken_by_a_waiter_outlives_a_reload_and_is_sent_once(place: Place) -> None:
    async with open_screens(place) as screens:
        waiter, cook = await screens.waiter(), await place.cook()
        await waiter.get_by_role("button", name="New order").click()
        await waiter.get_by_label("For table").select_option(label="Table 3")
        for dish in ("Espresso", "Beetroot Hummus"):
            await waiter.locator(".pick", has_text=dish).last.click()
        await waiter.reload()
        await waiter.get_by_role("button", name="New order").click()
        await waiter.context.set_offline(True)
        await expect(waiter.locator(".link-dot.lost")).to_be_visible()
        await waiter.get_by_role("button", name="Review order").click()
        await waiter.get_by_role("button", name="Send for table 3").click()
        await expect(waiter.locator(".banner")).to_contain_text("1 tap is kept here")
        await waiter.get_by_role("button", name="New order").click()
        await expect(waiter.locator(".cart-bar")).to_have_count(0)  # nothing to be sent twice
        await waiter.context.set_offline(False)
        order, _ = await cook.hears("order:new")
        assert sorted(item["name"] for item in order["items"]) == ["Beetroot Hummus", "Espresso"]
        await expect(waiter.locator(".banner")).to_have_count(0)
        assert len(cook.named("order:new")) == 1


async def shows_the_desk_without_a_line(screens: Screens, number: str) -> None:
    """A manager's desk shows orders and figures of last time, and goes on when it can."""
    desk = await screens.manager()
    await expect(desk.locator(".now-tickets .row")).to_contain_text(number)
    await expect(desk.locator(".now-stations tbody tr").first).to_be_visible()
    await desk.evaluate(KEPT)
    await desk.evaluate(WORKER_HAS_ALL)
    await desk.context.set_offline(True)
    await desk.reload()
    await expect(desk.locator(".now-tickets .row")).to_contain_text(number)
    await expect(desk.locator(".now-stations tbody tr").first).to_be_visible()
    await expect(desk.locator(".banner")).to_contain_text("Showing orders as of")
    await desk.context.set_offline(False)
    await expect(desk.locator(".banner")).to_have_count(0)


# Comes back once the service worker has the page and all it is made of: it takes them as one.
WORKER_HAS_ALL = """async () => {
  for (let tries = 0; !(await caches.match(location.pathname)); tries += 1) {
    if (tries > 200) throw new Error("the service worker keeps nothing");
    await new Promise((done) => setTimeout(done, 100));
  }
}"""
