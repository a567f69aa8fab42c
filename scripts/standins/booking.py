"""Booking.com's Demand API 3.2: search, availability, details, orders."""

from collections import deque
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from aiohttp import web

from scripts.standins.base import Standin
from scripts.standins.environment import CITY

VERSION = "3.2"
PLACES = ("city", "country", "region", "district", "airport", "coordinates", "accommodations")
TOKEN_LIFE = timedelta(minutes=15)
A_MINUTE = timedelta(minutes=1)
PAGE = 2  # of a page of hotels: small, so that paging is seen
# Each hotel's number, name, and its rooms by number: a name, and what a night costs in cents.
HOTELS: dict[int, tuple[str, dict[str, tuple[str, int]]]] = {
    10507360: (
        "Hotel Orion",
        {"1050736001": ("Double Room", 11050), "1050736002": ("Suite", 19900)},
    ),
    10507361: ("Canal View", {"1050736101": ("Twin Room", 9975)}),
    10507362: ("The Old Mint", {"1050736201": ("Single Room", 8800)}),
}
Json = dict[str, Any]


class Booking(Standin):
    """`a_minute` calls are taken; `surcharge` is what a night costs more by now, in cents.

    `ahead` puts its clock forward. `left` is how many of each room there are.
    """

    name = "booking"

    def __init__(self, token: str, affiliate: int = 1) -> None:
        self.token, self.affiliate = token, str(affiliate)
        self.a_minute, self.surcharge, self.left = 50, 0, 3
        self.card_only = False
        self.ahead = timedelta()
        self.orders: dict[str, Json] = {}
        self._asked: deque[datetime] = deque()
        self._previews: dict[str, tuple[datetime, Json]] = {}
        self._used: dict[str, str] = {}
        self._numbers = count(509430129718799)
        super().__init__()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def add_routes(self) -> None:
        for path, answer in {
            "/accommodations/search": self.search,
            "/accommodations/availability": self.availability,
            "/accommodations/details": self.details,
            "/orders/preview": self.preview,
            "/orders/create": self.create,
            "/orders/details": self.order_details,
            "/orders/details/accommodations": self.order_details,
            "/orders/cancel": self.cancel,
        }.items():
            self.app.router.add_post(f"/{VERSION}{path}", self._guarded(answer))

    def error(self, status: int, message: str, **more: str) -> web.Response:
        problem = {"id": more.pop("id", str(status)), "message": message, **more}
        body = {"request_id": "standin", "errors": [problem]}
        return web.json_response(body, status=status)

    def good(self, data: Any, **more: Any) -> web.Response:
        return web.json_response({"request_id": "standin", "data": data, **more})

    def _guarded(self, answer: Any) -> Any:
        async def serve(request: web.Request) -> web.Response:
            sign = request.headers.get("Authorization"), request.headers.get("X-Affiliate-Id")
            if sign != (f"Bearer {self.token}", self.affiliate):
                return self.error(401, "Unauthorized")
            while self._asked and self._asked[0] < self.now() - A_MINUTE:
                self._asked.popleft()
            if len(self._asked) >= self.a_minute:
                return self.error(429, "Too many requests")
            self._asked.append(self.now())
            made: web.Response = answer(await request.json())
            return made

        return serve

    def search(self, given: Json) -> web.Response:
        chosen = [place for place in PLACES if place in given]
        if len(chosen) != 1:
            return self.error(400, "Conflicting parameters", id="invalid_parameter")
        wrong = self._wrong(given)
        if wrong is not None:
            return wrong
        hotels = list(HOTELS) if given.get("city") == CITY else []
        start = int(given.get("page", "0"))
        shown = [self._found(hotel, given, cheapest=True) for hotel in hotels[start : start + PAGE]]
        more = str(start + PAGE) if start + PAGE < len(hotels) else None
        return self.good(shown, metadata={"next_page": more})

    def availability(self, given: Json) -> web.Response:
        wrong = self._wrong(given)
        if wrong is not None:
            return wrong
        if len(given["accommodations"]) > 50:
            return self.error(400, "Too many accommodations", id="invalid_parameter")
        known = [hotel for hotel in given["accommodations"] if hotel in HOTELS]
        return self.good([self._found(hotel, given) for hotel in known])

    def details(self, given: Json) -> web.Response:
        known = [hotel for hotel in given["accommodations"] if hotel in HOTELS]
        return self.good([_described(hotel) for hotel in known], metadata={"next_page": None})

    def preview(self, given: Json) -> web.Response:
        hotel = given["accommodation"]
        wrong = self._wrong({**hotel, "guests": {}})
        room = hotel["products"][0]["id"].partition("_")[0]
        if wrong is not None:
            return wrong
        if room not in HOTELS.get(hotel["id"], ("", {}))[1]:
            return self.error(400, "Parameter 'products' is invalid", id="invalid_parameter")
        token = f"order-token-{next(self._numbers)}"
        price = self._price(hotel["id"], room, hotel)
        self._previews[token] = (self.now(), {**hotel, "room": room, "price": price})
        later = {"method_required": self.card_only, "methods": {"cards": []}}
        payment = {"payment": {"pay_at_the_property": later}}
        shown = {
            "id": hotel["id"],
            "currency": "EUR",
            "price": price,
            "general_policies": payment,
            "products": [{"id": hotel["products"][0]["id"], "occupancy_mismatch": False}],
        }
        return self.good({"order_token": token, "accommodation": shown})

    def create(self, given: Json) -> web.Response:
        token = given["order_token"]
        if token in self._used:
            told = "This reservation already exists. Do not retry the request."
            held = self.orders[self._used[token]]["accommodations"]["reservation"]
            return self.error(409, told, id="duplicate_request", reservation=held)
        if token not in self._previews:
            return self.error(400, "Token 'order_token' is invalid.", id="invalid_token")
        at, hotel = self._previews[token]
        if self.now() - at > TOKEN_LIFE:
            return self.error(400, "Token 'order_token' has expired.", id="expired_token")
        if self.left <= 0:
            return self.error(409, "Order has unavailable items.", id="order_unavailable")
        self.left -= 1
        order, reservation = str(next(self._numbers)), str(next(self._numbers))
        self._used[token] = order
        self.orders[order] = self._order(order, reservation, hotel, given)
        made = {"reservation": reservation, "pincode": "1234"}
        return self.good({"order": order, "accommodation": made})

    def order_details(self, given: Json) -> web.Response:
        if "currency" not in given and "page" not in given:
            return self.error(400, "Parameter 'currency' is missing", id="missing_parameter")
        found = list(self.orders.values())
        if "orders" in given:
            found = [each for each in found if each["id"] in given["orders"]]
        if "reservations" in given:
            wanted = given["reservations"]
            found = [each for each in found if each["accommodations"]["reservation"] in wanted]
        if "created" in given:
            span = given["created"]
            found = [each for each in found if span["from"] <= each["created"] <= span["to"]]
        return self.good(found, metadata={"next_page": None, "total_results": len(found)})

    def cancel(self, given: Json) -> web.Response:
        held = self.orders.get(given["order"])
        if held is None:
            return self.error(400, "Parameter 'order' is invalid", id="invalid_parameter")
        if held["status"] != "booked":
            return self.error(409, "The order is cancelled already.", id="invalid_request")
        held["status"] = "cancelled_by_guest"
        return self.good({"status": "successful"})

    def _wrong(self, given: Json) -> web.Response | None:
        for name in ("booker", "checkin", "checkout", "guests"):
            if name not in given:
                told = f"Parameter '{name}' is missing."
                return self.error(400, told, id="missing_parameter")
        first, last = (date.fromisoformat(given[name]) for name in ("checkin", "checkout"))
        ahead = (first - self.now().date()).days
        if not 1 <= (last - first).days <= 90 or not 0 <= ahead <= 500:
            return self.error(400, "Parameter 'checkin' is invalid.", id="invalid_parameter")
        return None

    def _found(self, hotel: int, given: Json, *, cheapest: bool = False) -> Json:
        rooms = sorted(HOTELS[hotel][1], key=lambda room: HOTELS[hotel][1][room][1])
        products = [self._product(hotel, room, given) for room in rooms]
        shown = {
            "id": hotel,
            "currency": {"accommodation": "EUR", "booker": "EUR"},
            "products": products[:1] if cheapest else products,
            "url": f"https://www.booking.example/hotel/{hotel}.html",
        }
        return {**shown, "price": products[0]["price"]} if cheapest else shown

    def _product(self, hotel: int, room: str, given: Json) -> Json:
        return {
            "id": f"{room}_95127794_2_0_0",
            "room": room,
            "price": self._price(hotel, room, given),
            "number_available": self.left,
            "maximum_occupancy": {"adults": 2, "children": None, "total": 2},
            "policies": {
                "cancellation": {"type": "free_cancellation", "free_cancellation_until": None},
                "meal_plan": {"meals": [], "plan": "no_plan"},
                "payment": {"timings": ["pay_at_the_property"]},
            },
        }

    def _price(self, hotel: int, room: str, given: Json) -> Json:
        first, last = (date.fromisoformat(given[name]) for name in ("checkin", "checkout"))
        nightly = HOTELS[hotel][1][room][1] + self.surcharge
        total = nightly * (last - first).days / 100
        both = {"accommodation_currency": total, "booker_currency": total}
        return {"base": both, "display": both, "total": both, "charges": []}

    def _order(self, order: str, reservation: str, hotel: Json, given: Json) -> Json:
        total = hotel["price"]["total"]["booker_currency"]
        made = self.now().isoformat(timespec="seconds")
        return {
            "id": order,
            "status": "booked",
            "label": given["accommodation"].get("label"),
            "created": made,
            "updated": made,
            "accommodations": {
                "name": HOTELS[hotel["id"]][0],
                "reservation": reservation,
                "number_of_guests": 2,
            },
            "currencies": {"booker": "EUR", "product": "EUR"},
            "price": {"total_price": {"booker_currency": total, "product_currency": total}},
        }


def _described(hotel: int) -> Json:
    name, rooms = HOTELS[hotel]
    return {
        "id": hotel,
        "name": {"en-gb": name},
        "currency": "EUR",
        "location": {"address": {"en-gb": f"{hotel % 100} Keizersgracht"}, "city": CITY},
        "rooms": [{"id": room, "name": {"en-gb": about[0]}} for room, about in rooms.items()],
    }
