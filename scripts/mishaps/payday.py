"""Money on the worst of nights: at every step of a payment somebody is killed."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import cycle
from time import monotonic
from typing import TYPE_CHECKING

from msgspec.structs import replace

from scripts.mishaps.bank import Point
from scripts.mishaps.shift import Plan

if TYPE_CHECKING:
    from scripts.mishaps.trial import Trial

WAIT_SECONDS = 30.0  # for a request at which to strike
ON_ITS_WAY_SECONDS = 0.1


async def money(trial: "Trial") -> None:
    """Kill the worker or a node at one step after the other, while the company misbehaves."""
    bank, until = trial.hall.bank, monotonic() + trial.plan.lasts
    trial.till.open()
    bank.rough = True
    for number, strike in enumerate(cycle((*STEPS, anything))):
        if number >= len(STEPS) and monotonic() > until:
            break
        try:
            await strike(trial)
            trial.till.struck[strike.__name__] += 1
        except TimeoutError:
            pass  # nobody paid in time
    bank.rough = False
    missed = [strike.__name__ for strike in STEPS if not trial.till.struck[strike.__name__]]
    trial.wrong += [f"nobody was killed at: {name}" for name in missed]
    trial.over()


async def request_sent(trial: "Trial") -> None:
    """The worker dies before the company has done anything, and nobody knows that."""
    await _worker_killed_at(trial, "come")


async def request_carried_out(trial: "Trial") -> None:
    """The worker dies when the company has done it, and has not said so."""
    await _worker_killed_at(trial, "done")


async def answer_sent(trial: "Trial") -> None:
    """The answer is on the worker's line when it dies, and nothing of it is written."""
    worker = trial.hall.worker
    async with trial.hall.bank.held("done", WAIT_SECONDS):
        worker.freeze()
    await asyncio.sleep(ON_ITS_WAY_SECONDS)
    await worker.kill()
    await worker.start()


async def webhook_sent(trial: "Trial") -> None:
    """A node dies with a webhook on its line."""
    async with trial.hall.bank.held("told", WAIT_SECONDS) as address:
        node = next(node for node in trial.hall.nodes if address.startswith(node.url))
        node.freeze()
    await asyncio.sleep(ON_ITS_WAY_SECONDS)
    await node.kill()
    await node.start()


async def anything(trial: "Trial") -> None:
    """The worker and a node die in the middle of whatever they do."""
    hit = (trial.hall.worker, trial.hall.nodes[0])
    await asyncio.gather(*(child.kill() for child in hit))
    await asyncio.gather(*(child.start() for child in hit))


STEPS: tuple[Callable[["Trial"], Awaitable[None]], ...] = (
    *(request_sent, request_carried_out, answer_sent, webhook_sent),
)


def paying(plan: Plan) -> Plan:
    """Parties take longer than orders, and there is much that can be struck."""
    return replace(plan, rate=plan.rate / 2, lasts=4 * plan.lasts)


async def _worker_killed_at(trial: "Trial", point: Point) -> None:
    async with trial.hall.bank.held(point, WAIT_SECONDS):
        await trial.hall.worker.kill()
    await trial.hall.worker.start()
