"""Everybody's screens: who joins what, what it shows, and what it must hear."""

import base64
from collections.abc import Callable
from typing import Any

import msgspec

from scripts.lunch import ears
from scripts.lunch.ears import Hears
from scripts.lunch.house import House
from scripts.lunch.line import Line, Office
from scripts.lunch.screen import Doc, Screen
from state.domain.board import View, shows


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """How a screen of some kind enters, and what is its business."""

    who: str
    join: str
    payload: dict[str, Any]
    keep: Callable[[Doc], bool]
    hears: Hears
    ours: Callable[[Doc], bool] = lambda _: True
    role: str = ""
    token: str = ""  # a guest's own
    session: str = ""


class Opened(msgspec.Struct, frozen=True):
    """A screen in use. `home` is the place of its node among the hub's."""

    kind: Kind
    line: Line
    home: int


class Screens:
    def __init__(self, office: Office, house: House) -> None:
        self._office, self._house, self._rid = office, house, house.rid
        self.all: list[Opened] = []

    async def restaurant(self, home: int) -> Line:
        kind = Kind(
            who="restaurant",
            role="manager",
            join="join:restaurant",
            payload={"restaurantId": self._rid},
            keep=lambda order: shows(View.ACTIVE, order),
            hears=ears.restaurant,
        )
        return await self._add(kind, home)

    async def kitchen(self, home: int) -> Line:
        kind = Kind(
            who="kitchen",
            role="kitchen",
            join="join:kitchen",
            payload={"restaurantId": self._rid},
            keep=lambda order: shows(View.PENDING, order),
            hears=ears.kitchen,
        )
        return await self._add(kind, home)

    async def station(self, name: str, home: int) -> Line:
        kind = Kind(
            who=f"station {name}",
            role="kitchen",
            join="join:kitchen",
            payload={"restaurantId": self._rid, "station": name},
            keep=lambda order: shows(View.PENDING, order, frozenset({name})),
            hears=ears.station(name),
        )
        return await self._add(kind, home)

    async def waiter(self, tables: frozenset[str] | None, home: int) -> Line:
        def ours(doc: Doc) -> bool:
            return tables is None or doc["tableId"] in tables

        some = {} if tables is None else {"tables": sorted(tables)}
        kind = Kind(
            who="waiter",
            role="waiter",
            join="join:waiter",
            payload={"restaurantId": self._rid, **some},
            keep=lambda order: shows(View.ACTIVE, order) and ours(order),
            ours=ours,
            hears=ears.waiter(tables),
        )
        return await self._add(kind, home)

    async def guest(self, scan: dict[str, Any], home: int) -> Line:
        session = scan["session"]["id"]
        kind = Kind(
            who=f"guest of table {scan['table']['number']}",
            token=scan["token"],
            session=session,
            join="join:table",
            payload={},
            keep=lambda order: bool(order["sessionId"] == session),
            hears=ears.guest(session, _subject(scan["token"])),
        )
        return await self._add(kind, home)

    def line(self, kind: Kind, home: int) -> Line:
        """Return a line for a screen of the kind, not opened yet."""
        urls = self._house.facts.urls

        async def token(fresh: bool) -> str:
            return kind.token or await self._house.token(kind.role, fresh=fresh)

        return Line(
            self._office,
            [*urls[home:], *urls[:home]],
            token,
            (kind.join, kind.payload),
            Screen(kind.keep, kind.ours),
        )

    async def close(self) -> None:
        for opened in self.all:
            await opened.line.close()

    async def _add(self, kind: Kind, home: int) -> Line:
        home %= len(self._house.facts.urls)
        line = self.line(kind, home)
        self.all.append(Opened(kind, line, home))
        return await line.open()


def _subject(token: str) -> str:
    """Return whose token it is, as anybody can read who has it."""
    part = token.split(".")[1]
    claims = msgspec.json.decode(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return str(claims["sub"])
