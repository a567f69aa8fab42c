"""Wrong tries, by what was tried."""

from datetime import datetime

from state.domain.tries import Tries
from state.store.pool import Conn
from state.store.rows import Rows

TRIES = Rows("tries", Tries)


async def get(conn: Conn, key: str, now: datetime) -> Tries | None:
    """Return the wrong tries that are not forgotten."""
    row = await conn.fetchrow(
        f"SELECT {TRIES.columns} FROM tries WHERE key = $1 AND forgotten_at > $2", *(key, now)
    )
    return TRIES.struct(row) if row else None


async def hold(conn: Conn, key: str, now: datetime) -> Tries:
    """Return the wrong tries so far, held: of many at once each is counted."""
    row = await conn.fetchrow(
        "INSERT INTO tries (key, failures, forgotten_at) VALUES ($1, 0, $2)"
        f" ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING {TRIES.columns}",
        *(key, now),
    )
    assert row is not None
    held = TRIES.struct(row)
    return held if held.forgotten_at > now else Tries(key=key, forgotten_at=now)


async def save(conn: Conn, tries: Tries) -> None:
    await conn.execute(
        "UPDATE tries SET failures = $2, locked_until = $3, forgotten_at = $4 WHERE key = $1",
        *(tries.key, tries.failures, tries.locked_until, tries.forgotten_at),
    )


async def forget(conn: Conn, key: str) -> None:
    await conn.execute("DELETE FROM tries WHERE key = $1", key)


async def prune(conn: Conn, now: datetime) -> None:
    await conn.execute("DELETE FROM tries WHERE forgotten_at <= $1", now)
