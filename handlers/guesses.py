"""Secrets short enough to be guessed are asked for a few times only."""

from handlers.deps import Deps
from state.domain.tries import one_more, require_unlocked
from state.store import tries as store
from state.store.pool import Conn


async def require_free(conn: Conn, key: str, deps: Deps) -> None:
    """Raise RATE_LIMITED while too many wrong tries were made at `key`."""
    now = deps.now()
    held = await store.get(conn, key, now)
    if held is not None:
        require_unlocked(held.locked_until, now)


async def judge(conn: Conn, key: str, right: bool, deps: Deps) -> None:
    """Count a wrong try at `key`; raise RATE_LIMITED where others, at once, were too many.

    That goes for a right one too: who guesses in parallel must not learn which one it was.
    Call it outside of a transaction, or a refusal takes the count with it.
    """
    if right:
        return await require_free(conn, key, deps)
    now = deps.now()
    async with conn.transaction():
        held = await store.hold(conn, key, now)
        require_unlocked(held.locked_until, now)
        await store.save(conn, one_more(held, now))
