"""What hotels of Booking.com are called, and their rooms, and where they are: asked once a day."""

from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import Any

import msgspec

from handlers.providers.booking_wire import Details, DetailsPage

LANGUAGE = "en-gb"
KEEP_SECONDS = 24 * 3600.0
AT_ONCE = 100

Ask = Callable[[str, dict[str, Any], Any], Awaitable[Any]]


class Names(msgspec.Struct, frozen=True):
    """`rooms` by their ids."""

    hotel: str
    rooms: dict[str, str]
    address: str = ""

    def room_of(self, product: str) -> str:
        """Return what the room of a product is called: products are named after their rooms."""
        return self.rooms.get(product.partition("_")[0], "")


UNKNOWN = Names("", {})


class Directory:
    """Asks by `ask` for what it does not know."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._known: dict[int, tuple[float, Names]] = {}

    async def of(self, ids: list[int]) -> Mapping[int, Names]:
        """Return the names of hotels, of those that there are."""
        since = monotonic() - KEEP_SECONDS
        missing = [i for i in dict.fromkeys(ids) if self._known.get(i, (since, None))[0] <= since]
        for start in range(0, len(missing), AT_ONCE):
            body = {
                "accommodations": missing[start : start + AT_ONCE],
                "extras": ["rooms"],
                "languages": [LANGUAGE],
            }
            page: DetailsPage = await self._ask("/accommodations/details", body, DetailsPage)
            now = monotonic()
            self._known |= {each.id: (now, _names(each)) for each in page.data}
        return {i: self._known[i][1] for i in ids if i in self._known}


def _names(details: Details) -> Names:
    return Names(
        hotel=_in_english(details.name),
        rooms={room.id: _in_english(room.name) for room in details.rooms},
        address=_in_english(details.location.address),
    )


def _in_english(names: dict[str, str]) -> str:
    return names.get(LANGUAGE) or names.get("en-us") or next(iter(names.values()), "")
