"""What was said at a table: it is nowhere but in the log."""

import msgspec

from state.domain.events import Name
from state.domain.talk import Message
from state.store.pool import Conn

LOOK_BACK = 2000  # events: a visit's at a busy house, and a piece of an index to read


async def recent(conn: Conn, restaurant_id: str, session_id: str, at: int) -> list[Message]:
    """Return what was said there lately up to a seq, oldest first, each as it was told last."""
    rows = await conn.fetch(
        "SELECT data::text AS data FROM events"
        " WHERE restaurant_id = $1 AND seq > $2 AND seq <= $3 AND name = $4"
        " AND data->>'sessionId' = $5 ORDER BY seq",
        *(restaurant_id, at - LOOK_BACK, at, Name.TRANSLATE_MESSAGE, session_id),
    )
    found = [msgspec.json.decode(row["data"], type=Message) for row in rows]
    return list({message.id: message for message in found}.values())
