"""The Redis clients: one for short commands, one for the connection that only listens."""

from pathlib import Path

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff, NoBackoff
from redis.exceptions import ConnectionError, OutOfMemoryError, ReadOnlyError
from redis.exceptions import TimeoutError as RedisTimeout

# What a Redis makes our calls raise that is away, full, or changing places with its replica.
UNREACHABLE = (
    ConnectionError,
    RedisTimeout,
    OutOfMemoryError,
    ReadOnlyError,
    OSError,
    TimeoutError,
)

COMMAND_SECONDS = 2.0
LUA = Path(__file__).parent / "lua"


def connect(url: str) -> Redis:
    """Return the client for commands; it sends a lost one again, for our writes may be repeated.

    One that got no answer in time is not: a Redis that hangs would be waited for twice.
    """
    return Redis.from_url(
        url,
        socket_timeout=COMMAND_SECONDS,
        socket_connect_timeout=COMMAND_SECONDS,
        retry=Retry(ConstantBackoff(0.05), 1, (ConnectionError,)),
    )


def connect_listener(url: str) -> Redis:
    """Return the client for subscriptions: reads wait for ever, failures show at once."""
    return Redis.from_url(
        url,
        socket_timeout=None,
        socket_connect_timeout=COMMAND_SECONDS,
        retry=Retry(NoBackoff(), 0, ()),  # it would connect anew under the reader's feet
    )


def script(name: str) -> str:
    return (LUA / f"{name}.lua").read_text()
