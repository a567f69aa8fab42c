"""A guest's page in a real Chromium, on a mid phone.

A mid phone is four times as slow as this machine, on 1.6 Mbit/s with 150 ms to and fro.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any

from playwright.async_api import Browser, CDPSession, Playwright, async_playwright

from scripts.benches.front import front
from scripts.benches.machine import CORES
from scripts.benches.numbers import medians
from scripts.benches.options import Options
from scripts.benches.stage import Stage, stage
from scripts.browser import LAUNCH_ARGS, chromium_path

PHONE = {"width": 390, "height": 844}
SLOWER = 4
FAST_3G = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
OPENING_SECONDS = 4.0  # what the browser does for a new window is not the page's

# Told by the page itself: when the menu was seen; when a tap on a dish, made as soon as that was
# drawn, was answered in a frame; when the page's script has taken over; and what moved. The tap has
# the priority of what fingers do: it is before all else that the page has to do.
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
const dish = () => document.querySelector(".add-button:not([aria-haspopup], :disabled)");
globalThis.answered = new Promise((done) => {
  const first = { priority: "user-blocking" };
  const drawn = () => requestAnimationFrame(() => scheduler.postTask(tap, first));
  const tap = () => {
    dish().click();
    if (!dish().querySelector(".add-count")) return drawn();
    requestAnimationFrame(() => done(performance.now()));
  };
  new MutationObserver((_, watcher) => {
    if (!dish()) return;
    watcher.disconnect();
    drawn();
  }).observe(document, { childList: true, subtree: true });
});
"""
# Since the page's HTML was there, and since it was asked for.
GUEST = """async () => {
  const [seenAt, answeredAt, takenOverAt] = [await seen, await answered, await takenOver];
  const [page] = performance.getEntriesByType("navigation");
  const since = page.responseEnd;
  return {
    htmlMs: since,
    seenMs: seenAt - since,
    usableMs: Math.max(seenAt, answeredAt) - since,
    takenOverMs: takenOverAt - since,
    wholeMs: takenOverAt,
    layoutShift: shifts,
  };
}"""


async def run(options: Options) -> AsyncIterator[dict[str, Any]]:
    async with stage(nodes=2) as ground, async_playwright() as playwright:
        browser = await launch(playwright)
        place = await ground.add_restaurant(40)
        async for result in _visits(browser, ground, place, options.rounds):
            yield result
        await browser.close()


async def launch(playwright: Playwright) -> Browser:
    """Start a browser without a graphics processor, on all cores: it is no load generator."""
    os.sched_setaffinity(0, CORES)
    return await playwright.chromium.launch(
        executable_path=chromium_path(), args=[*LAUNCH_ARGS, "--disable-gpu"]
    )


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
