"""Translations made before, by engine, languages and text: kept for a month."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from state.live.client import Servers
from state.live.servers import from_each

KEEP_SECONDS = 30 * 24 * 3600
SANDBOX_SECONDS = 600
TRY_SECONDS = 3600
MINUTE = 60
FLIGHT_MS = 20_000  # longer than any engine takes; who died does not keep others waiting


class Cached(msgspec.Struct, frozen=True, rename="camel"):
    text: str
    source: str
    engine: str
    sandbox: bool = False

    @property
    def seconds(self) -> int:
        """For how long it is good: soon a company may be asked in place of its stand-in."""
        return SANDBOX_SECONDS if self.sandbox else KEEP_SECONDS


class Wanted(msgspec.Struct, frozen=True):
    """A text, the language it is in (empty: not known), and the one it is wanted in."""

    text: str
    source: str
    target: str


async def get(redis: Servers, engine: str, wanted: Sequence[Wanted]) -> list[Cached | None]:
    """Return what an engine made of texts before, each in its place."""
    if not wanted:
        return []
    names = [_key(engine, each) for each in wanted]
    found: Any = await asyncio.gather(*(redis.of(name).get(name) for name in names))
    return [None if each is None else msgspec.json.decode(each, type=Cached) for each in found]


async def put(redis: Servers, engine: str, made: Mapping[Wanted, Cached]) -> None:
    rows = {_key(engine, wanted): cached for wanted, cached in made.items()}
    await from_each(
        [
            redis.of(key).set(key, msgspec.json.encode(row), ex=row.seconds)
            for key, row in rows.items()
        ]
    )


async def take_off(redis: Servers, engine: str, wanted: Sequence[Wanted], who: str) -> bool:
    """Tell whether these texts are ours to have translated: nobody else is just doing that."""
    key = _flight(engine, wanted)
    return bool(await redis.of(key).set(key, who, px=FLIGHT_MS, nx=True))


async def land(redis: Servers, engine: str, wanted: Sequence[Wanted]) -> None:
    key = _flight(engine, wanted)
    await redis.of(key).delete(key)


async def flying(redis: Servers, engine: str, wanted: Sequence[Wanted]) -> bool:
    key = _flight(engine, wanted)
    return bool(await redis.of(key).exists(key))


async def spend(redis: Servers, who: str, cost: int) -> int:
    """Note what somebody's text costs; return what that makes since a minute ago at most."""
    key = f"spent:{who}"
    async with redis.of(key).pipeline(transaction=True) as pipe:
        pipe.incrby(key, cost)
        pipe.expire(key, MINUTE, nx=True)
        spent: list[int] = await pipe.execute()
    return spent[0]


async def claim_menu(redis: Servers, restaurant_id: str, version: int, language: str) -> bool:
    """Tell whether a version of a menu is to be translated now: nobody has tried it lately."""
    key = f"menu:{restaurant_id}:{version}:{language}"
    return bool(await redis.of(key).set(key, 1, ex=TRY_SECONDS, nx=True))


def _key(engine: str, wanted: Wanted) -> str:
    return f"t:{_sum(engine, [wanted])}"


def _flight(engine: str, wanted: Sequence[Wanted]) -> str:
    return f"flight:{_sum(engine, wanted)}"


def _sum(engine: str, wanted: Sequence[Wanted]) -> str:
    return hashlib.sha256(msgspec.json.encode([engine, wanted])).hexdigest()
