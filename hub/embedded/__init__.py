"""Starts the real Postgres and Valkey that development and tests run on, and ends them."""

from pathlib import Path

from hub.embedded.engine import EmbeddedError, Engine
from hub.embedded.postgres import Postgres
from hub.embedded.processes import FolderInUseError, FolderLock
from hub.embedded.valkey import Valkey

__all__ = ["EmbeddedError", "Engine", "Engines", "FolderInUseError", "start"]


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
