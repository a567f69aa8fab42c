"""The house's own hotels: their rooms, and what a night costs."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import msgspec

from state.domain.errors import not_found
from state.domain.hotel import Hotel, Stay
from state.store.pool import Conn
from state.store.rows import Rows

HOTELS = Rows("hotels", Hotel)
HELD = "('CONFIRMED', 'CHECKED_IN')"
# A room that nobody has for any of the nights; $2 and $3 are arrival and departure.
FREE = f"""
    rooms.in_order AND NOT EXISTS (
        SELECT FROM hotel_bookings AS held WHERE held.room_id = rooms.id
        AND held.status IN {HELD}
        AND daterange(held.checkin, held.checkout) && daterange($2, $3))
"""


class RoomType(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of room, and how many of it are `free` for the stay that was asked about."""

    id: str
    hotel_id: str
    name: str
    adults: int
    children: int
    price: int
    free: int


class Room(msgspec.Struct, frozen=True):
    id: str
    number: str


async def of_tenant(conn: Conn, tenant_id: str) -> list[Hotel]:
    rows = await conn.fetch(
        f"SELECT {HOTELS.columns} FROM hotels WHERE tenant_id = $1 AND deleted_at IS NULL"
        " ORDER BY name",
        tenant_id,
    )
    return [HOTELS.struct(row) for row in rows]


async def get(conn: Conn, hotel_id: str, tenant_id: str) -> Hotel:
    row = await conn.fetchrow(
        f"SELECT {HOTELS.columns} FROM hotels"
        " WHERE id = $1 AND tenant_id = $2 AND deleted_at IS NULL",
        *(hotel_id, tenant_id),
    )
    if row is None:
        raise not_found("hotel", "hotelId")
    return HOTELS.struct(row)


async def room_types(conn: Conn, hotel_ids: Sequence[str], stay: Stay) -> list[RoomType]:
    """Return the kinds of rooms of hotels, with how many of each nobody has for the stay."""
    rows = await conn.fetch(
        "SELECT id, hotel_id, name, adults, children, price, (SELECT count(*) FROM rooms"
        f" WHERE rooms.room_type_id = room_types.id AND {FREE}) AS free"
        " FROM room_types WHERE hotel_id = ANY($1) ORDER BY position, name",
        *(list(hotel_ids), stay.checkin, stay.checkout),
    )
    return [RoomType(**dict(row)) for row in rows]


async def rates(conn: Conn, type_ids: Sequence[str], stay: Stay) -> dict[str, dict[date, int]]:
    """Return the nights that cost something else than the room types' own price."""
    rows = await conn.fetch(
        "SELECT room_type_id, night, amount FROM room_rates"
        " WHERE room_type_id = ANY($1) AND night >= $2 AND night < $3",
        *(list(type_ids), stay.checkin, stay.checkout),
    )
    found: dict[str, dict[date, int]] = defaultdict(dict)
    for row in rows:
        found[row["room_type_id"]][row["night"]] = row["amount"]
    return found


async def set_rates(conn: Conn, type_id: str, nights: Sequence[date], amount: int) -> None:
    await conn.execute(
        "INSERT INTO room_rates (room_type_id, night, amount)"
        " SELECT $1, night, $3 FROM unnest($2::date[]) AS night"
        " ON CONFLICT (room_type_id, night) DO UPDATE SET amount = excluded.amount",
        *(type_id, list(nights), amount),
    )


async def free_rooms(conn: Conn, type_id: str, checkin: date, checkout: date) -> list[Room]:
    """Return the rooms of a kind that nobody has for any of the nights."""
    rows = await conn.fetch(
        f"SELECT id, number FROM rooms WHERE room_type_id = $1 AND {FREE} ORDER BY number",
        *(type_id, checkin, checkout),
    )
    return [Room(row["id"], row["number"]) for row in rows]


async def is_in_order(conn: Conn, room_id: str) -> bool:
    return bool(await conn.fetchval("SELECT in_order FROM rooms WHERE id = $1", room_id))
