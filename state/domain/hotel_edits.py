"""What managers may change of their hotels: kinds of rooms, the rooms themselves, channels."""

from datetime import time
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from state.domain.channel import Place
from state.domain.commands import WHOLE, Command, Id
from state.domain.errors import invalid
from state.domain.hotel_commands import Amount, Text

Number = Annotated[str, Meta(min_length=1, max_length=12, pattern=WHOLE)]


class SavedRoom(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One that is not `inOrder` is given to nobody who arrives."""

    number: Number
    in_order: bool = True


class SavedRoomType(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Without an `id` it is a new one. `price` is that of a night which has no other."""

    id: Id | None = None
    name: Text
    adults: Annotated[int, Meta(ge=1, le=20)] = 2
    children: Annotated[int, Meta(ge=0, le=20)] = 0
    price: Amount
    rooms: Annotated[tuple[SavedRoom, ...], Meta(max_length=500)]
    channels: Annotated[tuple[Place, ...], Meta(max_length=3)] = ()


class SaveHotel(Command, frozen=True, kw_only=True):
    """A whole hotel. Rooms that it has and that are not named are out of order from now on."""

    name: Text
    city: Text
    country: Annotated[str, Meta(pattern=r"^[a-z]{2}$")]
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]
    timezone: Annotated[str, Meta(min_length=1, max_length=60, pattern=WHOLE)]
    checkin_from: time = time(15)
    checkout_until: time = time(11)
    room_types: Annotated[tuple[SavedRoomType, ...], Meta(max_length=50)] = ()


class EditedHotel(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A hotel as it may be edited."""

    id: str
    name: str
    city: str
    country: str
    currency: str
    timezone: str
    checkin_from: time
    checkout_until: time
    room_types: list[SavedRoomType]


def require_hotel(cmd: SaveHotel) -> None:
    """Raise INVALID where something is no such thing, or is there twice."""
    try:
        ZoneInfo(cmd.timezone)
    except (ZoneInfoNotFoundError, ValueError) as exc:
        raise invalid("timezone", f"there is no '{cmd.timezone}'") from exc
    for place, kind in enumerate(cmd.room_types):
        numbers = [room.number for room in kind.rooms]
        if len(set(numbers)) < len(numbers):
            raise invalid(f"roomTypes[{place}].rooms", "one number is there twice")
        channels = [each.channel for each in kind.channels]
        if len(set(channels)) < len(channels):
            raise invalid(f"roomTypes[{place}].channels", "one channel is there twice")
