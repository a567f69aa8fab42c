"""A kitchen's board in a real Chromium, full and at work: its frames, and how soon a tap is seen.

The browser draws without a graphics processor, on the cores on which two nodes, their engines and
whoever cooks run too. Windows of one browser share the one thread that puts them on the screen.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from scripts.benches.numbers import timings
from scripts.benches.options import Options
from scripts.benches.orders import plain_dishes
from scripts.benches.stage import Stage
from scripts.benches.window import Browser, Window, browser
from scripts.benches.wire import ANSWER_SECONDS, Wire

WALL = {"width": 1920, "height": 1080}
COMMANDS_PER_SECOND = 20
CATEGORIES = (
    "toplevel,disabled-by-default-devtools.timeline,disabled-by-default-devtools.timeline.frame"
)
TASKS = ("RunTask", "ThreadControllerImpl::RunTask")
TAPS, DISHES = 20, 3  # in each round
LOOK_SECONDS = 0.02
IN_SIGHT = 5  # tickets that are on the first page, however long they are

Command = tuple[str, dict[str, Any]]

FRAMES = """(ms) => new Promise((done) => {
  const times = [];
  const frame = (at) => {
    times.push(at);
    if (at - times[0] < ms) requestAnimationFrame(frame);
    else done(times.slice(1).map((each, index) => each - times[index]));
  };
  requestAnimationFrame(frame);
})"""
# Resolves to the moment at which what is wanted is on the screen, on the machine's clock: when the
# frame after the one that draws it begins.
SEEN = """([selector, text]) => new Promise((done) => {
  const look = () => {
    if (document.querySelector(selector)?.textContent.includes(text)) {
      const drawn = () => done(performance.timeOrigin + performance.now());
      requestAnimationFrame(() => requestAnimationFrame(drawn));
      return true;
    }
  };
  if (look()) return;
  const watcher = new MutationObserver(() => look() && watcher.disconnect());
  watcher.observe(document, { childList: true, subtree: true, characterData: true });
})"""
# Resolves once a selector finds something.
THERE = """(selector) => new Promise((done) => {
  const look = () => document.querySelector(selector) ? done() : setTimeout(look, 50);
  look();
})"""
# Signs in and starts a shift as somebody at the screen would.
SIGN_IN = """async ([email, password]) => {
  const soon = async (find) => {
    for (;;) {
      const found = find();
      if (found) return found;
      await new Promise((later) => setTimeout(later, 50));
    }
  };
  const button = (words) => () =>
    [...document.querySelectorAll("button")].find((each) => each.textContent.trim() === words);
  const fill = async (type, text) => {
    const input = await soon(() => document.querySelector(`input[type="${type}"]`));
    input.value = text;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  await fill("email", email);
  await fill("password", password);
  (await soon(button("Sign in"))).click();
  (await soon(button("Start shift"))).click();
  await soon(() => document.querySelector(".ticket"));
}"""
TAP = """(selector) => {
  const at = performance.timeOrigin + performance.now();
  document.querySelector(selector).click();
  return at;
}"""


async def run(ground: Stage, options: Options) -> AsyncIterator[dict[str, Any]]:
    async with browser() as chromium:
        place = await ground.add_restaurant(40)
        await _fill(ground, place, options.orders)
        board = await _kitchen(chromium, ground, place, 0)
        yield {"what": "kitchen's board at rest", **await _frames(board, options.seconds)}
        async with _busy(ground, place, 0):
            yield {
                "what": "kitchen's board at work",
                "orders": options.orders,
                "commandsPerSecond": COMMANDS_PER_SECOND,
                **await _frames(board, options.seconds),
            }
        waiting = (await _orders(ground, place))[:IN_SIGHT]
        wire = await _waiter(ground, place)
        async with _busy(ground, place, IN_SIGHT):  # not with those that are tapped on
            [own] = await _taps([board], waiting, wire, options.rounds)
        yield {"what": "a tap", **timings("ownScreen", own), "taps": len(own)}
        other = await _kitchen(chromium, ground, place, 1)
        async with _busy(ground, place, IN_SIGHT):
            yield {"what": "two boards in one browser", **await _both(board, other, options)}
            own, others = await _taps([board, other], waiting, wire, options.rounds)
        seen = {**timings("ownScreen", own), **timings("otherScreen", others)}
        yield {"what": "a tap beside another board", **seen, "taps": len(own)}


async def _fill(ground: Stage, place: dict[str, Any], orders: int) -> None:
    wire = await _waiter(ground, place)
    dishes, tables = plain_dishes(place), place["tables"]
    for number in range(orders):
        await wire.must(*_order(dishes, tables, number))


async def _waiter(ground: Stage, place: dict[str, Any]) -> Wire:
    token = await ground.staff_token(place, "manager")
    return await Wire().connect(ground.http, ground.urls[1], token)


async def _kitchen(chromium: Browser, ground: Stage, place: dict[str, Any], node: int) -> Window:
    window = await chromium.open(**WALL)
    who = place["staff"]["kitchen"]
    await window.goto(f"{ground.urls[node]}/kitchen")
    await window.evaluate(SIGN_IN, [who["email"], who["password"]])
    return window


@asynccontextmanager
async def _busy(ground: Stage, place: dict[str, Any], spared: int) -> AsyncIterator[None]:
    work = asyncio.create_task(_cook(ground, place, spared))
    yield
    if work.done():
        raise RuntimeError("the kitchen had nothing more to do") from work.exception()
    work.cancel()


async def _cook(ground: Stage, place: dict[str, Any], spared: int) -> None:
    """Send so many commands a second, each of which is told to the board in one to three events.

    The oldest order but those spared is cooked dish by dish, then a new one comes.
    """
    wire = await _waiter(ground, place)
    dishes, tables = plain_dishes(place), place["tables"]
    for number in itertools.count():
        oldest = (await _orders(ground, place))[spared]
        for name, payload in (*_cooking(oldest), _order(dishes, tables, number)):
            answer = asyncio.create_task(wire.must(name, payload))
            await asyncio.sleep(1 / COMMANDS_PER_SECOND)
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


async def _frames(window: Window, seconds: float) -> dict[str, float]:
    """Return how smoothly a page ran, by its frames and by the browser's own trace."""
    trace: list[dict[str, Any]] = []
    done = asyncio.Event()
    window.on("Tracing.dataCollected", lambda event: trace.extend(event["value"]))
    window.on("Tracing.tracingComplete", lambda _: done.set())
    await window.send("Performance.enable", timeDomain="threadTicks")
    await window.send("Tracing.start", categories=CATEGORIES)
    before = await _spent(window)
    steps: list[float] = await window.evaluate(FRAMES, seconds * 1000)
    spent = await _spent(window) - before
    await window.send("Tracing.end")
    await done.wait()
    tasks = [each["tdur"] / 1000 for each in trace if each["name"] in TASKS and "tdur" in each]
    return {
        # Of the page's main thread alone: what others do on this machine does not count.
        "cpuMsPerSecond": round(spent * 1000 / (sum(steps) / 1000), 1),
        "framesPerSecond": round(1000 * len(steps) / sum(steps), 1),
        **timings("frame", [step / 1000 for step in steps]),
        "dropped": sum(each["name"] == "DroppedFrame" for each in trace),
        "longestTaskCpuMs": round(max(tasks, default=0), 1),
    }


async def _both(board: Window, other: Window, options: Options) -> dict[str, float]:
    """Return how smoothly a board runs, and the frame rate of another in a window beside it."""
    beside = asyncio.ensure_future(other.evaluate(FRAMES, options.seconds * 1000))
    found, steps = await _frames(board, options.seconds), await beside
    return found | {"otherFramesPerSecond": round(1000 * len(steps) / sum(steps), 1)}


async def _spent(window: Window) -> float:
    """Return the processor time of the page's main thread, in seconds."""
    metrics = (await window.send("Performance.getMetrics"))["metrics"]
    found: dict[str, float] = {each["name"]: each["value"] for each in metrics}
    return found["TaskDuration"]


async def _taps(
    boards: list[Window], orders: list[dict[str, Any]], wire: Wire, rounds: int
) -> list[list[float]]:
    """Return, for each board, after how many seconds a tap on the first is seen there.

    What was tapped on is taken back, and after a while tapped on again.
    """
    found: list[list[float]] = [[] for _ in boards]
    lines = [
        (order["id"], item["id"]) for order in orders for item in order["items"] if _waits(item)
    ]
    for order, item in itertools.islice(itertools.cycle(lines), TAPS * rounds):
        line = f'.l-QUEUED [data-item="{item}"][aria-disabled="false"]'
        await boards[0].evaluate(THERE, line)
        shown = [f'li:has([data-item="{item}"]) .line-state', "Cooking"]
        seen = [asyncio.ensure_future(board.evaluate(SEEN, shown)) for board in boards]
        await asyncio.sleep(0.1)  # all are looking
        at = await boards[0].evaluate(TAP, line)
        for times, moment in zip(found, await asyncio.gather(*seen), strict=True):
            times.append((moment - at) / 1000)
        await _take_back(wire, {"orderId": order, "itemId": item})
    return found


async def _take_back(wire: Wire, item: dict[str, str]) -> None:
    """Undo a tap as soon as the hub has heard of it: the own screen is ahead of that."""
    async with asyncio.timeout(ANSWER_SECONDS):
        while True:
            answer = await wire.ask("item:recall", item | {"commandId": str(uuid4())})
            if answer.ok:
                return
            await asyncio.sleep(LOOK_SECONDS)
