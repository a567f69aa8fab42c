"""Counted dishes: what an order took and nobody cooked goes back on the menu."""

from state.domain.facts import Facts
from state.domain.menu import MenuItem, give_back
from state.domain.order import Order
from state.domain.pricing import returned


def put_back(facts: Facts, before: Order, after: Order) -> list[MenuItem]:
    """Return the counted dishes with the portions that a change of an order frees."""
    portions = returned(before, after)
    left = facts.left(after.restaurant_id, portions)
    return [give_back(d, portions[d.id]) for d in left.values() if d.quantity is not None]
