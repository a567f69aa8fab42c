"""The servers of the Redis that REDIS_URL names, and which of them holds a key."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from functools import partial
from itertools import count
from typing import Any, Protocol, Self, TypeVar

from redis.asyncio import Connection, Redis, Sentinel
from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot
from redis.exceptions import ConnectionError

from state.live import connection
from state.live.address import Address, Kind, Place, read
from state.live.connection import UNREACHABLE
from state.live.wire import Caller

K = TypeVar("K")
T = TypeVar("T")

IN_HAND_SECONDS = 10.0  # a command that had its client before that was of no use any more is over


class Servers(Protocol):
    """What all kinds of Redis have in common."""

    def of(self, key: str) -> Redis:
        """Return the client of the server that holds a key."""

    def call(
        self, key: str, *command: str | bytes | int, publishes: bool = False
    ) -> Coroutine[Any, Any, Any]:
        """Send a command to the server that holds a key, at once; see `Caller.call`."""

    def place_of(self, key: str) -> Place:
        """Return where the server is that holds a key, or publishes on a channel of its slot."""

    def line(self, place: Place) -> Connection:
        """Return a connection to a server, for subscriptions."""

    def one_key_each(self, name: str) -> list[str]:
        """Return keys that begin with a name, such that each server holds one."""

    async def refresh(self) -> None:
        """Learn where the servers are now."""

    async def answers(self) -> None:
        """Raise what is in UNREACHABLE unless one of them answers."""

    async def aclose(self) -> None: ...


class One(Redis):
    """A Redis by itself: it holds every key."""

    def __init__(self, address: Address) -> None:
        [self._place] = address.places
        self._options = address.options
        super().__init__(connection_pool=connection.pool(self._place, self._options))
        self.auto_close_connection_pool = True
        self._caller = Caller(partial(self.line, self._place))

    def of(self, _key: str) -> Redis:
        return self

    def call(
        self, _key: str, *command: str | bytes | int, publishes: bool = False
    ) -> Coroutine[Any, Any, Any]:
        return self._caller.call(*command, publishes=publishes)

    def place_of(self, _key: str) -> Place:
        return self._place

    def line(self, place: Place) -> Connection:
        return connection.line(place, self._options)

    def one_key_each(self, name: str) -> list[str]:
        return [name]

    async def refresh(self) -> None:
        """It is where it was."""

    async def answers(self) -> None:
        await self.ping()

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        self._caller.close()
        await super().aclose(close_connection_pool)


class Found(ABC):
    """Servers that change places, so that somebody must be asked who is which now.

    Until somebody has answered, every use of them raises ConnectionError.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._clients: dict[Place, Redis] = {}
        self._callers: dict[Place, Caller] = {}
        self._needed: dict[Place, float] = {}  # when there was last something to say to it
        self._masters: list[Place | None] = [None]  # by slot; one for all where nothing is split

    def of(self, key: str) -> Redis:
        return self._client(self.place_of(key))

    def call(
        self, key: str, *command: str | bytes | int, publishes: bool = False
    ) -> Coroutine[Any, Any, Any]:
        place = self.place_of(key)
        if place not in self._callers:
            self._callers[place] = Caller(partial(self.line, place))
        return self._callers[place].call(*command, publishes=publishes)

    def place_of(self, key: str) -> Place:
        place = self._master_of(key)
        if place is None:
            raise ConnectionError("no server is known that holds this")
        return place

    def line(self, place: Place) -> Connection:
        return connection.line(place, self._address.options)

    def one_key_each(self, name: str) -> list[str]:
        masters, found = set(self._masters) - {None}, []
        for number in count():
            if not masters:
                break
            key = f"{name}:{number}"
            if (place := self._master_of(key)) in masters:
                masters.remove(place)
                found.append(key)
        return found

    async def refresh(self) -> None:
        self._masters = await self._ask()
        for place in [place for place in self._callers if not self._is_known(place)]:
            self._callers.pop(place).close()
        now = time.monotonic()
        for place in tuple(self._clients):
            if self._is_known(place):
                self._needed[place] = now
            elif now > self._needed.setdefault(place, now) + IN_HAND_SECONDS:
                await self._clients.pop(place).aclose()

    async def answers(self) -> None:
        clients = [self._client(place) for place in set(self._masters) if place is not None]
        if not clients:
            raise ConnectionError("no server is known")
        await from_each([each.ping() for each in clients])

    async def aclose(self) -> None:
        for caller in self._callers.values():
            caller.close()
        for each in self._clients.values():
            await each.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    @abstractmethod
    async def _ask(self) -> list[Place | None]:
        """Return the master of each slot."""

    def _is_known(self, place: Place) -> bool:
        """Tell whether there will be more to say to a server."""
        return place in self._masters

    def _master_of(self, key: str) -> Place | None:
        return self._masters[key_slot(key.encode()) % len(self._masters)]

    def _client(self, place: Place) -> Redis:
        if place not in self._clients:
            pool = connection.pool(place, self._address.options)
            self._clients[place] = Redis.from_pool(pool)
        return self._clients[place]


class Watched(Found):
    """A master and its replicas, and Sentinels who say which is the master."""

    def __init__(self, address: Address) -> None:
        super().__init__(address)
        self._sentinel = Sentinel(  # type: ignore[no-untyped-call]
            address.places,
            sentinel_kwargs={
                "socket_timeout": connection.COMMAND_SECONDS,
                "socket_connect_timeout": connection.COMMAND_SECONDS,
                **address.sentinel_options,
            },
        )

    async def aclose(self) -> None:
        await super().aclose()
        await self._sentinel.aclose()

    async def _ask(self) -> list[Place | None]:
        return [Place(*await self._sentinel.discover_master(self._address.master))]


class Cluster(Found):
    """Masters that share the slots among them, each with replicas of its own.

    redis-py's own client is not used: its pipelines fail for all masters when one is away, and
    it then closes the connections to all of them.
    """

    def __init__(self, address: Address) -> None:
        super().__init__(address)
        self._known: list[Place] = list(address.places)  # who answered last comes first

    async def _ask(self) -> list[Place | None]:
        failure: Exception = ConnectionError("no server of the cluster answers")
        for place in tuple(self._known):
            try:
                rows = await self._client(place).execute_command("CLUSTER SLOTS")  # type: ignore[no-untyped-call]
            except UNREACHABLE as exc:
                failure = exc
            else:
                return self._learn(place, rows)
        raise failure

    def _learn(self, teller: Place, rows: Sequence[Any]) -> list[Place | None]:
        masters: list[Place | None] = [None] * REDIS_CLUSTER_HASH_SLOTS
        known = [teller]
        for first, last, *servers in rows:
            places = [Place(_text(host) or teller.host, port) for host, port, *_ in servers]
            masters[first : last + 1] = [places[0]] * (last + 1 - first)
            known += places
        self._known = list(dict.fromkeys([*known, *self._address.places]))
        return masters

    def _is_known(self, place: Place) -> bool:
        return place in self._known


KINDS: dict[Kind, Callable[[Address], Servers]] = {
    Kind.ONE: One,
    Kind.SENTINEL: Watched,
    Kind.CLUSTER: Cluster,
}


def connect(url: str) -> Servers:
    """Return the Redis that a URL names; raise ValueError where it names none."""
    address = read(url)
    return KINDS[address.kind](address)


def shares(redis: Servers, items: Iterable[T], key: Callable[[T], str]) -> dict[Redis, list[T]]:
    """Return which server has which of the items, by their keys, as far as that is known.

    Raise ConnectionError when it is known of none.
    """
    found: dict[Redis, list[T]] = {}
    unknown: ConnectionError | None = None
    for item in items:
        try:
            found.setdefault(redis.of(key(item)), []).append(item)
        except ConnectionError as exc:
            unknown = exc
    if unknown and not found:
        raise unknown
    return found


async def from_each(asked: Iterable[Awaitable[T]]) -> list[T]:
    """Return what servers answer, without those that are away; raise when none is there."""
    found = await asyncio.gather(*asked, return_exceptions=True)
    return list(there(dict(enumerate(found))).values())


def there(found: Mapping[K, T | BaseException]) -> dict[K, T]:
    """Return the answers without the failures; raise when there are only those, or worse ones."""
    answers = {name: each for name, each in found.items() if not isinstance(each, BaseException)}
    for each in found.values():
        if isinstance(each, BaseException) and not (answers and isinstance(each, UNREACHABLE)):
            raise each
    return answers


def _text(host: bytes | str | None) -> str:
    return host.decode() if isinstance(host, bytes) else host or ""
