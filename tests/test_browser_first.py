"""What a guest sees first the hub has drawn, as the page draws it; and taps on it count."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.place import Place
from tests.screens import ALIVE, PHONE, open_screens

# The head and the first eight dishes as nested lists, whatever the order of attributes; without the
# links to other pages, which are there once it is known who would come.
TREE = """() => {
  const all = (kind) => [...document.querySelectorAll(kind)];
  const later = [...all("a.view-tab"), ...all(".dish").slice(8)];
  const stays = (node) => node.data !== "" && !later.includes(node);
  const tree = (node) => node.nodeType === Node.TEXT_NODE ? node.data : [
    node.localName,
    [...node.attributes].map(({ name, value }) => `${name}=${value}`).sort(),
    [...node.childNodes].filter(stays).map(tree),
  ];
  const category = (place) => `.category:nth-of-type(${place})`;
  const parts = [".guest-head", ".category-bar", category(1), category(2), ".toasts"];
  return parts.map((part) => tree(document.querySelector(`#app ${part}`)));
}"""
SHIFTS = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const each of list.getEntries()) sum += each.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 100);
})"""

# What stands on a dish's button with a plus, each time a frame shows another thing.
COUNTS = """
globalThis.counts = [];
const look = () => {
  const button = document.querySelector('.add-button[aria-label$="Add Beetroot Hummus"]');
  const shown = button?.textContent.trim();
  if (shown !== undefined && shown !== counts.at(-1)) counts.push(shown);
  requestAnimationFrame(look);
};
look();
"""


class Held:
    """The page's script, which is on its way until it is let go."""

    def __init__(self) -> None:
        self._free = asyncio.Event()

    async def __call__(self, route: Route) -> None:
        await self._free.wait()
        await route.continue_()

    def let_go(self) -> None:
        self._free.set()


async def held_page(place: Place, page: Page) -> Held:
    """Open a guest's page that has been drawn, and whose first scripts have run."""
    held = Held()
    await page.route("**/pages/guest.js", held)
    answers = page.expect_request_finished(lambda each: each.url.endswith("/taps.js"))
    async with answers, page.expect_request("**/api/scan/*"):
        await page.goto(f"{place.urls[0]}/scan/{place.tables[0]['token']}", wait_until="commit")
    return held


async def stock(place: Place) -> None:
    """Leave few of one dish, and none of another."""
    cook = await place.worker("kitchen")
    few, none = place.dish("grill")["id"], place.dish("pastry")["id"]
    await cook.send("menu:availability", menuItemId=few, available=True, quantity=3)
    await cook.send("menu:availability", menuItemId=none, available=False)


async def test_links_to_other_pages_wait_until_the_hub_knows_who_comes(place: Place) -> None:
    async with open_screens(place) as screens:
        page = await screens.blank(viewport=PHONE)
        scan = Held()
        await page.route("**/api/scan/*", scan)
        await page.goto(f"{place.urls[0]}/scan/{place.tables[0]['token']}", wait_until="commit")
        await page.wait_for_selector(f"{ALIVE} .dish")
        rooms = page.get_by_role("link", name="Rooms")
        await expect(rooms).to_have_count(0)
        scan.let_go()
        await rooms.click()
        await page.wait_for_url("**/hotel/here")
        assert await page.evaluate("localStorage.getItem('guest:code')")


@pytest.mark.parametrize("lang", ["en", "ru", "de", "ja", "ar"])
async def test_the_hub_draws_what_the_page_draws(mirrored: Place, lang: str) -> None:
    """No text and no attribute changes when the script takes the page over."""
    await stock(mirrored)
    async with open_screens(mirrored) as screens:
        page = await screens.blank(viewport=PHONE, locale=lang)
        scan = Held()
        await page.route("**/api/scan/*", scan)  # else the links it brings may come meanwhile
        held = await held_page(mirrored, page)
        drawn: list[Any] = await page.evaluate(TREE)
        before = await page.evaluate(SHIFTS)  # a slow browser paints a page before it has all of it
        held.let_go()
        await page.wait_for_selector(f"{ALIVE} .dish")
        assert await page.evaluate(TREE) == drawn
        assert await page.evaluate(SHIFTS) == before
        scan.let_go()
        await page.reload()  # to an address without a code: the hub draws nothing there
        await page.wait_for_selector(f"{ALIVE} .dish")
        assert await page.evaluate(TREE) == drawn
        assert not screens.complaints


async def test_what_is_tapped_before_the_page_is_ready_shows_at_once_and_is_done_then(
    place: Place,
) -> None:
    """A count never goes back: not when the script takes over, not when the hub has answered."""
    async with open_screens(place) as screens:
        page = await screens.blank(viewport=PHONE, has_touch=True)
        await page.add_init_script(COUNTS)
        held = await held_page(place, page)
        hummus = page.get_by_role("button", name="Add Beetroot Hummus")
        burrata = page.locator(".dish-main", has_text="Burrata")
        await hummus.tap()
        await burrata.tap()
        await expect(hummus).to_have_text("1")
        await expect(burrata).to_have_attribute("aria-busy", "true")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        held.let_go()
        await expect(page.get_by_role("dialog")).to_contain_text("Burrata")
        await expect(page.locator(".add-count")).to_have_text("1")
        await page.keyboard.press("Escape")
        await expect(page.locator(".dish [aria-busy]")).to_have_count(0)
        assert await page.evaluate("counts") == ["", "1"]
        await expect(page.locator(".cart-bar")).to_contain_text("€9.50")
        assert not screens.complaints


async def test_who_has_chosen_a_language_is_drawn_the_page_in_it(place: Place) -> None:
    async with open_screens(place) as screens:
        page = await screens.guest()
        await page.get_by_role("button", name="Language: EN").click()
        await page.get_by_role("button", name="Deutsch").click()
        await expect(page.locator("html")).to_have_attribute("lang", "de")
        held = await held_page(place, page)
        await expect(page.locator(".table-chip")).to_have_text("Tisch 1")
        held.let_go()
        await expect(page.locator("html")).to_have_attribute("lang", "de")


async def test_a_tap_counts_where_the_page_is_drawn_anew_in_another_language(place: Place) -> None:
    async with open_screens(place) as screens:
        page = await screens.blank(viewport=PHONE, has_touch=True)
        await page.add_init_script("localStorage.setItem('lang:scan', '\"de\"')")
        held = await held_page(place, page)
        await page.get_by_role("button", name="Add Beetroot Hummus").tap()
        held.let_go()
        await expect(page.locator("html")).to_have_attribute("lang", "de")
        await expect(page.locator(".cart-bar")).to_be_visible()
