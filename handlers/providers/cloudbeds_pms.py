"""How Cloudbeds' PMS API is asked: every answer has to be looked at, for all come with HTTP 200."""

from collections.abc import Mapping
from typing import Any

from handlers.providers.api import Api
from handlers.providers.cloudbeds_wire import OneReservation, Reservation, Rooms
from handlers.providers.errors import RefusedError


class Pms:
    """`sandbox` is true once a stand-in has answered."""

    def __init__(self, api: Api, key: str) -> None:
        self._api, self._headers = api, {"x-api-key": key}
        self.sandbox = False

    async def ask(self, path: str, kind: Any, params: Mapping[str, Any]) -> Any:
        reply = await self._api.ask("GET", path, params=params, headers=self._headers)
        self.sandbox |= reply.sandbox
        return _good(reply.json(kind))

    async def change(self, method: str, path: str, kind: Any, given: Mapping[str, str]) -> Any:
        """Ask for a change, once; it takes forms, no JSON."""
        return _good(await self._api.change(method, path, kind, data=given, headers=self._headers))

    async def reservation(self, reservation: str) -> Reservation:
        params = {"reservationID": reservation}
        found: OneReservation = await self.ask("/getReservation", OneReservation, params)
        if found.data is None:
            raise RefusedError("cloudbeds knows no such reservation")
        return found.data

    async def free_room(self, hotel_id: str, kind: str) -> str:
        found: Rooms = await self.ask("/getRoomsUnassigned", Rooms, {"propertyIDs": hotel_id})
        for each in found.data:
            for room in each.rooms:
                if room.type_id == kind and not room.blocked:
                    return room.id
        raise RefusedError("no room of this kind is free")


def _good(answer: Any) -> Any:
    """Return an answer that is one; what it says of what was wrong may quote a guest."""
    if not answer.success:
        raise RefusedError("cloudbeds does not take this")
    return answer
