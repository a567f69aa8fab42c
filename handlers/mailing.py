"""Letters: sent once, or, where the line broke when all was said, once more under the same name."""

from collections.abc import Sequence
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from typing import NamedTuple

import msgspec

from handlers.jobs import LaterError, Task
from handlers.providers.errors import AmbiguousError, ProviderError, UnavailableError
from handlers.providers.smtp import BusyMailboxError, Mail
from state.domain.errors import Code, Refusal
from state.store import intents as store
from state.store.intents import Intent, IntentStatus

STEPS = ("send", "send again")
# How long to wait by how old the letter is: 1, 5, 15 minutes, then every hour (a job lives a day).
PAUSES = ((60, 60.0), (6 * 60, 300.0), (21 * 60, 900.0))
HOURLY = 3600.0


class Part(NamedTuple):
    """A file that goes with a letter."""

    name: str
    body: bytes


class Sent(msgspec.Struct, frozen=True):
    """`sure`: the mail server has said that it has the letter. `sandbox`: it was a stand-in."""

    sure: bool
    sandbox: bool = False


def letter(
    task: Task,
    sender: tuple[str, str],
    to: str,
    subject: str,
    texts: tuple[str, str],
    parts: Sequence[Part],
) -> EmailMessage:
    """Return a letter as plain text and HTML; whoever sends it again gives it the same name."""
    made = EmailMessage()
    name, address = sender
    made["From"] = formataddr((name, address))
    made["To"] = to
    made["Subject"] = subject
    made["Date"] = format_datetime(task.job.created_at)
    made["Message-ID"] = f"<{task.job.id}@{address.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(texts[0])
    made.add_alternative(texts[1], subtype="html")
    for part in parts:
        made.add_attachment(part.body, maintype="application", subtype="pdf", filename=part.name)
    return made


def require(mail: Mail | None) -> Mail:
    if mail is None:
        raise Refusal(Code.PROVIDER_UNAVAILABLE, "no mail server is set up here")
    return mail


async def deliver(task: Task, mail: Mail, made: EmailMessage) -> Sent:
    """Send a job's letter; raise LaterError where nobody has it yet, a Refusal where nobody will.

    Of a letter sent twice whose fate is unknown it is said that nobody is sure.
    """
    for step in STEPS:
        intent, new = await _intent(task, step)
        if intent.status is IntentStatus.CONFIRMED:
            return Sent(True, intent.answer)
        if intent.status is IntentStatus.REJECTED:
            raise Refusal(Code(intent.answer[1]), intent.answer[0])
        if new and (sent := await _try(task, mail, made, intent)) is not None:
            return sent
    return Sent(False)


async def _try(task: Task, mail: Mail, made: EmailMessage, intent: Intent) -> Sent | None:
    """Send it; return None where nobody can tell whether it has arrived."""
    try:
        sandbox = await mail.send(made)
    except AmbiguousError:
        await _settle(task, intent, IntentStatus.UNKNOWN, None)
        return None
    except (UnavailableError, BusyMailboxError) as exc:
        async with task.deps.pool.acquire() as conn:
            await store.drop(conn, intent)
        raise LaterError(_pause(task.deps.now() - task.job.created_at)) from exc
    except ProviderError as exc:
        await _settle(task, intent, IntentStatus.REJECTED, [str(exc), exc.code])
        raise Refusal(Code(exc.code), str(exc)) from exc
    await _settle(task, intent, IntentStatus.CONFIRMED, sandbox)
    return Sent(True, sandbox)


def _pause(age: timedelta) -> float:
    seconds = age.total_seconds()
    return next((pause for until, pause in PAUSES if seconds < until), HOURLY)


async def _intent(task: Task, step: str) -> tuple[Intent, bool]:
    """Return what is kept of a step, and whether that is kept just now."""
    intent = Intent(
        job_id=task.job.id,
        step=step,
        provider=Mail.name,
        request={},
        created_at=task.deps.now(),
    )
    async with task.deps.pool.acquire() as conn:
        new = await store.put(conn, intent)
        return (intent if new else await store.get(conn, task.job.id, step)), new


async def _settle(task: Task, intent: Intent, status: IntentStatus, answer: object) -> None:
    async with task.deps.pool.acquire() as conn:
        await store.settle(conn, intent, status, answer)
