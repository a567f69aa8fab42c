"""The orders of a restaurant that are not settled, as its screens read them."""

from msgspec import Raw

from state.live import client, keys
from state.live.client import Servers

BOARD = client.Script("board")


async def active(redis: Servers, restaurant_id: str) -> tuple[int, list[Raw]] | None:
    """Return the place in the log and the orders as they stood there; None when not all is here."""
    head = keys.head(restaurant_id)
    names = [head, keys.active(restaurant_id)]
    found = await BOARD.run(redis, names, [keys.order(restaurant_id, "")])
    return (int(found[0]), [Raw(order) for order in found[1:]]) if found else None
