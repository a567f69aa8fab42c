"""What a bench plays on: engines of its own, nodes in processes of their own, restaurants."""

import asyncio
import copy
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import psutil

from hub import embedded
from hub.embedded import Engines
from hub.embedded.processes import Process, end, free_port, spawn, tail
from scripts import seed
from scripts.benches.machine import CORES
from scripts.supervise import DRAIN_SECONDS, READY_SECONDS, ROOT, is_ready
from state.domain.ids import new_id
from state.store.migrate import migrate
from state.store.pool import set_codecs

SECRET = "a secret of the benches, long enough for HS256"
BUSY_SECONDS = 0.05
STATISTICS_SECONDS = 1.1  # a connection of Postgres tells what it did once a second


class Stage:
    """`restaurants` are described as in dev.json."""

    def __init__(self, folder: Path, engines: Engines, http: aiohttp.ClientSession) -> None:
        self.folder, self.engines, self.http = folder, engines, http
        self.urls: list[str] = []
        self.restaurants: list[dict[str, Any]] = []
        self._nodes: list[Process] = []

    async def start_node(self) -> None:
        """Start a node, alone on its core where there are two or more."""
        port, number = free_port(), len(self._nodes)
        env = {
            "PORT": str(port),
            "DATABASE_URL": self.engines.database_url,
            "REDIS_URL": self.engines.redis_url,
            "JWT_SECRET": SECRET,
            "LOG_LEVEL": "WARNING",
            "COMMAND_RATE": "1000000",
            "COMMAND_BURST": "1000000",
        }
        log = self.folder / f"node-{number}.log"
        command = [sys.executable, "-m", "hub"]
        node = spawn(command, log=log, end=signal.SIGKILL, env={**os.environ, **env}, cwd=ROOT)
        self._nodes.append(node)
        if len(CORES) > 1:
            os.sched_setaffinity(node.pid, {CORES[number % len(CORES)]})
        deadline = time.monotonic() + READY_SECONDS
        while not await is_ready("127.0.0.1", port):
            if node.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"a node did not start; its log ends:\n{tail(log)}")
            await asyncio.sleep(BUSY_SECONDS)
        self.urls.append(f"http://127.0.0.1:{port}")

    async def start_worker(self, **env: str) -> None:
        """Start a worker, which shares the first node's core as it would on a small machine."""
        log = self.folder / "worker.log"
        own = {
            "DATABASE_URL": self.engines.database_url,
            "REDIS_URL": self.engines.redis_url,
            "JWT_SECRET": SECRET,
            "LOG_LEVEL": "INFO",
            **env,
        }
        command = [sys.executable, "-m", "hub.worker"]
        worker = spawn(command, log=log, end=signal.SIGKILL, env={**os.environ, **own}, cwd=ROOT)
        self._nodes.append(worker)
        deadline = time.monotonic() + READY_SECONDS
        while '"working"' not in log.read_text():
            if worker.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the worker did not start; its log ends:\n{tail(log)}")
            await asyncio.sleep(BUSY_SECONDS)

    async def add_restaurant(self, tables: int) -> dict[str, Any]:
        demo = copy.deepcopy(seed.DEMO)
        demo["tables"] = [{"number": str(n), "zone": "", "seats": 2} for n in range(1, tables + 1)]
        for person in demo["staff"]:
            person["email"] = f"{person['role']}-{new_id()}@bench.example"
        conn = await self.connect()
        async with conn.transaction():
            rid = await seed.add(conn, demo, SECRET)
        about = await seed.describe(conn, rid, demo, SECRET, self.urls[0])
        await conn.close()
        self.restaurants.append(about)
        return about

    async def connect(self) -> "asyncpg.Connection[Any]":
        conn = await asyncpg.connect(self.engines.database_url)
        await set_codecs(conn)
        return conn

    async def settle(self) -> None:
        """Close all orders, so that the next run does not begin in a full kitchen."""
        conn = await self.connect()
        await conn.execute("UPDATE orders SET status = 'COMPLETED' WHERE status <> 'COMPLETED'")
        await conn.execute("VACUUM ANALYZE orders, order_items, restaurants, table_sessions")
        await conn.close()

    async def transactions(self) -> int:
        """Return how many transactions Postgres has begun and ended so far."""
        conn = await self.connect()
        await asyncio.sleep(STATISTICS_SECONDS)
        count: int = await conn.fetchval(
            "SELECT sum(xact_commit + xact_rollback)::bigint FROM pg_stat_database"
        )
        await conn.close()
        return count

    async def guest_token(self, table: dict[str, str], language: str = "") -> str:
        path = f"{self.urls[0]}/api/scan/{table['token']}"
        async with self.http.post(path, json={"language": language}) as reply:
            token: str = (await reply.json())["token"]
            return token

    async def staff_token(self, about: dict[str, Any], role: str) -> str:
        who = {name: about["staff"][role][name] for name in ("email", "password")}
        async with self.http.post(f"{self.urls[0]}/api/auth/login", json=who) as reply:
            token: str = (await reply.json())["accessToken"]
            return token

    def cpu(self) -> dict[str, float]:
        """Return the processor time spent so far, in seconds, by whom."""
        return {
            "nodes": sum(spent(node.pid) for node in self._nodes),
            "postgres": spent(self.engines.postgres_pid),
            "valkey": spent(self.engines.valkey_pid),
            "client": time.process_time(),
        }

    async def close(self) -> None:
        await asyncio.gather(*(end(node, (signal.SIGTERM, DRAIN_SECONDS)) for node in self._nodes))
        await self.engines.stop()


def spent(pid: int) -> float:
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    times = (member.cpu_times() for member in family)
    return float(sum(each.user + each.system for each in times))


@asynccontextmanager
async def stage(nodes: int) -> AsyncIterator[Stage]:
    """Yield a stage with so many nodes; everything is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="onemoment-bench-") as name:
        engines = await embedded.start(Path(name), fsync=True)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as http:
            made = Stage(Path(name), engines, http)
            try:
                await migrate(engines.database_url)
                for _ in range(nodes):
                    await made.start_node()
                if len(CORES) > 1:
                    os.sched_setaffinity(0, {CORES[-1]})  # the load beside the first node
                yield made
            finally:
                os.sched_setaffinity(0, CORES)
                await made.close()
