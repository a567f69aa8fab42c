"""The channels at which the house's own rooms are sold."""

from collections.abc import Sequence
from datetime import date

from state.domain.channel import Place
from state.store.hotels import HELD
from state.store.pool import Conn
from state.store.rows import Rows

PLACES = Rows("channel_rooms", Place)


async def places(conn: Conn, type_id: str) -> list[Place]:
    rows = await conn.fetch(
        f"SELECT {PLACES.columns} FROM channel_rooms WHERE room_type_id = $1 ORDER BY channel",
        type_id,
    )
    return [PLACES.struct(row) for row in rows]


async def replace(conn: Conn, type_id: str, places: Sequence[Place]) -> None:
    """Sell a kind of room at these channels, and at no others."""
    await conn.execute("DELETE FROM channel_rooms WHERE room_type_id = $1", type_id)
    for place in places:
        await PLACES.insert(conn, place, room_type_id=type_id)


async def free(conn: Conn, type_id: str, nights: Sequence[date]) -> dict[date, int]:
    """Return how many rooms of a kind nobody has, for each night."""
    rows = await conn.fetch(
        "SELECT night, (SELECT count(*) FROM rooms WHERE room_type_id = $1 AND in_order"
        " AND NOT EXISTS (SELECT FROM hotel_bookings AS held WHERE held.room_id = rooms.id"
        f" AND held.status IN {HELD} AND daterange(held.checkin, held.checkout) @> night)) AS free"
        " FROM unnest($2::date[]) AS night",
        *(type_id, list(nights)),
    )
    return {row["night"]: row["free"] for row in rows}
