"""How a bench commands a server in a process of its own: a line in, a line out."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from time import perf_counter

Commands = Mapping[str, Callable[..., Awaitable[object]]]


async def obey(port: int, commands: Commands) -> None:
    """Answer each command with its name and what it returned, until whoever commands is gone."""
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    _say("ready", port)
    async for line in reader:
        name, *numbers = line.decode().split()
        _say(name, await commands[name](*map(int, numbers)))


def _say(*words: object) -> None:
    print(*words, file=sys.__stdout__, flush=True)


async def rooms_of(rooms: int, events: int, per_turn: int) -> AsyncIterator[str]:
    """Yield the room of each event; after every so many of them the loop takes a turn."""
    sent = 0
    for _ in range(events):
        for room in range(rooms):
            yield f"room-{room}"
            sent += 1
            if sent % per_turn == 0:
                await asyncio.sleep(0)


async def paced(first: int, rooms: int, events: int, per_second: int) -> AsyncIterator[str]:
    """Yield the rooms in turn, so many events a second; with 0, as fast as they can be sent."""
    began = perf_counter()
    for number in range(events):
        if per_second:
            await asyncio.sleep(max(0.0, began + number / per_second - perf_counter()))
        yield f"room-{first + number % rooms}"


def mark() -> int:
    """Return the moment in microseconds of a clock that all processes share."""
    return time.monotonic_ns() // 1000


class Sessions:
    """How many clients are connected."""

    def __init__(self) -> None:
        self._count = 0

    def connected(self, *_: object) -> None:
        self._count += 1

    def disconnected(self, *_: object) -> None:
        self._count -= 1

    async def count(self) -> int:
        return self._count
