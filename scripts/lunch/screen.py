"""What one client was shown: its board, and whether everything came once and in order."""

import asyncio
from collections.abc import Callable, Collection
from time import perf_counter, time
from typing import Any

from state.domain.board import apply

Doc = dict[str, Any]
Board = dict[str, Doc]


class Screen:
    """Lives by one snapshot and the events after it, as the hub's public rule says.

    `keep` tells which orders it shows, `ours` which tables' alerts and requests.
    """

    def __init__(
        self,
        keep: Callable[[Doc], bool],
        ours: Callable[[Doc], bool] = lambda _: True,
    ) -> None:
        self.orders: Board = {}
        self.alerts: Board = {}
        self.requests: Board = {}
        self.cart: Doc | None = None
        self.seq: int | None = None
        self.complete = asyncio.Event()  # the first snapshot is here
        self.heard: dict[int, float] = {}  # seq -> when, by the clock
        self.entered: list[float] = []  # when it came in, at first and again
        self.resets = 0  # a new snapshot instead of what was missed
        self.news: dict[str, tuple[float, str]] = {}  # order -> when and where it was heard of
        self.node = ""  # where it is connected
        self.twice: list[int] = []
        self.disordered: list[int] = []
        self._keep, self._ours = keep, ours
        self._excused: list[tuple[int, int]] = []
        self._given: Collection[str] = ()

    def joined(self, seq: int, data: Doc, *, fresh: bool) -> None:
        """Take the answer to a join; a fresh one brings a snapshot instead of what was missed."""
        self.entered.append(time())
        if not fresh:
            return
        self.resets += self.seq is not None
        self._excused.append((self.seq or 0, seq))
        self.seq = seq
        self._given = data.keys()
        if "orders" in data:
            self.show(data["orders"])
        self.alerts = self._shown(data.get("alerts", []), self._rings)
        self.requests = self._shown(data.get("requests", []), self._waits)
        self.cart = data.get("cart")

    def show(self, orders: list[Doc]) -> None:
        self.orders = {order["id"]: order for order in orders if self._keep(order)}
        self.complete.set()

    def hear(self, name: str, data: Doc, seq: int) -> None:
        """Take one event of the log."""
        if seq in self.heard:
            self.twice.append(seq)
            return
        if self.seq is not None and seq < self.seq:
            self.disordered.append(seq)
        self.heard[seq] = time()
        self.seq = max(seq, self.seq or 0)
        if name == "order:new":
            self.news[data["id"]] = perf_counter(), self.node
        if self._went_back(name, data):
            self.disordered.append(seq)
        self._apply(name, data)

    def must_know(self, seq: int) -> bool:
        """Tell whether an event was for this screen to hear, rather than in a snapshot."""
        return not any(after < seq <= upto for after, upto in self._excused)

    def shown(self) -> dict[str, Any]:
        """Return all that a newcomer's screen must show as well: what its snapshot tells of."""
        parts = {"alerts": self.alerts, "requests": self.requests, "cart": _lasting(self.cart)}
        told = {name: part for name, part in parts.items() if name in self._given}
        return {"orders": self.orders, **told}

    def _apply(self, name: str, data: Doc) -> None:
        apply(self.orders, name, data, self._keep)
        if name.startswith("alert:"):
            _put(self.alerts, data, self._rings(data))
        elif name.startswith("service:"):
            _put(self.requests, data, self._waits(data))
        elif name == "cart:changed":
            self.cart = data

    def _went_back(self, name: str, data: Doc) -> bool:
        held = self.orders.get(data["id"]) if name.startswith("order:") else None
        return held is not None and bool(data["version"] < held["version"])

    def _rings(self, alert: Doc) -> bool:
        return alert["status"] != "RESOLVED" and self._ours(alert)

    def _waits(self, request: Doc) -> bool:
        return request["status"] != "DONE" and self._ours(request)

    def _shown(self, docs: list[Doc], keep: Callable[[Doc], bool]) -> Board:
        return {doc["id"]: doc for doc in docs if keep(doc)}


def _put(board: Board, doc: Doc, keep: bool) -> None:
    if keep:
        board[doc["id"]] = doc
    else:
        board.pop(doc["id"], None)


def _lasting(cart: Doc | None) -> Doc | None:
    """The cart without what is only true of its moment: what has sold out is told otherwise."""
    if cart is None:
        return None
    lines = [{**line, "available": None} for line in cart["lines"]]
    return {**cart, "lines": lines}
