"""Bookings made for tests of rules and of the store."""

from datetime import UTC, datetime, timedelta
from typing import Any

from state.domain.hotel import Booking, Person
from state.domain.ids import new_id
from tests.guesthouse import today


def booking(tenant: str, rid: str, offer: dict[str, Any], start: int = 30) -> Booking:
    """A booking of three nights of what was offered, without a room yet."""
    arrival = today() + timedelta(days=start)
    return Booking(
        id=new_id(),
        tenant_id=tenant,
        restaurant_id=rid,
        owner="somebody",
        provider="own",
        hotel_id=offer["hotelId"],
        hotel_name=offer["hotelName"],
        room_type_id=offer["roomTypeId"],
        room_type=offer["roomType"],
        guest=Person(first_name="Ada", last_name="Lovelace"),
        adults=2,
        checkin=arrival,
        checkout=arrival + timedelta(days=3),
        currency="EUR",
        total=offer["total"],
        created_at=datetime.now(UTC),
    )
