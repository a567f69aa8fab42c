"""The virtual machine of TON in a process of Node: what is minted here really is executed."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

from scripts.mishaps.javascript import node

PROGRAM = Path(__file__).with_name("tonvm.mjs")
LONGEST = 1 << 20  # bytes of an answer


class RefusedError(Exception):
    """No contract takes a message, or there is none."""


class Machine:
    """A chain of one's own; one question at a time."""

    def __init__(self, running: asyncio.subprocess.Process) -> None:
        self._running, self._ids, self._turn = running, count(1), asyncio.Lock()

    async def ask(self, name: str, **args: Any) -> Any:
        """Return what the chain answers; raise RefusedError where it refuses."""
        said = {"id": next(self._ids), "name": name, "args": args}
        stdin, stdout = self._running.stdin, self._running.stdout
        assert stdin is not None
        assert stdout is not None
        async with self._turn:
            stdin.write(json.dumps(said).encode() + b"\n")
            await stdin.drain()
            told = json.loads(await stdout.readline())
        assert told["id"] == said["id"]
        if "error" in told:
            raise RefusedError(told["error"])
        return told["answer"]


@asynccontextmanager
async def machine() -> AsyncIterator[Machine]:
    running = await asyncio.create_subprocess_exec(
        *(node(), str(PROGRAM)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LONGEST,
    )
    try:
        yield Machine(running)
    finally:
        assert running.stdin is not None
        running.stdin.close()  # its questions are over, and so is it
        await running.wait()
