"""How long and how much; small numbers try a bench out, the usual ones measure."""

import msgspec


class Options(msgspec.Struct, frozen=True, kw_only=True):
    rounds: int = 3
    seconds: float = 3.0
    guests: int = 64
    restaurants: int = 32
    orders: int = 200
    loads: tuple[int, ...] = (25, 100, 400)
