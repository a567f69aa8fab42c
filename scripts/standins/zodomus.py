"""Zodomus: rates and availability for several channels, each of which may refuse.

Its bodies are those that public clients agree on; the list of channels has our own spelling.
"""

import base64
from typing import Any

from aiohttp import web

from scripts.standins.base import Standin

CHANNELS = {1: "Booking.com", 2: "Expedia", 3: "Airbnb"}
RATE = ("channelId", "propertyId", "roomId", "rateId", "dateFrom", "dateTo", "currencyCode")
LEFT = ("channelId", "propertyId", "roomId", "dateFrom", "dateTo", "availability")
Json = dict[str, Any]


class Zodomus(Standin):
    """`refusing` channels take nothing. `held` is what each channel shows, newest last."""

    name = "zodomus"

    def __init__(self, user: str, password: str) -> None:
        self._sign = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self.refusing: set[int] = set()
        self.held: dict[int, list[Json]] = {number: [] for number in CHANNELS}
        super().__init__()

    def add_routes(self) -> None:
        self.app.router.add_get("/channels", self.channels)
        self.app.router.add_post("/rates", self.rates)
        self.app.router.add_post("/availability", self.availability)

    def error(self, status: int, message: str) -> web.Response:
        body = {"status": {"returnCode": str(status), "returnMessage": message}}
        return web.json_response(body, status=status)

    async def channels(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != self._sign:
            return self.error(401, "Unauthorized")
        known = [{"id": number, "name": name} for number, name in CHANNELS.items()]
        return web.json_response({"status": _status(200, "Ok"), "channels": known})

    async def rates(self, request: web.Request) -> web.Response:
        return await self._take(request, RATE)

    async def availability(self, request: web.Request) -> web.Response:
        return await self._take(request, LEFT)

    async def _take(self, request: web.Request, needed: tuple[str, ...]) -> web.Response:
        if request.headers.get("Authorization") != self._sign:
            return self.error(401, "Unauthorized")
        given = await request.json()
        channel = int(given.get("channelId", 0))
        missing = [name for name in needed if name not in given]
        if missing or channel not in CHANNELS or channel in self.refusing:
            told = {"Channel status": f"Error: {missing or 'not accepted'}"}
            return web.json_response({"status": _status("400", told)})
        self.held[channel].append(given)
        return web.json_response({"status": _status(200, "Ok")})


def _status(code: int | str, message: Any) -> Json:
    return {"returnCode": code, "returnMessage": message, "channelLogId": ""}
