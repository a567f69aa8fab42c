"""Rooms and their members on this node, both ways; a packet goes to each member once."""

from collections.abc import Collection, Set

from engineio import packet as eio
from engineio.async_socket import AsyncSocket


class Member:
    """One client's connection as rooms know it."""

    __slots__ = ("_socket", "rooms", "sid")

    def __init__(self, sid: str, socket: AsyncSocket) -> None:
        self.sid = sid
        self.rooms: set[str] = set()
        self._socket = socket

    def write(self, packet: str) -> None:
        """Send a Socket.IO packet; packets leave in the order they were written."""
        self._queue(eio.Packet(eio.MESSAGE, packet))

    def _queue(self, frame: eio.Packet) -> None:
        if not self._socket.closed:
            self._socket.queue.put_nowait(frame)


class Members:
    """Who is in which room here. Leaving costs a member's own rooms, however many there are."""

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

    def broadcast(self, rooms: Collection[str], packet: str, but: Set[Member] = frozenset()) -> int:
        """Write one packet to all in any of the rooms `but` some, once each; return to how many."""
        found = [members for room in rooms if (members := self._rooms.get(room))]
        if not found:
            return 0
        frame = eio.Packet(eio.MESSAGE, packet)
        receivers: Set[Member] = found[0] if len(found) == 1 else set().union(*found)
        if but:
            receivers = receivers - but
        for member in receivers:
            member._queue(frame)
        return len(receivers)
