"""Hotels as managers edit them: a hotel with its rooms is written, and read, as one."""

from collections import defaultdict
from typing import Any

from state.domain.hotel_edits import EditedHotel, SavedRoom, SavedRoomType, SaveHotel
from state.domain.ids import new_id
from state.store import channels, hotels
from state.store.pool import Conn

COLUMNS = ("name", "city", "country", "currency", "timezone", "checkin_from", "checkout_until")


async def show(conn: Conn, tenant_id: str) -> list[EditedHotel]:
    """Return all hotels of a house, whole."""
    those = await hotels.of_tenant(conn, tenant_id)
    kinds: dict[str, list[SavedRoomType]] = defaultdict(list)
    for row in await conn.fetch(
        "SELECT * FROM room_types WHERE hotel_id = ANY($1) ORDER BY position, name",
        [each.id for each in those],
    ):
        kinds[row["hotel_id"]].append(await _kind(conn, row))
    return [
        EditedHotel(
            id=each.id,
            **{name: getattr(each, name) for name in COLUMNS},
            room_types=kinds[each.id],
        )
        for each in those
    ]


async def save(conn: Conn, tenant_id: str, hotel_id: str, cmd: SaveHotel) -> None:
    """Write a hotel, be it new or not, and which kinds of rooms it has."""
    values = [getattr(cmd, name) for name in COLUMNS]
    sets = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS)
    places = ", ".join(f"${number}" for number in range(3, len(COLUMNS) + 3))
    await conn.execute(
        f"INSERT INTO hotels (id, tenant_id, {', '.join(COLUMNS)}) VALUES ($1, $2, {places})"
        f" ON CONFLICT (id) DO UPDATE SET {sets}",
        *(hotel_id, tenant_id, *values),
    )
    for place, kind in enumerate(cmd.room_types):
        await _save_kind(conn, hotel_id, kind, place)


async def close(conn: Conn, hotel_id: str, named: list[str]) -> None:
    """Put the rooms of all kinds that are not named out of order."""
    await conn.execute(
        "UPDATE rooms SET in_order = false FROM room_types AS kind"
        " WHERE rooms.room_type_id = kind.id AND kind.hotel_id = $1 AND kind.id <> ALL($2)",
        *(hotel_id, named),
    )


async def kinds_of(conn: Conn, hotel_id: str) -> set[str]:
    rows = await conn.fetch("SELECT id FROM room_types WHERE hotel_id = $1", hotel_id)
    return {row["id"] for row in rows}


async def remove(conn: Conn, hotel_id: str) -> None:
    await conn.execute("UPDATE hotels SET deleted_at = now() WHERE id = $1", hotel_id)


async def _save_kind(conn: Conn, hotel_id: str, kind: SavedRoomType, place: int) -> None:
    kind_id = kind.id or new_id()
    await conn.execute(
        "INSERT INTO room_types (id, hotel_id, name, adults, children, price, position)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO UPDATE SET"
        " name = excluded.name, adults = excluded.adults, children = excluded.children,"
        " price = excluded.price, position = excluded.position",
        *(kind_id, hotel_id, kind.name, kind.adults, kind.children, kind.price, place),
    )
    await conn.execute("UPDATE rooms SET in_order = false WHERE room_type_id = $1", kind_id)
    await conn.executemany(
        "INSERT INTO rooms (id, room_type_id, number, in_order) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (room_type_id, number) DO UPDATE SET in_order = excluded.in_order",
        [(new_id(), kind_id, room.number, room.in_order) for room in kind.rooms],
    )
    await channels.replace(conn, kind_id, kind.channels)


async def _kind(conn: Conn, row: Any) -> SavedRoomType:
    rooms = await conn.fetch(
        "SELECT number, in_order FROM rooms WHERE room_type_id = $1 ORDER BY number", row["id"]
    )
    return SavedRoomType(
        id=row["id"],
        name=row["name"],
        adults=row["adults"],
        children=row["children"],
        price=row["price"],
        rooms=tuple(SavedRoom(number=each["number"], in_order=each["in_order"]) for each in rooms),
        channels=tuple(await channels.places(conn, row["id"])),
    )
