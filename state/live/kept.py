"""Answers of other companies that are kept for a while, and who is just asking for one."""

from typing import Any

from state.live.client import Servers


async def get(redis: Servers, key: str) -> bytes | None:
    found: Any = await redis.of(key).get(key)
    return found if found is None else bytes(found)


async def put(redis: Servers, key: str, value: bytes, seconds: int) -> None:
    await redis.of(key).set(key, value, ex=seconds)


async def forget(redis: Servers, key: str, value: bytes) -> None:
    """Forget a value that turned out to be no good, but not another that has taken its place."""
    if await get(redis, key) == value:
        await redis.of(key).delete(key)


async def take_off(redis: Servers, key: str, who: str, ms: int) -> bool:
    """Tell whether it is ours to ask: nobody else is just doing that."""
    return bool(await redis.of(_flight(key)).set(_flight(key), who, px=ms, nx=True))


async def land(redis: Servers, key: str) -> None:
    await redis.of(_flight(key)).delete(_flight(key))


async def flying(redis: Servers, key: str) -> bool:
    return bool(await redis.of(_flight(key)).exists(_flight(key)))


def _flight(key: str) -> str:
    return f"flight:{key}"
