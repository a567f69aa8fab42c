"""From polling to a WebSocket: the connection is tried first, then the session moves over."""

from typing import TYPE_CHECKING, Any

from hub.engine.polling import Polling
from hub.engine.protocol import PING, PONG, PROBE, UPGRADE, Malformed, Outgoing
from hub.engine.wheel import Timed

if TYPE_CHECKING:
    from hub.engine.engineio import EngineIO
    from hub.engine.socket import Socket
    from hub.engine.websocket import WebSocket

ANSWER = Outgoing((PONG + PROBE,))


class Probe(Timed):
    """Owns a WebSocket until its client has tried it and says that it moves over."""

    __slots__ = ("_server", "_socket", "_websocket")

    def __init__(self, socket: "Socket", websocket: "WebSocket", server: "EngineIO") -> None:
        super().__init__()
        self._socket, self._websocket, self._server = socket, websocket, server
        socket.probe = self
        server.wheel.set(self, server.limits.upgrade_seconds)

    def receive(self, packet: str | bytes) -> None:
        if packet == PING + PROBE:
            self._websocket.send(ANSWER)
            polling = self._socket.transport
            if isinstance(polling, Polling):
                polling.release()  # the client ends its polling before it moves
        elif packet == UPGRADE:
            self._move()
        else:
            raise Malformed("no probe")

    def lost(self) -> None:
        """The session goes on by polling."""
        self._socket.probe = None
        self._server.wheel.clear(self)

    def cut_off(self, reason: str, **details: Any) -> None:
        self._server.report(self._socket, reason, **details)
        self.lost()

    def pace(self, fd: int) -> None:
        """Nobody writes yet but the probe."""

    def ring(self) -> None:
        """It takes too long, or its session has ended."""
        self.lost()
        self._websocket.close()

    def _move(self) -> None:
        """Send over the WebSocket, in order, what polling still owed, and then all the rest."""
        socket, polling = self._socket, self._socket.transport
        assert isinstance(polling, Polling)
        self.lost()
        self._server.turn.flush()
        socket.transport, self._websocket.owner = self._websocket, socket
        for outgoing in polling.hand_over():
            self._websocket.send(outgoing)
        self._websocket.keeps_up()


class Stranger:
    """Owns a WebSocket of a session that has one: nothing that comes over it is heard."""

    def receive(self, packet: str | bytes) -> None: ...

    def lost(self) -> None: ...

    def cut_off(self, reason: str, **details: Any) -> None: ...

    def pace(self, fd: int) -> None: ...
