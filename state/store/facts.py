"""One statement that reads all that several decisions look at, as it is at one moment."""

import msgspec

from state.domain.alert import Alert
from state.domain.bill import Bill
from state.domain.change import Answer
from state.domain.drawer import Drawer
from state.domain.facts import Facts, Needs, Standing, Stock
from state.domain.job import Job
from state.domain.order import Order
from state.domain.payment import Payment, Refund
from state.domain.service import ServiceRequest
from state.domain.table import Table, TableSession
from state.store.alerts import ALERTS
from state.store.jobs import JOBS
from state.store.money import BILLS, DRAWERS, PAYMENTS, REFUNDS
from state.store.orders import ITEMS, ORDERS
from state.store.pool import Conn
from state.store.restaurants import RESTAURANTS
from state.store.rows import Rows
from state.store.services import REQUESTS
from state.store.tables import SESSIONS, TABLES

STOCK = Rows("menu_items", Stock)


class Given(msgspec.Struct, frozen=True, rename="camel"):
    """A command id that was used before, with the answer it got."""

    actor_id: str
    command_id: str
    answer: Answer


class Found(msgspec.Struct, frozen=True):
    restaurants: list[Standing]
    tables: list[Table]
    sessions: list[TableSession]
    orders: list[Order]
    alerts: list[Alert]
    services: list[ServiceRequest]
    dishes: list[Stock]
    jobs: list[Job]
    bills: list[Bill]
    payments: list[Payment]
    refunds: list[Refund]
    drawers: list[Drawer]
    commands: list[Given]


FOUND = msgspec.json.Decoder(Found)

# The names are those of the tables, so that columns are written as everywhere.
SEEN = """
WITH
seen_tables AS (
    -- OFFSET: or else the index of all tables in use looks better, while there are few of them.
    SELECT * FROM (SELECT * FROM tables WHERE id = ANY($1) OFFSET 0) AS named
    WHERE deleted_at IS NULL
),
seen_sessions AS (
    SELECT *,
        id = ANY($8) OR table_id = ANY($8) AS kitchen, id = ANY($9) OR table_id = ANY($9) AS stay
    FROM table_sessions WHERE (table_id = ANY($1) AND closed_at IS NULL)
        OR id = ANY($2::uuid[] || ARRAY(SELECT session_id FROM payments WHERE id = ANY($13)))
),
seen_bills AS (
    SELECT * FROM bills WHERE session_id = ANY(
        ARRAY(SELECT id FROM seen_sessions)
        || ARRAY(SELECT session_id FROM orders WHERE id = ANY($3))
        || ARRAY(SELECT session_id FROM payments WHERE id = ANY($13))
    )
),
seen_orders AS (
    SELECT *, id = ANY($8) AS kitchen FROM orders
    WHERE id = ANY($3) OR session_id = ANY(
        ARRAY(SELECT id FROM seen_sessions WHERE stay) || ARRAY(SELECT session_id FROM seen_bills)
    )
),
seen_payments AS (
    SELECT * FROM payments
    WHERE id = ANY($13) OR session_id = ANY(ARRAY(SELECT session_id FROM seen_bills))
),
seen_refunds AS (
    SELECT * FROM refunds WHERE payment_id = ANY(ARRAY(SELECT id FROM seen_payments))
),
seen_drawers AS (
    SELECT * FROM drawers WHERE staff_id = ANY($14) AND closed_at IS NULL
),
seen_alerts AS (
    SELECT * FROM alerts WHERE id = ANY($4)
        OR (order_id = ANY(ARRAY(SELECT id FROM seen_orders)) AND status <> 'RESOLVED')
),
seen_services AS (
    SELECT * FROM service_requests WHERE id = ANY($5)
        OR (status <> 'DONE' AND session_id = ANY(
            ARRAY(SELECT id FROM seen_sessions WHERE stay)
            || ARRAY(SELECT session_id FROM seen_bills)
        ))
),
seen_dishes AS (
    SELECT * FROM menu_items WHERE deleted_at IS NULL AND id = ANY(
        $6::uuid[]
        || ARRAY(SELECT menu_item_id FROM order_items
                 WHERE order_id = ANY(ARRAY(SELECT id FROM seen_orders)))
        || ARRAY(SELECT (line->>'menuItemId')::uuid
                 FROM seen_sessions, jsonb_array_elements(cart) AS line)
    )
),
seen_jobs AS (
    SELECT * FROM jobs WHERE id = ANY($12)
),
seen_commands AS (
    SELECT actor_id AS "actorId", command_id AS "commandId", answer FROM commands
    WHERE (actor_id, command_id) IN (SELECT * FROM unnest($10::text[], $11::text[]))
),
kitchens AS (
    SELECT restaurant_id FROM seen_tables WHERE id = ANY($8)
    UNION SELECT restaurant_id FROM seen_sessions WHERE kitchen
    UNION SELECT restaurant_id FROM seen_orders WHERE kitchen
),
seen_restaurants AS (
    SELECT * FROM restaurants WHERE deleted_at IS NULL AND id = ANY(
        $7::uuid[]
        || ARRAY(SELECT restaurant_id FROM seen_tables)
        || ARRAY(SELECT restaurant_id FROM seen_sessions)
        || ARRAY(SELECT restaurant_id FROM seen_orders)
        || ARRAY(SELECT restaurant_id FROM seen_alerts)
        || ARRAY(SELECT restaurant_id FROM seen_services)
        || ARRAY(SELECT restaurant_id FROM seen_dishes)
        || ARRAY(SELECT restaurant_id FROM seen_jobs)
        || ARRAY(SELECT restaurant_id FROM seen_payments)
    )
)
"""
NUMBERS = """
    SELECT coalesce(json_object_agg(business_day, last), '{}') FROM (
        SELECT business_day, last FROM order_numbers
        WHERE restaurant_id = restaurants.id ORDER BY business_day DESC LIMIT 3
    ) AS latest
"""
QUEUE = """
    SELECT coalesce(json_object_agg(station, seconds), '{}') FROM (
        SELECT i.station, sum(i.prep_seconds * i.quantity) AS seconds
        FROM orders o JOIN order_items i ON i.order_id = o.id
        WHERE o.restaurant_id = restaurants.id AND o.status NOT IN ('COMPLETED', 'CANCELLED')
          AND i.status IN ('QUEUED', 'PREPARING')
        GROUP BY i.station
    ) AS waiting
"""
STANDING = f"""
    {RESTAURANTS.columns}, restaurants.seq, ({NUMBERS}) AS numbers,
    CASE WHEN restaurants.id IN (SELECT restaurant_id FROM kitchens)
         THEN ({QUEUE}) ELSE '{{}}' END AS queue
"""
LINES = f"""
    ARRAY(SELECT item FROM (
        SELECT {ITEMS.columns} FROM order_items WHERE order_id = orders.id ORDER BY position
    ) AS item) AS items
"""


def _listed(table: str, columns: str) -> str:
    rows = f"SELECT {columns} FROM seen_{table}"
    return f"(SELECT coalesce(json_agg(found), '[]') FROM ({rows}) AS found)"


READ = f"""
{SEEN} SELECT json_build_object(
    'restaurants', {_listed("restaurants AS restaurants", STANDING)},
    'tables', {_listed("tables AS tables", TABLES.columns)},
    'sessions', {_listed("sessions AS table_sessions", SESSIONS.columns)},
    'orders', {_listed("orders AS orders", f"{ORDERS.columns}, {LINES}")},
    'alerts', {_listed("alerts AS alerts", ALERTS.columns)},
    'services', {_listed("services AS service_requests", REQUESTS.columns)},
    'dishes', {_listed("dishes AS menu_items", STOCK.columns)},
    'jobs', {_listed("jobs AS jobs", JOBS.columns)},
    'bills', {_listed("bills AS bills", BILLS.columns)},
    'payments', {_listed("payments AS payments", PAYMENTS.columns)},
    'refunds', {_listed("refunds AS refunds", REFUNDS.columns)},
    'drawers', {_listed("drawers AS drawers", DRAWERS.columns)},
    'commands', {_listed("commands", "*")}
)::text
"""


async def read(conn: Conn, needs: Needs) -> Facts:
    """Return the facts, all of the same moment. Nothing is held."""
    text = await conn.fetchval(
        READ,
        *(needs.tables, needs.sessions, needs.orders, needs.alerts, needs.services),
        *(needs.dishes, needs.restaurants, needs.kitchens, needs.stays),
        [actor for actor, _ in needs.commands],
        [command for _, command in needs.commands],
        *(needs.jobs, needs.payments, needs.drawers),
    )
    found = FOUND.decode(text)
    facts = Facts()
    facts.restaurants = {each.id: each for each in found.restaurants}
    facts.tables = {each.id: each for each in found.tables}
    facts.sessions = {each.id: each for each in found.sessions}
    facts.orders = {each.id: each for each in found.orders}
    facts.alerts = {each.id: each for each in found.alerts}
    facts.services = {each.id: each for each in found.services}
    facts.dishes = {each.id: each for each in found.dishes}
    facts.jobs = {each.id: each for each in found.jobs}
    facts.bills = {each.id: each for each in found.bills}
    facts.payments = {each.id: each for each in found.payments}
    facts.refunds = {each.id: each for each in found.refunds}
    facts.drawers = {each.id: each for each in found.drawers}
    facts.answers = {(each.actor_id, each.command_id): each.answer for each in found.commands}
    return facts
