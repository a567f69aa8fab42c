"""The screens in a real Chromium: a guest's page on a mid phone, a full kitchen board at work.

A mid phone is four times as slow as this machine, on 1.6 Mbit/s with 150 ms to and fro.
"""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from playwright.async_api import Browser, CDPSession, Page, async_playwright

from scripts.benches.front import front
from scripts.benches.machine import CORES
from scripts.benches.numbers import medians, timings
from scripts.benches.options import Options
from scripts.benches.orders import plain_dishes
from scripts.benches.stage import Stage, stage
from scripts.benches.wire import Wire
from scripts.browser import LAUNCH_ARGS, chromium_path

PHONE = {"width": 390, "height": 844}
WALL = {"width": 1920, "height": 1080}
SLOWER = 4
FAST_3G = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
EVENTS_PER_SECOND = 20
CATEGORIES = (
    "toplevel,disabled-by-default-devtools.timeline,disabled-by-default-devtools.timeline.frame"
)
TASKS = ("RunTask", "ThreadControllerImpl::RunTask")
TAPS, DISHES = 12, 3
OPENING_SECONDS = 4.0  # what the browser does for a new window is not the page's

Command = tuple[str, dict[str, Any]]

# Told by the page itself: when the menu was seen; when a tap on a dish, made again and again from
# then on, was answered on the screen; when the page's script has taken over; and what moved.
WATCH_GUEST = """
globalThis.shifts = 0;
new PerformanceObserver((list) => list.getEntries().forEach((each) => {
  if (!each.hadRecentInput) shifts += each.value;
})).observe({ type: "layout-shift", buffered: true });
globalThis.takenOver = new Promise((done) => new MutationObserver((_, watcher) => {
  if (!document.querySelector("#app:not([aria-busy]) .dish .add-button")) return;
  watcher.disconnect();
  requestAnimationFrame(() => done(performance.now()));
}).observe(document, { childList: true, subtree: true, attributeFilter: ["aria-busy"] }));
globalThis.seen = new Promise((done) => new PerformanceObserver((list) => {
  const [first] = list.getEntriesByName("first-contentful-paint");
  if (first) done(first.startTime);
}).observe({ type: "paint", buffered: true }));
globalThis.usable = seen.then(() => new Promise((done) => {
  const tap = () => {
    const button = document.querySelector(".add-button:not([aria-haspopup], :disabled)");
    button?.click();
    if (button?.querySelector(".add-count")) requestAnimationFrame(() => done(performance.now()));
    else setTimeout(tap, 20);
  };
  tap();
}));
"""
# Since the page's HTML was there, and since it was asked for.
GUEST = """async () => {
  const [seenAt, usableAt, takenOverAt] = [await seen, await usable, await takenOver];
  const [page] = performance.getEntriesByType("navigation");
  const since = page.responseEnd;
  return {
    htmlMs: since,
    seenMs: seenAt - since,
    usableMs: usableAt - since,
    takenOverMs: takenOverAt - since,
    wholeMs: takenOverAt,
    layoutShift: shifts,
  };
}"""
FRAMES = """(ms) => new Promise((done) => {
  const times = [];
  const frame = (at) => {
    times.push(at);
    if (at - times[0] < ms) requestAnimationFrame(frame);
    else done(times.slice(1).map((each, index) => each - times[index]));
  };
  requestAnimationFrame(frame);
})"""
# Resolves to the moment at which what is wanted is on the screen, on the machine's clock.
SEEN = """([selector, text]) => new Promise((done) => {
  const look = () => {
    if (document.querySelector(selector)?.textContent.includes(text)) {
      requestAnimationFrame(() => done(performance.timeOrigin + performance.now()));
      return true;
    }
  };
  if (look()) return;
  const watcher = new MutationObserver(() => look() && watcher.disconnect());
  watcher.observe(document, { childList: true, subtree: true, characterData: true });
})"""
TAP = """(selector) => {
  const at = performance.timeOrigin + performance.now();
  document.querySelector(selector).click();
  return at;
}"""


async def run(options: Options) -> AsyncIterator[dict[str, Any]]:
    async with stage(nodes=2) as ground, async_playwright() as playwright:
        os.sched_setaffinity(0, CORES)  # the browser is no load generator: it gets what there is
        browser = await playwright.chromium.launch(
            executable_path=chromium_path(), args=[*LAUNCH_ARGS, "--disable-gpu"]
        )
        place = await ground.add_restaurant(40)
        async for result in _visits(browser, ground, place, options.rounds):
            yield result
        await _fill(ground, place, options.orders)
        board = await _kitchen(browser, ground, place, 0)
        yield {"what": "kitchen's board at rest", **await _frames(board, options.seconds)}
        async with _busy(ground, place, 0):
            yield {
                "what": "kitchen's board at work",
                "orders": options.orders,
                "eventsPerSecond": EVENTS_PER_SECOND,
                **await _frames(board, options.seconds),
            }
        other = await _kitchen(browser, ground, place, 1)
        async with _busy(ground, place, TAPS):  # not with those that are tapped on
            yield {"what": "a tap", **await _taps([board, other])}
        await browser.close()


async def _visits(
    browser: Browser, ground: Stage, place: dict[str, Any], rounds: int
) -> AsyncIterator[dict[str, Any]]:
    """Open a guest's page by the balancer, as guests do, and at a node itself, in turns."""
    path = f"/scan/{place['tables'][0]['token']}"
    async with front(ground.folder, ground.urls) as balancer:
        ways = {"HTTP/2": balancer, "HTTP/1.1": ground.urls[0]}
        found: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way, url in ways.items():
                found[way].append(await _visit(browser, url + path))
    for way, visits in found.items():
        what = {"what": "guest's page, mid phone", "over": way}
        yield {**what, **medians(visits), "rounds": rounds}


async def _visit(browser: Browser, url: str) -> dict[str, float]:
    context = await browser.new_context(
        viewport=PHONE, has_touch=True, is_mobile=True, ignore_https_errors=True
    )
    page = await context.new_page()
    cdp = await context.new_cdp_session(page)
    await cdp.send("Network.enable")
    await cdp.send("Network.emulateNetworkConditions", FAST_3G)
    await cdp.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    weight = _weigh(cdp)
    await page.add_init_script(WATCH_GUEST)
    await asyncio.sleep(OPENING_SECONDS)
    await page.goto(url, wait_until="commit")
    found: dict[str, float] = await page.evaluate(GUEST)
    await context.close()
    return found | {"pageScriptAndStyleKiB": sum(weight.values()) / 1024, "requests": len(weight)}


def _weigh(cdp: CDPSession) -> dict[str, float]:
    """Note the bytes on the wire of each script and style, and of the page: it has styles too."""
    weight: dict[str, float] = {}

    def begin(event: dict[str, Any]) -> None:
        if event["type"] in ("Document", "Script", "Stylesheet"):
            weight[event["requestId"]] = 0

    def end(event: dict[str, Any]) -> None:
        if event["requestId"] in weight:
            weight[event["requestId"]] = event["encodedDataLength"]

    cdp.on("Network.responseReceived", begin)
    cdp.on("Network.loadingFinished", end)
    return weight


async def _fill(ground: Stage, place: dict[str, Any], orders: int) -> None:
    wire = await _waiter(ground, place)
    dishes, tables = plain_dishes(place), place["tables"]
    for number in range(orders):
        await wire.must(*_order(dishes, tables, number))


async def _waiter(ground: Stage, place: dict[str, Any]) -> Wire:
    token = await ground.staff_token(place, "manager")
    return await Wire().connect(ground.http, ground.urls[1], token)


async def _kitchen(browser: Browser, ground: Stage, place: dict[str, Any], node: int) -> Page:
    context = await browser.new_context(viewport=WALL)
    page = await context.new_page()
    who = place["staff"]["kitchen"]
    await page.goto(f"{ground.urls[node]}/kitchen")
    await page.get_by_label("E-mail").fill(who["email"])
    await page.get_by_label("Password").fill(who["password"])
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.get_by_role("button", name="Start shift").click()
    await page.wait_for_selector(".ticket")
    return page


@asynccontextmanager
async def _busy(ground: Stage, place: dict[str, Any], spared: int) -> AsyncIterator[None]:
    work = asyncio.create_task(_cook(ground, place, spared))
    yield
    if work.done():
        raise RuntimeError("the kitchen had nothing more to do") from work.exception()
    work.cancel()


async def _cook(ground: Stage, place: dict[str, Any], spared: int) -> None:
    """Send so many commands a second, each of which is an event on the board.

    The oldest order but those spared is cooked dish by dish, then a new one comes.
    """
    wire = await _waiter(ground, place)
    dishes, tables = plain_dishes(place), place["tables"]
    for number in itertools.count():
        oldest = (await _orders(ground, place))[spared]
        for name, payload in (*_cooking(oldest), _order(dishes, tables, number)):
            answer = asyncio.create_task(wire.must(name, payload))
            await asyncio.sleep(1 / EVENTS_PER_SECOND)
            await answer


async def _orders(ground: Stage, place: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the orders on the board, oldest first."""
    path = f"{ground.urls[0]}/api/restaurants/{place['restaurantId']}/orders"
    token = await ground.staff_token(place, "manager")
    async with ground.http.get(path, headers={"Authorization": f"Bearer {token}"}) as reply:
        found: list[dict[str, Any]] = (await reply.json())["orders"]
    waiting = [order for order in found if any(map(_waits, order["items"]))]
    return sorted(waiting, key=lambda order: int(order["orderNumber"]))


def _waits(item: dict[str, Any]) -> bool:
    return bool(item["status"] == "QUEUED")


def _cooking(order: dict[str, Any]) -> list[Command]:
    steps = ("item:start", "item:ready")
    waiting = filter(_waits, order["items"])
    lines = [{"orderId": order["id"], "itemId": item["id"]} for item in waiting]
    return [(step, line | {"commandId": str(uuid4())}) for line in lines for step in steps]


def _order(dishes: list[str], tables: list[dict[str, Any]], number: int) -> Command:
    order = {
        "tableId": tables[number % len(tables)]["id"],
        "items": [{"menuItemId": dishes[(number + n) % len(dishes)]} for n in range(DISHES)],
        "commandId": str(uuid4()),
    }
    return "order:create", order


async def _frames(page: Page, seconds: float) -> dict[str, float]:
    """Return how smoothly a page ran, by its frames and by the browser's own trace."""
    cdp = await page.context.new_cdp_session(page)
    trace: list[dict[str, Any]] = []
    done = asyncio.Event()
    cdp.on("Tracing.dataCollected", lambda event: trace.extend(event["value"]))
    cdp.on("Tracing.tracingComplete", lambda _: done.set())
    await cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
    await cdp.send("Tracing.start", {"categories": CATEGORIES})
    before = await _spent(cdp)
    steps: list[float] = await page.evaluate(FRAMES, seconds * 1000)
    spent = await _spent(cdp) - before
    await cdp.send("Tracing.end")
    await done.wait()
    await cdp.detach()
    tasks = [each["tdur"] / 1000 for each in trace if each["name"] in TASKS and "tdur" in each]
    return {
        # Of the page's main thread alone: what others do on this machine does not count.
        "cpuMsPerSecond": round(spent * 1000 / (sum(steps) / 1000), 1),
        "framesPerSecond": round(1000 * len(steps) / sum(steps), 1),
        **timings("frame", [step / 1000 for step in steps]),
        "dropped": sum(each["name"] == "DroppedFrame" for each in trace),
        "longestTaskCpuMs": round(max(tasks, default=0), 1),
    }


async def _spent(cdp: CDPSession) -> float:
    """Return the processor time of the page's main thread, in seconds."""
    metrics = (await cdp.send("Performance.getMetrics"))["metrics"]
    found: dict[str, float] = {each["name"]: each["value"] for each in metrics}
    return found["TaskDuration"]


async def _taps(boards: list[Page]) -> dict[str, float]:
    """Return how soon a tap is on the own screen, and on the one at the other node."""
    own, other = [], []
    for _ in range(TAPS):
        begun = boards[0].locator(".ticket:has(.l-QUEUED)").first
        order = await begun.get_attribute("data-order")
        card = f'[data-order="{order}"] .l-QUEUED .line-main'
        line = await boards[0].locator(card).first.get_attribute("data-item")
        shown = [f'li:has([data-item="{line}"]) .line-state', "Cooking"]
        seen = [asyncio.ensure_future(board.evaluate(SEEN, shown)) for board in boards]
        await asyncio.sleep(0.1)  # both are looking
        at = await boards[0].evaluate(TAP, f'[data-item="{line}"]')
        here, there = await asyncio.gather(*seen)
        own.append((here - at) / 1000)
        other.append((there - at) / 1000)
    return {**timings("ownScreen", own), **timings("otherScreen", other), "taps": len(own)}
