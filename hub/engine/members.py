"""Rooms and their members on this node, both ways; an event goes to each member once."""

from collections.abc import Collection, Set
from typing import TYPE_CHECKING

from hub.engine.protocol import Outgoing
from hub.engine.turn import Receivers, Turn

if TYPE_CHECKING:
    from hub.engine.socket import Socket

MOST_UNIONS = 1000


class Member:
    """One client in one namespace. `ready` from the moment it was let in; what is written to it
    while it comes in is `held` until then, what is emitted is `early` until it has settled. `pid`
    is the id that it may come back with, where that is offered.
    """

    __slots__ = ("early", "held", "namespace", "pid", "ready", "rooms", "sid", "socket")

    def __init__(self, sid: str, namespace: str, socket: "Socket") -> None:
        self.sid, self.namespace, self.socket = sid, namespace, socket
        self.rooms: set[str] = set()
        self.ready = False
        self.held: list[Outgoing] | None = []
        self.early: list[Outgoing] | None = []
        self.pid: str | None = None

    def write(self, packet: bytes) -> None:
        """Send a Socket.IO packet, in UTF-8; packets leave in the order they were written."""
        leaving = Outgoing(None, packet)
        if self.held is None:
            self.socket.send(leaving)
        else:
            self.held.append(leaving)


class Members:
    """Who is in which room of a namespace. Rooms hold the members' connections, each of which has
    one member here. Leaving costs a member's own rooms, however many there are.
    """

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._rooms: dict[str, Receivers] = {}
        self._unions: dict[Collection[str], Set[Socket]] = {}

    def __len__(self) -> int:
        return len(self._rooms)

    def enter(self, member: Member, room: str) -> None:
        self._changing()
        member.rooms.add(room)
        self._rooms.setdefault(room, Receivers()).enter(member.socket)

    def leave(self, member: Member, room: str) -> None:
        self._changing()
        member.rooms.discard(room)
        found = self._rooms.get(room)
        if found is not None:
            found.leave(member.socket)
            if not found:
                del self._rooms[room]

    def leave_all(self, member: Member) -> None:
        for room in tuple(member.rooms):
            self.leave(member, room)

    def of(self, rooms: Collection[str]) -> Set["Socket"]:
        """Return the connections in any of the rooms; not to be changed by the caller."""
        known = self._unions.get(rooms) if isinstance(rooms, frozenset) else None
        if known is not None:
            return known
        found = [members for room in rooms if (members := self._rooms.get(room))]
        union: Set[Socket] = found[0] if len(found) == 1 else Receivers(set().union(*found))
        if isinstance(rooms, frozenset):
            if len(self._unions) > MOST_UNIONS:
                self._unions.clear()
            self._unions[rooms] = union
        return union

    def broadcast(
        self, rooms: frozenset[str], packet: bytes, but: Set["Socket"] = frozenset()
    ) -> int:
        """Send one packet to all in any of the rooms `but` some, once each; return to how many."""
        receivers = self._unions.get(rooms) or self.of(rooms)
        if but:
            receivers = receivers - but
        if receivers:
            self._turn.send(receivers, Outgoing(None, packet))
        return len(receivers)

    def _changing(self) -> None:
        """Whoever is in a room now gets what was sent to it until now."""
        self._turn.flush()
        if self._unions:
            self._unions.clear()
