"""Receipts by e-mail: asked for on the pay screen, sent by a job that forgets where to."""

import re
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from handlers import mailing, receipts
from handlers.deps import TRACE, Deps
from handlers.editing import Edit, edit
from handlers.jobs import Kind, Task
from handlers.mailing import Part, Sent
from handlers.papers import letter as words
from handlers.papers import receipt as paper
from handlers.papers.pdf import pdf
from handlers.providers.all import Providers
from state.domain.actor import FLOOR, Actor, Role
from state.domain.change import Answer
from state.domain.commands import WHOLE, Command
from state.domain.edits import Lang
from state.domain.errors import Code, Refusal, invalid
from state.domain.job import new_job
from state.store import receipts as store
from state.store.jobs import JOBS

NAME = "receipt.mail"
ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")
MOST = 5  # letters with one receipt
URGENT = 5


class MailReceipt(Command, frozen=True, kw_only=True):
    """Where to send a receipt, and in which language; without one in the guest's."""

    address: Annotated[str, Meta(max_length=254, pattern=WHOLE)]
    lang: Lang | None = None


class Mailing(msgspec.Struct, frozen=True, rename="camel"):
    """The job that sends it; its result is whether the mail server has it."""

    job_id: str


async def ask(payment_id: str, cmd: MailReceipt, who: Actor, deps: Deps) -> Answer:
    """Have the receipt of a payment sent by e-mail, five times at most.

    Raises NOT_FOUND as long as nothing was paid, CONFLICT where it was sent often enough.
    """
    if not ADDRESS.fullmatch(cmd.address):
        raise invalid("address", "is no e-mail address, such as ana@example.com")
    found = await receipts.of_payment(payment_id, who, deps)

    async def work(made: Edit) -> Mailing:
        if await store.mailed(made.conn, found.id) >= MOST:
            raise Refusal(Code.CONFLICT, f"it was sent {MOST} times: open its link instead")
        payload = {
            "receiptId": found.id,
            "address": cmd.address,
            "lang": cmd.lang or found.document.language,
        }
        job = new_job(
            *(found.tenant_id, found.restaurant_id, NAME, payload, made.now),
            priority=URGENT,
            owner=who.id,
            private=True,
            trace=TRACE.get(),
        )
        await JOBS.insert(made.conn, job)
        await store.note_mail(made.conn, job.id, found.id, made.now)
        return Mailing(job.id)

    return await edit(found.restaurant_id, who, deps, work, cmd, roles=FLOOR | {Role.GUEST})


async def _send(task: Task, providers: Providers) -> Sent:
    mail = mailing.require(providers.mail)
    asked: dict[str, Any] = task.job.payload
    async with task.deps.pool.acquire() as conn:
        found = await store.get(conn, asked["receiptId"])
    assert found is not None, "receipts are never forgotten"
    until = task.deps.now() + receipts.GOOD_FOR
    sheet = paper.sheet(found, asked["lang"])
    texts = words.texts(sheet, receipts.url(found, until, task.deps))
    parts = [Part(f"{found.name}.pdf", await pdf(sheet, found.issued_at))]
    sender = (found.document.restaurant, mail.sender)
    subject = f"{sheet.title.own} {found.name} · {found.document.restaurant}"
    made = mailing.letter(task, sender, asked["address"], subject, texts, parts)
    return await mailing.deliver(task, mail, made)


KINDS = (Kind(NAME, _send, seconds=90.0, at_once=8),)
