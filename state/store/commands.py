"""Commands carried out under their caller's own id, each with the answer it was given."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from state.domain.change import Answer, Origin
from state.store.pool import PRUNE_SECONDS, Conn
from state.store.record import command


async def keep(conn: Conn, refused: Sequence[tuple[Origin, Answer]]) -> list[Answer | None]:
    """Keep answers that come with no change, each for another command id.

    Return for each what is kept instead: the answer that the same command was given in the
    meantime, on another node.
    """
    rows = await conn.fetch(
        "INSERT INTO commands (actor_id, command_id, name, answer)"
        " SELECT * FROM json_to_recordset($1)"
        " AS given(actor_id text, command_id text, name text, answer json)"
        " ON CONFLICT (actor_id, command_id) DO UPDATE SET name = commands.name"
        " RETURNING actor_id, command_id, answer, xmax = 0 AS ours",
        [command(origin, answer) for origin, answer in refused],
    )
    others = {
        (row["actor_id"], row["command_id"]): msgspec.convert(row["answer"], Answer)
        for row in rows
        if not row["ours"]
    }
    return [others.get((origin.actor.id, origin.command_id)) for origin, _ in refused]


async def prune(conn: Conn, before: datetime) -> None:
    await conn.execute("DELETE FROM commands WHERE at < $1", before, timeout=PRUNE_SECONDS)
