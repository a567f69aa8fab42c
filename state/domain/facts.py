"""What decisions look at: read in one go, and kept up with what was decided on it since."""

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec
from msgspec.structs import asdict, replace

from state.domain.actor import Actor
from state.domain.alert import Alert, AlertStatus
from state.domain.change import Answer, Change
from state.domain.commands import Command
from state.domain.errors import not_found
from state.domain.job import Job
from state.domain.menu import Menu, MenuItem
from state.domain.order import ItemStatus, Order
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
}


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be looked at, by id; what belongs to it is looked at too.

    `kitchens` are sessions, tables and orders whose kitchen's work ahead counts; `stays` are
    sessions and tables where all that a party ordered and asked for counts. `commands` are ids
    with their actors.
    """

    restaurants: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    dishes: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
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
        for dish in change.dishes:
            self.dishes[dish.id] = replace(
                self.dishes[dish.id], available=dish.available, quantity=dish.quantity
            )
        for order in change.new_orders:
            _fill(self.restaurants[change.restaurant_id].queue, order)


def named(cmd: Command, actor: Actor, *, kitchen: bool, stay: bool) -> Needs:
    """Return what a command is about: what its fields name, and a guest's own session."""
    ids: dict[str, tuple[str, ...]] = dict.fromkeys(NAMED.values(), ())
    for field, kind in NAMED.items():
        ids[kind] += _values(cmd, field)
    if actor.is_guest:
        ids["sessions"] = (actor.session,)
    ids["dishes"] += tuple(line.menu_item_id for line in getattr(cmd, "items", None) or ())
    subjects = ids["tables"] + ids["sessions"] + ids["orders"]
    return Needs(
        **ids,
        kitchens=subjects if kitchen else (),
        stays=subjects if stay else (),
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
