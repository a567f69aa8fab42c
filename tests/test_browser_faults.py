"""Screens whose node dies under them, and phones that sleep in a pocket."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from playwright.async_api import expect

from hub.embedded import Engines
from scripts.mishaps.process import Node, running
from tests.conftest import SECRET, new_place
from tests.place import Place
from tests.proxy import Proxy, proxied
from tests.scenes import cook_order
from tests.scenes import place_order as order
from tests.screens import add, open_screens, place_order


@pytest.fixture
async def pair(engines: Engines, tmp_path: Path) -> AsyncIterator[list[Node]]:
    """Two nodes that may be killed."""
    environment = {
        "DATABASE_URL": engines.database_url,
        "REDIS_URL": engines.redis_url,
        "JWT_SECRET": SECRET,
    }
    async with running(*(Node(environment, tmp_path / f"{n}.log") for n in range(2))) as nodes:
        yield nodes


@pytest.fixture
async def proxy(pair: list[Node], tmp_path: Path) -> AsyncIterator[Proxy]:
    (tmp_path / "proxy").mkdir()
    async with proxied(tmp_path / "proxy", [node.port for node in pair]) as made:
        yield made


async def test_boards_go_on_when_their_node_is_killed_and_no_tap_is_lost(
    pair: list[Node], proxy: Proxy, db: asyncpg.Connection
) -> None:
    async with new_place([proxy], db) as place, open_screens(place) as screens:
        guest, boards = await screens.guest(), [await screens.kitchen() for _ in range(2)]
        for count, node in enumerate(pair, 1):
            await node.kill()
            await guest.get_by_role("button", name="Menu").click()
            await add(guest, "Beetroot Hummus")
            await place_order(guest)
            for board in boards:
                await expect(board.locator(".ticket")).to_have_count(count, timeout=60_000)
            await boards[0].locator(".bump", has_text="Accept").click()
            await expect(guest.locator(".round-said").first).to_contain_text(
                "Accepted", timeout=60_000
            )
            await node.start()
        for board in boards:
            await expect(board.locator(".bump", has_text="Start")).to_have_count(2)


async def test_a_phone_that_slept_in_a_pocket_knows_what_it_missed(place: Place) -> None:
    async with open_screens(place) as screens:
        waiter, cook = await screens.waiter(), await place.worker("kitchen")
        sleep = await waiter.context.new_cdp_session(waiter)
        await sleep.send("Page.setWebLifecycleState", {"state": "frozen"})
        await waiter.context.set_offline(True)
        await cook_order(cook, await order(place, await place.guest()))
        await waiter.context.set_offline(False)
        await sleep.send("Page.setWebLifecycleState", {"state": "active"})
        await expect(waiter.locator(".call-card")).to_contain_text("#1 is ready")
        await expect(waiter).to_have_title("(1) Linden & Ember")


async def test_a_waiter_pulls_a_card_aside_when_it_is_served(place: Place) -> None:
    async with open_screens(place) as screens:
        waiter, cook = await screens.waiter(), await place.worker("kitchen")
        await cook_order(cook, await order(place, await place.guest()))
        card = waiter.locator(".call-head")
        await expect(card).to_have_count(1)
        box = await card.bounding_box()
        assert box
        x, y = box["x"] + 60, box["y"] + 10
        await waiter.mouse.move(x, y)
        await waiter.mouse.down()
        await waiter.mouse.move(x + 80, y)
        await waiter.mouse.move(x + 180, y)
        await waiter.mouse.up()
        await expect(waiter.get_by_text("Nobody is waiting for you")).to_be_visible()
