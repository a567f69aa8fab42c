"""What one turn of the loop has to send: each connection gets all of it in one write.

A system call costs more than everything we do ourselves for a delivery, so what several events
of a turn owe to the same connections is joined first, once for all of them.
"""

import asyncio
import os
from array import array
from collections.abc import Collection, Iterable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING

from hub.engine.protocol import Outgoing
from hub.engine.times import Times

if TYPE_CHECKING:
    from hub.engine.socket import Socket

Parcel = tuple[Outgoing, ...]  # what goes to the same connections
UNKNOWN = -1


class Receivers(set["Socket"]):
    """Connections that are sent to again and again: where to write is looked up once for all."""

    __slots__ = ("_paces", "fds", "slow")

    def __init__(self, sockets: Iterable["Socket"] = ()) -> None:
        super().__init__(sockets)
        self._paces = UNKNOWN
        self.fds: array[int]
        self.slow: Sequence[Socket]

    def enter(self, socket: "Socket") -> None:
        self.add(socket)
        self._paces = UNKNOWN

    def leave(self, socket: "Socket") -> None:
        self.discard(socket)
        self._paces = UNKNOWN

    def look_up(self, paces: int) -> None:
        """Know who may be written to at once, and who must be looked at first."""
        if self._paces != paces:
            self._paces = paces
            self.fds, self.slow = _look_up(self)


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
        load = Load(parcels, self.paces)
        if len(parcels) > 1 and len(set(load.fds)) < len(load.fds):
            load = Load(_joined(parcels), self.paces)
        load.deliver()
        self.writes.observe(perf_counter() - began)


class Load:
    """All that one flush writes, gathered before the first of it is written.

    So that between two writes there is no code of ours: each time the kernel has driven it out of
    the processor's caches. Where nobody is in two parcels, nobody is written to twice.
    """

    def __init__(self, parcels: Sequence[tuple[Collection["Socket"], Parcel]], paces: int) -> None:
        self._parcels = parcels
        self.fds, self._frames, self._size = array("i"), list[bytes](), 0
        self._slow: list[tuple[Sequence[Socket], Parcel]] = []
        for receivers, parcel in parcels:
            if isinstance(receivers, Receivers):
                receivers.look_up(paces)
                fds, slow = receivers.fds, receivers.slow
            else:
                fds, slow = _look_up(receivers)
            if fds:
                frame = _frame(parcel)
                self.fds += fds
                self._frames += [frame] * len(fds)
                self._size += len(frame) * len(fds)
            if slow:
                self._slow.append((slow, parcel))

    def deliver(self) -> None:
        """Write the same bytes to all. Nothing is made or scheduled for any of them."""
        sent: list[int] = []
        writes = map(os.write, self.fds, self._frames)
        while len(sent) < len(self.fds):
            try:
                sent += writes
            except OSError:  # what is wrong shows again with the rest of it
                sent.append(0)
        if sum(sent) != self._size:
            self._finish(sent)
        for sockets, parcel in self._slow:
            for socket in sockets:
                socket.deliver(parcel)

    def _finish(self, sent: list[int]) -> None:
        """See to those who did not take all of it."""
        written_to = [each for all_, _ in self._parcels for each in all_ if each.fd >= 0]
        for socket, frame, size in zip(written_to, self._frames, sent, strict=True):
            if size != len(frame):
                socket.finish(frame[size:])


def _look_up(sockets: Collection["Socket"]) -> tuple["array[int]", Sequence["Socket"]]:
    """Return where frames may be written, in the order of the connections, and the other ones."""
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
