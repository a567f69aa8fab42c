"""Nodes and workers as processes of their own, which may be killed, frozen and started again."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import aiohttp
import psutil

from hub.embedded.processes import Process, end, ended, free_port, spawn, tail

PROJECT = Path(__file__).parents[2]
START_SECONDS = 90.0
LEAVE_SECONDS = 10.0  # PROTOCOL 8
TICK = 0.02
WAITERS_AFTER, CHIEFS_AFTER = 0.6, 1.2  # seconds until a ready alert gets louder
COMPLAINTS = ("internal error", "Error handling request", "never retrieved", "never awaited")


class Child:
    """One `python -m ...` that may be killed, frozen, and started again as it was."""

    def __init__(self, module: str, env: Mapping[str, str], log: Path) -> None:
        self.module, self.log = module, log
        self.env = {**os.environ, "LOG_LEVEL": "WARNING", **env}
        self.process: Process | None = None
        self.starts = 0

    async def start(self) -> None:
        """Start it unless it runs, and wait until it works."""
        if not self.running:
            self.launch()
            await self.ready()

    def launch(self) -> None:
        self.starts += 1
        command = [sys.executable, "-m", self.module]
        # Should the tests themselves be killed, it goes with them.
        self.process = spawn(command, log=self.log, end=signal.SIGKILL, env=self.env, cwd=PROJECT)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    async def ready(self) -> None:
        """Wait until it works."""
        async with asyncio.timeout(START_SECONDS):
            while not await self.works():
                assert self.running, f"{self.module} ended by itself:\n{tail(self.log)}"
                await asyncio.sleep(TICK)

    async def works(self) -> bool:
        raise NotImplementedError

    async def kill(self) -> None:
        """End it as the kernel does when memory is short: at once, wherever it is."""
        self.send(signal.SIGKILL)
        await self.left()

    async def terminate(self) -> int | None:
        """Ask it to leave; return its exit code, or None when it does not within its time."""
        self.send(signal.SIGTERM)
        return await self.left()

    async def left(self) -> int | None:
        assert self.process is not None
        await ended(self.process, LEAVE_SECONDS, TICK)
        return self.process.returncode

    def freeze(self) -> None:
        self.send(signal.SIGSTOP)

    def thaw(self) -> None:
        self.send(signal.SIGCONT)

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    async def close(self) -> None:
        if self.process is not None:
            self.thaw()
            await end(self.process, (signal.SIGTERM, LEAVE_SECONDS))

    def complaints(self) -> list[str]:
        """Return what it logged that no bad day excuses."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return [line for line in lines if any(word in line for word in COMPLAINTS)]


class Node(Child):
    """A node, which keeps its port."""

    def __init__(self, env: Mapping[str, str], log: Path) -> None:
        self.port = free_port()
        super().__init__("hub", {**env, "PORT": str(self.port)}, log)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def works(self) -> bool:
        return await self.readiness() == 200

    async def listens(self) -> None:
        """Wait until it answers, ready or not."""
        async with asyncio.timeout(START_SECONDS):
            while await self.readiness() is None:
                assert self.running, f"{self.module} ended by itself:\n{tail(self.log)}"
                await asyncio.sleep(TICK)

    async def readiness(self) -> int | None:
        """Return the status of /readyz, None when nobody answers."""
        try:
            async with aiohttp.ClientSession() as http, http.get(f"{self.url}/readyz") as reply:
                return reply.status
        except aiohttp.ClientError:
            return None


class Worker(Child):
    """A worker. Only its log tells when it works."""

    def __init__(self, env: Mapping[str, str], log: Path) -> None:
        super().__init__("hub.worker", {**env, "LOG_LEVEL": "INFO"}, log)

    async def works(self) -> bool:
        return self.log.read_text().count('"working"') == self.starts


C = TypeVar("C", bound=Child)


@asynccontextmanager
async def running(*children: C) -> AsyncIterator[list[C]]:
    """Start processes; end them when the context is left, and read what they had to complain of."""
    try:
        await put_up(children)
        yield list(children)
    finally:
        await asyncio.gather(*(child.close() for child in children))
    complaints = [line for child in children for line in child.complaints()]
    assert not complaints, "\n".join(complaints)


async def put_up(children: Sequence[Child]) -> None:
    """See to it that all of them work, whatever happened to them."""
    for child in children:
        if child.running:
            child.thaw()
    await asyncio.gather(*(child.start() for child in children))
    await asyncio.gather(*(child.ready() for child in children))


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Stop a process and its children in the middle of what they do, for a while."""
    parent = psutil.Process(pid)
    stopped = [parent, *parent.children(recursive=True)]
    try:
        for process in stopped:
            with suppress(psutil.NoSuchProcess):
                process.suspend()
        yield
    finally:
        for process in stopped:
            with suppress(psutil.NoSuchProcess):
                process.resume()
