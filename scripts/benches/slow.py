"""A flood of large events to a room where one reader sleeps: what the server keeps, who waits."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from scripts.benches.contest import ROOMS, Crowd, Server, crowd, server
from scripts.benches.numbers import medians
from scripts.benches.options import Options

SERVERS = ("hub", "stock", "node")
READERS = 40
BYTES = 16_000
PER_SECOND = 750  # events, so 30,000 deliveries: a load that every server can carry
FIRST_EVENTS = 300  # not counted
LOOK_SECONDS = 0.05


async def run(options: Options) -> AsyncIterator[dict[str, Any]]:
    names = [name for name in SERVERS if name in options.peers]
    events = max(1, round(options.megabytes * 1e6 / BYTES))
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _ in range(options.rounds):
        for name in names:
            awake = await _flood(name, events, asleep=False)
            runs[name].append(_compare(awake, await _flood(name, events, asleep=True)))
    for name, found in runs.items():
        about = {"server": name, "readers": READERS, "megabytesEach": options.megabytes}
        yield {**about, **medians(found), "rounds": options.rounds}


def _compare(awake: dict[str, float], asleep: dict[str, float]) -> dict[str, float]:
    return {
        **asleep,
        "p99WithoutSleeperMs": awake["p99Ms"],
        "grownWithoutSleeperMiB": awake["grownMiB"],
        "timesP99": asleep["p99Ms"] / awake["p99Ms"],
    }


async def _flood(name: str, events: int, *, asleep: bool) -> dict[str, float]:
    async with server(name, size=BYTES) as running, crowd() as clients:
        await clients.enter(running.port, READERS, ROOMS)
        await _publish(running, clients, FIRST_EVENTS, READERS)
        if asleep:
            await clients.ask("sleep")
        before = running.resident()
        most = await _publish(running, clients, events, READERS - asleep)
        _, p50, p99, _ = await clients.ask("latencies")
        [sessions] = await running.ask("sessions")
    return {
        "grownMiB": (most - before) / 2**20,
        "p50Ms": p50 / 1000,
        "p99Ms": p99 / 1000,
        "cutOff": READERS - sessions,
    }


async def _publish(running: Server, clients: Crowd, events: int, readers: int) -> int:
    """Flood the room; return the most memory that the server had meanwhile."""
    await clients.expect(events * readers)
    running.tell("publish", 0, 1, events, PER_SECOND)
    most = running.resident()
    async with asyncio.TaskGroup() as group:
        heard = group.create_task(clients.heard(events * readers))
        while not heard.done():
            await asyncio.wait([heard], timeout=LOOK_SECONDS)
            most = max(most, running.resident())
    await running.answer()
    return most
