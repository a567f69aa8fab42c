"""One event to many members: the processor time of the server for each delivery.

Every burst is waited for until it was delivered whole, so no queue helps or hinders anybody.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from statistics import median
from typing import Any

import msgspec

from scripts.benches.contest import ROOMS, Crowd, Server, crowd, server
from scripts.benches.options import Options

SERVERS = ("hub", "stock", "node", "floor")
SMALL_ROOM = 4
AT_LEAST = 1000  # deliveries a burst, so that the command for it costs next to nothing


class Case(msgspec.Struct, frozen=True):
    members: int
    rooms: int
    events: int  # to each room, in one burst
    per_turn: int  # of the loop

    @property
    def deliveries(self) -> int:
        return self.members * self.events


async def run(options: Options) -> AsyncIterator[dict[str, Any]]:
    names = [name for name in SERVERS if name in options.peers]
    for case in cases(options.members):
        async with AsyncExitStack() as stack:
            pairs = {name: await _gather(stack, name, case) for name in names}
            rounds = [
                {name: await _cost(*pairs[name], case, options.cpu_seconds) for name in names}
                for _ in range(options.rounds + 1)
            ][1:]  # the first is to warm up: Node compiles what it does often
        about = {"members": case.members, "rooms": case.rooms, "eventsPerTurn": case.per_turn}
        for name in names:
            yield {**about, "server": name, **_compare(name, rounds), "rounds": options.rounds}


def cases(members: tuple[int, ...]) -> list[Case]:
    """One room of each size; then as many small rooms, and ten events at once, of a middle size."""
    middle = sorted(members)[len(members) // 2]
    small = max(1, middle // SMALL_ROOM)
    return [
        *(Case(count, 1, max(1, AT_LEAST // count), 1) for count in members),
        Case(small * SMALL_ROOM, small, 1, small),
        Case(middle, 1, 10, 10),
    ]


async def _gather(stack: AsyncExitStack, name: str, case: Case) -> tuple[Server, Crowd]:
    running = await stack.enter_async_context(server(name))
    clients = await stack.enter_async_context(crowd("eager"))
    await clients.enter(running.port, case.members, ROOMS, rooms=case.rooms)
    return running, clients


async def _cost(running: Server, clients: Crowd, case: Case, seconds: float) -> float:
    """Return the microseconds of a delivery, measured over so many seconds of the processor."""
    before, bursts, used = running.cpu(), 0, 0.0
    while used < seconds:
        await _burst(running, clients, case)
        bursts += 1
        used = running.cpu() - before
    return used * 1e6 / (bursts * case.deliveries)


async def _burst(running: Server, clients: Crowd, case: Case) -> None:
    await clients.expect(case.deliveries)
    running.tell("burst", case.rooms, case.events, case.per_turn)
    if await clients.heard(case.deliveries):
        raise RuntimeError(f"{running.name} has cut off clients")
    await running.answer()


def _compare(name: str, rounds: list[Mapping[str, float]]) -> dict[str, float]:
    """Return the medians: of the cost, and of how many times the floor's or the hub's it is."""
    found = {"cpuUs": round(median(each[name] for each in rounds), 2)}
    for other, label in (("floor", "timesFloor"), ("hub", "timesHub")):
        if other in rounds[0]:
            ratio = median(each[name] / each[other] for each in rounds)
            found[label] = round(ratio, 2)
    return found
