"""The nodes that are alive, and where the others reach them; a node that falls silent drops out."""

from typing import Any

from redis.asyncio import Redis


async def put(redis: Redis, node_id: str, url: str, seconds: float) -> None:
    """Keep a node in the registry for so many seconds more."""
    await redis.set(_key(node_id), url, px=round(seconds * 1000))


async def get(redis: Redis, node_id: str) -> str | None:
    """Return where a node is reached; None when it is not, or no longer, here."""
    url: Any = await redis.get(_key(node_id))
    return None if url is None else url.decode()


async def remove(redis: Redis, node_id: str) -> None:
    await redis.delete(_key(node_id))


def _key(node_id: str) -> str:
    return f"node:{node_id}"
