"""Cloudbeds' PMS API 1.3: one hotel, its rooms, reservations, and folios."""

import json
from collections import deque
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import count
from random import randrange
from time import monotonic, time
from typing import Any

from aiohttp import web

from scripts.standins.base import Standin
from scripts.standins.forms import Json, nested, span
from scripts.standins.telling import Telling

HOTEL, NAME = "49705993547975", "Casa Nuvola"
# Each kind of room: a name, what a night costs, and its rooms.
KINDS = {
    "6001": ("Queen Room", "99.50", ("Q1", "Q2", "Q3")),
    "6002": ("Loft", "180.00", ("L1",)),
}
RATES = {"6001": "9001", "6002": "9002"}
STATUSES = {"confirmed", "not_confirmed", "canceled", "checked_in", "checked_out", "no_show"}


class Cloudbeds(Standin):
    """`a_second` calls are taken. What is wrong it says with HTTP 200 and `success: false`.

    To `hook`, where somebody has given it, it tells how reservations stand; it signs nothing.
    """

    name = "cloudbeds"

    def __init__(self, key: str) -> None:
        self.key, self.a_second, self.hook = key, 1000, ""
        self.telling = Telling(lambda _body: {})
        self.reservations: dict[str, Json] = {}
        self.items: dict[str, Json] = {}
        self._asked: deque[float] = deque()
        self._numbers = count(randrange(10**8))  # nobody else has used them
        super().__init__()
        self.app.on_cleanup.append(self.telling.close)

    def become(self, number: str, status: str) -> None:
        """Let a reservation stand so, as the people at the desk do it, and tell."""
        held = self.reservations[number]
        held["status"] = status
        if self.hook:
            told = {
                "event": "reservation/status_changed",
                "propertyID": int(HOTEL),
                "reservationID": number,
                "status": status,
                "timestamp": time(),
            }
            self.telling.say(self.hook, json.dumps(told).encode())

    def add_routes(self) -> None:
        add = self.app.router.add_route
        for method, path, answer in (
            ("GET", "getHotels", self.hotels),
            ("GET", "getAvailableRoomTypes", self.available),
            ("POST", "postReservation", self.reserve),
            ("GET", "getReservation", self.reservation),
            ("GET", "getReservations", self.list),
            ("PUT", "putReservation", self.change),
            ("GET", "getRoomsUnassigned", self.unassigned),
            ("POST", "postRoomAssign", self.assign),
            ("POST", "postRoomCheckIn", self.check_in),
            ("POST", "postCustomItem", self.post_item),
            ("POST", "postVoidItem", self.void_item),
        ):
            add(method, f"/{path}", self._guarded(answer))

    def error(self, status: int, message: str) -> web.Response:
        return web.json_response({"success": False, "message": message}, status=status)

    def refuse(self, message: str) -> web.Response:
        return self.error(200, message)

    def good(self, data: Any = None, **more: Any) -> web.Response:
        body = {"success": True, **({} if data is None else {"data": data}), **more}
        return web.json_response(body, headers={"X-Request-ID": "standin"})

    def _guarded(self, answer: Any) -> Any:
        async def serve(request: web.Request) -> web.Response:
            if request.headers.get("x-api-key") != self.key:
                return self.error(401, "The access token is not valid")
            while self._asked and self._asked[0] < monotonic() - 1:
                self._asked.popleft()
            if len(self._asked) >= self.a_second:
                return self.error(429, "Rate limit exceeded")
            self._asked.append(monotonic())
            form = request.method in ("POST", "PUT")
            given: Mapping[str, Any] = await request.post() if form else request.query
            made: web.Response = answer(nested(given))
            return made

        return serve

    def hotels(self, _: Json) -> web.Response:
        about = {
            "propertyID": HOTEL,
            "propertyName": NAME,
            "propertyTimezone": "Europe/Rome",
            "propertyCurrency": [{"currencyCode": "EUR", "currencySymbol": "€"}],
        }
        return self.good([about], count=1, total=1)

    def available(self, given: Json) -> web.Response:
        if HOTEL not in given.get("propertyIDs", HOTEL).split(","):
            return self.good([], roomCount=0, count=0, total=0)
        try:
            first, last = span(given)
        except (KeyError, ValueError):
            return self.refuse("Invalid startDate or endDate")
        rooms = [self._kind(kind, first, last) for kind in KINDS]
        data = {
            "propertyID": HOTEL,
            "propertyCurrency": [{"currencyCode": "EUR", "currencySymbol": "€"}],
            "propertyRooms": [room for room in rooms if room["roomsAvailable"]],
        }
        return self.good([data], roomCount=len(rooms), count=1, total=1)

    def reserve(self, given: Json) -> web.Response:
        try:
            first, last = span(given)
            kind = given["rooms"]["0"]["roomTypeID"]
            adults = int(given["adults"]["0"]["quantity"])
            name = f"{given['guestFirstName']} {given['guestLastName']}"
            given["guestEmail"], given["guestCountry"], given["paymentMethod"]
        except (KeyError, TypeError, ValueError):
            return self.refuse("A required parameter is missing")
        if given.get("propertyID", HOTEL) != HOTEL or kind not in KINDS:
            return self.refuse("Invalid room type")
        if not self._left(kind, first, last):
            return self.refuse("There are no rooms available for this room type")
        number = f"TEST{next(self._numbers):09d}"
        total = (last - first).days * float(KINDS[kind][1])
        self.reservations[number] = {
            "reservationID": number,
            "propertyID": HOTEL,
            "thirdPartyIdentifier": given.get("thirdPartyIdentifier"),
            "guestName": name,
            "guestEmail": given["guestEmail"],
            "startDate": first.isoformat(),
            "endDate": last.isoformat(),
            "dateCreated": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}",
            "status": "confirmed",
            "total": total,
            "balance": total,
            "kind": kind,
            "room": "",
            "adults": adults,
        }
        made = {
            "reservationID": number,
            "status": "confirmed",
            "guestID": f"G{number}",
            "startDate": first.isoformat(),
            "endDate": last.isoformat(),
            "grandTotal": total,
            "unassigned": [self._stays(self.reservations[number])],
        }
        return self.good(**made)

    def reservation(self, given: Json) -> web.Response:
        held = self.reservations.get(given.get("reservationID", ""))
        return (
            self.refuse("Reservation not found") if held is None else self.good(_shown(self, held))
        )

    def list(self, given: Json) -> web.Response:
        """Its filter by source id means that of a channel, and finds none of ours."""
        found = list(self.reservations.values())
        if "sourceReservationId" in given:
            found = []
        if "resultsFrom" in given:
            found = [each for each in found if each["dateCreated"] >= given["resultsFrom"]]
        size = min(int(given.get("pageSize", "100")), 100)
        start = (int(given.get("pageNumber", "1")) - 1) * size
        names = ("propertyID", "reservationID", "thirdPartyIdentifier", "status", "guestName")
        shown = [{name: each[name] for name in names} for each in found[start : start + size]]
        return self.good(shown, count=len(shown), total=len(found))

    def change(self, given: Json) -> web.Response:
        held = self.reservations.get(given.get("reservationID", ""))
        if held is None or given.get("status", "confirmed") not in STATUSES:
            return self.refuse("Invalid reservation or status")
        self.become(held["reservationID"], given.get("status", held["status"]))
        return self.good()

    def unassigned(self, _: Json) -> web.Response:
        taken = {each["room"] for each in self.reservations.values()}
        rooms = [
            {
                "roomID": room,
                "roomName": room,
                "roomTypeID": kind,
                "roomTypeName": name,
                "roomBlocked": False,
            }
            for kind, (name, _, those) in KINDS.items()
            for room in those
            if room not in taken
        ]
        return self.good([{"propertyID": HOTEL, "rooms": rooms}], count=1, total=1)

    def assign(self, given: Json) -> web.Response:
        held = self.reservations.get(given.get("reservationID", ""))
        room = given.get("newRoomID", "")
        if held is None or room not in KINDS.get(given.get("roomTypeID", ""), ("", "", ()))[2]:
            return self.refuse("Invalid room")
        if any(each["room"] == room for each in self.reservations.values()):
            return self.refuse("The room is not available")
        held["room"] = room
        return self.good()

    def check_in(self, given: Json) -> web.Response:
        held = self.reservations.get(given.get("reservationID", ""))
        if held is None or not held["room"]:
            return self.refuse("The room is not assigned")
        if held["status"] != "confirmed":
            return self.refuse("The reservation cannot be checked in")
        self.become(held["reservationID"], "checked_in")
        return self.good()

    def post_item(self, given: Json) -> web.Response:
        held = self.reservations.get(given.get("reservationID", ""))
        if held is None or held["status"] != "checked_in":
            return self.refuse("The reservation is not checked in")
        key = given.get("referenceID", "")
        for number, item in self.items.items():
            if key and item["referenceID"] == key:
                told = "A transaction with this referenceID exists: nothing was created"
                return self.good({"soldProductID": number, "notice": told})
        number = f"TEST-ITEM-{next(self._numbers)}"
        price = float(given["items"]["0"]["itemPrice"])
        self.items[number] = {"referenceID": key, "price": price, "voided": False}
        return self.good({"soldProductID": number, "transactionID": f"T{number}"})

    def void_item(self, given: Json) -> web.Response:
        item = self.items.get(given.get("soldProductID", ""))
        if item is None:
            return self.refuse("Item not found")
        item["voided"] = True
        return self.good()

    def _kind(self, kind: str, first: date, last: date) -> Json:
        name, price, _ = KINDS[kind]
        days = [first + timedelta(days=n) for n in range((last - first).days)]
        return {
            "roomTypeID": kind,
            "roomTypeName": name,
            "maxGuests": 2,
            "roomRate": float(price) * len(days),
            "roomRateID": RATES[kind],
            "roomsAvailable": self._left(kind, first, last),
            "roomRateDetailed": [{"date": day.isoformat(), "rate": float(price)} for day in days],
        }

    def _left(self, kind: str, first: date, last: date) -> int:
        taken = sum(
            each["kind"] == kind
            and each["status"] in ("confirmed", "checked_in")
            and each["startDate"] < last.isoformat()
            and each["endDate"] > first.isoformat()
            for each in self.reservations.values()
        )
        return len(KINDS[kind][2]) - taken

    def _stays(self, held: Json) -> Json:
        return {
            "subReservationID": held["reservationID"],
            "roomTypeID": held["kind"],
            "roomTypeName": KINDS[held["kind"]][0],
        }


def _shown(standin: Cloudbeds, held: Json) -> Json:
    hidden = ("kind", "room", "adults")
    shown = {name: value for name, value in held.items() if name not in hidden}
    stays = standin._stays(held)
    room = {**stays, "roomID": held["room"], "roomName": held["room"]}
    assigned, unassigned = ([room], []) if held["room"] else ([], [stays])
    return {**shown, "assigned": assigned, "unassigned": unassigned}
