"""What holds on every page: nothing for axe to find, sizes, contrasts, text as text, no strangers.

A page is added by a line in `OPEN`. All are open at one restaurant at work, for all these tests.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
from playwright.async_api import Page, expect

from hub.app import Node
from hub.embedded import Engines
from tests.conftest import connection, new_place
from tests.place import Place
from tests.scenes import cook_order, place_order
from tests.screens import Screens, add, open_screens
from tests.screens import place_order as tap_order

ROOT = Path(__file__).parents[1]
ARTIFACTS = ROOT / "artifacts"
NASTY = '<img src=x onerror="document.title=1"><b>Bo</b> nut allergy'


async def _start(screens: Screens) -> Page:
    return await screens.plain("/", ".story")


async def _docs(screens: Screens) -> Page:
    page = await screens.plain("/docs", "main article")
    await page.evaluate(A_FEW)
    return page


# Of the reference's many articles, all made alike, a few stand for all.
A_FEW = """() => document.querySelectorAll("article ~ article ~ article ~ article")
  .forEach((each) => each.remove())"""


OPEN: dict[str, Callable[[Screens], Awaitable[Page]]] = {
    "start": _start,
    "docs": _docs,
    "guest": lambda screens: screens.guest(),
    "kitchen": lambda screens: screens.kitchen(),
    "waiter": lambda screens: screens.waiter(),
    "floor": lambda screens: screens.floor(),
    "manager": lambda screens: screens.manager(),
}
# Targets are at least so large, in px: a cook's fingers are greasy.
TARGET = {"kitchen": 64, "guest": 48, "waiter": 48, "floor": 48, "manager": 44, "start": 44}
THEMES: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "contrast": "no-preference"},
    "dark": {"color_scheme": "dark", "contrast": "no-preference"},
    "contrast": {"color_scheme": "dark", "contrast": "more"},
}
SIZES = {"phone": (390, 844), "tablet": (820, 1180), "1080p": (1920, 1080)}

Pages = dict[str, Page]


@pytest.fixture(scope="module")
async def house(nodes: list[Node], engines: Engines) -> AsyncIterator[Place]:
    """A restaurant at work: rounds in every state, calls, alerts, a note that is nasty."""
    async with connection(engines.database_url) as db, new_place(nodes, db) as place:
        await _fill(place, db)
        yield place


@pytest.fixture(scope="module")
async def screens(house: Place) -> AsyncIterator[Screens]:
    async with open_screens(house) as opened:
        yield opened


@pytest.fixture(scope="module")
async def pages(screens: Screens) -> Pages:
    return {name: await open_page(screens) for name, open_page in OPEN.items()}


async def _fill(place: Place, db: asyncpg.Connection) -> None:
    cook, guest = await place.worker("kitchen"), await place.guest(name=NASTY)
    lines = [place.line(note=NASTY, quantity=2), place.line("bar"), place.line("pastry")]
    await place_order(place, guest, *lines, note=NASTY)
    await guest.send("cart:add", **place.line("bar", note=NASTY))
    await guest.send("service:request", kind="call", note=NASTY)
    other = await place.guest(table=1)
    await cook_order(cook, await place_order(place, other))
    await db.execute("UPDATE order_numbers SET last = 12345 WHERE restaurant_id = $1", place.id)
    begun = await place_order(place, other, place.line(), place.line("bar"))
    await cook.send("item:start", orderId=begun["id"], itemId=begun["items"][0]["id"])


@pytest.mark.parametrize("name", OPEN)
async def test_axe_finds_nothing_in_any_theme(pages: Pages, name: str) -> None:
    page = pages[name]
    await page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text())
    contrast = "color-contrast-enhanced" if name == "kitchen" else "color-contrast"
    for theme in THEMES:
        await wear(page, theme)
        # What is not about colours is the same in all of them.
        only = [contrast] if theme != "light" else []
        found = await page.evaluate(AXE, {"only": only, "also": contrast})
        assert found == [], f"{name} in {theme}: {found}"


@pytest.mark.parametrize("name", ["kitchen", "floor"])
async def test_axe_finds_nothing_on_a_phone_nor_on_tickets_that_are_late(
    pages: Pages, name: str
) -> None:
    page = pages[name]
    await page.evaluate("localStorage.setItem('kitchen:ages', '{\"\": [0, 0]}')")
    await page.reload()
    await page.wait_for_selector(".link-dot.live", state="attached")
    await wear(page, "light")
    await resize(page, *SIZES["phone"])
    await page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text())
    contrast = "color-contrast-enhanced" if name == "kitchen" else "color-contrast"
    found = await page.evaluate(AXE, {"only": [], "also": contrast})
    await page.evaluate("localStorage.removeItem('kitchen:ages')")
    await page.reload()
    await page.wait_for_selector(".link-dot.live", state="attached")
    await resize(page, *SIZES["1080p"])
    assert found == []


async def wear(page: Page, theme: str) -> None:
    """Show a page in a theme, and wait until it does."""
    await page.emulate_media(**THEMES[theme])
    await page.evaluate(WORN)


async def resize(page: Page, width: int, height: int) -> None:
    """Give a page another size, and wait until it has been laid out in it."""
    await page.set_viewport_size({"width": width, "height": height})
    await page.evaluate(LAID_OUT, [width, height])


LAID_OUT = """async ([width, height]) => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  while (innerWidth !== width || innerHeight !== height) await frame();
  await frame();
  await frame();
}"""
WORN = """async () => {
  const probe = document.body.appendChild(document.createElement("i"));
  const worn = () => {
    probe.style.background = "var(--bg)";
    const [bg, body] = [probe, document.body].map((each) => getComputedStyle(each).backgroundColor);
    return bg === body;
  };
  do await new Promise((done) => setTimeout(done, 50));
  while (!worn());
  probe.remove();
}"""
AXE = """async ({ only, also }) => {
  const options = only.length
    ? { runOnly: { type: "rule", values: only } }
    : { rules: { [also]: { enabled: true } } };
  const { violations } = await axe.run({ ...options, resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) => nodes.slice(0, 4).map((node) =>
    [id, node.html.slice(0, 160), node.any.map((each) => each.message).join(" ").slice(0, 200)]));
}"""


@pytest.mark.parametrize("name", TARGET)
async def test_targets_are_large_enough_for_a_finger(pages: Pages, name: str) -> None:
    small = await pages[name].evaluate(SMALL, TARGET[name])
    assert small == []


async def test_a_cook_s_fingers_are_greasy_at_the_door_too(screens: Screens) -> None:
    page = await screens.plain("/kitchen", ".signin-form")
    assert await page.evaluate(SMALL, TARGET["kitchen"]) == []


# What is not inside of text, and can be seen, must be so large.
SMALL = """(least) => [...document.querySelectorAll("button, select, input, a.button, a.door")]
  .filter((each) => each.offsetParent !== null && getComputedStyle(each).clipPath === "none")
  .map((each) => [each, (each.closest("label.option") ?? each).getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && Math.min(box.width, box.height) < least - 0.5)
  .map(([each, box]) => [each.className, each.textContent.slice(0, 30), box.width, box.height])"""


async def test_the_kitchen_s_board_is_read_from_two_metres(pages: Pages) -> None:
    async def style(selector: str, what: str) -> str:
        script = "(el, what) => getComputedStyle(el)[what]"
        found: str = await pages["kitchen"].locator(selector).first.evaluate(script, what)
        return found

    assert await style(".line-name", "fontSize") == "24px"
    assert await style(".ticket-age", "fontSize") == "32px"
    assert int(await style(".ticket-age", "fontWeight")) >= 700
    assert float((await style(".bump", "height")).removesuffix("px")) >= 72
    assert float((await style(".grid", "gap")).removesuffix("px")) >= 8
    page = pages["kitchen"]
    for size, px in (("Small", "20px"), ("Large", "32px"), ("Medium", "24px")):
        await page.get_by_role("button", name="Settings").click()
        await page.get_by_role("button", name=size, exact=True).click()
        await page.get_by_role("button", name="Close").click()
        assert await style(".line-name", "fontSize") == px


async def test_what_people_write_is_text_on_every_page(pages: Pages) -> None:
    await pages["waiter"].get_by_role("button", name="Tables").click()
    await pages["waiter"].locator(".table-card").first.click()
    await expect(pages["waiter"].get_by_role("dialog")).to_contain_text(NASTY)
    await pages["waiter"].get_by_role("button", name="Close", exact=True).click()
    await pages["waiter"].get_by_role("button", name="Alerts").click()
    await expect(pages["waiter"].locator(".call-card").first).to_contain_text(NASTY)
    await expect(pages["kitchen"].locator(".ticket-note").first).to_have_text(NASTY)
    await pages["guest"].locator(".cart-bar button").click()
    await expect(pages["guest"].get_by_role("dialog")).to_contain_text(NASTY)
    await pages["guest"].get_by_role("button", name="Close").click()
    for name, page in pages.items():
        await expect(page.locator("img[src=x], .ticket b:not(.line-no b)")).to_have_count(0)
        assert await page.title() != "1", name


async def test_pages_ask_nobody_but_us_and_keep_tokens_out_of_addresses(
    pages: Pages, screens: Screens, house: Place
) -> None:
    assert len(pages) > 4
    assert {urlsplit(url).netloc for url in screens.asked} <= {
        *(urlsplit(url).netloc for url in house.urls),
        "",  # data: of pictures
    }
    assert house.tables[0]["token"] not in pages["guest"].url
    assert await pages["guest"].evaluate("history.length") <= 2
    tokens = [url for url in screens.asked if "token=" in url or "eyJ" in url]
    assert tokens == []


@pytest.mark.parametrize("lang", ["ru", "de", "ja", "ar", "en"])
async def test_every_language_fits_and_is_read_in_its_direction(pages: Pages, lang: str) -> None:
    for name in ("start", "guest", "waiter", "kitchen", "floor"):
        page = pages[name]
        await page.evaluate(SPEAK, lang)
        wide, html = await page.evaluate(WIDTH)
        assert wide <= 0, f"{name} is {wide} px too wide in {lang}"
        assert html == [lang, "rtl" if lang == "ar" else "ltr"]


SPEAK = """async (lang) => {
  const module = document.querySelector('link[href$="lib/i18n.js"]').href;
  await (await import(module)).speak(lang);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
WIDTH = """() => {
  const { documentElement: html } = document;
  return [html.scrollWidth - html.clientWidth, [html.lang, html.dir]];
}"""


async def test_a_sheet_has_room_for_its_buttons_on_a_small_phone(screens: Screens) -> None:
    phone = await screens.guest(locale="de", viewport={"width": 360, "height": 640})
    await phone.locator(".dish").first.click()
    foot = phone.locator(".sheet-foot")
    await expect(foot.locator(".primary")).to_be_visible()
    wide = await foot.evaluate("foot => foot.scrollWidth - foot.clientWidth")
    assert wide <= 0, f"{wide} px too wide"
    await phone.keyboard.press("Escape")
    await phone.evaluate(SPEAK, "ru")
    await phone.locator(".bell-button").click()
    await expect(phone.get_by_role("dialog").locator(".call")).to_have_count(3)
    lines = await phone.locator("dialog .call span").evaluate_all(LINES)
    assert lines == [1, 1, 1], "a word is broken in two"


LINES = """(all) => all.map((each) => {
  const range = document.createRange();
  range.selectNodeContents(each);
  return new Set([...range.getClientRects()].map(({ top }) => top)).size;
})"""


@pytest.mark.parametrize(
    ("name", "frame", "parts"),
    [
        ("kitchen", ".bar", ".bar > *"),
        ("kitchen", ".ticket-head", ".ticket-head > *, .ticket-head > * > *"),
        ("floor", ".floor-paper", ".zone-area rect"),
        ("floor", ".staff-head", ".staff-head > *, .floor-count"),
    ],
)
async def test_all_of_it_is_in_sight_on_tablets_and_walls(
    pages: Pages, name: str, frame: str, parts: str
) -> None:
    page = pages[name]
    for size in ((768, 1024), (1024, 768), (1280, 800), (1080, 1920), (1920, 1080)):
        await resize(page, *size)
        cut = await page.evaluate(CUT, [frame, parts])
        assert cut == [], f"{size}: {cut}"


# Parts that reach out of their frame, that hold more than they show, or that lie on one another.
CUT = """async ([frame, parts]) => {
  const late = performance.now() + 10_000; // a map is laid out again once its room is measured
  for (;;) {
    const cut = [...document.querySelectorAll(frame)].flatMap(cutOff);
    if (!cut.length || performance.now() > late) return cut;
    await new Promise((done) => setTimeout(done, 50));
  }

  function cutOff(around) {
    const whole = around.getBoundingClientRect();
    const shown = [...around.querySelectorAll(parts)]
      .filter((each) => getComputedStyle(each).clipPath === "none")
      .map((each) => [each, each.getBoundingClientRect()])
      .filter(([, box]) => box.width > 0);
    if (!shown.length) return [["nothing is shown", frame]];
    const out = ([each, box]) =>
      box.left < whole.left - 1 || box.right > whole.right + 1 || box.top < whole.top - 1 ||
      box.bottom > whole.bottom + 1 || each.scrollWidth > each.clientWidth + 1;
    const over = ([each, box]) => shown.some(([other, its]) =>
      other !== each && other.parentElement === each.parentElement && each instanceof HTMLElement &&
      box.left < its.right - 1 && its.left < box.right - 1 &&
      box.top < its.bottom - 4 && its.top < box.bottom - 4);
    return shown.filter((each) => out(each) || over(each))
      .map(([each]) => [each.getAttribute("class"), each.textContent]);
  }
}"""


async def test_who_wants_less_motion_gets_none(pages: Pages) -> None:
    for name, page in pages.items():
        moving = await page.evaluate(MOVING)
        assert moving == [], name


MOVING = """() => [...document.querySelectorAll("*")].filter((each) => {
  const { animationDuration, transitionDuration } = getComputedStyle(each);
  const seconds = `${animationDuration}, ${transitionDuration}`.split(", ").map(parseFloat);
  return seconds.some((each) => each > 0.001);
}).map((each) => each.className)"""


async def test_the_guest_s_page_does_not_shift_while_it_loads(screens: Screens) -> None:
    page = await screens.guest(table=3)
    await add(page, "Espresso")
    shifts = await page.evaluate(SHIFTS)
    assert shifts == 0


SHIFTS = """() => new Promise((done) => {
  new PerformanceObserver((list) => done(
    list.getEntries().reduce((sum, each) => sum + (each.hadRecentInput ? 0 : each.value), 0),
  )).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(0), 500);
})"""


async def test_pictures_of_every_page_are_kept(pages: Pages) -> None:
    ARTIFACTS.mkdir(exist_ok=True)
    for name, page in pages.items():
        for theme in THEMES:
            await wear(page, theme)
            for size, (width, height) in SIZES.items():
                await resize(page, width, height)
                fits = name in ("kitchen", "docs") or (await page.evaluate(WIDTH))[0] <= 0
                assert fits, f"{name} is too wide for a {size}"
                path = ARTIFACTS / f"{name}-{size}-{theme}.jpg"
                assert len(await page.screenshot(path=path, type="jpeg", quality=80)) > 5_000


async def test_a_cook_needs_no_more_than_a_bump_bar(place: Place) -> None:
    async with open_screens(place) as opened:
        kitchen = await opened.kitchen()
        guest = await opened.guest()
        await add(guest, "Beetroot Hummus")
        await tap_order(guest)
        ticket = kitchen.locator(".ticket")
        await expect(ticket).to_have_count(1)
        await kitchen.keyboard.press("1")
        await expect(ticket).to_have_class(re.compile("selected"))
        for key, step in ((" ", "Start"), (" ", "Ready")):
            await kitchen.keyboard.press(key)
            await expect(ticket.locator(".bump")).to_have_text(step)
        await kitchen.keyboard.press("Enter")
        await expect(ticket.locator(".bump")).to_have_text("Undo")
        await kitchen.keyboard.press("Backspace")
        await expect(ticket.locator(".bump")).to_have_text("Ready")
        await kitchen.keyboard.press("p")
        await expect(ticket.locator(".rush-strip")).to_be_visible()
        await kitchen.keyboard.press("A")
        await expect(kitchen.get_by_role("complementary", name="All day")).to_be_visible()
        await kitchen.keyboard.press("r")
        await expect(kitchen.get_by_role("dialog", name="Recall")).to_be_visible()


async def test_a_guest_orders_by_keyboard_alone(place: Place) -> None:
    async with open_screens(place) as opened:
        guest = await opened.guest()
        await guest.get_by_role("button", name="Add Espresso").press("Enter")
        await guest.locator(".cart-bar button").press("Enter")
        await expect(guest.get_by_role("dialog")).to_be_visible()
        await guest.get_by_role("button", name="Place order").press("Enter")
        await expect(guest.locator(".round")).to_have_count(1)
