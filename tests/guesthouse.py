"""A hotel as tests use it: dates, guests, rooms by their names."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from tests.client import Client
from tests.place import Place

ADA = {"firstName": "Ada", "lastName": "Lovelace", "email": "ada@example.test", "country": "gb"}
FORM = {
    "firstName": "Ada",
    "lastName": "Lovelace",
    "birthDate": "1990-12-10",
    "nationality": "gb",
    "document": "123456789",
    "address": "12 St James's Square, London",
}
BERLIN = ZoneInfo("Europe/Berlin")


def stay(start: int = 30, nights: int = 2, **more: Any) -> dict[str, Any]:
    """Return the dates of a stay that begins so many days from today."""
    day = today() + timedelta(days=start)
    return {
        "checkin": day.isoformat(),
        "checkout": (day + timedelta(days=nights)).isoformat(),
        "adults": 2,
        **more,
    }


def today() -> date:
    """Return what the calendar in the lobby says."""
    return datetime.now(UTC).astimezone(BERLIN).date()


async def rooms(client: Client, name: str, **when: Any) -> dict[str, Any]:
    """Return the offer of a kind of our own rooms."""
    found = await client.send("hotel:search", **when)
    hotel = next(each for each in found["result"]["offers"] if each["provider"] == "own")
    asked = {"provider": "own", "hotelId": hotel["hotelId"], **when}
    left = await client.send("hotel:availability", **asked)
    offer: dict[str, Any] = next(o for o in left["result"]["offers"] if o["roomType"] == name)
    return offer


def wish(offer: dict[str, Any], **when: Any) -> dict[str, Any]:
    """Return what books an offer."""
    names = ("provider", "hotelId", "roomTypeId")
    return {**{name: offer[name] for name in names}, **when, "guest": ADA}


async def booked(client: Client, name: str = "Linden double", **when: Any) -> dict[str, Any]:
    """Book one of our own rooms."""
    when = when or stay()
    answer = await client.send("hotel:book", **wish(await rooms(client, name, **when), **when))
    booking: dict[str, Any] = answer["booking"]
    return booking


async def open_early(db: asyncpg.Connection, place: Place) -> None:
    """Have the rooms ready at midnight: tests run at any hour."""
    await db.execute(
        "UPDATE hotels SET checkin_from = '00:00' WHERE tenant_id ="
        " (SELECT tenant_id FROM restaurants WHERE id = $1)",
        place.id,
    )


async def moved_in(client: Client, db: asyncpg.Connection, place: Place) -> dict[str, Any]:
    """Book a room for tonight and check in; return the booking."""
    await open_early(db, place)
    booking = await booked(client, **stay(0))
    answer = await client.send("hotel:checkin", bookingId=booking["bookingId"], registration=FORM)
    found: dict[str, Any] = answer["booking"]
    return found
