"""What Cloudbeds' PMS API answers, as far as we read it. All of it comes with HTTP 200."""

from decimal import Decimal

import msgspec


class Answer(msgspec.Struct, frozen=True):
    """What every answer has; `success` alone says whether it is one."""

    success: bool = False
    message: str = ""


class Currency(msgspec.Struct, frozen=True, rename="camel"):
    currency_code: str


class Property(
    msgspec.Struct,
    frozen=True,
    rename={"id": "propertyID", "name": "propertyName", "currency": "propertyCurrency"},
):
    id: str
    name: str
    currency: list[Currency] = []


class Properties(Answer, frozen=True):
    data: list[Property] = []


class Night(msgspec.Struct, frozen=True):
    rate: Decimal


class RoomType(
    msgspec.Struct,
    frozen=True,
    rename={
        "id": "roomTypeID",
        "name": "roomTypeName",
        "rate_id": "roomRateID",
        "left": "roomsAvailable",
        "nights": "roomRateDetailed",
    },
):
    """`nights` are what each night of the stay costs."""

    id: str
    name: str
    rate_id: str = ""
    left: int = 0
    nights: list[Night] = []


class Available(
    msgspec.Struct,
    frozen=True,
    rename={"id": "propertyID", "currency": "propertyCurrency", "rooms": "propertyRooms"},
):
    id: str
    currency: list[Currency] = []
    rooms: list[RoomType] = []


class Availability(Answer, frozen=True):
    data: list[Available] = []


class Made(Answer, frozen=True, rename={"id": "reservationID", "total": "grandTotal"}):
    """A reservation that was just made."""

    id: str = ""
    total: Decimal = Decimal(0)


class Listed(
    msgspec.Struct, frozen=True, rename={"id": "reservationID", "key": "thirdPartyIdentifier"}
):
    id: str
    key: str | None = None


class Reservations(Answer, frozen=True):
    data: list[Listed] = []
    total: int = 0


class Stays(
    msgspec.Struct,
    frozen=True,
    rename={
        "type_id": "roomTypeID",
        "type_name": "roomTypeName",
        "room_id": "roomID",
        "room_name": "roomName",
    },
):
    """A room of a reservation; without `room_name` it is none in particular yet."""

    type_id: str = ""
    type_name: str = ""
    room_id: str = ""
    room_name: str = ""


class Reservation(msgspec.Struct, frozen=True, rename={"property_id": "propertyID"}):
    property_id: str
    status: str = ""
    total: Decimal = Decimal(0)
    assigned: list[Stays] = []
    unassigned: list[Stays] = []


class OneReservation(Answer, frozen=True):
    data: Reservation | None = None


class Room(
    msgspec.Struct,
    frozen=True,
    rename={"id": "roomID", "type_id": "roomTypeID", "blocked": "roomBlocked"},
):
    id: str
    type_id: str = ""
    blocked: bool = False


class PropertyRooms(msgspec.Struct, frozen=True):
    rooms: list[Room] = []


class Rooms(Answer, frozen=True):
    data: list[PropertyRooms] = []


class Sold(msgspec.Struct, frozen=True, rename={"id": "soldProductID"}):
    id: str = ""


class Posted(Answer, frozen=True):
    data: Sold | None = None
