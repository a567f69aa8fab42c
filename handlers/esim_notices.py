"""What the company tells by itself: that an order is done, that an eSIM runs low."""

from typing import Any

import msgspec

from handlers.deps import Deps
from handlers.providers.airalo_wire import Notice, is_signed, notice
from state.domain.errors import Code, Refusal, invalid
from state.store import esims as store
from state.store import jobs


async def hear(body: bytes, signed: str, secret: str, deps: Deps) -> None:
    """Keep what was told, and let whoever waits for it go on; told again, nothing happens.

    Raises UNAUTHORIZED where it is not signed by the company.
    """
    if not secret or not is_signed(body, signed, secret):
        raise Refusal(Code.UNAUTHORIZED, "the message is not signed by whom it says it is from")
    try:
        said = notice(body)
    except msgspec.MsgspecError as exc:
        raise invalid("", "is no message that we know") from exc
    if said.request_id:
        await _order(said, deps)
    elif said.iccid:
        async with deps.pool.acquire() as conn:
            await store.look_soon(conn, said.iccid, deps.now())


async def _order(said: Notice, deps: Deps) -> None:
    key = said.description or ""
    kept: dict[str, Any] = msgspec.to_builtins(said)
    async with deps.pool.acquire() as conn:
        await store.note(conn, said.request_id, key or said.request_id, kept)
        job_id = key.partition(":")[0] or await store.job_of(conn, said.request_id)
        if job_id:
            await jobs.wake(conn, job_id)
