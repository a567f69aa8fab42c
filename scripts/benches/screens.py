"""A guest's page in a real Chromium, on a mid phone.

A mid phone is four times as slow as this machine, on 1.6 Mbit/s with 150 ms to and fro.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from scripts.benches.front import front
from scripts.benches.numbers import medians
from scripts.benches.options import Options
from scripts.benches.stage import Stage
from scripts.benches.window import Browser, Window, browser

PHONE = {"width": 390, "height": 844}
MOBILE = {"deviceScaleFactor": 1, "mobile": True}
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


async def run(ground: Stage, options: Options) -> AsyncIterator[dict[str, Any]]:
    async with browser() as chromium:
        place = await ground.add_restaurant(40)
        async for result in _visits(chromium, ground, place, options.rounds):
            yield result


async def _visits(
    chromium: Browser, ground: Stage, place: dict[str, Any], rounds: int
) -> AsyncIterator[dict[str, Any]]:
    """Open a guest's page by the balancer, as guests do, and at a node itself, in turns."""
    path = f"/scan/{place['tables'][0]['token']}"
    async with front(ground.folder, ground.urls) as balancer:
        ways = {"HTTP/2": balancer, "HTTP/1.1": ground.urls[0]}
        found: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way, url in ways.items():
                found[way].append(await _visit(chromium, url + path))
    for way, visits in found.items():
        what = {"what": "guest's page, mid phone", "over": way}
        yield {**what, **medians(visits), "rounds": rounds}


async def _visit(chromium: Browser, url: str) -> dict[str, float]:
    window = await chromium.open(**PHONE)
    await window.send("Emulation.setDeviceMetricsOverride", **PHONE, **MOBILE)
    await window.send("Emulation.setTouchEmulationEnabled", enabled=True)
    await window.send("Emulation.setCPUThrottlingRate", rate=SLOWER)
    await window.send("Network.enable")
    await window.send("Network.emulateNetworkConditions", **FAST_3G)
    await window.send("Page.addScriptToEvaluateOnNewDocument", source=WATCH_GUEST)
    weight = _weigh(window)
    await asyncio.sleep(OPENING_SECONDS)
    await window.goto(url)
    found: dict[str, float] = await window.evaluate(GUEST)
    await window.close()
    return found | {"pageScriptAndStyleKiB": sum(weight.values()) / 1024, "requests": len(weight)}


def _weigh(window: Window) -> dict[str, float]:
    """Note the bytes on the wire of each script and style, and of the page: it has styles too."""
    weight: dict[str, float] = {}

    def begin(event: dict[str, Any]) -> None:
        if event["type"] in ("Document", "Script", "Stylesheet"):
            weight[event["requestId"]] = 0

    def end(event: dict[str, Any]) -> None:
        if event["requestId"] in weight:
            weight[event["requestId"]] = event["encodedDataLength"]

    window.on("Network.responseReceived", begin)
    window.on("Network.loadingFinished", end)
    return weight
