"""The lunch rush as its user runs it: against two nodes, and three that are restarted meanwhile."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub.settings import Settings
from scripts.mishaps.process import PROJECT, Node, running
from tests.conftest import SECRET
from tests.place import Place

RUSH = ("--tables", "6", "--minutes", "0.2", "--json")


async def rush(
    file: Path, *options: str, then: Any = None
) -> tuple[int | None, dict[str, Any], str]:
    """Play a rush; return its exit code, its report and what it said. `then` runs beside it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "scripts.simulate", "--file", str(file), *options),
        cwd=PROJECT,
        stdout=PIPE,
        stderr=PIPE,
    )
    beside = asyncio.ensure_future(then) if then is not None else None
    try:
        async with asyncio.timeout(400):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        raise
    if beside is not None:
        await beside
    return process.returncode, json.loads(out) if out else {}, err.decode()


def told(place: Place, file: Path, urls: list[str], tables: int = 40) -> Path:
    """Write down what scripts/dev would; of its tables only the first ones."""
    facts = {
        "urls": urls,
        "restaurantId": place.id,
        "tables": place.tables[:tables],
        "menu": place.dishes,
        "staff": place.staff,
    }
    file.write_text(json.dumps(facts))
    return file


def nothing_amiss(report: dict[str, Any]) -> bool:
    """Whether nothing was lost, told twice, out of order or to the wrong people."""
    assert report["wrong"] == []
    assert report["boardsDiffering"] == []
    return all(report[name] == 0 for name in ("lost", "duplicated", "outOfOrder", "strayed"))


async def test_a_rush_over_two_nodes_loses_nothing(place: Place, tmp_path: Path) -> None:
    code, report, said = await rush(told(place, tmp_path / "dev.json", place.urls), *RUSH)
    assert code == 0, f"{json.dumps(report)}\n{said}"
    assert nothing_amiss(report)
    assert report["orders"] > 0
    assert report["refused"] == {}
    assert report["notLetGo"] == 0
    assert report["tapToKitchen"]["count"] == report["orders"]
    await as_it_was(place)


async def as_it_was(place: Place) -> None:
    """Nothing is on the stove, nobody at a table, every dish on sale."""
    token = await place.login("manager")
    _, orders = await place.get(f"/api/restaurants/{place.id}/orders", token)
    assert orders["orders"] == []
    _, tables = await place.get(f"/api/restaurants/{place.id}/tables", token)
    assert {table["sessionId"] for table in tables["tables"]} == {None}
    _, menu = await place.get(f"/api/restaurants/{place.id}/menu")
    dishes = [dish for category in menu["categories"] for dish in category["items"]]
    assert all(dish["available"] and dish["quantity"] is None for dish in dishes)


async def test_taken_tables_are_left_alone_unless_told_otherwise(
    place: Place, tmp_path: Path
) -> None:
    file = told(place, tmp_path / "dev.json", place.urls, tables=2)
    await place.scan()
    everyone = ("--tables", "2", "--minutes", "0.01", "--json")
    code, _, said = await rush(file, *everyone)
    assert code == 2
    assert "tables are free" in said
    code, _, said = await rush(file, *everyone, "--clear")
    assert code == 0, said


async def test_without_a_hub_it_says_how_to_start_one(tmp_path: Path) -> None:
    code, _, said = await rush(tmp_path / "dev.json")
    assert code == 2
    assert "scripts/dev" in said


async def ordered(place: Place, count: int) -> None:
    """Wait until so many orders were placed, in the middle of a rush."""
    token = await place.login("manager")
    placed = 0
    async with asyncio.timeout(60):
        while placed < count:
            await asyncio.sleep(0.2)
            _, log = await place.get(f"/api/restaurants/{place.id}/events?since=0", token)
            placed = sum(event["name"] == "order:new" for event in log["events"])


@pytest.fixture
async def own_nodes(settings: Settings, tmp_path: Path) -> AsyncIterator[list[Node]]:
    """Three nodes that a test may restart."""
    env = {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "JWT_SECRET": SECRET,
    }
    async with running(*(Node(env, tmp_path / f"node-{n}.log") for n in range(3))) as nodes:
        yield nodes


async def test_a_rush_does_not_notice_that_three_nodes_are_restarted(
    place: Place, own_nodes: list[Node], tmp_path: Path
) -> None:
    async def roll() -> None:
        for orders, node in enumerate(own_nodes, 1):
            await ordered(place, 3 * orders)
            assert await node.terminate() == 0
            await node.start()

    file = told(place, tmp_path / "dev.json", [node.url for node in own_nodes])
    code, report, said = await rush(file, *RUSH, "--pace", "2", then=roll())
    assert code == 0, f"{json.dumps(report)}\n{said}"
    assert nothing_amiss(report)
    assert report["reconnects"] > 0
    assert report["orders"] > 0
