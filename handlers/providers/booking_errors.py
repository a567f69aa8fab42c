"""What the errors of Booking.com's Demand API mean, where that is not the usual."""

import msgspec

from handlers.providers.api import Reply
from handlers.providers.booking_wire import Problem, Problems
from handlers.providers.errors import (
    ExhaustedError,
    ProviderError,
    RefusedError,
    UnavailableError,
)
from state.domain.errors import Code


class BookedBefore(RefusedError):
    """What is asked for was done before, under this reservation."""

    def __init__(self, reservation: str) -> None:
        super().__init__("booking has done this before")
        self.reservation = reservation


def meaning(reply: Reply) -> ProviderError | None:
    """It asks to be left alone for a minute, tells duplicates, and keeps its sandbox shut."""
    if reply.status == 429:
        return UnavailableError("booking asks to wait a minute", 60.0, again=False)
    first = _problem(reply)
    if reply.status == 409 and first.id == "duplicate_request" and first.reservation:
        return BookedBefore(first.reservation)
    if reply.status == 409 and first.id == "order_unavailable":
        return RefusedError("the room has just been taken", Code.ITEM_UNAVAILABLE)
    if reply.status == 403 and first.id == "sandbox_blocked":
        return RefusedError("booking does not do this in its sandbox")
    if reply.status == 401:
        return ExhaustedError("booking does not accept our token")
    return None


def _problem(reply: Reply) -> Problem:
    try:
        errors = msgspec.json.decode(reply.body, type=Problems).errors
    except msgspec.MsgspecError:
        return Problem()
    return errors[0] if errors else Problem()
