"""What decisions look at: read in one go, and kept up with what was decided on it since."""

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec
from msgspec.structs import asdict, replace

from state.domain.actor import Actor
from state.domain.alert import Alert, AlertStatus
from state.domain.bill import Bill
from state.domain.change import Answer, Change
from state.domain.commands import Command, LineRequest
from state.domain.drawer import Drawer
from state.domain.errors import not_found
from state.domain.job import Job
from state.domain.menu import Menu, MenuItem
from state.domain.order import ItemStatus, Order
from state.domain.payment import Payment, Refund
from state.domain.restaurant import Restaurant
from state.domain.service import ServiceRequest, ServiceStatus
from state.domain.table import Table, TableSession

# What a command names by which field.
NAMED = {
    "restaurant_id": "restaurants",
    "table_id": "tables",
    "to_table_id": "tables",
    "session_id": "sessions",
    "order_id": "orders",
    "alert_id": "alerts",
    "request_id": "services",
    "menu_item_id": "dishes",
    "job_id": "jobs",
    "payment_id": "payments",
}


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be looked at, by id; what belongs to it is looked at too.

    `kitchens` are sessions, tables and orders whose kitchen's work ahead counts; `stays` are
    sessions and tables where all that a party ordered and asked for counts. `commands` are ids
    with their actors. `drawers` are actors who may have a drawer open. Where a party has a bill,
    its payments and all its orders are looked at too.
    """

    restaurants: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    dishes: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    payments: tuple[str, ...] = ()
    drawers: tuple[str, ...] = ()
    kitchens: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()
    commands: tuple[tuple[str, str], ...] = ()


class Standing(Restaurant, frozen=True, rename="camel", kw_only=True):
    """A restaurant, with where its log, its order numbers and its kitchen stand.

    `numbers` has the last order number of each of the latest business days; `queue` each
    station's work ahead in seconds, where somebody asked for it.
    """

    seq: int
    numbers: dict[date, int]
    queue: dict[str, int]


class Stock(msgspec.Struct, frozen=True, rename="camel"):
    """What is left of a dish. The rest of it is the menu's."""

    id: str
    restaurant_id: str
    available: bool
    quantity: int | None


class Facts:
    """All that was found, by id; `menus` by restaurant, `answers` by actor and command."""

    def __init__(self) -> None:
        self.restaurants: dict[str, Standing] = {}
        self.tables: dict[str, Table] = {}
        self.sessions: dict[str, TableSession] = {}
        self.orders: dict[str, Order] = {}
        self.alerts: dict[str, Alert] = {}
        self.services: dict[str, ServiceRequest] = {}
        self.dishes: dict[str, Stock] = {}
        self.jobs: dict[str, Job] = {}
        self.bills: dict[str, Bill] = {}
        self.payments: dict[str, Payment] = {}
        self.refunds: dict[str, Refund] = {}
        self.drawers: dict[str, Drawer] = {}
        self.menus: dict[str, Menu] = {}
        self.answers: dict[tuple[str, str], Answer] = {}

    def restaurant(self, restaurant_id: str) -> Standing:
        """Return any tenant's restaurant: the caller checks who asks. Raises NOT_FOUND."""
        found = self.restaurants.get(restaurant_id)
        if found is None:
            raise not_found("restaurant")
        return found

    def table(self, table_id: str, actor: Actor) -> Table:
        found = self.tables.get(table_id)
        if found is None:
            raise not_found("table")
        self.require_reach(actor, found.restaurant_id, "table")
        return found

    def require_reach(self, actor: Actor, restaurant_id: str, what: str) -> None:
        """Raise NOT_FOUND where the actor has no business with a restaurant."""
        standing = self.restaurants.get(restaurant_id)
        if standing is None:
            raise not_found(what)
        actor.require_reach(standing.tenant_id, restaurant_id, what)

    def open_at(self, table_id: str) -> TableSession | None:
        """Return the session at a table that nobody has closed, expired or not."""
        at_table = (s for s in self.sessions.values() if s.table_id == table_id)
        return next((s for s in at_table if s.closed_at is None), None)

    def orders_of(self, session_id: str) -> list[Order]:
        mine = [order for order in self.orders.values() if order.session_id == session_id]
        return sorted(mine, key=lambda order: (order.created_at, order.id))

    def alerts_of(self, order_id: str) -> list[Alert]:
        """Return the alerts of an order that are not resolved."""
        mine = [alert for alert in self.alerts.values() if alert.order_id == order_id]
        return [alert for alert in mine if alert.status is not AlertStatus.RESOLVED]

    def calls_of(self, session_id: str) -> list[ServiceRequest]:
        """Return what a party asked for that is not done."""
        mine = [call for call in self.services.values() if call.session_id == session_id]
        return [call for call in mine if call.status is not ServiceStatus.DONE]

    def bill_of(self, session_id: str) -> Bill | None:
        return next((b for b in self.bills.values() if b.session_id == session_id), None)

    def payments_of(self, session_id: str) -> list[Payment]:
        """Return all payments of a party, also those that failed, oldest first."""
        mine = [p for p in self.payments.values() if p.session_id == session_id]
        return sorted(mine, key=lambda p: (p.created_at, p.id))

    def refunds_of(self, payment_id: str) -> list[Refund]:
        return [r for r in self.refunds.values() if r.payment_id == payment_id]

    def drawer_of(self, restaurant_id: str, staff_id: str) -> Drawer | None:
        """Return the drawer that somebody has open in a restaurant."""
        mine = (d for d in self.drawers.values() if d.staff_id == staff_id)
        here = (d for d in mine if d.restaurant_id == restaurant_id)
        return next((d for d in here if d.closed_at is None), None)

    def left(self, restaurant_id: str, ids: Iterable[str]) -> dict[str, MenuItem]:
        """Return dishes of a restaurant's menu with what is left of them."""
        items = self.menus[restaurant_id].items
        return {
            i: replace(items[i], available=stock.available, quantity=stock.quantity)
            for i in ids
            if i in items and (stock := self.dishes.get(i)) is not None
        }

    def apply(self, change: Change, placed: Mapping[str, Order]) -> None:
        """Let the next decision see a change; `placed` are its orders as the log has them."""
        for session in (*change.new_sessions, *change.sessions):
            self.sessions[session.id] = session
        self.orders.update(placed)
        for alert in (*change.new_alerts, *change.alerts):
            self.alerts[alert.id] = alert
        for call in (*change.new_services, *change.services):
            self.services[call.id] = call
        for job in (*change.new_jobs, *change.jobs):
            self.jobs[job.id] = job
        self._apply_money(change)
        for dish in change.dishes:
            self.dishes[dish.id] = replace(
                self.dishes[dish.id], available=dish.available, quantity=dish.quantity
            )
        for order in change.new_orders:
            _fill(self.restaurants[change.restaurant_id].queue, order)

    def _apply_money(self, change: Change) -> None:
        self.bills.update({each.id: each for each in (*change.new_bills, *change.bills)})
        self.payments.update({p.id: p for p in (*change.new_payments, *change.payments)})
        self.refunds.update({each.id: each for each in (*change.new_refunds, *change.refunds)})
        self.drawers.update({each.id: each for each in (*change.new_drawers, *change.drawers)})


def named(cmd: Command, actor: Actor, *, kitchen: bool, stay: bool, drawer: bool = False) -> Needs:
    """Return what a command is about: what its fields name, and a guest's own session."""
    ids: dict[str, tuple[str, ...]] = dict.fromkeys(NAMED.values(), ())
    for field, kind in NAMED.items():
        ids[kind] += _values(cmd, field)
    if actor.is_guest:
        ids["sessions"] = (actor.session,)
    lines = getattr(cmd, "items", None) or ()
    ids["dishes"] += tuple(each.menu_item_id for each in lines if isinstance(each, LineRequest))
    subjects = ids["tables"] + ids["sessions"] + ids["orders"]
    return Needs(
        **ids,
        kitchens=subjects if kitchen else (),
        stays=subjects if stay else (),
        drawers=(actor.id,) if drawer else (),
        commands=((actor.id, cmd.command_id),) if cmd.command_id is not None else (),
    )


def together(needs: Iterable[Needs]) -> Needs:
    """Return all that several decisions need, each thing once."""
    every = [asdict(each) for each in needs]
    return Needs(
        **{
            name: tuple(dict.fromkeys(value for each in every for value in each[name]))
            for name in Needs.__struct_fields__
        }
    )


def _values(cmd: Command, field: str) -> tuple[str, ...]:
    value = getattr(cmd, field, None)
    return () if value is None else (value,)


def _fill(queue: dict[str, int], order: Order) -> None:
    for item in order.items:
        if item.status is ItemStatus.QUEUED:
            work = item.prep_seconds * item.quantity
            queue[item.station] = queue.get(item.station, 0) + work
