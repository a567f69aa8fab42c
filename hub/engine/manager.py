"""Who is connected to which namespace: what python-socketio asks its client manager."""

import secrets
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import socketio

from hub.engine.members import Member, Members
from hub.engine.protocol import Kind, Outgoing, Packet, outgoing
from hub.engine.turn import Turn
from hub.engine.wheel import Alarm

# Clients listen for events once they have seen that they are in: what comes with that is missed
# by some, the official test suite among them.
SETTLE_SECONDS = 0.02
SID_BYTES = 15  # as many as the reference implementation takes: nobody guesses them


class Manager(socketio.AsyncManager):  # type: ignore[misc]
    """Keeps members instead of python-socketio's tables, which a leaving client is sought in."""

    def __init__(self) -> None:
        super().__init__()
        self.turn = Turn()
        self._namespaces: dict[str, Members] = {}
        self._by_sid: dict[str, Member] = {}

    def members(self, namespace: str = "/") -> Members:
        found = self._namespaces.get(namespace)
        if found is None:
            found = self._namespaces[namespace] = Members(self.turn)
        return found

    def member(self, sid: str | None, namespace: str = "/") -> Member | None:
        """Return who has this id there, let in or not yet."""
        member = self._by_sid.get(sid) if sid is not None else None
        return member if member is not None and member.namespace == namespace else None

    def __iter__(self) -> Iterator[Member]:
        return iter(self._by_sid.values())

    # Coming and going.

    async def pre_connect(self, eio_sid: str, namespace: str) -> str | None:
        socket = self.server.eio.sockets.get(eio_sid)
        if socket is None or namespace in socket.members:
            return None
        member = Member(secrets.token_urlsafe(SID_BYTES), namespace, socket)
        socket.members[namespace] = self._by_sid[member.sid] = member
        return member.sid

    async def connect(self, sid: str, namespace: str) -> str:
        member = self.member(sid, namespace)
        if member is not None:
            self.turn.flush()  # that it is in leaves by itself
            held, member.held, member.ready = member.held or [], None, True
            for leaving in held:
                member.socket.send(leaving)
            self.server.eio.wheel.set(Alarm(partial(self.settle, member)), SETTLE_SECONDS)
        return sid

    def settle(self, member: Member) -> None:
        """Send what was emitted before the client had a moment to listen."""
        early, member.early = member.early or [], None
        for leaving in early:
            member.socket.send(leaving)

    def rename(self, member: Member, sid: str) -> None:
        """Give a member that is coming in the id it had before; nobody may have it now."""
        assert sid not in self._by_sid, "the former owner must have been let go"
        del self._by_sid[member.sid]
        member.sid = sid
        self._by_sid[sid] = member

    def is_connected(self, sid: str, namespace: str) -> bool:
        member = self.member(sid, namespace)
        return member is not None and member.ready

    async def can_disconnect(self, sid: str, namespace: str) -> bool:
        return self.is_connected(sid, namespace)

    def pre_disconnect(self, sid: str, namespace: str) -> str | None:
        member = self.member(sid, namespace)
        if member is None:
            return None
        member.ready = False
        return member.socket.sid

    async def disconnect(self, sid: str, namespace: str, **_: Any) -> None:
        self.forget(sid, namespace)

    def forget(self, sid: str, namespace: str) -> None:
        """Let a member go from all that is kept of it."""
        member = self.member(sid, namespace)
        if member is not None:
            self.members(namespace).leave_all(member)
            self._by_sid.pop(sid)
            member.socket.members.pop(namespace, None)
            self.callbacks.pop(sid, None)

    def sid_from_eio_sid(self, eio_sid: str, namespace: str) -> str | None:
        socket = self.server.eio.sockets.get(eio_sid)
        member = socket.members.get(namespace) if socket is not None else None
        return member.sid if member is not None else None

    def eio_sid_from_sid(self, sid: str, namespace: str) -> str | None:
        member = self.member(sid, namespace)
        return member.socket.sid if member is not None else None

    # Rooms.

    def get_namespaces(self) -> Sequence[str]:
        return tuple(self._namespaces)

    def get_rooms(self, sid: str, namespace: str) -> list[str]:
        member = self.member(sid, namespace)
        return [sid, *member.rooms] if member is not None else []

    def get_participants(self, namespace: str, room: Any) -> Iterator[tuple[str, str]]:
        for member in self._addressed(namespace, room):
            yield member.sid, member.socket.sid

    async def enter_room(self, sid: str, namespace: str, room: str, eio_sid: Any = None) -> None:
        member = self.member(sid, namespace)
        if member is None:
            raise ValueError("sid is not connected to requested namespace")
        self.members(namespace).enter(member, room)

    async def leave_room(self, sid: str, namespace: str, room: str) -> None:
        member = self.member(sid, namespace)
        if member is not None:
            self.members(namespace).leave(member, room)

    async def close_room(self, room: str, namespace: str) -> None:
        members = self.members(namespace)
        for socket in tuple(members.of([room])):
            members.leave(socket.members[namespace], room)

    # Events.

    async def emit(
        self,
        event: str,
        data: Any,
        namespace: str,
        room: Any = None,
        skip_sid: str | list[str] | None = None,
        callback: Any = None,
        to: Any = None,
        **_: Any,
    ) -> None:
        """Send an event to a room, to several, to one client by its sid, or to all."""
        skipped = {skip_sid} if isinstance(skip_sid, str) else set(skip_sid or ())
        receivers = [m for m in self._addressed(namespace, to or room) if m.sid not in skipped]
        packet = Packet(Kind.EVENT, namespace, None, [event, *arguments(data)])
        if callback is None:
            self._send(receivers, outgoing(packet))
            return
        for member in receivers:
            packet.id = self._generate_ack_id(member.sid, callback)
            self._send([member], outgoing(packet))

    def _send(self, receivers: list[Member], leaving: Outgoing) -> None:
        settled = [member.socket for member in receivers if member.early is None and member.ready]
        if settled:
            self.turn.send(settled, leaving)
        for member in receivers:
            if member.early is not None:
                member.early.append(leaving)

    def _addressed(self, namespace: str, room: Any) -> list[Member]:
        members = self._namespaces.get(namespace)
        if members is None:
            members = self.members(namespace)
        if room is None:
            return [member for member in self if member.namespace == namespace]
        rooms = [room] if isinstance(room, str) else list(room)
        alone = [member for sid in rooms if (member := self.member(sid, namespace))]
        found = {socket.members[namespace] for socket in members.of(rooms)}
        return list(found.union(alone))


def arguments(data: Any) -> list[Any]:
    """Return an event's arguments as python-socketio gives them: a tuple is several."""
    if data is None:
        return []
    return list(data) if isinstance(data, tuple) else [data]
