"""Real pages in a real Chromium: each person has a browser profile of their own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from scripts.browser import LAUNCH_ARGS, chromium_path
from tests.place import Place

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
WALL = {"width": 1920, "height": 1080}

ALIVE = "#app:not([aria-busy])"  # the guest's page, once it answers taps

# A page that loses its line says so in the console; that is no fault of the page.
EXPECTED = ("net::ERR_", "WebSocket connection to", "status of 4")


class Screens:
    """Opens pages of one restaurant, and remembers what their consoles complained of."""

    def __init__(self, browser: Browser, place: Place) -> None:
        self._browser, self._place = browser, place
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        self.asked: set[str] = set()  # every address that the pages asked for

    async def guest(self, table: int = 0, node: int = 0, **profile: Any) -> Page:
        page = await self.blank(**{"viewport": PHONE, "has_touch": True, **profile})
        path = f"/scan/{self._place.tables[table]['token']}"
        await page.goto(self._place.urls[node] + path)
        await page.wait_for_selector(f"{ALIVE} .dish, {ALIVE} .quiet-page")
        return page

    async def kitchen(self, node: int = 0, role: str = "kitchen", **profile: Any) -> Page:
        page = await self.blank(**{"viewport": WALL, **profile})
        await self._sign_in(page, role, f"{self._place.urls[node]}/kitchen")
        await page.get_by_role("button", name="Start shift").click()
        await page.wait_for_selector(".link-dot.live")
        return page

    async def waiter(self, node: int = 0, role: str = "waiter", **profile: Any) -> Page:
        page = await self.blank(**{"viewport": PHONE, "has_touch": True, **profile})
        await self._sign_in(page, role, f"{self._place.urls[node]}/waiter")
        await page.wait_for_selector(".link-dot.live")
        return page

    async def manager(self, node: int = 0, section: str = "live", **profile: Any) -> Page:
        page = await self.blank(**{"viewport": DESK, **profile})
        await self._sign_in(page, "manager", f"{self._place.urls[node]}/manager#{section}")
        await page.wait_for_selector(".link-dot.live")
        return page

    async def floor(self, node: int = 0, role: str = "manager", **profile: Any) -> Page:
        page = await self.blank(**{"viewport": WALL, **profile})
        await self._sign_in(page, role, f"{self._place.urls[node]}/floor")
        await page.wait_for_selector(".link-dot.live")
        return page

    async def plain(self, path: str, shown: str, **profile: Any) -> Page:
        """Open a page that asks for no sign-in, and wait until something on it is shown."""
        page = await self.blank(**{"viewport": WALL, **profile})
        await page.goto(self._place.urls[0] + path)
        await page.wait_for_selector(shown)
        return page

    async def blank(self, **profile: Any) -> Page:
        profile = {"locale": "en-US", "reduced_motion": "reduce", **profile}
        context = await self._browser.new_context(**profile)
        self._contexts.append(context)
        context.set_default_timeout(60_000)
        page = await context.new_page()
        page.on("console", lambda m: self._note(m.text) if m.type == "error" else None)
        page.on("request", lambda request: self.asked.add(request.url))
        page.on("pageerror", lambda error: self._note(str(error)))
        return page

    async def close(self) -> None:
        for context in self._contexts:
            await context.close()

    async def _sign_in(self, page: Page, role: str, url: str) -> None:
        person = self._place.staff[role]
        await page.goto(url)
        await page.get_by_label("E-mail").fill(person["email"])
        await page.get_by_label("Password").fill(person["password"])
        await page.get_by_role("button", name="Sign in", exact=True).click()

    def _note(self, text: str) -> None:
        if not any(word in text for word in EXPECTED):
            self.complaints.append(text)


class Chromium:
    """The one browser of a test run, started when the first test needs it."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._browser: Browser | None = None

    async def browser(self) -> Browser:
        if self._browser is None:
            expect.set_options(timeout=60_000)
            playwright = await self._stack.enter_async_context(async_playwright())
            self._browser = await playwright.chromium.launch(
                executable_path=chromium_path(), args=[*LAUNCH_ARGS, "--disable-gpu"]
            )
            self._stack.push_async_callback(self._browser.close)
        return self._browser

    async def close(self) -> None:
        await self._stack.aclose()


CHROMIUM = Chromium()


@asynccontextmanager
async def open_screens(place: Place) -> AsyncIterator[Screens]:
    """Open screens; afterwards no page may have complained, not even of a broken policy."""
    screens = Screens(await CHROMIUM.browser(), place)
    try:
        yield screens
    finally:
        await screens.close()
    assert not screens.complaints, screens.complaints


async def add(page: Page, dish: str, note: str = "") -> None:
    """Add a dish that needs no choices to the cart, through its sheet."""
    name = page.locator(".dish-name").get_by_text(dish, exact=True)
    await page.locator(".dish-main", has=name).click()
    sheet = page.get_by_role("dialog")
    if note:
        await sheet.get_by_role("textbox").fill(note)
    await sheet.get_by_role("button", name="Add").click()
    await expect(sheet).to_have_count(0)


async def place_order(page: Page) -> str:
    """Send the shared cart to the kitchen; return the order's number as the guest sees it."""
    await page.locator(".cart-bar button").click()
    await page.get_by_role("button", name="Place order").click()
    return await page.locator(".round-number").first.inner_text()
