"""What other companies offered, kept for a while; and who is just asking them."""

import hashlib
from typing import Any

import msgspec

from state.domain.hotel import Offer
from state.live.client import Servers

FLIGHT_MS = 75_000  # longer than three tries take; who died does not keep others waiting
OFFERS = msgspec.json.Decoder(list[Offer])


def key(provider: str, *about: Any) -> str:
    """Return what offers are kept under: everything that decides on them."""
    return hashlib.sha256(msgspec.json.encode([provider, *about])).hexdigest()


async def get(redis: Servers, name: str) -> list[Offer] | None:
    found: Any = await redis.of(_kept(name)).get(_kept(name))
    return None if found is None else OFFERS.decode(found)


async def put(redis: Servers, name: str, offers: list[Offer], seconds: int) -> None:
    await redis.of(_kept(name)).set(_kept(name), msgspec.json.encode(offers), ex=seconds)


async def take_off(redis: Servers, name: str, who: str) -> bool:
    """Tell whether these offers are ours to ask for: nobody else is just doing that."""
    return bool(await redis.of(_flight(name)).set(_flight(name), who, px=FLIGHT_MS, nx=True))


async def land(redis: Servers, name: str) -> None:
    await redis.of(_flight(name)).delete(_flight(name))


async def flying(redis: Servers, name: str) -> bool:
    return bool(await redis.of(_flight(name)).exists(_flight(name)))


async def count(redis: Servers, who: str) -> int:
    """Note that somebody asks; return how often that makes since a minute ago at most."""
    name = f"offers:asked:{who}"
    async with redis.of(name).pipeline(transaction=True) as pipe:
        pipe.incr(name)
        pipe.expire(name, 60, nx=True)
        asked: list[int] = await pipe.execute()
    return asked[0]


def _kept(name: str) -> str:
    return f"offers:{name}"


def _flight(name: str) -> str:
    return f"offers:flight:{name}"
