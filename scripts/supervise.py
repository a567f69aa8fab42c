"""Runs the whole hub on this machine: engines, two nodes, a worker and the demo restaurant."""

import asyncio
import errno
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from hub import embedded
from hub.embedded import EmbeddedError, Engine, Engines
from hub.embedded.processes import (
    FolderInUseError,
    Process,
    end,
    ended,
    free_port,
    kept_secret,
    spawn,
    tail,
    write,
)
from scripts import apertium, espeak
from scripts.first_screen import first_screen
from scripts.standins.environment import instead

ROOT = Path(__file__).resolve().parent.parent
NODES = 2
READY_SECONDS = 60
DRAIN_SECONDS = 10
PAUSE, LONGEST_PAUSE = 0.1, 5.0  # before something that died is started again
STEADY_SECONDS = 10  # what ran that long has earned a short pause again


class StartError(Exception):
    """The hub cannot run here; the message says why and what to do."""


def say(text: str) -> None:
    with suppress(OSError):  # whoever read our output may have gone; the hub goes on
        print(text, flush=True)


class Service:
    """One process of ours."""

    def __init__(self, name: str, module: str, env: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self.command = [sys.executable, "-m", *module.split()]
        self.env = env
        self.log = folder / "logs" / f"{name}.log"
        self.process: Process | None = None

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    async def start(self) -> None:
        # Killed with us rather than asked: whatever happens to us, nothing is left behind.
        self.process = spawn(
            self.command, log=self.log, end=signal.SIGKILL, env={**os.environ, **self.env}, cwd=ROOT
        )

    async def stop(self) -> None:
        if self.process is not None and self.running:
            await end(self.process, (signal.SIGTERM, DRAIN_SECONDS))

    def failure(self) -> StartError:
        return StartError(f"{self.name} did not start; {self.log} ends:\n{tail(self.log)}")


class Node(Service):
    """One node; it counts as started when it says that it is ready."""

    def __init__(self, number: int, host: str, port: int, env: Mapping[str, str], folder: Path):
        name = f"node-{number}"
        own = {"HOST": host, "PORT": str(port), "NODE_ID": name}
        super().__init__(name, "hub", {**env, **own}, folder)
        self.address = (reachable(host), port)

    async def start(self) -> None:
        await super().start()
        deadline = time.monotonic() + READY_SECONDS
        while self.running and not await is_ready(*self.address):
            if time.monotonic() > deadline:
                await self.stop()
            await asyncio.sleep(0.05)


async def is_ready(host: str, port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    try:
        writer.write(f"GET /readyz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        async with asyncio.timeout(5):
            return b" 200 " in await reader.readline()
    except OSError:
        return False
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def reachable(host: str) -> str:
    """Where this machine itself finds a server that listens on the host."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)


def public(host: str) -> str:
    """The host to put in links: a phone cannot follow 0.0.0.0."""
    if host not in ("0.0.0.0", "::", ""):
        return f"[{host}]" if ":" in host else host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent; it only chooses our own address
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise StartError(
                    f"port {port} is taken by another program. "
                    f"Choose another, for example PORT={port + 100} scripts/dev"
                ) from None
            raise StartError(f"cannot listen on {host} port {port}: {error.strerror}") from None


def port_beside(host: str, ports: list[int]) -> int:
    """Return the port behind these, or, where that is taken, any that is free."""
    try:
        check_port(host, ports[-1] + 1)
    except (StartError, OverflowError):
        return free_port()
    return ports[-1] + 1


def chosen_port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdigit() or not 0 < int(text) <= 65535 - NODES + 1:
        raise StartError(f"PORT must be a number from 1 to {65535 - NODES + 1}, not {text!r}")
    return int(text)


Part = Engine | Service  # what is kept running


class Supervisor:
    def __init__(self) -> None:
        self.began = time.monotonic()
        self.folder = Path(os.environ.get("DATA_DIR") or ROOT / ".data").absolute()
        self.file = self.folder / "dev.json"
        self.host = os.environ.get("HOST") or "127.0.0.1"
        self.ports = [chosen_port() + number for number in range(NODES)]
        self.urls = [f"http://{public(self.host)}:{port}" for port in self.ports]
        self.database_url = os.environ.get("DATABASE_URL", "")
        self.redis_url = os.environ.get("REDIS_URL", "")
        self.sandbox_port = self.mail_port = 0
        self.engines: Engines | None = None
        self.services: list[Service] = []
        self.demo: dict[str, Any] = {}

    async def run(self) -> None:
        try:
            await self.start()
            seconds = time.monotonic() - self.began
            say(first_screen(self.urls, self.demo, self.folder, seconds, self.sandbox_url))
            await self.keep_all()
        finally:
            await self.stop()

    async def start(self) -> None:
        self.engines = await embedded.start(
            self.folder, postgres=not self.database_url, valkey=not self.redis_url
        )
        self.file.unlink(missing_ok=True)
        for port in self.ports:
            check_port(self.host, port)
        self.sandbox_port = port_beside("127.0.0.1", self.ports)
        self.mail_port = port_beside("127.0.0.1", [self.sandbox_port])
        self.database_url = self.database_url or self.engines.database_url
        self.redis_url = self.redis_url or self.engines.redis_url
        self.demo = await self.prepare()
        await self.start_services()
        self.tell()

    @property
    def env(self) -> dict[str, str]:
        own = [*self.urls, *(f"http://localhost:{port}" for port in self.ports)]
        return {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "JWT_SECRET": os.environ.get("JWT_SECRET") or kept_secret(self.folder / "jwt-secret"),
            "CLIENT_URL": os.environ.get("CLIENT_URL") or ",".join(own),
            "ENVIRONMENT": os.environ.get("ENVIRONMENT") or "development",
            "APERTIUM_HOME": os.environ.get("APERTIUM_HOME") or apertium.home(),
            "ESPEAK_HOME": os.environ.get("ESPEAK_HOME") or espeak.home(),
            **instead(self.sandbox_url, self.hub_url, self.mail_port, os.environ),
        }

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def hub_url(self) -> str:
        """Where the stand-ins reach the first node."""
        return f"http://{reachable(self.host)}:{self.ports[0]}"

    async def prepare(self) -> dict[str, Any]:
        """Bring the database up to date and the demo into it; return what dev.json says of it."""
        # Late: these bring half the hub with them, while the engines could be starting already.
        from scripts.seed import seed
        from state.store.migrate import migrate

        await migrate(self.database_url)
        secret = self.env.get("CODES_SECRET") or self.env["JWT_SECRET"]
        return await seed(self.database_url, secret, self.urls[0])

    async def start_services(self) -> None:
        nodes = [
            Node(number, self.host, port, self.env, self.folder)
            for number, port in enumerate(self.ports, 1)
        ]
        worker = Service("worker", "hub.worker", {**self.env, "NODE_ID": "worker"}, self.folder)
        program = f"scripts.sandbox --port {self.sandbox_port} --mail-port {self.mail_port}"
        program += f" --hub {self.hub_url}"
        self.services = [*nodes, worker, Service("sandbox", program, {}, self.folder)]
        async with asyncio.TaskGroup() as group:
            for service in self.services:
                group.create_task(service.start())
        for service in self.services:
            if not service.running:
                raise service.failure()

    def tell(self) -> None:
        """Write down where everything is, for tests and for other programs."""
        pids = [service.process.pid for service in self.services if service.process]
        engines = {engine.name: engine.pid for engine in self.engines.all} if self.engines else {}
        facts = {
            "urls": self.urls,
            **self.demo,
            "pids": {
                "supervisor": os.getpid(),
                "nodes": pids[:NODES],
                "worker": pids[NODES],
                "postgres": engines.get("postgres"),
                "valkey": engines.get("valkey"),
            },
            "databaseUrl": self.database_url,
            "redisUrl": self.redis_url,
        }
        write(self.file, json.dumps(facts, ensure_ascii=False, indent=2) + "\n")

    async def keep_all(self) -> None:
        parts: list[Part] = [*(self.engines.all if self.engines else []), *self.services]
        async with asyncio.TaskGroup() as group:
            for part in parts:
                group.create_task(self.keep(part))

    async def keep(self, part: Part) -> None:
        """Start a part again whenever it ends, more slowly the more often it does."""
        pause = PAUSE
        while True:
            since = time.monotonic()
            if part.process is not None:
                await ended(part.process, tick=0.1)
            if time.monotonic() - since > STEADY_SECONDS:
                pause = PAUSE
            say(f"{part.name} {how_it_ended(part)}; starting it again")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            try:
                await part.start()
            except EmbeddedError as error:
                say(str(error))
            self.tell()

    async def stop(self) -> None:
        """End the nodes and the worker, which may have something to write, then the engines."""
        if self.engines is None:
            return
        self.engines.leaving()
        async with asyncio.TaskGroup() as group:
            for service in self.services:
                group.create_task(service.stop())
        await self.engines.stop()
        self.file.unlink(missing_ok=True)


def how_it_ended(part: Part) -> str:
    code = part.process.returncode if part.process else 0
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}; {part.log} ends:\n{tail(part.log)}\n{part.name}"


def once(task: asyncio.Task[None]) -> None:
    """End the task; a second Ctrl-C must not break off the tidying up."""
    if not task.cancelling():
        task.cancel()


async def main() -> int:
    try:
        task = asyncio.create_task(Supervisor().run())
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, once, task)
        await task
    except asyncio.CancelledError:
        return 0
    except (StartError, EmbeddedError, FolderInUseError) as error:
        print(f"scripts/dev: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
