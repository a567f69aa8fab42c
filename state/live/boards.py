"""The orders of a restaurant that are not settled, as its screens read them."""

from msgspec import Raw

from state.live import client, keys
from state.live.client import Servers

BOARD = client.script("board")


async def active(redis: Servers, restaurant_id: str) -> tuple[int, list[Raw]] | None:
    """Return the place in the log and the orders as they stood there; None when not all is here."""
    head = keys.head(restaurant_id)
    found = await redis.of(head).register_script(BOARD)(
        keys=[head, keys.active(restaurant_id)],
        args=[keys.order(restaurant_id, "")],
    )
    return (int(found[0]), [Raw(order) for order in found[1:]]) if found else None
