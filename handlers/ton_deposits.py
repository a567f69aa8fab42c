"""Reading the chain: what has arrived at our address, each transfer once, and whose it is.

One worker looks at a time; how far it was read stands in Postgres. A transfer is written down
before anything comes of it, and what comes of it is decided on the log like all else, so whoever
is cut off leaves nothing half done: the next one reads the same again.
"""

from datetime import datetime, timedelta

import structlog
from msgspec.structs import replace

from handlers import charged
from handlers.deps import Deps, system
from handlers.providers.errors import ProviderError
from handlers.providers.stripe import Charge
from handlers.providers.toncenter import Toncenter
from handlers.unit import carry_out
from handlers.usecase import use_case
from state.domain.actor import Actor
from state.domain.change import Change
from state.domain.commands import Command, Id
from state.domain.facts import Facts
from state.domain.payment import OPEN, TAKEN, Method, Payment
from state.domain.ton import DUST, GRACE, Asset, Deposit, Invoice, Outcome
from state.store import money
from state.store import ton as store

log = structlog.get_logger()

LEASE = timedelta(seconds=60)  # a page takes a few seconds; then others may
AWAITED, IDLE = timedelta(seconds=3), timedelta(seconds=15)  # between two looks
LAG = timedelta(seconds=30)  # what is on the chain can be read by then
EARLY, NEVER = "only a part of it has arrived in time", "nobody has paid in time"


class Received(Command, frozen=True, kw_only=True):
    """A payment that has been made in full, by a transfer of that hash."""

    payment_id: Id
    session_id: Id | None
    hash: str
    sandbox: bool


class Expired(Command, frozen=True, kw_only=True):
    payment_id: Id
    session_id: Id | None
    why: str


async def look(deps: Deps, here: Toncenter | None) -> None:
    """Read what is new, where that is due and nobody else does."""
    if here is None:
        return
    for asset in here.assets:
        now = deps.now()
        async with deps.pool.acquire() as conn:
            cursor = await store.claim(conn, here.account, asset, now, now + LEASE)
        if cursor is not None:
            await _look(deps, here, asset, cursor.lt)


async def _look(deps: Deps, here: Toncenter, asset: Asset, lt: int) -> None:
    began, whole = deps.now(), False
    try:
        whole = await _read(deps, here, asset, lt)
    except ProviderError as exc:
        log.warning("the chain cannot be read", asset=asset, error=str(exc))
    if not whole:  # a payer waits, and nobody's payment expires unread
        async with deps.pool.acquire() as conn:
            await store.advance(conn, here.account, asset, lt, deps.now() + AWAITED)
        return
    await _expire(deps, here.account, asset, began)
    async with deps.pool.acquire() as conn:
        await store.give_up(conn)
        awaited = await store.is_awaited(conn, here.account, asset)
        then = deps.now() + (AWAITED if awaited else IDLE)
        await store.looked(conn, here.account, asset, began, then)


async def _read(deps: Deps, here: Toncenter, asset: Asset, lt: int) -> bool:
    """Take in all that is new; tell whether that was all there is."""
    while True:
        page = await here.deposits(asset, lt)
        for deposit in page.deposits:
            await take_in(deposit, deps)
        lt = page.lt
        async with deps.pool.acquire() as conn:
            await store.advance(conn, here.account, asset, lt, deps.now() + LEASE)
        if not page.more:
            return page.whole


async def take_in(deposit: Deposit, deps: Deps) -> None:
    """Keep a transfer, and let come of it what has to; told again, nothing happens."""
    async with deps.pool.acquire() as conn:
        invoice = await store.invoice_by(conn, deposit.comment) if deposit.comment else None
        if invoice is not None and not _is_for(deposit, invoice):
            invoice = None
        if invoice is None and deposit.units < DUST and deposit.asset is Asset.COIN:
            return
        known = replace(deposit, payment_id=invoice.payment_id if invoice else None)
        held = await store.arrived(conn, known)
    if held.outcome is not Outcome.NEW:
        return
    outcome, excess = await _outcome(held, invoice, deps)
    if outcome is not Outcome.PART and (outcome is not Outcome.SETTLED or excess):
        log.warning("a transfer to look at", hash=held.hash, outcome=outcome, excess=excess)
    async with deps.pool.acquire() as conn:
        await store.judge(conn, held, outcome, excess)


def _is_for(deposit: Deposit, invoice: Invoice) -> bool:
    return (deposit.account, deposit.asset) == (invoice.account, invoice.asset)


async def _outcome(deposit: Deposit, invoice: Invoice | None, deps: Deps) -> tuple[Outcome, int]:
    """Return what a transfer comes to, having booked the payment where it is the last of it."""
    if invoice is None:
        return Outcome.UNKNOWN, 0
    async with deps.pool.acquire() as conn:
        have = await store.parts(conn, invoice.payment_id)
    held = await _payment(invoice.payment_id, deps)
    if held.status in OPEN and deposit.at <= invoice.deadline:
        if have < invoice.units:
            return Outcome.PART, 0
        cmd = Received(
            payment_id=held.id,
            session_id=held.session_id,
            hash=deposit.hash,
            sandbox=invoice.sandbox or deposit.sandbox,
        )
        await carry_out(receive, cmd, system(held.tenant_id), deps)
        held = await _payment(invoice.payment_id, deps)
    if held.provider_ref == deposit.hash:
        return Outcome.SETTLED, max(0, have - invoice.units)  # less, where another has noted it
    return (Outcome.EXTRA if held.status in TAKEN else Outcome.LATE), 0


@use_case()
def receive(facts: Facts, cmd: Received, _actor: Actor, deps: Deps) -> Change | None:
    """Book a payment that was made; one that is over by now stays as it is."""
    held = facts.payments[cmd.payment_id]
    if held.status not in OPEN:
        return None
    charge = Charge(
        status="paid",
        ref=cmd.hash,
        payment_id=held.id,
        currency=held.currency,
        amount=held.total,
        method=Method.TON_WALLET,
        sandbox=cmd.sandbox,
    )
    return charged.applied(facts, held, charge, deps)


@use_case()
def expire(facts: Facts, cmd: Expired, _actor: Actor, deps: Deps) -> Change | None:
    """Let a payment come to nothing whose price no longer stands."""
    return charged.failed(facts, facts.payments[cmd.payment_id], cmd.why, deps)


async def _expire(deps: Deps, account: str, asset: Asset, began: datetime) -> None:
    """End the payments whose time was over before what was read had been on the chain."""
    async with deps.pool.acquire() as conn:
        late = await store.overdue(conn, account, asset, began - GRACE - LAG)
    for invoice in late:
        async with deps.pool.acquire() as conn:
            part = await store.parts(conn, invoice.payment_id)
        held = await _payment(invoice.payment_id, deps)
        cmd = Expired(payment_id=held.id, session_id=held.session_id, why=EARLY if part else NEVER)
        await carry_out(expire, cmd, system(held.tenant_id), deps)


async def _payment(payment_id: str, deps: Deps) -> Payment:
    async with deps.pool.acquire() as conn:
        held = await money.payment(conn, payment_id)
    assert held is not None, "an invoice is that of a payment"
    return held
