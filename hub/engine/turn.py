"""What one turn of the loop has to send: each connection gets all of it in one write.

A system call costs more than everything we do ourselves for a delivery, so what several events
of a turn owe to the same connections is joined first, once for all of them.
"""

import asyncio
import os
from array import array
from collections.abc import Collection, Iterable, Sequence
from itertools import chain, repeat
from time import perf_counter
from typing import TYPE_CHECKING

from hub.engine.protocol import Outgoing
from hub.engine.times import Times

if TYPE_CHECKING:
    from hub.engine.socket import Socket

Parcel = tuple[Outgoing, ...]  # what goes to the same connections
# Where frames may be written at once, in the order of the connections, and who is to be looked at.
Reached = tuple["array[int]", Sequence["Socket"]]
UNKNOWN = -1


class Receivers(set["Socket"]):
    """Connections that are sent to again and again: where to write is looked up once for all."""

    __slots__ = ("_paces", "_reached")

    def __init__(self, sockets: Iterable["Socket"] = ()) -> None:
        super().__init__(sockets)
        self._paces = UNKNOWN
        self._reached: Reached

    def enter(self, socket: "Socket") -> None:
        self.add(socket)
        self._paces = UNKNOWN

    def leave(self, socket: "Socket") -> None:
        self.discard(socket)
        self._paces = UNKNOWN

    def reached(self, paces: int) -> "Reached":
        if self._paces != paces:
            self._paces = paces
            self._reached = _look_up(self)
        return self._reached


class Turn:
    """Keeps the order in which things were sent. Receivers must not change before `flush`.

    `paces` is another number whenever the `fd` of a connection has changed.
    """

    __slots__ = ("_parcels", "paces", "writes")

    def __init__(self) -> None:
        self._parcels: list[tuple[Collection[Socket], Parcel]] = []
        self.paces = 0
        self.writes = Times()

    def send(self, receivers: Collection["Socket"], outgoing: Outgoing) -> None:
        """Send something before this turn of the loop is over."""
        parcels = self._parcels
        if not parcels:
            asyncio.get_running_loop().call_soon(self.flush)
        elif parcels[-1][0] is receivers:
            parcels[-1] = receivers, (*parcels[-1][1], outgoing)
            return
        parcels.append((receivers, (outgoing,)))

    def flush(self) -> None:
        """Send all of it now."""
        parcels, self._parcels = self._parcels, []
        if not parcels:
            return
        began = perf_counter()
        if len(parcels) == 1:
            [(receivers, parcel)] = parcels
            self._deliver(receivers, parcel)
        else:
            self._deliver_all(parcels)
        self.writes.observe(perf_counter() - began)

    def _deliver(self, receivers: Collection["Socket"], parcel: Parcel) -> None:
        """Write the same bytes to all. Nothing is made or scheduled for any of them."""
        fds, slow = _reached(receivers, self.paces)
        if fds:
            frame = _frame(parcel)
            sent = _write(fds, repeat(frame))
            if sum(sent) != len(frame) * len(fds):
                _finish(receivers, repeat(frame), sent)
        for socket in slow:
            socket.deliver(parcel)

    def _deliver_all(self, parcels: Sequence[tuple[Collection["Socket"], Parcel]]) -> None:
        """Write several things. Where nobody is in two of them, nobody is written to twice."""
        load = Load(parcels, self.paces)
        if len(set(load.fds)) < len(load.fds):
            load = Load(_joined(parcels), self.paces)
        load.deliver()


class Load:
    """All that one flush writes, gathered before the first of it is written.

    So that between two writes there is no code of ours: each time the kernel has driven it out of
    the processor's caches.
    """

    def __init__(self, parcels: Sequence[tuple[Collection["Socket"], Parcel]], paces: int) -> None:
        self._parcels = parcels
        self.fds, self._frames, self._size = array("i"), list[bytes](), 0
        self._slow: list[tuple[Sequence[Socket], Parcel]] = []
        for receivers, parcel in parcels:
            fds, slow = _reached(receivers, paces)
            if fds:
                frame = parcel[0].frame if len(parcel) == 1 else _frame(parcel)
                self.fds += fds
                self._frames += [frame] * len(fds)
                self._size += len(frame) * len(fds)
            if slow:
                self._slow.append((slow, parcel))

    def deliver(self) -> None:
        sent = _write(self.fds, self._frames)
        if sum(sent) != self._size:
            all_ = chain.from_iterable(receivers for receivers, _ in self._parcels)
            _finish(all_, self._frames, sent)
        for sockets, parcel in self._slow:
            for socket in sockets:
                socket.deliver(parcel)


def _write(fds: "array[int]", frames: Iterable[bytes]) -> list[int]:
    """Write a frame to each, by one loop in C; return how much of it the kernel took."""
    sent: list[int] = []
    writes = map(os.write, fds, frames)
    while len(sent) < len(fds):
        try:
            sent += writes
        except OSError:  # what is wrong shows again with the rest of it
            sent.append(0)
    return sent


def _finish(receivers: Iterable["Socket"], frames: Iterable[bytes], sent: Iterable[int]) -> None:
    """See to those who did not take all of it."""
    written_to = (socket for socket in receivers if socket.fd >= 0)
    for socket, frame, size in zip(list(written_to), frames, sent, strict=False):
        if size != len(frame):
            socket.finish(frame[size:])


def _reached(receivers: Collection["Socket"], paces: int) -> Reached:
    if isinstance(receivers, Receivers):
        return receivers.reached(paces)
    return _look_up(receivers)


def _look_up(sockets: Collection["Socket"]) -> Reached:
    fds = array("i", [socket.fd for socket in sockets if socket.fd >= 0])
    if len(fds) == len(sockets):
        return fds, ()
    return fds, [socket for socket in sockets if socket.fd < 0]


def _joined(
    parcels: Sequence[tuple[Collection["Socket"], Parcel]],
) -> list[tuple[Collection["Socket"], Parcel]]:
    """Return parcels such that nobody gets several of them."""
    owed: dict[Socket, Parcel] = {}
    for receivers, parcel in parcels:
        for socket in receivers:
            before = owed.get(socket)
            owed[socket] = parcel if before is None else before + parcel
    alike: dict[Parcel, list[Socket]] = {}
    for socket, parcel in owed.items():
        alike.setdefault(parcel, []).append(socket)
    return [(sockets, parcel) for parcel, sockets in alike.items()]


def _frame(parcel: Parcel) -> bytes:
    return parcel[0].frame if len(parcel) == 1 else b"".join(each.frame for each in parcel)
