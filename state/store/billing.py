"""Tariffs, plans, and the operator's invoices; an invoice's number comes from a trigger."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from state.domain.billing import Debt, HubInvoice, Operator, Subscription, Tariff
from state.store.pool import Conn
from state.store.rows import Rows

OPERATOR = Rows("hub_operator", Operator)
TARIFFS = Rows("tariffs", Tariff)
PLANS = Rows("subscriptions", Subscription)
INVOICES = Rows("hub_invoices", HubInvoice)
DEBTS = Rows("hub_debts", Debt)


class Owed(NamedTuple):
    invoice: HubInvoice
    debt: Debt


async def operator(conn: Conn) -> Operator | None:
    row = await conn.fetchrow(f"SELECT {OPERATOR.columns} FROM hub_operator")
    return None if row is None else OPERATOR.struct(row)


async def set_operator(conn: Conn, given: Operator) -> None:
    await conn.execute("DELETE FROM hub_operator")
    await OPERATOR.insert(conn, given)


async def tariff(conn: Conn, code: str, currency: str) -> Tariff | None:
    row = await conn.fetchrow(
        f"SELECT {TARIFFS.columns} FROM tariffs WHERE code = $1 AND currency = $2", code, currency
    )
    return None if row is None else TARIFFS.struct(row)


async def tariffs(conn: Conn) -> list[Tariff]:
    rows = await conn.fetch(f"SELECT {TARIFFS.columns} FROM tariffs ORDER BY code, currency")
    return [TARIFFS.struct(row) for row in rows]


async def set_tariff(conn: Conn, given: Tariff) -> None:
    await conn.execute(
        "INSERT INTO tariffs (code, currency, name, price, tax_rate) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (code, currency)"
        " DO UPDATE SET name = $3, price = $4, tax_rate = $5",
        *(given.code, given.currency, given.name, given.price, given.tax_rate),
    )


async def plan(conn: Conn, restaurant_id: str) -> Subscription | None:
    row = await conn.fetchrow(
        f"SELECT {PLANS.columns} FROM subscriptions WHERE restaurant_id = $1", restaurant_id
    )
    return None if row is None else PLANS.struct(row)


async def save_plan(conn: Conn, given: Subscription) -> None:
    await conn.execute("DELETE FROM subscriptions WHERE restaurant_id = $1", given.restaurant_id)
    await PLANS.insert(conn, given)


async def to_bill(conn: Conn, today: date, limit: int) -> list[Subscription]:
    """Return plans of which a month is over that nobody has billed."""
    rows = await conn.fetch(
        f"SELECT {PLANS.columns} FROM subscriptions"
        " JOIN restaurants ON restaurants.id = restaurant_id AND restaurants.deleted_at IS NULL"
        " WHERE billed_until <= coalesce(ends_on, billed_until)"
        " AND least(ends_on, (date_trunc('month', billed_until) + interval '1 month - 1 day')::date"
        " ) < $1 ORDER BY billed_until LIMIT $2",
        *(today, limit),
    )
    return [PLANS.struct(row) for row in rows]


async def add(conn: Conn, made: HubInvoice, debt: Debt) -> HubInvoice:
    """Write an invoice, and that it is owed; return it with its number."""
    await INVOICES.insert(conn, made)
    await DEBTS.insert(conn, debt)
    found = await invoice(conn, made.id)
    assert found is not None, "it was written just now"
    return found.invoice


async def invoice(conn: Conn, invoice_id: str) -> Owed | None:
    return await _one(conn, "hub_invoices.id = $1", invoice_id)


async def by_number(conn: Conn, year: int, number: int) -> Owed | None:
    return await _one(conn, "year = $1 AND number = $2", year, number)


async def latest(conn: Conn, restaurant_id: str | None, limit: int) -> list[Owed]:
    """Return the newest invoices, of one restaurant or of all, newest first."""
    rows = await conn.fetch(
        f"{_BOTH} WHERE $1::uuid IS NULL OR hub_invoices.restaurant_id = $1"
        " ORDER BY year DESC, number DESC LIMIT $2",
        *(restaurant_id, limit),
    )
    return [_owed(row) for row in rows]


async def to_remind(conn: Conn, today: date, limit: int) -> list[Owed]:
    """Return what is overdue and of which somebody is to be reminded."""
    rows = await conn.fetch(
        f"{_BOTH} WHERE status <> 'PAID' AND remind_on <= $1 ORDER BY remind_on LIMIT $2",
        *(today, limit),
    )
    return [_owed(row) for row in rows]


async def save_debt(conn: Conn, debt: Debt) -> None:
    await conn.execute(
        "UPDATE hub_debts SET status = $2, paid_on = $3, reminders = $4, remind_on = $5"
        " WHERE invoice_id = $1",
        *(debt.invoice_id, debt.status, debt.paid_on, debt.reminders, debt.remind_on),
    )


_DEBT = DEBTS.columns.replace(' AS "', ' AS "debt_')
_BOTH = (
    f"SELECT {INVOICES.columns}, {_DEBT} FROM hub_invoices"
    " JOIN hub_debts ON invoice_id = hub_invoices.id"
)


async def _one(conn: Conn, which: str, *values: object) -> Owed | None:
    row = await conn.fetchrow(f"{_BOTH} WHERE {which}", *values)
    return None if row is None else _owed(row)


def _owed(row: Sequence[object]) -> Owed:
    fields = dict(row.items())  # type: ignore[attr-defined]
    debt = {k.removeprefix("debt_"): v for k, v in fields.items() if k.startswith("debt_")}
    return Owed(INVOICES.struct(fields), DEBTS.struct(debt))  # type: ignore[arg-type]
