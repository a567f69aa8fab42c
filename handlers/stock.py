"""Counted dishes: what an order took and nobody cooked goes back on the menu."""

from handlers import menus
from handlers.deps import Deps
from state.domain.menu import MenuItem, give_back
from state.domain.order import Order
from state.domain.pricing import returned
from state.store import menus as store
from state.store import restaurants
from state.store.pool import Conn


async def put_back(conn: Conn, before: Order, after: Order, deps: Deps) -> list[MenuItem]:
    """Return the counted dishes, held, with the portions that a change of an order frees."""
    portions = returned(before, after)
    if not portions:
        return []
    restaurant = await restaurants.get(conn, after.restaurant_id)
    menu = await menus.current(conn, restaurant, deps)
    held = await store.stock(conn, menu, list(portions))
    return [give_back(d, portions[d.id]) for d in held.values() if d.quantity is not None]
