"""Asking another company once for what costs money: kept before it is asked, and never repeated.

Whoever finds a request without an answer, because a worker died or the line broke, reads at the
company what became of it. Nothing is bought again to find out.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from handlers.jobs import DoubtError, Task
from handlers.providers.errors import AmbiguousError, ProviderError
from state.domain.errors import Code, Refusal
from state.store import intents as store
from state.store.intents import Intent, IntentStatus

# Return the answer as it is kept; raise AmbiguousError where it may or may not have happened.
Ask = Callable[[Intent], Awaitable[Any]]
# Return the answer that the company has for an intent, None where it has certainly never got it.
Read = Callable[[Intent], Awaitable[Any | None]]


# After so long no request is under way any more: neither the company's time for it nor ours lasts.
PATIENCE = timedelta(minutes=3)


async def once(
    task: Task,
    step: str,
    provider: str,
    request: dict[str, Any],
    ask: Ask,
    read: Read,
    patience: timedelta = PATIENCE,
) -> Any:
    """Return the answer to a request that is made once, whatever happens to workers and lines.

    Raises a Refusal where it was certainly not carried out, and DoubtError as long as
    that cannot be told: what has not arrived may be on its way yet, for so long as `patience`.
    """
    intent = Intent(
        job_id=task.job.id,
        step=step,
        provider=provider,
        request=request,
        created_at=task.deps.now(),
    )
    async with task.deps.pool.acquire() as conn:
        new = await store.put(conn, intent)
        held = intent if new else await store.get(conn, task.job.id, step)
    if new:
        return await _ask(task, held, ask)
    if held.status is IntentStatus.CONFIRMED:
        return held.answer
    if held.status is IntentStatus.REJECTED:
        raise rejected(*held.answer)
    return await _read(task, held, read, patience)


async def _ask(task: Task, intent: Intent, ask: Ask) -> Any:
    try:
        answer = await ask(intent)
    except AmbiguousError as exc:
        await _settle(task, intent, IntentStatus.UNKNOWN, None)
        raise DoubtError from exc
    except ProviderError as exc:
        await _settle(task, intent, IntentStatus.REJECTED, [str(exc), exc.code])
        raise rejected(str(exc), exc.code) from exc
    except Refusal as exc:
        await _settle(task, intent, IntentStatus.REJECTED, [exc.message, exc.code])
        raise
    await _settle(task, intent, IntentStatus.CONFIRMED, answer)
    return answer


async def _read(task: Task, intent: Intent, read: Read, patience: timedelta) -> Any:
    try:
        answer = await read(intent)
    except ProviderError as exc:
        raise DoubtError from exc
    if answer is None and task.deps.now() - intent.created_at < patience:
        raise DoubtError
    if answer is None:
        await _settle(task, intent, IntentStatus.REJECTED, ["it never arrived"])
        raise rejected("it never arrived")
    await _settle(task, intent, IntentStatus.CONFIRMED, answer)
    return answer


async def _settle(task: Task, intent: Intent, status: IntentStatus, answer: Any) -> None:
    async with task.deps.pool.acquire() as conn:
        await store.settle(conn, intent, status, answer)


def rejected(why: str, code: str = Code.PROVIDER_UNAVAILABLE) -> Refusal:
    return Refusal(Code(code), f"nothing was bought: {why}")
