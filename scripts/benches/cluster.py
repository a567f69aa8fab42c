"""Two nodes over one Valkey: an entry of the log published beside one reaches clients of the other.

The node with the clients has a core for itself, all others share the second one.
"""

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from hub import embedded
from scripts.benches.contest import CLIENTS_CORE, ROOMS, Crowd, Server, crowd, server
from scripts.benches.numbers import medians
from scripts.benches.options import Options

# By the server, and by how its nodes talk to each other.
SYSTEMS = {"hub": ("hub", ""), "redis": ("node", "redis"), "streams": ("node", "streams")}
SUBSCRIBERS = (100, 4, 0)  # on the node that is looked at
PER_SECOND = 200  # events: far below what any of them can carry, so that nothing queues
AT_MOST = 0  # a second: as many as the publisher can
UNHEARD_PER_SECOND = 1000  # about what that is
BUSY_ROOMS, ROOMS_OF_EACH = 10, 10


class Cluster(msgspec.Struct):
    publisher: Server
    node: Server
    clients: Crowd


async def run(options: Options) -> AsyncIterator[dict[str, Any]]:
    names = [name for name, (needed, _) in SYSTEMS.items() if needed in options.peers]
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(_valkey())
        clusters = {name: await _build(stack, name, url) for name in names}
        for subscribers in SUBSCRIBERS:
            for name, found in (await _interleave(clusters, subscribers, options)).items():
                about = {"system": name, "subscribers": subscribers}
                yield {**about, **medians(found), "rounds": options.rounds}
        for name, cluster in clusters.items():
            found = await _with_many_rooms(cluster, name, url, options)
            about = {"system": name, "rooms": options.rooms}
            yield {**about, **medians(found), "rounds": options.rounds}


@asynccontextmanager
async def _valkey() -> AsyncIterator[str]:
    with tempfile.TemporaryDirectory(prefix="onemoment-bench-") as folder:
        engines = await embedded.start(Path(folder), postgres=False)
        try:
            os.sched_setaffinity(engines.valkey_pid, {CLIENTS_CORE})
            yield engines.redis_url
        finally:
            await engines.stop()


async def _build(stack: AsyncExitStack, name: str, url: str) -> Cluster:
    kind, adapter = SYSTEMS[name]
    env = {"REDIS_URL": url, "ADAPTER": adapter}
    return Cluster(
        await stack.enter_async_context(server(kind, core=CLIENTS_CORE, **env)),
        await stack.enter_async_context(server(kind, **env)),
        await stack.enter_async_context(crowd()),
    )


async def _interleave(
    clusters: dict[str, Cluster], subscribers: int, options: Options
) -> dict[str, list[dict[str, float]]]:
    rounds = [
        {name: await _measure(cluster, subscribers, options) for name, cluster in clusters.items()}
        for _ in range(options.rounds + 1)
    ][1:]  # the first is to warm up
    return {name: [each[name] for each in rounds] for name in clusters}


async def _measure(cluster: Cluster, subscribers: int, options: Options) -> dict[str, float]:
    if subscribers:
        return await _latency(cluster, subscribers, max(1, round(options.seconds * PER_SECOND)))
    return await _nobody_here(cluster, max(1, round(options.seconds * UNHEARD_PER_SECOND)))


async def _latency(cluster: Cluster, subscribers: int, events: int) -> dict[str, float]:
    """Return how long an event takes from the publisher to the clients of the node."""
    clients, deliveries = cluster.clients, events * subscribers
    await clients.enter(cluster.node.port, subscribers, ROOMS)
    before = cluster.node.cpu()
    await clients.expect(deliveries)
    await cluster.publisher.ask("publish", 0, 1, events, PER_SECOND)
    await clients.heard(deliveries)
    cpu = cluster.node.cpu() - before
    _, p50, p99, _ = await clients.ask("latencies")
    await _leave(cluster)
    return {"p50Ms": p50 / 1000, "p99Ms": p99 / 1000, "cpuUs": cpu * 1e6 / deliveries}


async def _nobody_here(cluster: Cluster, events: int) -> dict[str, float]:
    """Return what the node spends on each event of a room in which it has no member."""
    clients = cluster.clients
    await clients.enter(cluster.node.port, 1, ROOMS)  # in room 0; so nobody is in room 1
    before = cluster.node.cpu()
    await cluster.publisher.ask("publish", 1, 1, events, AT_MOST)
    await clients.expect(1)
    await cluster.publisher.ask("publish", 0, 1, 1, AT_MOST)
    await clients.heard(1)  # what came before it has passed the node
    cpu = cluster.node.cpu() - before
    await _leave(cluster)
    return {"cpuUs": cpu * 1e6 / events}


async def _leave(cluster: Cluster) -> None:
    await cluster.clients.ask("close")
    await cluster.node.wait_for_sessions(0)


async def _with_many_rooms(
    few: Cluster, name: str, url: str, options: Options
) -> list[dict[str, float]]:
    """Compare a node that has nothing but busy rooms with one that has thousands of others too."""
    members = max(1, options.rooms // 100)
    async with AsyncExitStack() as stack:
        many = await _build(stack, name, url)
        others = await stack.enter_async_context(crowd())
        count = max(1, options.rooms // ROOMS_OF_EACH)
        spread = {"first": BUSY_ROOMS, "rooms": options.rooms, "each": ROOMS_OF_EACH}
        await others.enter(many.node.port, count, ROOMS, **spread)
        for cluster in (few, many):
            crowded = BUSY_ROOMS * members
            await cluster.clients.enter(cluster.node.port, crowded, ROOMS, rooms=BUSY_ROOMS)
        rounds = range(options.rounds + 1)
        found = [await _side_by_side(few, many, members, options) for _ in rounds][1:]
        await _leave(few)
        return found


async def _side_by_side(
    few: Cluster, many: Cluster, members: int, options: Options
) -> dict[str, float]:
    """Let two nodes deliver the same events to as many members."""
    events = max(BUSY_ROOMS, round(options.seconds * PER_SECOND))
    deliveries = events * members
    before = few.node.cpu(), many.node.cpu()
    for cluster in (few, many):
        await cluster.clients.expect(deliveries)
    await few.publisher.ask("publish", 0, BUSY_ROOMS, events, PER_SECOND)
    for cluster in (few, many):
        await cluster.clients.heard(deliveries)
    spent = few.node.cpu() - before[0], many.node.cpu() - before[1]
    return {
        "cpuUs": spent[1] * 1e6 / deliveries,
        "cpuUsWithFewRooms": spent[0] * 1e6 / deliveries,
        "timesFewRooms": spent[1] / max(spent[0], 1e-6),
    }
