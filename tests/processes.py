"""What tests ask about processes: which still live in a folder, and that none stays behind."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import psutil


def living(folder: Path) -> list[str]:
    """The processes that work in a folder or were started from it, as far as they still run."""
    return [
        f"{process.pid} {' '.join(process.info['cmdline'] or [])}"
        for process in psutil.process_iter(["cmdline", "cwd", "status"])
        if process.info["status"] != psutil.STATUS_ZOMBIE
        and any(str(folder) in text for text in where(process))
    ]


def where(process: psutil.Process) -> list[str]:
    return [process.info["cwd"] or "", *(process.info["cmdline"] or [])]


async def until(
    true: Callable[[], bool], seconds: float = 60, hint: Callable[[], str] = str
) -> None:
    """Wait until something is true, or fail with the hint."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, hint()
        await asyncio.sleep(0.02)


async def all_gone(folder: Path, seconds: float) -> None:
    """Wait until no process lives in the folder, or fail with the names of those that do."""
    await until(lambda: not living(folder), seconds, lambda: f"still there: {living(folder)}")
