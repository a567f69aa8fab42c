"""Commands carried out under their caller's own id, each with the answer it was given."""

from datetime import datetime

import msgspec

from state.domain.change import Answer, Origin
from state.store.pool import PRUNE_SECONDS, Conn


async def claim(conn: Conn, origin: Origin) -> Answer | None:
    """Claim a command id for this transaction; return the first answer where it was used before.

    While another transaction holds the same id this waits for its end: of two taps at once, on
    two nodes, one acts and the other repeats its answer.
    """
    if origin.command_id is None:
        return None
    claimed = await conn.fetchval(
        "INSERT INTO commands (actor_id, command_id, name, answer) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT DO NOTHING RETURNING true",
        *(origin.actor.id, origin.command_id, origin.name, {}),
    )
    return None if claimed else await _answer(conn, origin)


async def keep(conn: Conn, origin: Origin, answer: Answer) -> None:
    """Keep the answer of a claimed command; one that was refused and rolled back is put anew."""
    if origin.command_id is not None:
        await conn.execute(
            "INSERT INTO commands (actor_id, command_id, name, answer) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (actor_id, command_id) DO UPDATE SET answer = excluded.answer"
            " WHERE commands.answer::text = '{}'",
            *(origin.actor.id, origin.command_id, origin.name, answer),
        )


async def prune(conn: Conn, before: datetime) -> None:
    await conn.execute("DELETE FROM commands WHERE at < $1", before, timeout=PRUNE_SECONDS)


async def _answer(conn: Conn, origin: Origin) -> Answer:
    row = await conn.fetchval(
        "SELECT answer FROM commands WHERE actor_id = $1 AND command_id = $2",
        *(origin.actor.id, origin.command_id),
    )
    return msgspec.convert(row, Answer)
