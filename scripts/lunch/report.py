"""What came of it: the numbers at the end of a rush."""

from collections.abc import Sequence
from math import ceil

import msgspec


class Timing(msgspec.Struct, frozen=True):
    """Milliseconds; `count` of 0 means that there was nothing to time."""

    p50: float = 0.0
    p99: float = 0.0
    count: int = 0


class Report(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    orders: int
    events: int
    deliveries: int
    commands: int
    clients: int
    tap_to_kitchen: Timing
    order_ack: Timing
    ack: Timing
    lost: int
    duplicated: int
    out_of_order: int
    strayed: int
    wrong: list[str]
    boards: int
    boards_differing: list[str]
    refused: dict[str, int]
    expected_refusals: dict[str, int]
    reconnects: int
    repeated: int
    not_let_go: int
    left_over: int
    seconds: float
    seed: int

    @property
    def clean(self) -> bool:
        wrong = self.lost + self.duplicated + self.out_of_order + self.strayed
        return wrong == 0 and not self.boards_differing


def timing(seconds: Sequence[float]) -> Timing:
    if not seconds:
        return Timing()
    ordered = sorted(seconds)
    return Timing(at(ordered, 0.50), at(ordered, 0.99), len(ordered))


def at(ordered: Sequence[float], share: float) -> float:
    """Return a percentile (nearest rank) in milliseconds."""
    return round(ordered[max(0, ceil(share * len(ordered)) - 1)] * 1000, 2)
