"""One fault under load, from the first order to the verdict."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import time

import msgspec

from scripts.lunch import boards
from scripts.lunch.verdict import Verdict
from scripts.mishaps import healing, referee
from scripts.mishaps.branch import Branch
from scripts.mishaps.crowd import Crowd
from scripts.mishaps.hall import Hall
from scripts.mishaps.referee import Books
from scripts.mishaps.shift import Plan, Shift, shift
from scripts.mishaps.till import Till
from state.store import alerts, services
from state.store.pool import Conn

SETTLE_SECONDS = 60.0
LOOK_SECONDS = 0.1
SAID = 20  # of what is wrong, so much in words


class Trial:
    """What a fault may lay hands on; it says when it is `over`, and what it found `wrong`."""

    def __init__(self, hall: Hall, load: Shift, plan: Plan) -> None:
        self.hall, self.load, self.plan = hall, load, plan
        self.wrong: list[str] = []
        self.crowd: Crowd | None = None
        self.back = 0.0  # when the last of the crowd was
        self.heard_by_crowd = 0
        self.till = Till(hall, load.branches)
        self.money = Verdict([], [], [], [])
        self.began = self.ended = time()

    def begin(self) -> None:
        self.began = self.ended = time()

    def over(self) -> None:
        """The fault is over: from here on the hub may heal."""
        self.ended = time()


@asynccontextmanager
async def taking_part(hall: Hall, load: Shift, plan: Plan) -> AsyncIterator[Trial]:
    trial = Trial(hall, load, plan)
    try:
        yield trial
    finally:
        if trial.crowd is not None:
            await trial.crowd.close()


class Fault(msgspec.Struct, frozen=True):
    """`do` brings it about and mends it, as far as anybody has to. It needs so many nodes, some
    another load, one a crowd, and one guests who pay.
    """

    name: str
    what: str
    do: Callable[[Trial], Awaitable[None]]
    nodes: int = 2
    load: Callable[[Plan], Plan] = lambda plan: plan
    crowd: bool = False
    pays: bool = False


class Result(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Times are in seconds: how long the fault lasted, how long healing took after it, and the
    longest that anybody waited for an event or an answer. Of `unsure` requests nobody knew for a
    while whether money had moved, of none longer than `unsureFor`.
    """

    fault: str
    what: str
    orders_per_second: float
    orders: int
    commands: int
    deliveries: int
    clients: int
    lasted: float
    healed: float
    longest_wait: float
    lost: int
    duplicated: int
    out_of_order: int
    strayed: int
    views: int
    views_wrong: int
    resets: int
    comebacks: int
    repeated: int
    payments: int = 0
    unsure: int = 0
    unsure_for: float = 0.0
    wrong: list[str]

    @property
    def clean(self) -> bool:
        return not self.wrong


async def run(hall: Hall, fault: Fault, usual: Plan) -> Result:
    """Let a fault happen under load, and judge what everybody saw."""
    plan = fault.load(usual)
    await hall.put_up(fault.nodes)
    complaints = len(hall.complaints())
    async with (
        shift(hall, plan, fault.nodes, pays=fault.pays) as load,
        taking_part(hall, load, plan) as trial,
    ):
        if fault.crowd:
            trial.crowd = Crowd(load.branches, plan.crowd)
            await trial.crowd.open([node.url for node in hall.nodes[: fault.nodes]])
        starts = {branch.id: await _head(hall, branch) for branch in load.branches}
        async with _offered(load, plan.rate):
            await asyncio.sleep(plan.before)
            trial.begin()
            await fault.do(trial)
            await asyncio.sleep(plan.after)
        await load.finish()
        if fault.pays:
            trial.money, amiss = await trial.till.close()
            trial.wrong += amiss
        books = [await _settled(trial, branch, starts[branch.id]) for branch in load.branches]
        trial.wrong += hall.complaints()[complaints:]
        return await _result(fault, trial, books, starts)


@asynccontextmanager
async def _offered(load: Shift, rate: float) -> AsyncIterator[None]:
    offering = asyncio.create_task(load.offer(rate))
    try:
        yield
    finally:
        offering.cancel()
        await asyncio.gather(offering, return_exceptions=True)


async def _head(hall: Hall, branch: Branch) -> int:
    async with hall.connection() as conn:
        return int(await conn.fetchval("SELECT seq FROM restaurants WHERE id = $1", branch.id))


async def _get_louder(conn: Conn, rid: str) -> bool:
    """Tell whether something of a restaurant has not been heard by everybody it may go to."""
    waiting = [*await alerts.unresolved(conn, rid), *await services.undone(conn, rid)]
    return any(each.next_at for each in waiting)


async def _settled(trial: Trial, branch: Branch, since: int) -> Books:
    """Return the books once nothing more will happen, and everybody has heard of it, if ever."""
    deadline = time() + SETTLE_SECONDS
    async with trial.hall.connection() as conn:
        while await _get_louder(conn, branch.id):
            if time() > deadline:
                trial.wrong.append("the worker leaves an alert or a call as it is")
                break
            await asyncio.sleep(LOOK_SECONDS)
        while True:
            books = await referee.read(conn, branch.id, branch.ledger.done)
            found = referee.judge(books, branch.screens.all, branch.ledger.done, since)
            if not found.lost or time() > deadline:
                return books
            await asyncio.sleep(LOOK_SECONDS)


async def _result(fault: Fault, trial: Trial, books: list[Books], starts: dict[str, int]) -> Result:
    found, differ, compared, waits = trial.money, list[str](), 0, []
    branches, plan, till = trial.load.branches, trial.plan, trial.till
    for branch, book in zip(branches, books, strict=True):
        opened, done = branch.screens.all, branch.ledger.done
        found = found.add(referee.judge(book, opened, done, starts[branch.id]))
        differ += [f"{who} is not shown what is stored" for who in referee.views(book, opened)]
        count, names = await boards.differing(branch.screens)
        differ += [f"{who} is not shown what a newcomer is" for who in names]
        compared += 2 * count
        screens = [one.line.screen for one in opened]
        waits += healing.waits_of(book.log, screens, done)
    screens = [one.line.screen for one in trial.load.opened]
    if trial.crowd is not None:
        of_crowd, strange, trial.heard_by_crowd = await trial.crowd.judge(
            {b.id: k for b, k in zip(branches, books, strict=True)}
        )
        found, differ = found.add(of_crowd), differ + strange
    back = [at for screen in screens for at in screen.entered] + [trial.back, till.settled_at]
    amiss = [*found.lost, *found.duplicated, *found.out_of_order, *found.strayed]
    return Result(
        fault=fault.name,
        what=fault.what.format(seconds=round(trial.ended - trial.began)),
        orders_per_second=plan.rate,
        orders=sum(len(branch.ledger.taps) for branch in branches),
        commands=sum(len(branch.ledger.done) for branch in branches),
        deliveries=sum(len(screen.heard) for screen in screens) + trial.heard_by_crowd,
        clients=len(screens) + (plan.crowd if trial.crowd else 0),
        lasted=round(trial.ended - trial.began, 2),
        healed=round(healing.healed(trial.began, trial.ended, waits, back), 2),
        longest_wait=round(max(seconds for _, seconds in waits), 2),
        lost=len(found.lost),
        duplicated=len(found.duplicated),
        out_of_order=len(found.out_of_order),
        strayed=len(found.strayed),
        views=compared,
        views_wrong=len(differ),
        resets=sum(screen.resets for screen in screens),
        comebacks=sum(len(screen.entered) - 1 for screen in screens),
        repeated=sum(branch.ledger.repeated for branch in branches),
        payments=till.payments,
        unsure=till.unsure,
        unsure_for=round(till.unsure_for, 2),
        wrong=[*trial.wrong, *differ, *amiss][:SAID],
    )
