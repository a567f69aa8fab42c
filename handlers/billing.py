"""What restaurants pay for the hub: each month billed once, reminded of, and noted when paid.

An invoice, the event that tells of it, and the job that sends it are one transaction, which holds
the restaurant: of several workers one writes it, and one that dies has written nothing.
"""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import structlog

from handlers.deps import Deps, system
from handlers.editing import Edit, edit, require_place
from state.domain import billing, events, signed
from state.domain.actor import Actor, Role
from state.domain.billing import Debt, DebtStatus, HubInvoice, Operator, Subscription
from state.domain.commands import Command
from state.domain.errors import Code, Refusal, not_found
from state.domain.events import Name
from state.domain.job import new_job
from state.store import billing as store
from state.store.billing import Owed
from state.store.jobs import JOBS
from state.store.pool import UNREACHABLE

log = structlog.get_logger()

KIND = b"invoice"
GOOD_FOR = timedelta(days=90)
AT_ONCE, SHOWN = 50, 36
US = frozenset({Role.SERVICE})


class Plan(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`price` is for a month, without tax, in the minor unit of `currency`."""

    tariff: str
    name: str
    price: int
    currency: str
    tax_rate: int
    since: date
    ends_on: date | None
    email: str


class Invoiced(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """An invoice and how it stands; whoever has its `url` may read it."""

    id: str
    number: str
    month: date
    total: int
    currency: str
    status: DebtStatus
    due_on: date
    paid_on: date | None
    reminders: int
    url: str


class Account(msgspec.Struct, frozen=True):
    """A restaurant's plan, null where it has none, and its newest invoices, 36 at most."""

    plan: Plan | None
    invoices: list[Invoiced]


async def account(rid: str, who: Actor, deps: Deps) -> Account:
    """Return what the restaurant pays for the hub: its plan, and its invoices."""
    await require_place(rid, who, deps)
    async with deps.pool.acquire() as conn:
        held = await store.plan(conn, rid)
        tariff = held and await store.tariff(conn, held.tariff, held.currency)
        found = await store.latest(conn, rid, SHOWN)
    plan = None
    if held and tariff:
        plan = Plan(
            tariff=tariff.code,
            name=tariff.name,
            price=tariff.price,
            currency=tariff.currency,
            tax_rate=tariff.tax_rate,
            since=held.since,
            ends_on=held.ends_on,
            email=held.email,
        )
    return Account(plan, [_invoiced(each, deps) for each in found])


async def by_link(token: str, deps: Deps) -> Owed:
    """Return what a link leads to; raise NOT_FOUND, or SESSION_EXPIRED where it is too old."""
    invoice_id, _ = signed.opened(KIND, token, "invoice", deps.tokens.secret, deps.now())
    async with deps.pool.acquire() as conn:
        found = await store.invoice(conn, invoice_id)
    if found is None:
        raise not_found("invoice")
    return found


def url(made: HubInvoice, deps: Deps) -> str:
    token = signed.passing(KIND, made.id, deps.now() + GOOD_FOR, deps.tokens.secret)
    return f"{deps.public_url}/invoice/{token}"


async def run(deps: Deps, on: date | None = None) -> None:
    """Bill what is over, and remind of what is overdue; `on` is today by the operator's clock."""
    async with deps.pool.acquire() as conn:
        operator = await store.operator(conn)
    if operator is None:
        return
    today = on or _today(operator, deps.now())
    await _each(deps, _billing(operator, today), today, store.to_bill)
    await _each(deps, _reminding(today), today, store.to_remind)


async def settle(number: str, on: date | None, deps: Deps) -> None:
    """Note that an invoice was paid; told again, nothing happens. Raises NOT_FOUND."""
    series, _, rest = number.partition("-")
    year, _, place = rest.partition("-")
    found = None
    if series == billing.SERIES and year.isdecimal() and place.isdecimal():
        async with deps.pool.acquire() as conn:
            found = await store.by_number(conn, int(year), int(place))
    if found is None:
        raise not_found("invoice")

    async def work(made: Edit) -> None:
        held = await _held(made, found.invoice.id)
        if held.debt.status is not DebtStatus.PAID:
            after = billing.paid(held.debt, on or made.now.date())
            await store.save_debt(made.conn, after)
            _tell(made, Name.BILLING_CHANGED, held.invoice, after)

    await _alone(found.invoice.restaurant_id, found.invoice.tenant_id, work, deps)


async def subscribe(plan: Subscription, deps: Deps) -> None:
    """Give a restaurant a plan, or another one; what is billed stays billed."""

    async def work(made: Edit) -> None:
        if await store.operator(made.conn) is None:
            raise Refusal(Code.CONFLICT, "say first who runs this hub: `operator`")
        if await store.tariff(made.conn, plan.tariff, plan.currency) is None:
            raise not_found("tariff")
        before = await store.plan(made.conn, plan.restaurant_id)
        held = plan if before is None else billing.follow(before, plan)
        await store.save_plan(made.conn, held)
        await made.note("billing:plan", plan.restaurant_id, tariff=plan.tariff)

    await _alone(plan.restaurant_id, plan.tenant_id, work, deps)


Work = Callable[[Edit], Awaitable[Any]]


def _billing(operator: Operator, today: date) -> Callable[[Any], Work]:
    """Return the work that bills the next month of a plan, if nobody has done so meanwhile."""

    def about(plan: Subscription) -> Work:
        async def work(made: Edit) -> None:
            held = await store.plan(made.conn, plan.restaurant_id)
            span = None if held is None else billing.due(held, today)
            if held is None or span is None:
                return
            tariff = await store.tariff(made.conn, held.tariff, held.currency)
            assert tariff is not None, "a plan is at a tariff"
            new, debt = billing.invoice(held, tariff, span, made.here, operator, made.now, today)
            written = await store.add(made.conn, new, debt)
            await store.save_plan(made.conn, billing.billed(held, span))
            _tell(made, Name.BILLING_CREATED, written, debt)
            await _enqueue(made, Name.BILLING_CREATED, written.id)

        return work

    return about


def _reminding(today: date) -> Callable[[Any], Work]:
    """Return the work that reminds of an invoice, if nobody has paid or reminded meanwhile."""

    def about(owed: Owed) -> Work:
        async def work(made: Edit) -> None:
            held = await _held(made, owed.invoice.id)
            debt = held.debt
            late = debt.remind_on is not None and debt.remind_on <= today
            if debt.status is DebtStatus.PAID or not late:
                return
            after = billing.remind(debt, today)
            await store.save_debt(made.conn, after)
            _tell(made, Name.BILLING_CHANGED, held.invoice, after)
            await _enqueue(made, "billing.reminder", held.invoice.id, reminder=after.reminders)

        return work

    return about


async def _each(deps: Deps, about: Callable[[Any], Work], today: date, find: Any) -> None:
    """Do the work on all that is found, until nothing is.

    What goes wrong with one restaurant is left for the next round, and is not the others' trouble.
    """
    failed: set[str] = set()
    while True:
        async with deps.pool.acquire() as conn:
            found = await find(conn, today, AT_ONCE)
        todo = [each for each in found if _place(each)[0] not in failed]
        if not todo:
            return
        for each in todo:
            rid, tenant = _place(each)
            try:
                await _alone(rid, tenant, about(each), deps)
            except UNREACHABLE:
                raise
            except Exception as exc:
                log.exception("a restaurant was not billed", restaurant=rid, exc_info=exc)
                failed.add(rid)


def _place(each: Subscription | Owed) -> tuple[str, str]:
    about = each.invoice if isinstance(each, Owed) else each
    return about.restaurant_id, about.tenant_id


async def _alone(rid: str, tenant: str, work: Work, deps: Deps) -> None:
    await edit(rid, system(tenant), deps, work, Command(), roles=US)


async def _held(made: Edit, invoice_id: str) -> Owed:
    found = await store.invoice(made.conn, invoice_id)
    assert found is not None, "invoices are never forgotten"
    return found


def _tell(made: Edit, name: Name, invoice: HubInvoice, debt: Debt) -> None:
    made.drafts.append(events.of_billing(name, billing.news(invoice, debt)))


async def _enqueue(made: Edit, kind: str, invoice_id: str, **more: Any) -> None:
    payload = {"invoiceId": invoice_id, **more}
    job = new_job(made.here.tenant_id, made.here.id, kind, payload, made.now, stoppable=False)
    await JOBS.insert(made.conn, job)


def _today(operator: Operator, now: datetime) -> date:
    return now.astimezone(ZoneInfo(operator.timezone)).date()


def _invoiced(owed: Owed, deps: Deps) -> Invoiced:
    made, debt = owed
    return Invoiced(
        id=made.id,
        number=made.name,
        month=made.month,
        total=made.document.total,
        currency=made.document.currency,
        status=debt.status,
        due_on=debt.due_on,
        paid_on=debt.paid_on,
        reminders=debt.reminders,
        url=url(made, deps),
    )
