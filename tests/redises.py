"""Debian's Redis as it is run for real: by itself, watched by Sentinels, and as a Cluster."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ConnectionError, ResponseError

from hub.embedded.engine import HOST, plain_environment
from hub.embedded.processes import Process, free_port, spawn
from hub.embedded.valkey import Valkey
from scripts import debian
from state.live import client, keys

PASSWORD = "a secret of the tests/%"
QUOTED = "a%20secret%20of%20the%20tests%2F%25"
SECONDS = 90.0  # Sentinels whose clock has jumped do nothing for half a minute
TICK = 0.02
MAP = "nodes.conf"
BOUNDS = (0, 5461, 10923, 16384)  # of the slots of three masters


class Server(Valkey):
    """One server in a folder of its own; `more` is what its settings say besides."""

    def __init__(self, folder: Path, **more: object) -> None:
        folder.mkdir(parents=True)
        super().__init__(folder)
        program = debian.path_of("redis-server")
        assert program is not None, "scripts/debian.py fetches one"
        self.program, self.password, self.more = Path(program), PASSWORD, more
        self.port = free_port()

    def settings(self) -> dict[str, object]:
        quoted = f'"{PASSWORD}"'
        ours = {"requirepass": quoted, "masterauth": quoted, "repl-diskless-sync-delay": 0}
        return {**super().settings(), **ours, **self.more}

    def command(self) -> list[str]:
        return [str(self.program), str(self.config)]

    def spawn(self) -> Process:
        env = {**plain_environment(), "LD_LIBRARY_PATH": debian.environment()["LD_LIBRARY_PATH"]}
        return spawn(self.command(), log=self.log, end=self.dies_by, env=env, cwd=self.data)

    async def answers(self) -> bool:
        try:
            return await self.ask("PING") in (b"PONG", True)
        except ConnectionError:  # loading is one too
            return False

    async def ask(self, *command: object) -> Any:
        at = {"host": HOST, "port": self.port, "password": PASSWORD}
        async with Redis(**at, single_connection_client=True) as redis:
            if "cluster-enabled" in self.more:
                await redis.execute_command("READONLY")  # a replica answers what it knows
            return await redis.execute_command(*command)

    def forget(self) -> None:
        """Lose all keys; a Cluster's map of itself is not among them."""
        for kept in ("appendonlydir", "dump.rdb"):
            path = self.data / kept
            for file in path.iterdir() if path.is_dir() else [path]:
                file.unlink(missing_ok=True)


class Guard(Server):
    """A Sentinel; it is told of the others, which it would else find out in some seconds."""

    others: Sequence["Guard"] = ()

    @property
    def id(self) -> str:
        return f"{self.port:040x}"

    def settings(self) -> dict[str, object]:
        return {
            "bind": HOST,
            "port": self.port,
            "requirepass": f'"{PASSWORD}"',
            "sentinel myid": self.id,
            "sentinel monitor mymaster": f"{HOST} {self.more['master']} 2",
            "sentinel auth-pass mymaster": f'"{PASSWORD}"',
            "sentinel down-after-milliseconds mymaster": self.more["patience"],
            "sentinel failover-timeout mymaster": 2000,
            **{f"sentinel known-sentinel mymaster {HOST} {o.port}": o.id for o in self.others},
        }

    def command(self) -> list[str]:
        return [*super().command(), "--sentinel"]


class Redises(ABC):
    """The servers of one Redis, and what a bad day does to them."""

    guards: tuple[Guard, ...] = ()

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.servers: list[Server] = []

    @property
    @abstractmethod
    def url(self) -> str: ...

    @abstractmethod
    async def start(self) -> None: ...

    @abstractmethod
    async def hand_over(self, master: Server, heir: Server) -> None:
        """Let a master leave its place in good order, as for an update."""

    @abstractmethod
    async def replaced(self, master: Server, heir: Server) -> None:
        """See to it that another takes the place of a master that died."""

    @abstractmethod
    async def rejoin(self, server: Server, master: Server) -> None:
        """Start a server that was a master, as one who follows now."""

    async def close(self) -> None:
        await asyncio.gather(*(each.kill() for each in (*self.guards, *self.servers)))

    async def master(self, restaurant_id: str) -> Server:
        """Return the server that holds a restaurant."""
        async with client.connect(self.url) as redis:
            await redis.refresh()
            place = redis.place_of(keys.head(restaurant_id))
        return next(server for server in self.servers if server.port == place.port)

    async def heir(self, master: Server) -> Server:
        """Return who follows a master with all it has, and takes its place when it dies."""
        for server in self.servers:
            role = await server.ask("ROLE")
            if role[0] == b"slave" and role[2] == master.port:
                await self.follows(server)
                return server
        raise LookupError("no server follows this one")

    async def leads(self, heir: Server, seconds: float = SECONDS) -> None:
        """Wait until those who are asked say that a server is a master."""

        async def is_master() -> bool:
            async with client.connect(self.url) as redis:
                await redis.refresh()
                names = redis.one_key_each("")
                return heir.port in [redis.place_of(name).port for name in names]

        await until(is_master, seconds)

    async def empty(self) -> None:
        """Lose all data and all servers at once, and start them again."""
        for server in self.servers:
            await server.kill()
            server.forget()
        await asyncio.gather(*(server.start() for server in self.servers))

    async def follows(self, server: Server) -> None:
        """Wait until a server is a replica that has all its master has."""

        async def linked() -> bool:
            role = await server.ask("ROLE")
            return role[0] == b"slave" and role[3] == b"connected"

        await until(linked)


class Alone(Redises):
    @property
    def url(self) -> str:
        return f"redis://:{QUOTED}@{HOST}:{self.servers[0].port}/1"

    async def start(self) -> None:
        self.servers = [Server(self.folder / "only")]
        await self.servers[0].start()

    async def heir(self, master: Server) -> Server:
        return master

    async def hand_over(self, master: Server, heir: Server) -> None:
        await master.stop()
        await master.start()

    async def replaced(self, master: Server, heir: Server) -> None:
        await master.start()

    async def rejoin(self, server: Server, master: Server) -> None:
        """It is there."""


class Watched(Redises):
    """A master, a replica, three Sentinels."""

    @property
    def url(self) -> str:
        guards = ",".join(f"{HOST}:{guard.port}" for guard in self.guards)
        login = f"valkey+sentinel://:{QUOTED}@"
        return f"{login}{guards}/mymaster/0?sentinel_password={QUOTED}"

    async def start(self) -> None:
        master = Server(self.folder / "master")
        await master.start()
        replica = Server(self.folder / "replica", replicaof=f"{HOST} {master.port}")
        self.servers = [master, replica]
        await replica.start()
        await self.follows(replica)
        # Those who notice at the same moment vote for themselves, and all have to wait.
        self.guards = tuple(
            Guard(self.folder / str(patience), master=master.port, patience=patience)
            for patience in (500, 800, 1100)
        )
        for guard in self.guards:
            guard.others = [other for other in self.guards if other is not guard]
        await asyncio.gather(*(guard.start() for guard in self.guards))
        for guard in self.guards:
            await until(lambda guard=guard: self._agree(guard))

    async def hand_over(self, master: Server, heir: Server) -> None:
        await self.guards[0].ask("SENTINEL", "FAILOVER", "mymaster")
        await self.leads(heir)

    async def replaced(self, master: Server, heir: Server) -> None:
        await self.leads(heir)

    async def rejoin(self, server: Server, master: Server) -> None:
        await server.start()
        await server.ask("REPLICAOF", HOST, master.port)  # Sentinels take ten seconds to
        await self.follows(server)

    async def _agree(self, guard: Guard) -> bool:
        return b"OK" in await guard.ask("SENTINEL", "CKQUORUM", "mymaster")


class Clustered(Redises):
    """Three masters, each with a replica."""

    @property
    def url(self) -> str:
        first, second = self.servers[:2]
        return f"redis+cluster://:{QUOTED}@{HOST}:{first.port},{HOST}:{second.port}"

    async def start(self) -> None:
        self.servers = [Server(self.folder / str(n), **self._settings()) for n in range(6)]
        for number, server in enumerate(self.servers):
            lines = [self._line(n, myself=n == number) for n in range(6)]
            (server.data.parent / MAP).write_text("\n".join([*lines, "vars currentEpoch 6", ""]))
        await asyncio.gather(*(server.start() for server in self.servers))
        for server in self.servers:
            await until(lambda server=server: self._works(server))
        for replica in self.servers[3:]:
            await self.follows(replica)

    def _settings(self) -> dict[str, object]:
        return {
            "cluster-enabled": "yes",
            "cluster-port": free_port(),
            "cluster-node-timeout": 1000,
            "cluster-require-full-coverage": "no",
            "cluster-replica-validity-factor": 0,
            "cluster-config-file": f"../{MAP}",
        }

    def _line(self, number: int, *, myself: bool) -> str:
        """Return what a server's map of the cluster says of one; made up, it is there at once."""
        server, first = self.servers[number], number % 3
        flags, slots = (
            ("slave", "") if number > 2 else ("master", f"{BOUNDS[first]}-{BOUNDS[first + 1] - 1}")
        )
        place = f"{HOST}:{server.port}@{server.more['cluster-port']}"
        follows = f"{first:040x}" if number > 2 else "-"
        flags = f"myself,{flags}" if myself else flags
        return f"{number:040x} {place} {flags} {follows} 0 0 {first + 1} connected {slots}"

    async def heir(self, master: Server) -> Server:
        heir = await super().heir(master)
        await heir.ask("CONFIG", "SET", "cluster-replica-no-failover", "yes")  # till it is told to
        return heir

    async def hand_over(self, master: Server, heir: Server) -> None:
        while (await heir.ask("ROLE"))[0] == b"slave":
            await heir.ask("CLUSTER", "FAILOVER")
            with suppress(AssertionError):  # it gives up when it is slow
                await self.leads(heir, 6.0)
        await self.leads(heir)

    async def replaced(self, master: Server, heir: Server) -> None:
        await heir.ask("CONFIG", "SET", "cluster-replica-no-failover", "no")
        await self.leads(heir)

    async def move(self, slot: int, source: Server, target: Server) -> None:
        """Let a slot change from one master to another, with all that is in it."""
        here, there = await source.ask("CLUSTER", "MYID"), await target.ask("CLUSTER", "MYID")
        await target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", here)
        await source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", there)
        while names := await source.ask("CLUSTER", "GETKEYSINSLOT", slot, 3):
            command = ("MIGRATE", HOST, target.port, "", 0, 5000, "AUTH", PASSWORD, "KEYS", *names)
            await source.ask(*command)
        for server in (target, source):
            await server.ask("CLUSTER", "SETSLOT", slot, "NODE", there)

    async def rejoin(self, server: Server, master: Server) -> None:
        await server.start()
        await self.follows(server)

    async def _works(self, server: Server) -> bool:
        return b"cluster_state:ok" in await server.ask("CLUSTER", "INFO")


async def until(true: Callable[[], Awaitable[bool]], seconds: float = SECONDS) -> None:
    """Wait until a server says so; one that is away does not."""
    deadline = time.monotonic() + seconds
    while not await _is(true):
        assert time.monotonic() < deadline
        await asyncio.sleep(TICK)


async def _is(true: Callable[[], Awaitable[bool]]) -> bool:
    try:
        return await true()
    except (*client.UNREACHABLE, ResponseError):
        return False


@asynccontextmanager
async def running(kind: type[Redises], folder: Path) -> AsyncIterator[Redises]:
    redises = kind(folder)
    try:
        await redises.start()
        yield redises
    finally:
        await redises.close()
