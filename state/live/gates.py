"""The gates before other companies' services, shared by all workers: who may call them, and when.

A breaker opens after failures in a row and lets one call find out whether it may close again.
"""

from enum import StrEnum
from typing import Any

import msgspec

from state.live.client import Script, Servers

ENTER = Script("gate_enter")
LEAVE = Script("gate_leave")
FAILURES = 5  # in a row
OPEN_MS = 30_000
REST_MS = 3_600_000  # a spent quota, a key that is not accepted
ALL, ALL_SECONDS = "gates", 30


class Limits(msgspec.Struct, frozen=True):
    """How much of a service all workers together may use: `slots` calls at once, `rate` a second.

    `lease` is for how many seconds a call may last before its slot is given to others.
    """

    slots: int = 8
    rate: float = 10.0
    burst: int = 10
    lease: float = 30.0


class Verdict(StrEnum):
    """What a call says of the service. NONE: nothing, it was broken off."""

    GOOD = "good"
    BAD = "bad"
    SPENT = "spent"
    NONE = "none"


class Answer(StrEnum):
    GO = "go"
    WAIT = "wait"
    SHUT = "shut"


class Shown(msgspec.Struct, frozen=True):
    """How a gate stands: `shut` for how many seconds yet, and how many calls are under way."""

    shut: float
    busy: int


async def enter(redis: Servers, name: str, lease: str, limits: Limits) -> tuple[Answer, float]:
    """Ask for a slot; return the answer, and how many seconds to wait where it is not GO."""
    found: Any = await ENTER.run(
        redis,
        [_key(name, "state"), _key(name, "slots"), _key(name, "rate")],
        [lease, int(limits.lease * 1000), limits.slots, str(limits.rate), limits.burst],
    )
    return Answer(found[0].decode()), int(found[1]) / 1000


async def leave(redis: Servers, name: str, lease: str, verdict: Verdict) -> None:
    names = [_key(name, "state"), _key(name, "slots")]
    await LEAVE.run(redis, names, [lease, verdict, FAILURES, OPEN_MS, REST_MS])


async def show(redis: Servers, name: str) -> Shown:
    """Return how a gate stands."""
    server = redis.of(_key(name, "state"))
    state: Any = await server.hmget(_key(name, "state"), ["rest", "open"])
    busy: Any = await server.zcard(_key(name, "slots"))
    clock: Any = await server.time()
    now = clock[0] * 1000 + clock[1] // 1000
    until = max(int(each or 0) for each in state)
    return Shown(shut=max(0, until - now) / 1000, busy=busy)


async def tell(redis: Servers, shown: dict[str, Shown]) -> None:
    """Note how all gates stand, for those who have none themselves."""
    await redis.of(ALL).set(ALL, msgspec.json.encode(shown), ex=ALL_SECONDS)


async def told(redis: Servers) -> dict[str, Shown]:
    """Return how the gates stood a moment ago by their names; none where no worker is left."""
    found: Any = await redis.of(ALL).get(ALL)
    return msgspec.json.decode(found, type=dict[str, Shown]) if found else {}


def _key(name: str, part: str) -> str:
    return f"{{p:{name}}}:{part}"
