"""Paying in TON: a wallet is told where to, how much and what to write; then the chain is read.

Nobody at the other end can be asked to do anything, so a payment is begun by a price that stands
for a while, and called off by reading the chain once more before others may pay instead.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec

from handlers import charged
from handlers.deps import Deps
from handlers.jobs import Kind, LaterError, Outcome, Task
from handlers.providers.errors import ProviderError
from handlers.providers.toncenter import Toncenter
from state.domain import ton
from state.domain.change import Change
from state.domain.errors import Code, Refusal, not_found
from state.domain.facts import Facts
from state.domain.job import Job
from state.domain.payment import OPEN, Payment
from state.domain.ton import Asset, Invoice
from state.store import money
from state.store import ton as store

SECONDS = 60.0
CERTAIN = timedelta(seconds=10)  # what was sent before is on the chain by then, and readable
AGAIN_SECONDS = 2.0
NO_TON = Refusal(Code.PROVIDER_UNAVAILABLE, "this house takes no TON")


class Shown(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What a payer needs: `units` in the smallest unit, `amount` in coins as people read it.

    `received` is what has come so far. `link` opens a wallet, `webLink` one that is a page.
    """

    payment_id: str
    comment: str
    asset: Asset
    coin: str
    address: str
    units: str
    amount: str
    received: str
    missing: str
    price: str
    currency: str
    link: str
    web_link: str
    sandbox: bool
    expires_at: str


class Wallet(msgspec.Struct, frozen=True):
    """How links are made here: by which names and addresses."""

    coin: str
    web: str
    testnet: bool


async def start(task: Task, providers: Any) -> dict[str, Any]:
    """Freeze a price, and return by which comment the payment is known."""
    here = _here(providers)
    asset = Asset(task.job.payload["asset"])
    if asset not in here.assets:
        raise Refusal(Code.PROVIDER_UNAVAILABLE, f"this house takes no {asset}")
    async with task.deps.pool.acquire() as conn:
        held = await money.payment(conn, task.job.payload["paymentId"])
        known = await store.invoice_of(conn, task.job.payload["paymentId"])
    assert held is not None, "a payment is never forgotten before its jobs"
    if held.status not in OPEN:
        raise Refusal(Code.CONFLICT, "this payment was called off")
    if known is None:
        known = await _asked(held, asset, here, task.deps)
    return {"paymentId": held.id, "comment": known.comment, "sandbox": known.sandbox}


async def withdraw(task: Task, _providers: Any) -> dict[str, Any]:
    """Wait until everything was read that may have been sent before a payment was called off."""
    since = task.job.created_at + CERTAIN
    async with task.deps.pool.acquire() as conn:
        invoice = await store.invoice_of(conn, task.job.payload["paymentId"])
        if invoice is None:
            return {}
        cursor = await store.cursor(conn, invoice.account, invoice.asset)
    if cursor is None or cursor.looked_at < since:
        raise LaterError(AGAIN_SECONDS)
    return {}


def conclude_start(facts: Facts, job: Job, outcome: Outcome, deps: Deps) -> Change | None:
    """Let a payment be that there is no price for."""
    held = facts.payments[job.payload["paymentId"]]
    if outcome.error is not None:
        return charged.failed(facts, held, outcome.error["message"], deps)
    if held.status not in OPEN or not outcome.result["sandbox"]:
        return None
    return Change(
        tenant_id=held.tenant_id,
        restaurant_id=held.restaurant_id,
        payments=[msgspec.structs.replace(held, sandbox=True)],
        drafts=(),
        answer=None,
    )


def conclude_withdraw(facts: Facts, job: Job, outcome: Outcome, deps: Deps) -> Change | None:
    """Let others pay instead; what is paid by now is paid."""
    held = facts.payments[job.payload["paymentId"]]
    return None if outcome.error is not None else charged.failed(facts, held, "cancelled", deps)


KINDS = (
    Kind("payment.ton", start, conclude_start, SECONDS, at_once=16),
    Kind("payment.withdraw", withdraw, conclude_withdraw, SECONDS, at_once=16, attempts=1000),
)


async def show(comment: str, wallet: Wallet, deps: Deps) -> Shown:
    """Return a payment to whoever knows its comment."""
    async with deps.pool.acquire() as conn:
        found = await store.invoice_by(conn, comment)
        if found is None:
            raise not_found("payment")
        held = await money.payment(conn, found.payment_id)
        received = await store.parts(conn, found.payment_id)
    assert held is not None, "an invoice is that of a payment"
    left = msgspec.structs.replace(found, units=max(1, found.units - received))
    return Shown(
        payment_id=found.payment_id,
        comment=found.comment,
        asset=found.asset,
        coin=wallet.coin if found.asset is Asset.COIN else "USDT",
        address=ton.friendly(found.account, testnet=wallet.testnet),
        units=str(found.units),
        amount=ton.shown_units(found.units, found.asset),
        received=ton.shown_units(received, found.asset),
        missing=ton.shown_units(left.units, found.asset),
        price=found.price,
        currency=held.currency,
        link=ton.link(left, "ton://", testnet=wallet.testnet),
        web_link=ton.link(left, wallet.web, testnet=wallet.testnet),
        sandbox=found.sandbox,
        expires_at=found.expires_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
    )


async def _asked(held: Payment, asset: Asset, here: Toncenter, deps: Deps) -> Invoice:
    """Ask for the price, and keep what is to be paid by it.

    Before anybody hears of it, it is noted from where on the chain is read.
    """
    try:
        price = await here.rates.price(asset, held.currency)
        last, sandbox = await here.last(asset)
    except ProviderError as exc:
        raise Refusal(Code.PROVIDER_UNAVAILABLE, str(exc)) from exc
    now = deps.now()
    invoice = Invoice(
        payment_id=held.id,
        comment=ton.new_comment(),
        asset=asset,
        account=here.account,
        jetton=here.jetton if asset is Asset.USDT else "",
        units=ton.units_of(held.total, held.currency, asset, Decimal(price.price)),
        price=price.price,
        sandbox=sandbox or price.sandbox,
        created_at=now,
        expires_at=now + ton.LIFE,
    )
    async with deps.pool.acquire() as conn:
        await store.begin(conn, here.account, asset, last, now)
        return await store.add_invoice(conn, invoice)


def _here(providers: Any) -> Toncenter:
    if providers is None or providers.ton is None:
        raise NO_TON
    here: Toncenter = providers.ton
    return here
