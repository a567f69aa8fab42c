"""Zodomus, a channel manager: what a room costs and how many are left, told to many portals.

What is pushed are absolute values, the last of which holds: it may be pushed again.
"""

from collections.abc import Mapping
from datetime import date
from time import monotonic
from typing import Any

import aiohttp
import msgspec

from handlers.providers.api import Api
from handlers.providers.errors import RefusedError
from handlers.providers.keys import Keys
from handlers.providers.lodgings import major
from handlers.providers.wiring import Wiring
from state.domain.channel import Place, Span
from state.domain.hotel import NIGHT
from state.live.gates import Limits

NAME = "zodomus"
LIMITS = Limits(slots=1, rate=5.0, burst=5, lease=25.0)  # what they take is nowhere published
CHANNELS_SECONDS = 24 * 3600.0
OK = 200
INCLUSIVE = {"airbnb"}  # its last day is one of those that are meant
# What our own names for channels are in theirs.
NAMES = {"booking_com": "booking", "expedia": "expedia", "airbnb": "airbnb"}


class Status(msgspec.Struct, frozen=True, rename="camel"):
    return_code: int | str = 0
    return_message: Any = ""

    @property
    def good(self) -> bool:
        return str(self.return_code) == str(OK)


class Answer(msgspec.Struct, frozen=True):
    status: Status


class Channel(msgspec.Struct, frozen=True):
    id: int | str
    name: str


class Channels(msgspec.Struct, frozen=True):
    status: Status
    channels: list[Channel] = []


class Zodomus:
    name = NAME

    def __init__(self, api: Api, user: str, password: str) -> None:
        self._api, self._auth = api, {"Authorization": aiohttp.encode_basic_auth(user, password)}
        self._numbers: Mapping[str, str] = {}
        self._asked_at = -CHANNELS_SECONDS

    async def push(self, place: Place, span: Span, currency: str) -> None:
        """Tell a channel what nights cost and how many rooms are left; raise a ProviderError."""
        last = span.last if place.channel in INCLUSIVE else span.last + NIGHT
        about = {
            "channelId": await self._number(place.channel),
            "propertyId": place.property_id,
            "roomId": place.room_id,
            "dateFrom": _day(span.first),
            "dateTo": _day(last),
        }
        price = {"price": major(span.amount, currency)}
        rates = {"rateId": place.rate_id, "currencyCode": currency, "prices": price}
        await self._post("/rates", {**about, **rates})
        await self._post("/availability", {**about, "availability": span.available})

    async def _post(self, path: str, body: dict[str, Any]) -> None:
        reply = await self._api.ask("POST", path, json=body, headers=self._auth)
        if not reply.json(Answer).status.good:
            raise RefusedError("the channel does not take this")

    async def _number(self, channel: str) -> str:
        """Return a channel's number, which is another with every account: they are asked for."""
        if monotonic() - self._asked_at > CHANNELS_SECONDS:
            reply = await self._api.ask("GET", "/channels", headers=self._auth)
            found: Channels = reply.json(Channels)
            self._numbers = {each.name.lower(): str(each.id) for each in found.channels}
            self._asked_at = monotonic()
        for name, number in self._numbers.items():
            if name.startswith(NAMES[channel]):
                return number
        raise RefusedError(f"zodomus has no channel '{channel}'")


def _day(day: date) -> str:
    return day.isoformat()


def create(keys: Keys, wiring: Wiring) -> Zodomus | None:
    if not keys.zodomus_user:
        return None
    api = wiring.api(NAME, keys.zodomus_base_url, times=(3.0, 20.0), limits=LIMITS)
    return Zodomus(api, keys.zodomus_user, keys.zodomus_password)
