"""Commands for tests that send whatever may be sent: filled in with what there is at the time."""

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.place import Place

Payload = dict[str, Any]
STATUSES = ("CONFIRMED", "PREPARING", "READY", "DELIVERED", "COMPLETED", "CANCELLED")
NOTHING: Payload = {"id": "none", "version": 0, "items": [{"id": "none"}]}

# What people may send, by who they are in `tests/crew.py`; some names stand for one use of it.
SENT = {
    "guest 0": [
        *("cart:add", "cart:update", "cart:remove", "order:cart", "order:create"),
        *("bill:get", "bill:pay"),
    ],
    "guest 1": [
        *("cart:add", "order:cart", "order:create", "order:cancel", "service:request"),
        *("bill:split", "bill:tip"),
    ],
    "waiter": [
        *("order:create", "order:updateStatus", "order:transfer", "order:accept", "item:serve"),
        *("service:ack", "service:done", "alert:ack", "payment:cash"),
    ],
    "zone": ["order:create", "item:serve", "item:recall", "service:done", "cart:add"],
    "cook": [
        *("item:start", "item:ready", "item:recall", "order:accept", "order:reject"),
        *("order:recall", "order:updateStatus", "menu:availability"),
    ],
    "bar": ["item:ready", "order:rush", "course:fire", "alert:ack", "menu:availability"],
    "manager": [
        *("order:updateStatus", "order:cancel", "order:transfer", "item:void", "item:remake"),
        *("bill:discount", "bill:get"),
    ],
}


class Scene(NamedTuple):
    """What there is: the waiters' floor and a table's cart, as a fresh snapshot shows them."""

    place: Place
    floor: Payload
    cart: Payload

    def table(self, pick: int) -> str:
        table_id: str = self.place.tables[pick % 3]["id"]
        return table_id

    def dish(self, pick: int, more: int) -> str:
        dish_id: str = self.place.dishes[pick * 3 + more]["id"]
        return dish_id


def command(sent: str, scene: Scene, pick: int, more: int) -> tuple[str, Payload]:
    """Return a command's name and payload; `pick` and `more` choose what it is about.

    Where there is nothing to choose from it is about what does not exist.
    """
    if sent == "order:cart":
        return "order:create", {}
    make = MAKERS.get(sent) or MAKERS.get(sent.partition(":")[0]) or _order
    return sent, make(scene, pick, more)


def _order(scene: Scene, pick: int, more: int) -> Payload:
    """Return what any command about an order or one of its items may need."""
    order = _chosen(scene.floor["orders"].values(), pick)
    return {
        "orderId": order["id"],
        "itemId": _chosen(order["items"], more)["id"],
        "status": STATUSES[more],
        "tableId": scene.table(more),
        "course": 1 + more % 2,
        "reason": "the guest has changed their mind",
        **({"expectedVersion": order["version"]} if more == 0 else {}),
    }


def _new_order(scene: Scene, pick: int, more: int) -> Payload:
    bar = scene.place.line("bar", course=1 + pick % 2)
    return {"tableId": scene.table(more), "items": [scene.place.line("grill"), bar]}


def _cart_line(scene: Scene, pick: int, more: int) -> Payload:
    return {"lineId": _chosen(scene.cart["lines"], pick)["id"], "quantity": more + 1}


def _new_line(scene: Scene, pick: int, more: int) -> Payload:
    return {"menuItemId": scene.dish(pick, more), "tableId": scene.table(0)}


def _stock(scene: Scene, pick: int, more: int) -> Payload:
    return {"menuItemId": scene.dish(pick, more), "available": more % 2 == 0, "quantity": more * 3}


def _call(_scene: Scene, pick: int, _more: int) -> Payload:
    return {"kind": ("call", "bill", "water", "other")[pick % 4]}


def _service(scene: Scene, pick: int, _more: int) -> Payload:
    return {"requestId": _chosen(scene.floor["requests"].values(), pick)["id"]}


def _alert(scene: Scene, pick: int, _more: int) -> Payload:
    return {"alertId": _chosen(scene.floor["alerts"].values(), pick)["id"]}


def _bill(scene: Scene, pick: int, more: int) -> Payload:
    """Return what any command about a bill may need; a guest's own is meant without a table."""
    return {
        "mode": ("equal", "guest", "none", "equal")[pick % 4],
        "parts": more + 1,
        "tableId": scene.table(pick),
        "method": "CASH",
        **({"amount": 100 * (more + 1)} if pick % 3 else {}),
        **({"rate": 500} if pick % 2 else {}),
        "reason": "they waited long",
    }


MAKERS: dict[str, Callable[[Scene, int, int], Payload]] = {
    "order:create": _new_order,
    "cart:add": _new_line,
    "cart": _cart_line,
    "menu": _stock,
    "service:request": _call,
    "service": _service,
    "alert": _alert,
    "bill": _bill,
    "payment": _bill,
}


def _chosen(those: Any, pick: int) -> Payload:
    found: list[Payload] = list(those)
    return found[pick % len(found)] if found else NOTHING
