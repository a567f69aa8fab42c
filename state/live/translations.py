"""Translations made before, by engine, languages and text: kept for a month."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from redis.asyncio import Redis

KEEP_SECONDS = 30 * 24 * 3600
TRY_SECONDS = 3600
FLIGHT_MS = 20_000  # longer than any engine takes; who died does not keep others waiting


class Cached(msgspec.Struct, frozen=True, rename="camel"):
    text: str
    source: str
    engine: str


class Wanted(msgspec.Struct, frozen=True):
    """A text, the language it is in (empty: not known), and the one it is wanted in."""

    text: str
    source: str
    target: str


async def get(redis: Redis, engine: str, wanted: Sequence[Wanted]) -> list[Cached | None]:
    """Return what an engine made of texts before, each in its place."""
    if not wanted:
        return []
    found: Any = await redis.mget([_key(engine, each) for each in wanted])
    return [None if each is None else msgspec.json.decode(each, type=Cached) for each in found]


async def put(redis: Redis, engine: str, made: Mapping[Wanted, Cached]) -> None:
    async with redis.pipeline(transaction=False) as pipe:
        for wanted, cached in made.items():
            pipe.set(_key(engine, wanted), msgspec.json.encode(cached), ex=KEEP_SECONDS)
        await pipe.execute()


async def take_off(redis: Redis, engine: str, wanted: Sequence[Wanted], who: str) -> bool:
    """Tell whether these texts are ours to have translated: nobody else is just doing that."""
    return bool(await redis.set(_flight(engine, wanted), who, px=FLIGHT_MS, nx=True))


async def land(redis: Redis, engine: str, wanted: Sequence[Wanted]) -> None:
    await redis.delete(_flight(engine, wanted))


async def flying(redis: Redis, engine: str, wanted: Sequence[Wanted]) -> bool:
    return bool(await redis.exists(_flight(engine, wanted)))


async def claim_menu(redis: Redis, restaurant_id: str, version: int, language: str) -> bool:
    """Tell whether a version of a menu is to be translated now: nobody has tried it lately."""
    key = f"menu:{restaurant_id}:{version}:{language}"
    return bool(await redis.set(key, 1, ex=TRY_SECONDS, nx=True))


def _key(engine: str, wanted: Wanted) -> str:
    return f"t:{_sum(engine, [wanted])}"


def _flight(engine: str, wanted: Sequence[Wanted]) -> str:
    return f"flight:{_sum(engine, wanted)}"


def _sum(engine: str, wanted: Sequence[Wanted]) -> str:
    return hashlib.sha256(msgspec.json.encode([engine, wanted])).hexdigest()
