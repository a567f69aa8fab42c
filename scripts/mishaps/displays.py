"""Displays in a process of their own, by the official client in JavaScript; they only watch."""

import asyncio
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from time import time
from typing import Any

import msgspec

from scripts.lunch.screen import Screen
from scripts.lunch.screens import Kind, Opened
from scripts.mishaps.javascript import node

SCRIPT = Path(__file__).with_name("displays.mjs")
OPEN_SECONDS = 120.0
LINE_BYTES = 1 << 26  # a snapshot of a full kitchen is one line
SNAPSHOTS = ("orders:active", "orders:pending")


class Display:
    """One of them, as far as the referee is concerned: what it shows, and that it is in use."""

    def __init__(self, kind: Kind, urls: list[str], token: str) -> None:
        self.screen = Screen(kind.keep, kind.ours)
        self.ended: str | None = None
        self.recovered = 0
        self.given = {"urls": urls, "token": token, "join": kind.join, "payload": kind.payload}

    def take(self, what: str, *more: Any) -> None:
        """Take what its script says of it."""
        if what == "event":
            self._hear(*more)
        elif what == "joined":
            self._joined(*more)
        else:
            self.recovered += 1
            self.screen.entered.append(time())

    def _hear(self, name: str, data: Any, meta: dict[str, Any]) -> None:
        if "eventId" in meta:
            self.screen.hear(name, data, meta["seq"])
        elif name in SNAPSHOTS:
            self.screen.show(data)

    def _joined(self, since: int | None, data: dict[str, Any]) -> None:
        self.screen.joined(data["seq"], data, fresh=since is None or "reset" in data)

    async def close(self) -> None:
        self.ended = "CLOSED"


class Displays:
    """Those of one process, which can be told another time."""

    def __init__(self) -> None:
        self.all: list[Display] = []

    def add(self, kind: Kind, urls: list[str], home: int, token: str) -> Opened:
        """Add a display; it shows nothing until all are opened."""
        self.all.append(Display(kind, [*urls[home:], *urls[:home]], token))
        return Opened(kind, self.all[-1], home)

    async def open(self) -> None:
        given = msgspec.json.encode([display.given for display in self.all]).decode()
        self._process: Process = await asyncio.create_subprocess_exec(
            node(), str(SCRIPT), given, stdin=PIPE, stdout=PIPE, limit=LINE_BYTES
        )
        self._task = asyncio.create_task(self._listen())
        async with asyncio.timeout(OPEN_SECONDS):
            for display in self.all:
                await display.screen.complete.wait()

    def jump(self, seconds: float) -> None:
        """Let the process's clock be ahead by so much, or behind."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{seconds * 1000}\n".encode())

    async def close(self) -> None:
        self._process.kill()
        await self._process.wait()
        await self._task

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            if line.endswith(b"\n"):  # not the half of one, when it is killed
                number, what, *more = msgspec.json.decode(line)
                self.all[number].take(what, *more)
