"""The nodes that are alive, and where the others reach them; a node that falls silent drops out."""

from typing import Any

from state.live.client import Servers


async def put(redis: Servers, node_id: str, url: str, seconds: float) -> None:
    """Keep a node in the registry for so many seconds more."""
    key = _key(node_id)
    await redis.of(key).set(key, url, px=round(seconds * 1000))


async def get(redis: Servers, node_id: str) -> str | None:
    """Return where a node is reached; None when it is not, or no longer, here."""
    key = _key(node_id)
    url: Any = await redis.of(key).get(key)
    return None if url is None else url.decode()


async def remove(redis: Servers, node_id: str) -> None:
    key = _key(node_id)
    await redis.of(key).delete(key)


def _key(node_id: str) -> str:
    return f"node:{node_id}"
