"""Rooms and their members on this node, both ways; an event goes to each member once."""

from collections.abc import Collection, Iterable, Set
from typing import TYPE_CHECKING

from hub.engine.protocol import Outgoing

if TYPE_CHECKING:
    from hub.engine.socket import Socket


class Member:
    """One client in one namespace, as rooms know it. `ready` from the moment it was let in;
    what it is sent while it comes in is `held` until then. `pid` is the id that it may come back
    with, where that is offered.
    """

    __slots__ = ("held", "namespace", "pid", "ready", "rooms", "sid", "socket")

    def __init__(self, sid: str, namespace: str, socket: "Socket") -> None:
        self.sid, self.namespace, self.socket = sid, namespace, socket
        self.rooms: set[str] = set()
        self.ready = False
        self.held: list[Outgoing] | None = None
        self.pid: str | None = None

    def write(self, packet: bytes) -> None:
        """Send a Socket.IO packet, in UTF-8; packets leave in the order they were written."""
        leaving = Outgoing.message(packet)
        if self.held is None:
            self.socket.send(leaving)
        else:
            self.held.append(leaving)


class Members:
    """Who is in which room. Leaving costs a member's own rooms, however many there are."""

    def __init__(self) -> None:
        self._rooms: dict[str, set[Member]] = {}

    def __len__(self) -> int:
        return len(self._rooms)

    def enter(self, member: Member, room: str) -> None:
        member.rooms.add(room)
        self._rooms.setdefault(room, set()).add(member)

    def leave(self, member: Member, room: str) -> None:
        member.rooms.discard(room)
        found = self._rooms.get(room)
        if found is not None:
            found.discard(member)
            if not found:
                del self._rooms[room]

    def leave_all(self, member: Member) -> None:
        for room in tuple(member.rooms):
            self.leave(member, room)

    def of(self, rooms: Iterable[str]) -> Set[Member]:
        """Return the members of any of the rooms; not to be changed by the caller."""
        found = [members for room in rooms if (members := self._rooms.get(room))]
        if len(found) == 1:
            return found[0]
        return set().union(*found)

    def broadcast(
        self, rooms: Collection[str], packet: bytes, but: Set[Member] = frozenset()
    ) -> int:
        """Send one packet to all in any of the rooms `but` some, once each; return to how many."""
        receivers = self.of(rooms)
        if but:
            receivers = receivers - but
        if receivers:
            send(receivers, Outgoing.message(packet))
        return len(receivers)


def send(receivers: Iterable[Member], outgoing: Outgoing) -> None:
    """Send the same to many. Nothing is made or scheduled for each of them."""
    frame = outgoing.frame
    for member in receivers:
        write = member.socket.write
        if write is not None:
            write(frame)
        else:
            member.socket.send(outgoing)
