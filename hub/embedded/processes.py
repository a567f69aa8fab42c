"""Child processes that end with us, and the locks, ports and secrets kept beside their data."""

import asyncio
import fcntl
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from math import inf
from pathlib import Path
from typing import BinaryIO

HELPER = Path(__file__).with_name("child.py")
LOG_BYTES = 5 * 1024 * 1024
TICK = 0.01

# Below the range that outgoing connections take theirs from: there, a client that keeps knocking
# at a stopped engine's port may be given that very port and end up connected to itself.
PORTS = range(15000, 32000)
claims: list[int] = []

Process = subprocess.Popen[bytes]


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    end: signal.Signals,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    lock: Path | None = None,
    not_root: Path | None = None,
) -> Process:
    """Start a program that gets the signal `end` when this process ends, however it ends."""
    # The kernel watches the thread that forks, not the process.
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("child processes must be started from the main thread")
    helper = [sys.executable, "-I", "-S", str(HELPER)]
    helper += [f"--parent={os.getpid()}", f"--signal={end.value}"]
    helper += [f"--lock={lock}"] if lock else []
    helper += [f"--not-root={not_root}"] if not_root else []
    with open_log(log) as output:
        return subprocess.Popen(
            [*helper, "--", *command],
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us, who then end the children in order
        )


def open_log(path: Path) -> BinaryIO:
    """Append to a log file; what has grown long is put aside once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_suffix(".old.log"))
    return path.open("ab")


def tail(log: Path, lines: int = 12) -> str:
    """The last lines of a log, to show beside an error."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 16_384))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])


async def ended(process: Process, seconds: float = inf, tick: float = TICK) -> bool:
    """Wait for a process to end; polling, so that it does not matter which loop we run in."""
    deadline = time.monotonic() + seconds
    while process.poll() is None:
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(tick)
    return True


async def end(process: Process, *steps: tuple[signal.Signals, float]) -> None:
    """Ask a process to end, each time less politely."""
    for number, seconds in steps:
        process.send_signal(number)
        if await ended(process, seconds):
            return
    process.kill()
    await ended(process, 5)


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there; connections that are only fading away do no harm."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError:
            return False
    return True


def free_port(host: str = "127.0.0.1", together: int = 1) -> int:
    """The first of so many neighbouring ports that nobody listens on.

    They stay this process's until it ends, also while nothing listens on them: another that looks
    for a port is not given that of a server which is only being started again.
    """
    while True:
        ports = [port := random.choice(PORTS), *range(port + 1, port + together)]
        if all(is_free(host, one) and claim(one) for one in ports):
            return port


def claim(port: int) -> bool:
    """Take a name that one process of the machine can hold, and keep it until this one ends."""
    name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        name.bind(f"\0onemoment-hub-port-{port}")
    except OSError:
        name.close()
        return False
    claims.append(name.detach())
    return True


def kept_port(file: Path) -> int:
    """The port of last time where it is still free, so that an address outlives a restart."""
    kept = file.read_text() if file.exists() else ""
    if kept.isdigit() and is_free("127.0.0.1", int(kept)):
        return int(kept)
    port = free_port()
    write(file, str(port))
    return port


def kept_secret(file: Path) -> str:
    """The secret in a file that only we may read, made up the first time."""
    if not file.exists():
        write(file, secrets.token_hex(32))
    return file.read_text().strip()


def write(file: Path, text: str) -> None:
    """Write a file for our eyes only, whole or not at all."""
    new = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(
        os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as output:
        output.write(text)
    new.replace(file)


class FolderInUseError(Exception):
    """Another process works on this folder."""


class FolderLock:
    """One owner for each data folder; the kernel lets go when the owner dies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.file = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)

    async def take(self, seconds: float = 30) -> None:
        """Wait for an owner that is about to leave; refuse at once where one stays."""
        deadline = time.monotonic() + seconds
        while not flock(self.file):
            owner, _, leaving = self._read().partition(" ")
            if not leaving or time.monotonic() > deadline:
                os.close(self.file)
                raise FolderInUseError(
                    f"{self.folder} is in use by process {owner}; end that one first"
                )
            await asyncio.sleep(TICK)
        self._write(f"{os.getpid()}")

    def leaving(self) -> None:
        """Tell whoever comes next that waiting is worth it."""
        self._write(f"{os.getpid()} leaving")

    def release(self) -> None:
        os.close(self.file)

    def _read(self) -> str:
        return os.pread(self.file, 64, 0).decode()

    def _write(self, text: str) -> None:
        os.ftruncate(self.file, 0)
        os.pwrite(self.file, text.encode(), 0)


def flock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(lock: Path) -> bool:
    """Whether any process still holds a lock that was handed to it."""
    file = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        return not flock(file)
    finally:
        os.close(file)
