"""How our connections to Redis behave: what they wait for, what they do again, how they fail."""

from typing import Any

from redis.asyncio import Connection, ConnectionPool, SSLConnection
from redis.asyncio.connection import DefaultParser
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff, NoBackoff
from redis.exceptions import (
    AskError,
    ClusterDownError,
    ConnectionError,
    OutOfMemoryError,
    ReadOnlyError,
    TryAgainError,
)
from redis.exceptions import TimeoutError as RedisTimeout

from state.live.address import Place

# What a Redis makes our calls raise that is away, full, or changing places with its replica, and
# a Cluster whose slots are on their way from one server to another (MOVED is an ASK).
UNREACHABLE = (
    ConnectionError,
    RedisTimeout,
    OutOfMemoryError,
    ReadOnlyError,
    ClusterDownError,
    AskError,
    TryAgainError,
    OSError,
    TimeoutError,
)

COMMAND_SECONDS = 2.0


class Parser(DefaultParser):  # type: ignore[misc,valid-type]
    """Knows also how a master refuses to write that lost its replicas, or whose disk is full."""

    EXCEPTION_CLASSES = DefaultParser.EXCEPTION_CLASSES | {
        "NOREPLICAS": ReadOnlyError,
        "MISCONF": ReadOnlyError,
    }


def pool(place: Place, options: dict[str, Any]) -> ConnectionPool:
    """Return connections for commands; one that is lost is sent again, for our writes may be
    repeated.

    One that got no answer in time is not: a Redis that hangs would be waited for twice.
    """
    kind, said = _connection(place, options)
    retry = Retry(ConstantBackoff(0.05), 1, (ConnectionError,))
    return ConnectionPool(kind, socket_timeout=COMMAND_SECONDS, retry=retry, **said)


def line(place: Place, options: dict[str, Any]) -> Connection:
    """Return a connection for subscriptions: reads wait for ever, failures show at once.

    It speaks the old protocol: redis-py makes a line for its log of each push of the new one,
    which takes longer than all the rest.
    """
    kind, said = _connection(place, options)
    return kind(socket_timeout=None, retry=Retry(NoBackoff(), 0, ()), protocol=2, **said)


def _connection(place: Place, options: dict[str, Any]) -> tuple[type[Connection], dict[str, Any]]:
    """Return what all connections to a server have in common: their class and arguments."""
    said = {
        "host": place.host,
        "port": place.port,
        "parser_class": Parser,
        "socket_connect_timeout": COMMAND_SECONDS,
        **{name: value for name, value in options.items() if name != "ssl"},
    }
    return SSLConnection if options.get("ssl") else Connection, said
