"""The handlers of `billing.invoice.created` and of reminders: letters to who pays for the house."""

from handlers import billing, mailing
from handlers.jobs import Kind, Task
from handlers.mailing import Part, Sent
from handlers.papers import invoice as paper
from handlers.papers import letter as words
from handlers.papers.pdf import pdf
from handlers.providers.all import Providers
from state.domain.billing import DebtStatus
from state.domain.events import Name
from state.store import billing as store


async def _send(task: Task, providers: Providers) -> Sent:
    """Send an invoice, or a reminder of one that is still owed.

    Without a mail server, or an address, managers find it on their page: nothing is amiss.
    """
    asked, deps = task.job.payload, task.deps
    async with deps.pool.acquire() as conn:
        owed = await store.invoice(conn, asked["invoiceId"])
        plan = await store.plan(conn, task.job.restaurant_id)
    assert owed is not None, "invoices are never forgotten"
    reminder = asked.get("reminder", 0)
    settled = reminder and owed.debt.status is DebtStatus.PAID
    if providers.mail is None or plan is None or not plan.email or settled:
        return Sent(False)
    made = owed.invoice
    sheet = paper.sheet(made, made.document.language, reminder)
    texts = words.texts(sheet, billing.url(made, deps))
    parts = [Part(f"{made.name}.pdf", await pdf(sheet, made.issued_at))]
    sender = (made.document.seller.name, providers.mail.sender)
    subject = f"{sheet.title.own} {made.name} · {made.document.restaurant}"
    letter = mailing.letter(task, sender, plan.email, subject, texts, parts)
    return await mailing.deliver(task, providers.mail, letter)


KINDS = (
    Kind(Name.BILLING_CREATED, _send, seconds=90.0, at_once=4),
    Kind("billing.reminder", _send, seconds=90.0, at_once=4),
)
