"""The manager's figures of this moment: true also of what happens without an event."""

from datetime import timedelta

import asyncpg
import msgspec
from playwright.async_api import Page, expect

from hub.app import Node
from state.live import displays, gates
from tests.place import Place
from tests.scenes import place_order
from tests.screens import open_screens
from tests.test_browser_quality import resize

# How far the ends of its rows are from the end of the whole, in px.
RAGGED = """(whole) => {
  const end = whole.getBoundingClientRect().right;
  const rows = new Map();
  for (const each of whole.children) {
    const { top, right } = each.getBoundingClientRect();
    rows.set(Math.round(top), Math.max(rows.get(Math.round(top)) ?? 0, right));
  }
  return [...rows.values()].map((right) => Math.round(end - right));
}"""


async def look_again(manager: Page) -> None:
    """Let the time pass after which the page asks anew, though nothing was heard."""
    await manager.clock.fast_forward(11_000)


async def test_what_no_event_tells_shows_by_itself(
    place: Place, nodes: list[Node], db: asyncpg.Connection
) -> None:
    order = await place_order(place, await place.guest())
    cook = await place.cook()
    await cook.send("display:ack", restaurantId=place.id, seq=order["seq"])
    await age_display(place, nodes[0], minutes=-60)  # here, however slow the machine is
    async with open_screens(place) as screens:
        manager = await screens.manager(section="menu")
        await manager.clock.install()
        await manager.evaluate("location.hash = 'live'")
        late = manager.locator(".stat", has_text="Late today").locator(".stat-value")
        screen = manager.locator(".now-displays .row")
        await expect(late).to_have_text("\u2013")
        await expect(screen.locator(".tag")).to_have_text("Up to date")
        await db.execute(
            "UPDATE order_items SET queued_at = now() - interval '1 hour' WHERE order_id = $1",
            order["id"],
        )
        shut = gates.Shown(shut=25, busy=0)
        await gates.tell(nodes[0].deps.redis, {"deepl": shut})
        await age_display(place, nodes[0], minutes=61)
        await look_again(manager)
        await expect(late).to_have_text("100%")
        await expect(screen.locator(".tag")).to_have_text("Closed or offline")
        company = manager.locator(".companies .tag.bad")
        await expect(company).to_have_text("deepl failing; next try in 0:25")
        await age_display(place, nodes[0], minutes=10)
        await look_again(manager)
        await expect(screen).to_have_count(0)


async def age_display(place: Place, node: Node, minutes: int) -> None:
    """Have the only display be silent for longer."""
    [kept] = await displays.all_of(node.deps.redis, place.id)
    older = msgspec.structs.replace(kept, at=kept.at - timedelta(minutes=minutes))
    await displays.put(node.deps.redis, place.id, older)


async def test_the_figures_fill_their_rows(calm: Place) -> None:
    async with open_screens(calm) as screens:
        manager = await screens.manager()
        for width in (1440, 1200, 1024, 768, 390, 360):
            await resize(manager, width, 900)
            assert set(await manager.locator(".stats").evaluate(RAGGED)) == {0}, width
