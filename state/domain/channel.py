"""Channels: portals at which the house's own rooms are sold as well, at the same price."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from state.domain.commands import WHOLE
from state.domain.hotel import NIGHT

Name = Annotated[str, Meta(min_length=1, max_length=60, pattern=WHOLE)]


class Place(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What a kind of room is called at a channel."""

    channel: Literal["booking_com", "expedia", "airbnb"]
    property_id: Name
    room_id: Name
    rate_id: Name


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Nights in a row that cost the same, with as many rooms left; `last` is one of them."""

    first: date
    last: date
    amount: int
    available: int


class Sent(StrEnum):
    """What became of a channel. RESTORED: it took the prices, and was told the old ones again,
    because another did not. ASTRAY: that failed too: it shows prices that nobody else does.
    """

    SENT = "SENT"
    FAILED = "FAILED"
    RESTORED = "RESTORED"
    ASTRAY = "ASTRAY"


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    channel: str
    status: Sent
    message: str = ""


class Submitted(msgspec.Struct, frozen=True):
    """What became of new prices: they hold only where all channels took them."""

    changed: bool
    channels: list[Outcome]


def spans(amounts: Mapping[date, int], free: Mapping[date, int]) -> list[Span]:
    """Return nights in as few spans as they make."""
    found: list[Span] = []
    for night in sorted(amounts):
        new = Span(first=night, last=night, amount=amounts[night], available=free[night])
        if found and _goes_on(found[-1], new):
            found[-1] = replace(found[-1], last=night)
        else:
            found.append(new)
    return found


def _goes_on(before: Span, new: Span) -> bool:
    same = (before.amount, before.available) == (new.amount, new.available)
    return same and before.last + NIGHT == new.first
