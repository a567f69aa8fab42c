"""Asking another company once for what many want, and keeping the answer for a while."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from state.domain.ids import new_id
from state.live import kept as live
from state.live.client import UNREACHABLE, Servers

log = structlog.get_logger()

LOOK_SECONDS = 0.05

# Returns the answer and for how many seconds it is good.
Ask = Callable[[], Awaitable[tuple[bytes, int]]]


async def kept(redis: Servers, key: str, ask: Ask, flight: float) -> bytes:
    """Return what is kept under a key, or else what `ask` finds, asked by one for all.

    Who asks and dies keeps the others waiting for `flight` seconds. Raises what `ask` raises.
    """
    while True:
        try:
            found = await live.get(redis, key)
            if found is not None:
                return found
            if await live.take_off(redis, key, new_id(), int(flight * 1000)):
                break
            while await live.flying(redis, key):  # noqa: ASYNC110 - elsewhere
                await asyncio.sleep(LOOK_SECONDS)
        except UNREACHABLE:
            return (await ask())[0]
    try:
        value, seconds = await ask()
        await _keep(redis, key, value, seconds)
    finally:
        await _land(redis, key)
    return value


async def unkept(redis: Servers, key: str, value: bytes) -> None:
    """Let a value not be kept any longer, as it is no good."""
    try:
        await live.forget(redis, key, value)
    except UNREACHABLE as exc:
        log.warning("an answer is still kept", key=key, error=repr(exc))


async def _keep(redis: Servers, key: str, value: bytes, seconds: int) -> None:
    try:
        await live.put(redis, key, value, seconds)
    except UNREACHABLE as exc:
        log.warning("an answer was not kept", key=key, error=repr(exc))


async def _land(redis: Servers, key: str) -> None:
    try:
        await live.land(redis, key)
    except UNREACHABLE as exc:
        log.warning("others wait for an answer", key=key, error=repr(exc))
