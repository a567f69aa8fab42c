"""What is kept for a while only: private texts, and what hotels write down of their guests."""

from datetime import datetime, timedelta

from handlers.deps import Deps
from state.live import log as live
from state.live.client import UNREACHABLE
from state.store import bookings
from state.store import jobs as store

REST = timedelta(minutes=10)  # for whoever has lost the line and comes back
AT_ONCE = 100


async def erase_private(deps: Deps, before: datetime | None = None) -> int:
    """Take the texts of private jobs out of Postgres, and out of the log; return how many.

    Their events stay where they were, with nothing in them.
    """
    async with deps.pool.acquire() as conn, conn.transaction():
        gone = await store.erase_private(conn, before or deps.now() - REST, AT_ONCE)
    for restaurant_id, seqs in gone.events.items():
        try:
            # Redis then has a hole, which is read from Postgres as any other.
            await live.forget(deps.redis, restaurant_id, seqs)
        except UNREACHABLE:
            continue  # what it has when it is back is restored from Postgres, or is a day old
    return gone.jobs


async def erase_registrations(deps: Deps, keep: timedelta) -> None:
    """Forget what guests wrote into forms at check-in, so long after they left.

    The booking itself stays: it is part of the books.
    """
    before = (deps.now() - keep).date()
    async with deps.pool.acquire() as conn:
        while await bookings.forget_registrations(conn, before, AT_ONCE):
            pass
