"""Servers that do the same work, each alone on a core, and a crowd of clients on the other one."""

import asyncio
import json
import os
import resource
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil

from scripts.benches.compiled import program
from scripts.benches.entries import BYTES, arguments
from scripts.benches.machine import CORES
from scripts.benches.packages import node
from scripts.benches.stage import spent
from scripts.supervise import ROOT

SERVER_CORE, CLIENTS_CORE = CORES[0], CORES[-1]
ANSWER_SECONDS = 180.0  # the slowest of them needs its time to let thousands in
ENGINE, SESSION, ROOMS = range(3)  # how deep clients go in; as crowd.c numbers them
PEERS = Path("scripts") / "benches" / "peers"


class Program:
    """A process that answers each line with a line, and ends when nobody commands it any more."""

    def __init__(self, name: str, process: Process) -> None:
        self.name, self.pid = name, process.pid
        self._process = process

    async def ask(self, *words: object) -> list[int]:
        """Give a command and return the numbers of the answer."""
        self.tell(*words)
        return await self.answer()

    def tell(self, *words: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join(map(str, words)).encode() + b"\n")

    async def answer(self) -> list[int]:
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), ANSWER_SECONDS)
        if not line:
            raise RuntimeError(f"{self.name} has ended")
        return [int(word) for word in line.decode().split()[1:] if word.isdigit()]

    def cpu(self) -> float:
        return spent(self.pid)

    def resident(self) -> int:
        """Return the bytes of memory it has at present."""
        return int(psutil.Process(self.pid).memory_info().rss)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()

    async def close(self) -> None:
        self.kill()
        await self._process.wait()


class Server(Program):
    port: int

    async def wait_for_sessions(self, count: int) -> None:
        while await self.ask("sessions") != [count]:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)


class Crowd(Program):
    """Clients in one process; see crowd.c for the commands."""

    async def enter(
        self, port: int, count: int, depth: int, *, first: int = 0, rooms: int = 1, each: int = 1
    ) -> None:
        """Connect clients; those that go into rooms go into so many `each`, from the first on."""
        await self.ask("open", port, count, depth, first, rooms, each)

    async def expect(self, events: int) -> None:
        """Have the events counted that are sent from now on; `heard` waits for so many."""
        await self.ask("expect", events)

    async def heard(self, events: int) -> int:
        """Return how many clients were cut off while the events expected came."""
        [got, lost] = await self.answer()
        if got != events:
            raise RuntimeError(f"{got} events came, not {events}")
        return lost


@asynccontextmanager
async def server(
    name: str, *, size: int = BYTES, core: int = SERVER_CORE, **env: str
) -> AsyncIterator[Server]:
    """Start one of the servers, for events of so many bytes."""
    started = Server(name, await _start(_command(name, size), core, env))
    try:
        [started.port] = await started.answer()
        yield started
    finally:
        await started.close()


@asynccontextmanager
async def crowd(*how: str) -> AsyncIterator[Crowd]:
    clients = Crowd("crowd", await _start([str(program("crowd")), *how], CLIENTS_CORE, {}))
    try:
        yield clients
    finally:
        await clients.close()


def most_sockets() -> int:
    """Let this process and its children open as many files as they may; return how many."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def _command(name: str, size: int) -> list[str]:
    match name:
        case "floor":
            text = json.dumps(arguments("room-0", size), separators=(",", ":"))
            return [str(program("floor")), "42" + text]
        case "node":
            return [str(node()), str(PEERS / "node.js"), json.dumps(arguments("room-0", size))]
        case _:
            return [sys.executable, "-m", f"scripts.benches.peers.{name}", str(size)]


async def _start(command: list[str], core: int, env: Mapping[str, str]) -> Process:
    """Start a process on a core, which all its threads inherit."""
    most_sockets()
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        return await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, cwd=ROOT, env={**os.environ, **env}
        )
    finally:
        os.sched_setaffinity(0, ours)
