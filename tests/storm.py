"""A lunch rush: rounds are placed, cooked, served and cancelled on both nodes until it is over."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from hub import audience
from state.domain.events import Event
from tests.client import Client
from tests.place import Place

STATUSES = ("CONFIRMED", "PREPARING", "READY", "DELIVERED", "COMPLETED")


@asynccontextmanager
async def storm(place: Place, tables: int = 4) -> AsyncIterator[None]:
    """Let every table order, and have its orders brought on, as fast as the hub answers."""
    over = asyncio.Event()
    manager = [await place.worker("manager", node=n) for n in range(2)]
    tasks = [
        asyncio.create_task(
            _party(place, await place.guest(n, node=n % 2), manager[1 - n % 2], over)
        )
        for n in range(tables)
    ]
    try:
        yield
    finally:
        over.set()
        await asyncio.gather(*tasks)


async def _party(place: Place, guest: Client, staff: Client, over: asyncio.Event) -> None:
    dice = random.Random(7)
    while not over.is_set():
        await guest.send("cart:add", **place.line("bar"))
        order = await guest.send("order:create")
        for status in STATUSES[: dice.randrange(len(STATUSES) + 1)]:
            order = await staff.send("order:updateStatus", orderId=order["id"], status=status)
        if order["status"] == "PENDING":
            await guest.send("order:cancel", orderId=order["id"])


async def in_log(place: Place, rooms: list[str], after: int) -> list[int]:
    """Return the seqs of what members of the rooms must have heard, as the log is kept."""
    found: list[int] = []
    while True:
        path = f"/api/restaurants/{place.id}/events?since={after}"
        _, log = await place.get(path, await place.login("manager"))
        if not log["events"]:
            return found
        found += [event["seq"] for event in log["events"] if _is_heard(event, rooms)]
        after = log["seq"]


def _is_heard(event: dict[str, Any], rooms: list[str]) -> bool:
    known = msgspec.json.decode(msgspec.json.encode(event), type=Event)
    return not audience.rooms(known).isdisjoint(rooms)
