"""The statements behind `record.py`: one part for each kind of row that commands change."""

from collections.abc import Mapping

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
from state.store.receipts import RECEIPTS
from state.store.services import REQUESTS
from state.store.tables import REVOKED, SESSIONS

EVENT = "restaurant_id, seq, event_id, name, at, actor_role, actor_id, trace, about, data"
COMMAND = "actor_id, command_id, name, answer"
PARTS = {
    "old_sessions": SESSIONS.updating("old_sessions") + " RETURNING 1",
    # A table has one open session: the old one must be closed before the new one is there.
    "new_sessions": SESSIONS.inserting("new_sessions")
    + " WHERE (SELECT count(*) FROM write_old_sessions) >= 0",
    "new_orders": ORDERS.inserting("new_orders", "tenant_id", "business_day"),
    "old_orders": ORDERS.updating("old_orders"),
    "new_items": ITEMS.inserting("new_items", "order_id", "position"),
    "old_items": ITEMS.updating("old_items"),
    "new_services": REQUESTS.inserting("new_services"),
    "old_services": REQUESTS.updating("old_services"),
    "new_alerts": ALERTS.inserting("new_alerts"),
    "old_alerts": ALERTS.updating("old_alerts"),
    "old_dishes": DISHES.updating("old_dishes"),
    # A trigger puts them in the queue as well: see migrations/0011_jobs.sql.
    "new_jobs": JOBS.inserting("new_jobs"),
    "old_jobs": JOBS.updating("old_jobs"),
    "events": f"INSERT INTO events ({EVENT}) SELECT {EVENT} FROM won,"
    " json_populate_recordset(NULL::events, won.events::json)",
    "commands": f"INSERT INTO commands ({COMMAND}) SELECT {COMMAND} FROM won,"
    " json_to_recordset(won.commands::json)"
    " AS given(actor_id text, command_id text, name text, answer json)",
    "numbers": "INSERT INTO order_numbers SELECT won.id, given.day, given.last FROM won,"
    " json_to_recordset(won.numbers::json) AS given(day date, last integer)"
    " ON CONFLICT (restaurant_id, business_day) DO UPDATE SET last = excluded.last",
}
# What only few commands change. Each part costs a tenth of a millisecond even when it is empty, so
# the statement that has these as well is another one.
MONEY = {
    "new_bills": BILLS.inserting("new_bills"),
    "old_bills": BILLS.updating("old_bills"),
    "new_drawers": DRAWERS.inserting("new_drawers"),
    "old_drawers": DRAWERS.updating("old_drawers"),
    "new_payments": PAYMENTS.inserting("new_payments"),
    "old_payments": PAYMENTS.updating("old_payments"),
    "new_refunds": REFUNDS.inserting("new_refunds"),
    "old_refunds": REFUNDS.updating("old_refunds"),
    "new_entries": LEDGER.inserting("new_entries"),
    # A trigger gives them their numbers: see migrations/0070_receipts.sql.
    "new_receipts": RECEIPTS.inserting("new_receipts"),
}


def _statement(parts: Mapping[str, str]) -> str:
    """Return the statement that writes parts, each a JSON array for every restaurant."""
    names = ", ".join([*parts, "revoked"])
    arrays = ", ".join(f"${number}::text[]" for number in range(4, len(parts) + 5))
    return f"""
WITH won AS (
    SELECT given.* FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], {arrays})
        AS given(id, seen, head, {names})
    JOIN restaurants ON restaurants.id = given.id AND restaurants.seq = given.seen
    FOR NO KEY UPDATE OF restaurants SKIP LOCKED
),
raised AS (
    UPDATE restaurants SET seq = won.head, seq_at = clock_timestamp() FROM won
    WHERE restaurants.id = won.id AND won.head > won.seen
),
{", ".join(f"write_{name} AS ({sql})" for name, sql in parts.items())}
SELECT won.id, (SELECT count(pg_notify('{REVOKED}', session))
                FROM json_array_elements_text(won.revoked::json) AS session)
FROM won
"""


WRITE = _statement(PARTS)
WRITE_MONEY = _statement(PARTS | MONEY)
