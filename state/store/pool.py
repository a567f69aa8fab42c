"""Connections to Postgres, and how our types travel over them."""

import asyncio
from contextlib import suppress
from typing import Any, TypeAlias

import asyncpg
import msgspec
from asyncpg import Connection, Record
from asyncpg.pool import PoolAcquireContext, PoolConnectionProxy

# Quoted: these classes take parameters in their stubs only.
Conn: TypeAlias = "Connection[Any] | PoolConnectionProxy[Any]"
Pool: TypeAlias = "asyncpg.Pool[Any]"

# What asyncpg and the sockets below it raise when Postgres is away or goes away.
UNREACHABLE = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.IdleSessionTimeoutError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InternalClientError,  # a command sent while asyncpg still reads the server's farewell
)

NOBODY = bytes(16)  # a string that is no UUID names nothing: it finds no row, and raises no error
# While Postgres is away commands fail at once (PROTOCOL 4), also where it just says nothing.
CONNECT_SECONDS = 2.0
STATEMENT_SECONDS = 2.0
PRUNE_SECONDS = 60.0
IDLE_SECONDS = 5.0  # a node that froze inside a transaction holds its locks no longer than this


class BoundedPool(asyncpg.Pool):
    """A pool at which nobody queues for long, and which can always be closed."""

    def acquire(self, *, timeout: float | None = CONNECT_SECONDS) -> "PoolAcquireContext[Any]":
        return super().acquire(timeout=timeout)

    async def close(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(CONNECT_SECONDS):
                await super().close()


async def create_pool(url: str, size: int = 10) -> Pool:
    return await BoundedPool(
        url,
        connection_class=Connection,
        record_class=Record,
        init_size=None,
        min_size=1,
        max_size=size,
        max_queries=50_000,
        max_inactive_connection_lifetime=300.0,
        loop=None,
        connect=None,
        setup=None,
        init=set_codecs,
        reset=_keep,
        timeout=CONNECT_SECONDS,
        command_timeout=STATEMENT_SECONDS,
        server_settings={
            "idle_in_transaction_session_timeout": f"{int(IDLE_SECONDS * 1000)}ms",
            # A plan kept from when the tables were all but empty would read them whole at lunch.
            # What we ask for is a few rows by their keys: an index, and row by row from there.
            "enable_seqscan": "off",
            "enable_hashjoin": "off",
            "enable_mergejoin": "off",
            # Our statements are few and large: to plan one costs more than to carry it out.
            "plan_cache_mode": "force_generic_plan",
            "timezone": "UTC",  # times that come as JSON are to end in Z
        },
    )


async def connect(url: str, **settings: str) -> "Connection[Any]":
    """Return a connection of one's own; `settings` are those of its session in Postgres."""
    conn = await asyncpg.connect(
        url,
        timeout=CONNECT_SECONDS,
        command_timeout=STATEMENT_SECONDS,
        server_settings=settings,
    )
    await set_codecs(conn)
    return conn


async def _keep(_conn: Conn) -> None:
    """Reset nothing between two users of a connection: nobody here leaves anything behind."""


async def set_codecs(conn: Conn) -> None:
    """Let ids be strings, and JSON columns hold whatever msgspec can encode."""
    await conn.set_type_codec(
        "uuid", schema="pg_catalog", encoder=_encode_id, decoder=_decode_id, format="binary"
    )
    for name in ("json", "jsonb"):
        await conn.set_type_codec(
            name,
            schema="pg_catalog",
            encoder=_encode_json,
            decoder=msgspec.json.decode,
            format="text",
        )


def _encode_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _encode_id(text: str) -> bytes:
    try:
        raw = bytes.fromhex(text.replace("-", ""))
    except ValueError:
        return NOBODY
    # Of its spellings only our own: the names of rooms and keys are made of ids as they are sent.
    return raw if len(raw) == len(NOBODY) and _decode_id(raw) == text else NOBODY


def _decode_id(raw: bytes) -> str:
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
