"""Bookings of hotel rooms: our own, for which a room is held, and those made elsewhere."""

from contextlib import suppress
from datetime import date, datetime

import asyncpg
from msgspec.structs import replace

from state.domain.errors import not_found
from state.domain.hotel import Booking
from state.store import hotels
from state.store.pool import PRUNE_SECONDS, Conn
from state.store.rows import Rows

BOOKINGS = Rows("hotel_bookings", Booking)
CHANGES = ("status", "door_code", "registration", "room_number", "checkin", "checkout")
STAMPS = ("checked_in_at", "checked_out_at", "cancelled_at")


async def hold_room(conn: Conn, booking: Booking) -> Booking | None:
    """Keep a booking, with a room of its kind that is free; return None where there is none.

    Postgres itself sees to it that a room has one guest a night: who is a moment late at one room
    tries the next.
    """
    for room in await hotels.free_rooms(
        conn, booking.room_type_id, booking.checkin, booking.checkout
    ):
        held = _in_room(booking, room)
        if await BOOKINGS.add(conn, held):
            return held
    return None


async def keep(conn: Conn, booking: Booking) -> bool:
    """Keep a booking made elsewhere; return False where it is kept already."""
    return await BOOKINGS.add(conn, booking)


async def find(conn: Conn, booking_id: str) -> Booking | None:
    return await _one(conn, "id = $1", booking_id)


async def lock(conn: Conn, booking_id: str) -> Booking:
    """Read a booking and hold it until the transaction ends."""
    found = await _one(conn, "id = $1 FOR UPDATE", booking_id)
    if found is None:
        raise not_found("booking")
    return found


async def by_reservation(conn: Conn, provider: str, reservation: str) -> Booking | None:
    return await _one(conn, "provider = $1 AND reservation = $2", provider, reservation)


async def note(conn: Conn, provider: str, notice: str) -> bool:
    """Keep what a company has told us; return False for what it told before."""
    done = await conn.execute(
        "INSERT INTO hotel_notices (provider, notice) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        *(provider, notice),
    )
    return bool(done == "INSERT 0 1")


async def prune(conn: Conn, before: datetime) -> None:
    """Forget what companies told us before."""
    await conn.execute("DELETE FROM hotel_notices WHERE at < $1", before, timeout=PRUNE_SECONDS)


async def forget_registrations(conn: Conn, before: date, limit: int) -> int:
    """Take the registration out of bookings whose stay ended before a day; return how many."""
    done = await conn.execute(
        "UPDATE hotel_bookings SET registration = NULL WHERE id IN (SELECT id FROM hotel_bookings"
        " WHERE registration IS NOT NULL AND checkout < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
        *(before, limit),
    )
    return int(done.split()[-1])


async def of_owner(conn: Conn, owner: str, limit: int) -> list[Booking]:
    rows = await conn.fetch(
        f"SELECT {BOOKINGS.columns} FROM hotel_bookings WHERE owner = $1"
        " ORDER BY created_at DESC LIMIT $2",
        *(owner, limit),
    )
    return [BOOKINGS.struct(row) for row in rows]


async def save(conn: Conn, booking: Booking) -> None:
    """Write what may change of a booking."""
    names = (*CHANGES, *STAMPS)
    sets = ", ".join(f"{name} = ${place}" for place, name in enumerate(names, 2))
    values = [getattr(booking, name) for name in names]
    await conn.execute(f"UPDATE hotel_bookings SET {sets} WHERE id = $1", booking.id, *values)


async def move(conn: Conn, booking: Booking) -> Booking | None:
    """Give a booking another room of its kind; return None where there is none."""
    for room in await hotels.free_rooms(
        conn, booking.room_type_id, booking.checkin, booking.checkout
    ):
        with suppress(asyncpg.ExclusionViolationError):
            async with conn.transaction():
                await conn.execute(
                    "UPDATE hotel_bookings SET room_id = $2, room_number = $3 WHERE id = $1",
                    *(booking.id, room.id, room.number),
                )
            return _in_room(booking, room)
    return None


def _in_room(booking: Booking, room: hotels.Room) -> Booking:
    return replace(booking, room_id=room.id, room_number=room.number)


async def _one(conn: Conn, where: str, *values: str) -> Booking | None:
    row = await conn.fetchrow(
        f"SELECT {BOOKINGS.columns} FROM hotel_bookings WHERE {where}", *values
    )
    return None if row is None else BOOKINGS.struct(row)
