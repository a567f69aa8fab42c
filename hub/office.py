"""The operator's office: who runs the hub, what it costs, who has which plan, who has paid.

`operator`, `tariff`, `plan`, `invoices`, `paid` of `python -m hub.cli`; amounts are written as
people write them, such as 49.00.
"""

import argparse
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from handlers import billing
from handlers.papers.tongue import tongue
from hub.app import core
from hub.metrics import Metrics
from hub.settings import Settings
from state.domain.billing import Operator, Subscription, Tariff
from state.domain.errors import Code, Refusal
from state.domain.legal import Legal
from state.domain.money import exponent
from state.store import billing as store
from state.store import pool, restaurants

SHOWN = 200


def add_commands(commands: Any) -> None:
    known = commands.add_parser("operator", help="say who runs this hub, and sends the invoices")
    for name in ("name", "address", "tax-id", "pay-to"):
        known.add_argument(f"--{name}", required=True)
    known.add_argument("--language", default="en")
    known.add_argument("--timezone", default="UTC", type=_zone)
    known.add_argument("--due-days", type=int, default=14)
    known.set_defaults(run=_operator)
    price = commands.add_parser("tariff", help="set what a plan costs a month in a currency")
    price.add_argument("code")
    price.add_argument("--name", required=True)
    price.add_argument("--currency", required=True)
    price.add_argument("--price", required=True, help="for a month, without tax")
    price.add_argument("--tax", default="0", help="per cent")
    price.set_defaults(run=_tariff)
    plan = commands.add_parser("plan", help="give a restaurant a plan, or end it")
    plan.add_argument("restaurant", help="its id")
    plan.add_argument("tariff")
    plan.add_argument("--currency", required=True)
    plan.add_argument("--email", default="", help="where invoices go")
    plan.add_argument("--since", type=date.fromisoformat, default=None)
    plan.add_argument("--until", type=date.fromisoformat, default=None, help="its last day")
    plan.set_defaults(run=_plan)
    listed = commands.add_parser("invoices", help="list the newest invoices")
    listed.set_defaults(run=_invoices)
    paid = commands.add_parser("paid", help="note that an invoice was paid")
    paid.add_argument("number", help="such as H-2026-000012")
    paid.add_argument("--on", type=date.fromisoformat, default=None)
    paid.set_defaults(run=_paid)


async def _operator(settings: Settings, given: argparse.Namespace) -> None:
    address = given.address.replace("\\n", "\n")
    made = Operator(
        legal=Legal(name=given.name, address=address, tax_id=given.tax_id),
        language=given.language,
        timezone=given.timezone,
        pay_to=given.pay_to,
        due_days=given.due_days,
    )
    conn = await pool.connect(settings.database_url)
    try:
        async with conn.transaction():
            await store.set_operator(conn, made)
    finally:
        await conn.close()
    print(f"{given.name} runs this hub")


async def _tariff(settings: Settings, given: argparse.Namespace) -> None:
    currency = given.currency.upper()
    made = Tariff(
        code=given.code,
        currency=currency,
        name=given.name,
        price=_amount(given.price, exponent(currency), "--price"),
        tax_rate=_amount(given.tax, 2, "--tax"),
    )
    conn = await pool.connect(settings.database_url)
    try:
        await store.set_tariff(conn, made)
    finally:
        await conn.close()
    price = tongue("en").money(made.price, currency)
    print(f"{made.code} is {price} a month, and {tongue('en').rate(made.tax_rate)} tax")


async def _plan(settings: Settings, given: argparse.Namespace) -> None:
    async with core(settings, Metrics()) as deps:
        async with deps.pool.acquire() as conn:
            here = await restaurants.get(conn, given.restaurant)
        since = given.since or deps.now().astimezone(ZoneInfo(here.timezone)).date()
        plan = Subscription(
            restaurant_id=here.id,
            tenant_id=here.tenant_id,
            tariff=given.tariff,
            currency=given.currency.upper(),
            email=given.email,
            since=since,
            ends_on=given.until,
            billed_until=since,
        )
        await billing.subscribe(plan, deps)
    print(f"{here.name} has the plan {given.tariff}")


async def _invoices(settings: Settings, _given: argparse.Namespace) -> None:
    conn = await pool.connect(settings.database_url)
    try:
        found = await store.latest(conn, None, SHOWN)
    finally:
        await conn.close()
    for made, debt in found:
        total = tongue("en").money(made.document.total, made.document.currency)
        print(
            f"{made.name}  {debt.status:8}  due {debt.due_on}  {total}  {made.document.restaurant}"
        )


async def _paid(settings: Settings, given: argparse.Namespace) -> None:
    async with core(settings, Metrics()) as deps:
        await billing.settle(given.number, given.on, deps)
    print(f"{given.number} is paid")


def _amount(text: str, decimals: int, name: str) -> int:
    """Return an amount in the minor unit; raise INVALID for what is none."""
    try:
        exact = Decimal(text).scaleb(decimals)
    except InvalidOperation as exc:
        raise Refusal(Code.INVALID, f"{name} is no number: {text}") from exc
    if exact != exact.to_integral_value() or exact < 0:
        raise Refusal(
            Code.INVALID, f"{name} has {decimals} decimals at most, and is no debt: {text}"
        )
    return int(exact)


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError) as exc:
        raise argparse.ArgumentTypeError(f"no time zone such as Europe/Berlin: {text}") from exc
    return text
