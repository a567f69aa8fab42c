"""Work on one job: begun, done within its time, and ended; whatever happens, its owner hears."""

import asyncio
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

import structlog

from handlers import (
    billing_mail,
    channels,
    charging,
    checkin,
    conversations,
    disputes,
    esim_offers,
    folio,
    hotel_agencies,
    hotel_offers,
    jobs,
    menutexts,
    notes,
    notices,
    purchases,
    receipt_mail,
    rooming,
    ton,
    translation,
    voice,
)
from handlers.deps import TRACE, Deps, system
from handlers.jobs import DoubtError, Finish, Kind, LaterError, Outcome, PutOff, Task
from handlers.unit import carry_out
from state.domain.commands import JobCommand
from state.domain.errors import Code, Refusal
from state.domain.job import ENDED, Job
from state.store import jobs as store
from state.store.pool import UNREACHABLE

log = structlog.get_logger()

# All of them, by name: a service adds its own here.
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        *(
            *translation.KINDS,
            *notes.KINDS,
            *menutexts.KINDS,
            *conversations.KINDS,
            *voice.KINDS,
        ),
        *esim_offers.KINDS,
        *charging.KINDS,
        *disputes.KINDS,
        *purchases.KINDS,
        *ton.KINDS,
        *rooming.KINDS,
        *receipt_mail.KINDS,
        *billing_mail.KINDS,
        *(
            *hotel_offers.KINDS,
            *hotel_agencies.KINDS,
            *checkin.KINDS,
            *folio.KINDS,
            *channels.KINDS,
            *notices.KINDS,
        ),
    )
}

DOUBT_SECONDS = 5.0  # until it is read again what became of a request
AGAIN_SECONDS = 1.0  # Postgres was away


# Is told of each job's end: its kind, the code of its error or "ok", the seconds it took.
Ended = Callable[[str, str, float], None]


async def perform(
    job_id: str,
    kinds: Mapping[str, Kind],
    providers: Any,
    deps: Deps,
    ended: Ended = lambda *_: None,
) -> float | None:
    """Work on a job; return after how many seconds to come back to it, None when it has ended.

    Any number of workers may do so at once: the job ends once.
    """
    async with deps.pool.acquire() as conn:
        held = await store.get(conn, job_id)
    if held is None or held.ended:
        return None
    kind, began = kinds[held.kind], perf_counter()
    TRACE.set(held.trace)
    begun = await carry_out(
        jobs.begin(kind), JobCommand(job_id=held.id), system(held.tenant_id), deps
    )
    if begun.data is None or begun.data.status in ENDED:
        return None
    try:
        outcome = await _run(kind, Task(held, deps), providers)
    except LaterError as exc:
        later = PutOff(job_id=held.id, waiting=exc.waiting)
        await carry_out(jobs.put_off, later, system(held.tenant_id), deps)
        return exc.seconds
    except DoubtError:
        await carry_out(jobs.doubt, JobCommand(job_id=held.id), system(held.tenant_id), deps)
        return DOUBT_SECONDS
    except UNREACHABLE as exc:
        log.warning("a job waits for an engine", job=held.id, error=repr(exc))
        return AGAIN_SECONDS
    await _finish(kind, held, outcome, deps)
    seconds = perf_counter() - began
    ended(held.kind, (outcome.error or {}).get("code", "ok"), seconds)
    _tell(held, outcome, seconds)
    return None


async def _run(kind: Kind, task: Task, providers: Any) -> Outcome:
    try:
        async with asyncio.timeout(kind.seconds) as limit:
            return Outcome(result=await kind.run(task, providers))
    except TimeoutError:
        if not limit.expired():
            raise
        late = Refusal(Code.PROVIDER_UNAVAILABLE, "nobody answered in time")
        return Outcome(error=jobs.refusal(late))
    except Refusal as exc:
        return Outcome(error=jobs.refusal(exc))
    except (LaterError, DoubtError, *UNREACHABLE):
        raise
    except Exception as exc:
        log.exception("internal error", job=task.job.id, kind=kind.name, exc_info=exc)
        return Outcome(error=jobs.refusal(exc))


async def _finish(kind: Kind, held: Job, outcome: Outcome, deps: Deps) -> None:
    about = held.payload.get
    cmd = Finish(
        job_id=held.id,
        result=outcome.result,
        error=outcome.error,
        order_id=about("orderId"),
        session_id=about("sessionId"),
        payment_id=about("paymentId"),
    )
    await carry_out(jobs.finish(kind), cmd, system(held.tenant_id), deps)


def _tell(held: Job, outcome: Outcome, seconds: float) -> None:
    log.info(
        "job",
        job=held.id,
        kind=held.kind,
        error=(outcome.error or {}).get("code"),
        attempts=held.attempts + 1,
        ms=round(seconds * 1000, 1),
    )
