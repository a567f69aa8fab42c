"""One statement that writes what several commands changed, restaurant by restaurant.

A restaurant's part is written if its log still ends where the decisions saw it end and nobody
else is writing there; else it is left out, and has to be decided again.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import msgspec

from state.domain.change import Answer, Change, Origin
from state.domain.events import Event
from state.domain.order import Item, Order
from state.store.alerts import ALERTS
from state.store.jobs import JOBS
from state.store.menus import DISHES
from state.store.money import (
    BILLS,
    DRAWERS,
    LEDGER,
    PAYMENTS,
    REFUNDS,
)
from state.store.orders import ITEMS, ORDERS
from state.store.pool import Conn
from state.store.receipts import RECEIPTS
from state.store.record_sql import MONEY, PARTS, WRITE, WRITE_MONEY
from state.store.rows import Row
from state.store.services import REQUESTS
from state.store.tables import SESSIONS


class Batch:
    """What a group of commands changes in one restaurant, whose log ended with `seen`.

    A row that several of them change is written once, as the last one leaves it.
    """

    def __init__(self, seen: int) -> None:
        self.seen = self.head = seen
        self.numbers: dict[date, int] = {}
        self._rows: dict[str, dict[str, Row]] = {name: {} for name in PARTS | MONEY}
        self._events: list[Row] = []
        self._commands: list[Row] = []
        self._revoked: list[str] = []

    def add(
        self,
        change: Change,
        placed: Mapping[str, Order],
        events: list[Event],
        origin: Origin,
        answer: Answer,
    ) -> None:
        """Take in a change; `placed` are its orders by id, with their place in the log."""
        rows = list(_rows(change, placed))
        for part, row in rows:
            self._put(part, row)
        for order in change.new_orders:
            assert change.business_day is not None
            self.numbers[change.business_day] = placed[order.id].order_number
        self.head += len(events)
        self._events += map(_event, events)
        self._revoked += change.revoked
        if origin.command_id is not None:
            self._commands.append(command(origin, answer))

    @property
    def money(self) -> bool:
        """Tell whether some of it is about money."""
        return any(self._rows[name] for name in MONEY)

    def columns(self, names: Iterable[str]) -> list[str]:
        """Return the parts of these names as JSON, and then the sessions that end."""
        numbers = [{"day": day, "last": last} for day, last in self.numbers.items()]
        others = {"events": self._events, "commands": self._commands, "numbers": numbers}
        parts = [others.get(name) or list(self._rows[name].values()) for name in names]
        return [msgspec.json.encode(part).decode() for part in [*parts, self._revoked]]

    def _put(self, part: str, row: Row) -> None:
        new = self._rows.get(part.replace("old_", "new_"), {})
        if row["id"] in new:  # begun by an earlier command of the group
            new[row["id"]] |= row
        else:
            self._rows[part][row["id"]] = row


async def write(conn: Conn, batches: Mapping[str, Batch]) -> set[str]:
    """Write the batches of restaurants; return those that were written.

    It is one statement, so outside of a transaction it is committed, and synced, when this returns.
    """
    money = any(batch.money for batch in batches.values())
    names = PARTS | MONEY if money else PARTS
    columns = zip(*(batch.columns(names) for batch in batches.values()), strict=True)
    rows = await conn.fetch(
        WRITE_MONEY if money else WRITE,
        list(batches),
        [batch.seen for batch in batches.values()],
        [batch.head for batch in batches.values()],
        *map(list, columns),
    )
    return {row["id"] for row in rows}


def command(origin: Origin, answer: Answer) -> Row:
    return {
        "actor_id": origin.actor.id,
        "command_id": origin.command_id,
        "name": origin.name,
        "answer": answer,
    }


def _rows(change: Change, placed: Mapping[str, Order]) -> Iterator[tuple[str, Row]]:
    """Yield what a change alters, each row with its part, old ones after the new."""
    yield from (("new_sessions", SESSIONS.row(session)) for session in change.new_sessions)
    for new in change.new_orders:
        order = placed[new.id]
        more = {"tenant_id": change.tenant_id, "business_day": change.business_day}
        yield "new_orders", ORDERS.row(order, **more)
        for place, item in enumerate(order.items):
            yield "new_items", ITEMS.row(item, order_id=order.id, position=place)
    yield from (("new_services", REQUESTS.row(call)) for call in change.new_services)
    yield from (("new_alerts", ALERTS.row(alert)) for alert in change.new_alerts)
    yield from (("new_jobs", JOBS.row(job)) for job in change.new_jobs)
    yield from _money(change)
    yield from (("old_sessions", SESSIONS.changed(session)) for session in change.sessions)
    for _, after in change.orders:
        yield "old_orders", ORDERS.changed(placed[after.id])
    yield from (("old_items", ITEMS.changed(item)) for item in _touched(change.orders))
    yield from (("old_services", REQUESTS.changed(call)) for call in change.services)
    yield from (("old_alerts", ALERTS.changed(alert)) for alert in change.alerts)
    yield from (("old_jobs", JOBS.changed(job)) for job in change.jobs)
    yield from (("old_dishes", DISHES.changed(dish)) for dish in change.dishes)


def _money(change: Change) -> Iterator[tuple[str, Row]]:
    yield from (("new_bills", BILLS.row(bill)) for bill in change.new_bills)
    yield from (("new_drawers", DRAWERS.row(drawer)) for drawer in change.new_drawers)
    yield from (("new_payments", PAYMENTS.row(each)) for each in change.new_payments)
    yield from (("new_refunds", REFUNDS.row(each)) for each in change.new_refunds)
    yield from (("new_entries", LEDGER.row(entry)) for entry in change.entries)
    yield from (("new_receipts", RECEIPTS.row(each)) for each in change.new_receipts)
    yield from (("old_bills", BILLS.changed(bill)) for bill in change.bills)
    yield from (("old_drawers", DRAWERS.changed(each)) for each in change.drawers)
    yield from (("old_payments", PAYMENTS.changed(each)) for each in change.payments)
    yield from (("old_refunds", REFUNDS.changed(each)) for each in change.refunds)


def _touched(pairs: Iterable[tuple[Order, Order]]) -> Iterator[Item]:
    for before, after in pairs:
        for old, new in zip(before.items, after.items, strict=True):
            if new != old:
                yield new


def _event(event: Event) -> dict[str, Any]:
    return {
        "restaurant_id": event.restaurant_id,
        "seq": event.seq,
        "event_id": event.event_id,
        "name": event.name,
        "at": event.at,
        "actor_role": event.actor.role,
        "actor_id": event.actor.id,
        "trace": event.trace,
        "about": event.about,
        "data": event.data,
    }
