"""One engine on one folder: started, answering, ended, and what all engines share."""

import asyncio
import importlib.util
import os
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from hub.embedded.child import LOCKED
from hub.embedded.processes import TICK, Process, end, is_held, kept_port, kept_secret, tail

HOST = "127.0.0.1"
START_SECONDS = 60  # a long recovery after a crash is not a failure
LEAVE_SECONDS = 30


class EmbeddedError(Exception):
    """An engine could not be started; the message says why and what to do."""


class Engine(ABC):
    """One server on one folder, port and password, which stay the same when it is started again."""

    name: ClassVar[str]
    dies_by: ClassVar[signal.Signals]
    stop_steps: ClassVar[Sequence[tuple[signal.Signals, float]]]

    def __init__(self, folder: Path) -> None:
        self.data = folder / self.name
        self.lock = folder / f"{self.name}.lock"
        self.log = folder / "logs" / f"{self.name}.log"
        self.port_file = folder / f"{self.name}.port"
        self.password = kept_secret(folder / "password")
        self.port = 0
        self.process: Process | None = None

    @property
    @abstractmethod
    def url(self) -> str: ...

    @abstractmethod
    async def prepare(self) -> None:
        """Make the data ready for a server to start on."""

    @abstractmethod
    def spawn(self) -> Process: ...

    @abstractmethod
    async def answers(self) -> bool:
        """Whether the server takes commands by now."""

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int:
        if self.process is None:
            raise EmbeddedError(f"{self.name} was never started")
        return self.process.pid

    async def start(self) -> None:
        if self.running:
            return
        await self.vacated()
        self.port = self.port or kept_port(self.port_file)
        await self.prepare()
        self.process = self.spawn()
        try:
            await self.ready(self.process)
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    async def vacated(self) -> None:
        """Wait until the last process of an earlier server is gone, however that one ended."""
        deadline = time.monotonic() + LEAVE_SECONDS
        while is_held(self.lock):
            if time.monotonic() > deadline:
                raise EmbeddedError(f"an earlier {self.name} still works on {self.data}")
            await asyncio.sleep(TICK)

    async def ready(self, process: Process) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not await self.answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise self.failure(process)
            await asyncio.sleep(TICK)

    def failure(self, process: Process) -> EmbeddedError:
        if process.returncode == LOCKED:
            return EmbeddedError(f"another {self.name} works on {self.data}")
        return EmbeddedError(f"{self.name} did not start; {self.log} ends:\n{tail(self.log)}")

    async def stop(self) -> None:
        if self.process is not None and self.running:
            await end(self.process, *self.stop_steps)

    async def kill(self) -> None:
        """End it as a power cut would: at once, with nothing put in order."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


def package_folder(package: str, variable: str) -> Path:
    """Where a wheel was unpacked; it is not imported, since we only want the programs in it."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(f"{package} is not installed: run scripts/setup, or set {variable}")
    return Path(spec.submodule_search_locations[0])


def plain_environment() -> dict[str, str]:
    """Ours, without what would steer an engine: libpq's variables, the locale, the time zone."""
    steering = ("PG", "LC_", "LANG", "TZ")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(steering)}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}
