"""What the screens of a restaurant show, by one snapshot and the events that follow it.

A `View` is one join's: it is shown the snapshot, hears the events, and lays out what it shows.
The rules are those that the hub's own pages follow, and any client may.
"""

from collections.abc import Callable
from typing import Any

from state.domain.board import View as Kind
from state.domain.board import shows
from state.domain.escalation import Level

Doc = dict[str, Any]
EMPTY: Doc = {"sessionId": None, "seatedAt": None, "ordering": False, "settled": {}}
SEATED = ("sessionId", "seatedAt", "ordering", "settled")
SNAPSHOTS = ("orders:active", "orders:pending")


class View:
    """`keep` tells which orders belong on it, `zone` whose tables are its own (None: all)."""

    def __init__(self, keep: Callable[[Doc], bool], zone: set[str] | None = None) -> None:
        self._keep, self._zone = keep, zone
        self._parts: dict[str, Any] = {}
        self._orders: dict[str, Doc] = {}

    def show(self, snapshot: Doc) -> None:
        """Start from a snapshot, or its part `orders` alone."""
        self._parts = {name: _by_id(part) for name, part in snapshot.items() if name in PARTS}
        self._orders = self._parts["orders"]

    def hear(self, name: str, data: Doc) -> None:
        """Take in an event; one of a part that this view does not have changes nothing."""
        kind = name.partition(":")[0]
        rule = {
            "order": self._order,
            "alert": self._alert,
            "service": self._service,
            "table": self._table,
            "cart": self._cart,
            "bill": self._bill,
        }.get(kind)
        if rule is not None and self._parts:
            rule(data)

    def laid_out(self) -> Doc:
        """Return what it shows."""
        return {**self._parts, "orders": {i: o for i, o in self._orders.items() if self._keep(o)}}

    def of(self, snapshot: Doc) -> Doc:
        """Return what it would show had it just been given a snapshot."""
        fresh = View(self._keep, self._zone)
        fresh.show(snapshot)
        return fresh.laid_out()

    def _order(self, order: Doc) -> None:
        # Joined by several rooms in turn, an older state may be replayed after a newer one.
        known = self._orders.get(order["id"])
        if known is None or known["version"] <= order["version"]:
            self._orders[order["id"]] = order
            self._settle(order)

    def _settle(self, order: Doc) -> None:
        """What is brought and paid is kept with the table of the party that had it."""
        for table in self._parts.get("tables", {}).values():
            if table["sessionId"] == order["sessionId"]:
                paid = {i: sum_ for i, sum_ in table["settled"].items() if i != order["id"]}
                if order["status"] == "COMPLETED":
                    paid[order["id"]] = order["totalAmount"]
                table["settled"] = paid

    def _alert(self, alert: Doc) -> None:
        ours = self._is_ours(alert["tableId"]) or alert["level"] >= Level.WAITERS
        self._put("alerts", alert, ours and alert["status"] != "RESOLVED")

    def _service(self, request: Doc) -> None:
        ours = self._is_ours(request["tableId"]) or request["level"] >= Level.WAITERS
        self._put("requests", request, ours and request["status"] != "DONE")

    def _table(self, change: Doc) -> None:
        session, tables = change["sessionId"], self._parts.get("tables", {})
        now = {
            "SEATED": lambda: {name: change[name] for name in SEATED},
            "MOVED": lambda: EMPTY,
            "FREE": lambda: {**EMPTY, "left": session},
            "CLEARED": lambda: {"left": None} if _left(tables, change) else {},
        }[change["status"]]
        if change["tableId"] in tables:
            tables[change["tableId"]] = {**tables[change["tableId"]], **now()}

    def _cart(self, cart: Doc) -> None:
        if "cart" in self._parts:
            self._parts["cart"] = _without_stock(cart)
        for table in self._parts.get("tables", {}).values():
            if table["sessionId"] == cart["sessionId"]:
                table["ordering"] = bool(cart["lines"])

    def _bill(self, bill: Doc) -> None:
        if "bill" in self._parts:
            self._parts["bill"] = bill

    def _put(self, part: str, entry: Doc, keep: bool) -> None:
        if keep and part in self._parts:
            self._parts[part][entry["id"]] = entry
        else:
            self._parts.get(part, {}).pop(entry["id"], None)

    def _is_ours(self, table_id: str) -> bool:
        return self._zone is None or table_id in self._zone


PARTS = ("orders", "alerts", "requests", "tables", "cart", "bill")


def board(kind: Kind, stations: frozenset[str] | None = None) -> View:
    """The orders of a whole restaurant, or of some of its stations."""
    return View(lambda order: shows(kind, order, stations))


def floor(zone: set[str] | None = None) -> View:
    """All that waiters look after, or those of some tables."""
    return View(
        lambda order: shows(Kind.ACTIVE, order) and (zone is None or order["tableId"] in zone),
        zone,
    )


def table(session_id: str) -> View:
    """What the guests of a party share."""
    return View(lambda order: order["sessionId"] == session_id)


def _left(tables: dict[str, Doc], change: Doc) -> bool:
    return any(table["left"] == change["sessionId"] for table in tables.values())


def differences(shown: Any, there: Any, at: str = "") -> list[str]:
    """Return where two pictures differ, as `place: shown instead of there`."""
    if not (isinstance(shown, dict) and isinstance(there, dict)):
        return [] if shown == there else [f"{at}: {shown!r} instead of {there!r}"]
    return [
        found
        for key in sorted(shown.keys() | there.keys())
        for found in differences(shown.get(key), there.get(key), f"{at}/{key}")
    ]


def _by_id(part: Any) -> Any:
    if isinstance(part, list):
        return {each["id"]: each for each in part}
    # A bill, or none yet, is shown as it is.
    return _without_stock(part) if part is not None and "payments" not in part else part


def _without_stock(cart: Doc) -> Doc:
    """What can be had changes by events of its own."""
    lines = [{k: v for k, v in line.items() if k != "available"} for line in cart["lines"]]
    return {**cart, "lines": lines}
