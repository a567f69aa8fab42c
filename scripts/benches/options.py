"""How long and how much; small numbers try a bench out, the usual ones measure."""

import msgspec

PEERS = ("hub", "stock", "node", "floor")  # stock python-socketio, Node's socket.io, bare send()


class Options(msgspec.Struct, frozen=True, kw_only=True):
    rounds: int = 3
    seconds: float = 3.0
    guests: int = 64
    restaurants: int = 32
    orders: int = 200
    loads: tuple[int, ...] = (25, 100, 400)
    peers: tuple[str, ...] = PEERS
    members: tuple[int, ...] = (100, 1000, 5000)
    cpu_seconds: float = 0.6
    connections: int = 10_000
    megabytes: float = 60.0
    rooms: int = 10_000
