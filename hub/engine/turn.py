"""What one turn of the loop has to send: each connection gets all of it in one write.

A system call costs more than everything we do ourselves for a delivery, so what several events
of a turn owe to the same connections is joined first, once for all of them.
"""

import asyncio
import os
from collections.abc import Collection
from time import perf_counter
from typing import TYPE_CHECKING

from hub.engine.protocol import Outgoing
from hub.engine.times import Times

if TYPE_CHECKING:
    from hub.engine.socket import Socket

Parcel = tuple[Outgoing, ...]  # what goes to the same connections


class Turn:
    """Keeps the order in which things were sent. Receivers must not change before `flush`."""

    __slots__ = ("_parcels", "writes")

    def __init__(self) -> None:
        self._parcels: list[tuple[Collection[Socket], Parcel]] = []
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
        if len(parcels) == 1 or _apart(parcels):
            for receivers, parcel in parcels:
                _deliver(receivers, parcel)
        else:
            _deliver_each(parcels)
        self.writes.observe(perf_counter() - began)


def _apart(parcels: list[tuple[Collection["Socket"], Parcel]]) -> bool:
    """Tell whether nobody gets several of them."""
    together: set[Socket] = set().union(*[receivers for receivers, _ in parcels])
    return len(together) == sum(len(receivers) for receivers, _ in parcels)


def _deliver(receivers: Collection["Socket"], parcel: Parcel) -> None:
    """Write the same bytes to all. Nothing is made or scheduled for any of them."""
    frame = _frame(parcel)
    size, write = len(frame), os.write
    for socket in receivers:
        fd = socket.fd
        if fd < 0:
            socket.deliver(parcel)
            continue
        try:
            sent = write(fd, frame)
        except OSError:  # what is wrong shows again with the rest of it
            sent = 0
        if sent != size:
            socket.finish(frame[sent:])


def _deliver_each(parcels: list[tuple[Collection["Socket"], Parcel]]) -> None:
    owed: dict[Socket, Parcel] = {}
    for receivers, parcel in parcels:
        for socket in receivers:
            before = owed.get(socket)
            owed[socket] = parcel if before is None else before + parcel
    frames: dict[Parcel, bytes] = {}
    for socket, parcel in owed.items():
        if socket.fd < 0:
            socket.deliver(parcel)
            continue
        frame = frames.get(parcel)
        if frame is None:
            frame = frames[parcel] = _frame(parcel)
        try:
            sent = os.write(socket.fd, frame)
        except OSError:
            sent = 0
        if sent != len(frame):
            socket.finish(frame[sent:])


def _frame(parcel: Parcel) -> bytes:
    return parcel[0].frame if len(parcel) == 1 else b"".join(each.frame for each in parcel)
