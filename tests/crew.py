"""The people of a restaurant, each with a screen that outlives its connections."""

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from hub import audience
from hub.app import Node
from state.domain.board import View as Kind
from state.domain.events import Event
from tests import views
from tests.phone import Phone
from tests.place import Place
from tests.scenes import token
from tests.views import SNAPSHOTS, View

REFUSED = frozenset({"INTERNAL", "UNAVAILABLE"})  # what no command may ever be told here


class How(StrEnum):
    """How a client comes back: as official ones do, by the last seq it saw, or as a new one.

    One that stumbles is cut off again while it joins, and then recovers what it may have got.
    """

    RECOVER = "recover"
    SINCE = "since"
    STUMBLE = "stumble"
    AFRESH = "afresh"


class Join(NamedTuple):
    """`room` is how the room begins that may be left."""

    name: str
    payload: dict[str, Any]
    view: View
    room: str


class Screen:
    """Its views are what it has heard, whichever connection it was by."""

    def __init__(self, phone: Phone, joins: Sequence[Join]) -> None:
        self.phone, self.joins = phone, joins
        self.there = False
        self.in_order = len(joins) == 1
        self.busy = asyncio.Lock()
        self.seqs: list[int] = []
        self._seen = 0
        self._since: dict[str, int] = {}
        self._taken = 0

    async def open(self, node: int) -> "Screen":
        await self.phone.connect(node)
        await self._join(None)
        self.there = True
        return self

    async def ask(self, name: str, payload: dict[str, Any]) -> Any:
        """Return the data of a command's ack, None if it was refused."""
        ack = await self.phone.ask(name, payload)
        self._take()
        assert ack["ok"] or ack["error"]["code"] not in REFUSED, (name, payload, ack)
        return ack.get("data") if ack["ok"] else None

    async def cut(self) -> None:
        await self.phone.vanish()
        self.there = False

    async def back(self, node: int, how: How) -> None:
        since = None if how is How.AFRESH else self._seen
        if how is not How.RECOVER:
            self._forget_seat()
        if how is How.STUMBLE:
            await self.phone.connect(node)
            await self.phone.say(self.joins[0].name, {**self.joins[0].payload, "since": since})
            await self.phone.vanish()
            node = 1 - node
        if how is How.AFRESH:
            self.seqs.clear()
            self._since.clear()
        await self.phone.connect(node)
        if how is not How.RECOVER or not self.phone.recovered:
            await self.phone.settled()
            self._take()
            await self._join(None if since is None else self._seen)
        self.there = True

    async def leave(self) -> None:
        """Leave a room, and come back for what was missed there."""
        join = self.joins[-1]
        room = min(room for room in self._since if room.startswith(join.room))
        ack = await self.phone.ask("leave", {"room": room})
        if ack["ok"]:
            self.in_order = False  # what it missed there comes after what it heard elsewhere
            await self.ask(join.name, {**join.payload, "since": ack["seq"]})

    async def settled(self) -> None:
        """Take in all that was sent to it before now."""
        if self.there:
            await self.phone.settled()
            self._take()

    def owed(self, log: Sequence[Event]) -> list[int]:
        """Return the seqs of all it must have heard, as the log is kept."""
        return [event.seq for event in log if self._is_owed(event)]

    async def _join(self, since: int | None) -> None:
        for name, payload, view, _ in self.joins:
            more = {} if since is None else {"since": since}
            data = await self.ask(name, {**payload, **more})
            assert data is not None, f"{name} was refused"
            assert "reset" not in data
            if since is not None:
                continue
            self._since |= {room: data["seq"] for room in data["rooms"] if room not in self._since}
            self._seen = max(self._seen, data["seq"])
            if "orders" in data:
                view.show(data)
            else:
                await self.phone.settled()
                self._take()

    def _take(self) -> None:
        for name, data, meta in self.phone.heard[self._taken :]:
            assert name != "sync:reset", data
            if name in SNAPSHOTS:
                next(j.view for j in self.joins if SHOWN_AS.get(j.name) == name).show(
                    {"orders": data}
                )
            elif "eventId" in meta:
                self.seqs.append(meta["seq"])
                for join in self.joins:
                    join.view.hear(name, data)
            self._seen = max(self._seen, meta.get("seq", 0))
        self._taken = len(self.phone.heard)

    def _is_owed(self, event: Event) -> bool:
        rooms = audience.rooms(event) & self._since.keys()
        return any(self._since[room] < event.seq for room in rooms)

    def _forget_seat(self) -> None:
        self.phone.pid = self.phone.offset = ""


SHOWN_AS = {"join:restaurant": "orders:active", "join:kitchen": "orders:pending"}


async def hire(place: Place, node: Node) -> dict[str, Screen]:
    """Return the people of a restaurant, all of them looking at their screens, on both nodes."""
    rid = {"restaurantId": place.id}
    zone = [place.tables[0]["id"]]
    boards = {
        "host": ("waiter", [Join("join:restaurant", rid, views.board(Kind.ACTIVE), "restaurant:")]),
        "cook": ("kitchen", [Join("join:kitchen", rid, views.board(Kind.PENDING), "kitchen:")]),
        "bar": (
            "expo",
            [
                Join(
                    "join:kitchen",
                    {**rid, "station": "bar"},
                    views.board(Kind.PENDING, frozenset({"bar"})),
                    "kitchen:",
                )
            ],
        ),
        "waiter": ("waiter", [Join("join:waiter", rid, views.floor(), "waiter:")]),
        "zone": (
            "waiter",
            [Join("join:waiter", {**rid, "tables": zone}, views.floor(set(zone)), "waiter:")],
        ),
        "manager": (
            "manager",
            [
                Join("join:kitchen", rid, views.board(Kind.PENDING), "kitchen:"),
                Join("join:restaurant", rid, views.board(Kind.ACTIVE), "restaurant:"),
            ],
        ),
    }
    people = {
        who: Screen(Phone(place, await token(place, node, role)), joins)
        for who, (role, joins) in boards.items()
    }
    people |= {f"guest {number}": await seat(place, number) for number in range(2)}
    for number, screen in enumerate(people.values()):
        await screen.open(number % 2)
    return people


async def seat(place: Place, number: int) -> Screen:
    """Sit a guest down at a table."""
    sitting = await place.scan(number)
    phone = Phone(place, sitting["token"])
    view = views.table(sitting["session"]["id"])
    return Screen(phone, [Join("join:table", {}, view, "guests:")])
