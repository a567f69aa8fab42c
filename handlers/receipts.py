"""Receipts as people get them: by a link that is signed and expires, as a page and as a file."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

import msgspec

from handlers.deps import Deps
from handlers.editing import require_place
from handlers.papers import receipt as paper
from handlers.papers.sheet import Sheet
from handlers.reports import Report, report
from state.domain import signed
from state.domain.actor import Actor
from state.domain.errors import Code, Refusal, not_found
from state.domain.payment import TAKEN, Method
from state.domain.receipt import Receipt
from state.domain.reports import Period
from state.store import money
from state.store import receipts as store
from state.store.pool import Conn

KIND = b"receipt"
GOOD_FOR = timedelta(days=90)  # until expenses are handed in; the restaurant can give another
SHOWN = 50


class ReceiptLink(msgspec.Struct, frozen=True, rename="camel"):
    """Whoever has the `url` may read the receipt, until it expires.

    `mailed`: it can be sent by e-mail too.
    """

    number: str
    url: str
    expires_at: datetime
    mailed: bool


class Issued(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A receipt, or a credit note, as managers see it in a list.

    `left` is what of the payment may still be given back; nothing of a credit note.
    """

    id: str
    payment_id: str
    method: Method
    left: int
    number: str
    credit_note: bool
    issued_at: datetime
    currency: str
    total: int
    table_number: str
    sandbox: bool
    url: str


class IssuedList(msgspec.Struct, frozen=True, rename="camel"):
    """`noneUntil`: what was paid until then has no receipt, as none were issued here yet."""

    receipts: list[Issued]
    none_until: datetime | None


class Entered(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One line of the journal: `amount` = `net` + `tax` + `tips`."""

    number: str
    issued_at: datetime
    original: str
    method: Method
    net: int
    tax: int
    tips: int
    amount: int


class Journal(Report, frozen=True, kw_only=True):
    rows: list[Entered]


class Opened(NamedTuple):
    """What a link leads to: `original` is the number of the receipt that a credit note is for.

    `notes` are the credit notes of a receipt: their numbers and links.
    """

    receipt: Receipt
    original: str
    notes: list[tuple[str, str]]


async def link(payment_id: str, mailed: bool, who: Actor, deps: Deps) -> ReceiptLink:
    """Return the link to the receipt of a payment: for guests of its table, its payer, and staff.

    Raises NOT_FOUND as long as nothing was paid, CONFLICT where that is older than receipts here.
    """
    found = await of_payment(payment_id, who, deps)
    until = deps.now() + GOOD_FOR
    return ReceiptLink(found.name, url(found, until, deps), until, mailed)


async def of_payment(payment_id: str, who: Actor, deps: Deps) -> Receipt:
    """Return the receipt of a payment that is the caller's business.

    Raises NOT_FOUND where that is not so, or nothing is paid yet; CONFLICT for a payment that is
    older than receipts are here.
    """
    async with deps.pool.acquire() as conn:
        held = await money.payment(conn, payment_id)
        found = await store.of_payment(conn, payment_id)
    if held is None or held.status not in TAKEN:
        raise not_found("receipt")
    who.require_reach(held.tenant_id, held.restaurant_id, "receipt")
    theirs = held.session_id == who.session if held.session_id else held.payer == who.id
    if who.is_guest and not theirs:
        raise not_found("receipt")
    if not found or found[0].refund_id is not None:
        raise Refusal(Code.CONFLICT, "it was paid before receipts were issued here: it has none")
    return found[0]


async def by_link(token: str, deps: Deps) -> Opened:
    """Return what a link leads to; raise NOT_FOUND, or SESSION_EXPIRED where it is too old."""
    receipt_id, until = signed.opened(KIND, token, "receipt", deps.tokens.secret, deps.now())
    async with deps.pool.acquire() as conn:
        found = await store.get(conn, receipt_id)
        if found is None:
            raise not_found("receipt")
        family = await store.of_payment(conn, found.payment_id)
    first = next((each.name for each in family if each.refund_id is None), "")
    if found.refund_id is not None:
        return Opened(found, first, [])
    notes = [(each.name, url(each, until, deps)) for each in family if each.refund_id is not None]
    return Opened(found, "", notes)


async def latest(rid: str, who: Actor, deps: Deps) -> IssuedList:
    """Return the restaurant's newest receipts and credit notes, 50 at most, with links."""
    await require_place(rid, who, deps)
    async with deps.pool.acquire() as conn:
        found = await store.latest(conn, rid, SHOWN)
        older = await store.none_until(conn, rid)
        left = await store.left_of(conn, [r.payment_id for r in found if r.refund_id is None])
    until = deps.now() + GOOD_FOR
    shown = [_issued(each, left, url(each, until, deps)) for each in found]
    return IssuedList(shown, older)


async def journal(rid: str, period: Period, who: Actor, deps: Deps) -> Journal:
    """Return what was issued, in the order of its numbers; as CSV with `Accept: text/csv`.

    What was given back is negative, and names the receipt that it is of.
    """
    return await report(rid, period, who, deps, _journal, Journal)


async def _journal(conn: Conn, rid: str, days: tuple[date, date]) -> list[Entered]:
    return [_entered(*each) for each in await store.between(conn, rid, days)]


def _entered(receipt: Receipt, original: str) -> Entered:
    document = receipt.document
    sign = 1 if receipt.refund_id is None else -1
    tax = sum(each.tax for each in document.taxes)
    return Entered(
        number=receipt.name,
        issued_at=receipt.issued_at,
        original=original,
        method=document.method,
        net=sign * (document.amount - tax),
        tax=sign * tax,
        tips=sign * document.tip,
        amount=sign * document.total,
    )


def sheet(opened: Opened, lang: str | None) -> Sheet:
    """Return it for a reader, in the guest's language unless another is asked for."""
    wanted = lang or opened.receipt.document.language
    return paper.sheet(opened.receipt, wanted, opened.original)


def url(receipt: Receipt, until: datetime, deps: Deps) -> str:
    token = signed.passing(KIND, receipt.id, until, deps.tokens.secret)
    return f"{deps.public_url}/receipt/{token}"


def _issued(receipt: Receipt, left: Mapping[str, int], at: str) -> Issued:
    document = receipt.document
    return Issued(
        id=receipt.id,
        payment_id=receipt.payment_id,
        method=document.method,
        left=0 if receipt.refund_id is not None else left.get(receipt.payment_id, 0),
        number=receipt.name,
        credit_note=receipt.refund_id is not None,
        issued_at=receipt.issued_at,
        currency=document.currency,
        total=document.total,
        table_number=document.table_number,
        sandbox=document.sandbox,
        url=at,
    )
