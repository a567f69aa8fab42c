"""What a connection costs: idle memory, the handshake, and many that drop at the same moment."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from scripts.benches.contest import ENGINE, ROOMS, SESSION, crowd, most_sockets, server
from scripts.benches.numbers import medians
from scripts.benches.options import Options

SERVERS = ("hub", "stock", "node")
DROPPED = ("hub", "node")  # the stock one looks at every room for each client: it takes minutes
FEW = 200  # connections come and go before the others, to warm up
SETTLE_SECONDS = 1.0
OWN_SOCKETS = 500  # of a process, besides its connections
ROOMS_OF_ALL, ROOMS_OF_EACH = 1000, 4


async def run(options: Options) -> AsyncIterator[dict[str, Any]]:
    names = [name for name in SERVERS if name in options.peers]
    idle: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    dropped: dict[str, list[dict[str, float]]] = {n: [] for n in names if n in DROPPED}
    for _ in range(options.rounds):
        for name in names:
            idle[name].append(await _idle(name, options.connections))
    for name, found in idle.items():
        about = {"server": name, "connections": options.connections}
        yield {**about, **medians(found), "rounds": options.rounds}
    sockets = min(2 * options.connections, most_sockets() - OWN_SOCKETS)
    for _ in range(options.rounds):
        for name, drops in dropped.items():
            drops.append(await _drop(name, sockets))
    for name, found in dropped.items():
        about = {"server": name, "droppedAtOnce": sockets}
        yield {**about, **medians(found), "rounds": options.rounds}


async def _idle(name: str, count: int) -> dict[str, float]:
    transport, _ = await _enter(name, count, ENGINE)
    session, seconds = await _enter(name, count, SESSION)
    return {
        "transportKiB": transport,
        "sessionKiB": session,
        "handshakesPerCpuSecond": count / seconds,
    }


async def _enter(name: str, count: int, depth: int) -> tuple[float, float]:
    """Return the memory of a connection, in KiB, and the processor time that all took to come."""
    async with server(name) as running, crowd() as clients:
        await clients.enter(running.port, FEW, depth)
        await clients.ask("close")
        await running.wait_for_sessions(0)
        await asyncio.sleep(SETTLE_SECONDS)
        memory, cpu = running.resident(), running.cpu()
        await clients.enter(running.port, count, depth)
        seconds = running.cpu() - cpu
        await asyncio.sleep(SETTLE_SECONDS)
        return (running.resident() - memory) / 1024 / count, seconds


async def _drop(name: str, sockets: int) -> dict[str, float]:
    """Kill the process of all clients, and see how long the server has no time for others."""
    async with server(name, PROBE="1") as running, crowd() as clients:
        rooms = {"rooms": ROOMS_OF_ALL, "each": ROOMS_OF_EACH}
        await clients.enter(running.port, sockets, ROOMS, **rooms)
        await running.wait_for_sessions(sockets)
        await asyncio.sleep(SETTLE_SECONDS)
        await running.ask("probe")
        before = running.cpu()
        clients.kill()
        await running.wait_for_sessions(0)
        cpu = running.cpu() - before
        blocked, turn, callback = await running.ask("probed")
    found = {"blockedMs": blocked / 1000, "longestTurnMs": turn / 1000, "cpuMs": cpu * 1000}
    return found | ({"longestCallbackMs": callback / 1000} if callback else {})
