"""The table of routes as tests use it: each by its name, asked for things of a restaurant."""

import json
import re
from typing import Any

import msgspec

from hub.web.edge import Route
from hub.web.routes import ROUTES
from tests.place import Place
from tests.scenes import NOWHERE

BY_PATH = {f"{route.method} {route.path}": route for route in ROUTES}
GUARDED = {name: route for name, route in BY_PATH.items() if route.roles is not None}
WITH_ID = {name: route for name, route in GUARDED.items() if "{id}" in route.path}
WITH_BODY = {name: route for name, route in BY_PATH.items() if isinstance(route.body, type)}
METHODS: dict[str, set[str]] = {}
for _route in ROUTES:
    METHODS.setdefault(_route.path, set()).add(_route.method)

TEXTS = {"en": "Something"}
CATEGORY, STATION = {"texts": TEXTS}, {"name": "Pass"}
ITEM = {
    "categoryId": NOWHERE,
    "texts": TEXTS,
    "price": 100,
    "taxRate": 1900,
    "station": "grill",
}
GROUP = {"texts": TEXTS, "modifiers": [{"texts": TEXTS}]}
TABLE, PERSON = {"number": "99"}, {"name": "Ada", "role": "waiter"}
SETTINGS = {
    "name": "The Place",
    "language": "en",
    "languages": ["en"],
    "timezone": "Europe/Berlin",
    "taxMode": "inclusive",
    "dayCutover": "04:00:00",
    "joinCodeRequired": False,
}
HOTEL = {
    **{"name": "Annexe", "city": "Berlin", "country": "de"},
    **{"currency": "EUR", "timezone": "Europe/Berlin"},
}
# A body that fits, for each route under a restaurant, by the last word of its path.
BODIES: dict[str, Any] = {
    "devices": {"name": "a screen"},
    "order": {},
    "categories": CATEGORY,
    "{category}": CATEGORY,
    "items": ITEM,
    "{item}": ITEM,
    "groups": GROUP,
    "{group}": GROUP,
    "tables": TABLE,
    "{table}": TABLE,
    "stations": STATION,
    "{station}": STATION,
    "staff": PERSON,
    "{staff}": PERSON,
    "settings": SETTINGS,
    "legal": {"name": "The Place GmbH", "address": "Hafen 1", "taxId": "DE 123456789"},
    "mail": {"address": "guest@example.test"},
    "hours": {"week": [[]] * 7},
    "move": {"toTableId": NOWHERE},
    "proof": {"owner": f"0:{64 * 'a'}"},
    "deposits": {"hash": "nothing", "how": "booked"},
    "hotels": HOTEL,
    "{hotel}": HOTEL,
    "room-rates": {
        **{"hotelId": NOWHERE, "roomTypeId": NOWHERE, "amount": 9900},
        **{"first": "2026-05-01", "last": "2026-05-02"},
    },
    "floor": {"tables": [{"id": NOWHERE, "x": 1, "y": 1}]},
}


def path_of(route: Route, place: Place, **ids: str) -> str:
    """Return the path of a route for things of the place."""
    named = {
        "/api/restaurants/": place.id,
        "/api/tables/": place.tables[0]["id"],
        "/api/orders/": NOWHERE,
        "/api/payments/": NOWHERE,
        "/api/hotel-bookings/": NOWHERE,
        "/api/table-sessions/": NOWHERE,
    }
    found = next((value for start, value in named.items() if route.path.startswith(start)), "")
    path = route.path.replace("{id}", ids.get("id", found))
    path = path.replace("{token}", place.tables[0]["token"])
    return re.sub(r"{\w+}", NOWHERE, path)


def body_of(route: Route) -> Any:
    """Return a body that a route would take, an empty one where it says nothing of it."""
    return BODIES.get(route.path.rpartition("/")[2], {})


async def call(
    place: Place, route: Route, token: str | None = None, body: Any = None, **ids: str
) -> tuple[int, Any]:
    path = path_of(route, place, **ids)
    if route.method == "GET":
        return await place.get(path, token)
    return await place.ask(route.method, path, body if body is not None else {}, token)


def error_of(answer: Any) -> dict[str, Any]:
    """Return the error of an answer that has the one shape of them all."""
    assert answer.keys() == {"ok", "error"}, answer
    assert answer["ok"] is False
    error: dict[str, Any] = answer["error"]
    assert {"code", "message"} <= error.keys()
    assert error["message"]
    return error


def check_promise(name: str, answer: Any) -> None:
    """An answer has the fields its type in the table of routes has: no fewer, and no more."""
    promised = msgspec.json.decode(json.dumps(answer), type=BY_PATH[name].answer)
    assert json.loads(msgspec.json.encode(promised)) == answer
