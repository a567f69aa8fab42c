"""Payments as a test waits for them, whoever takes them: a card company or a chain."""

import asyncio
from typing import Protocol

import asyncpg

SECONDS = 60.0
PAUSE = 0.05


class Taker(Protocol):
    """A worker that can be told to look after payments now."""

    async def look(self) -> None: ...


async def until(taker: Taker, db: asyncpg.Connection, payment_id: str, *statuses: str) -> str:
    """Wait until a payment has one of these statuses, looking after it meanwhile; return which."""
    status = "SELECT status FROM payments WHERE id = $1"
    async with asyncio.timeout(SECONDS):
        while (found := await db.fetchval(status, payment_id)) not in statuses:
            await taker.look()
            await asyncio.sleep(PAUSE)
    name: str = found
    return name
