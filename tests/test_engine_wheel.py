"""The clock of all alarms: each rings once, in order, never late, and costs nothing meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from hub.engine.wheel import AT_ONCE, TICK, Alarm, Wheel

LATE = 10.0  # seconds; a machine that is busy with other things


@pytest.fixture
async def wheel() -> AsyncIterator[Wheel]:
    made = Wheel()
    yield made
    made.close()


class Bell:
    """Alarms that note their names when they ring."""

    def __init__(self) -> None:
        self.rung: list[str] = []

    def alarm(self, name: str) -> Alarm:
        return Alarm(lambda: self.rung.append(name))

    async def until(self, true: Callable[[list[str]], bool]) -> None:
        async with asyncio.timeout(LATE):
            while not true(self.rung):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(TICK)


async def test_alarms_ring_once_and_in_order(wheel: Wheel) -> None:
    bell = Bell()
    for name, seconds in (("third", 0.06), ("first", 0.0), ("second", 0.03)):
        wheel.set(bell.alarm(name), seconds)
    await bell.until(lambda rung: len(rung) == 3)
    await asyncio.sleep(0.05)
    assert bell.rung == ["first", "second", "third"]


async def test_an_alarm_rings_a_tick_early_at_most(wheel: Wheel) -> None:
    loop = asyncio.get_running_loop()
    rung = loop.create_future()
    began = loop.time()
    wheel.set(Alarm(lambda: rung.set_result(loop.time())), 0.05)
    assert 0.05 - 2 * TICK < await rung - began < 0.05 + LATE


async def test_an_alarm_set_anew_rings_at_the_later_time_only(wheel: Wheel) -> None:
    bell = Bell()
    again, other = bell.alarm("again"), bell.alarm("other")
    wheel.set(again, 0.01)
    wheel.set(other, 0.03)
    wheel.set(again, 0.06)
    await bell.until(lambda rung: len(rung) == 2)
    assert bell.rung == ["other", "again"]


async def test_a_cleared_alarm_does_not_ring(wheel: Wheel) -> None:
    bell = Bell()
    cleared = bell.alarm("cleared")
    wheel.set(cleared, 0.01)
    wheel.clear(cleared)
    wheel.clear(cleared)
    wheel.set(bell.alarm("rings"), 0.03)
    await bell.until(lambda rung: bool(rung))
    assert bell.rung == ["rings"]


async def test_an_alarm_may_clear_and_set_others_while_it_rings(wheel: Wheel) -> None:
    bell = Bell()
    victim = bell.alarm("victim")

    def strike() -> None:
        wheel.clear(victim)
        wheel.set(bell.alarm("late"), 0.01)

    wheel.set(Alarm(strike), 0.01)
    wheel.set(victim, 0.01)
    await bell.until(lambda rung: bool(rung))
    assert bell.rung == ["late"]


async def test_many_alarms_at_one_moment_leave_room_for_others(wheel: Wheel) -> None:
    rung: list[int] = []
    most, last = 0, 0

    def look() -> None:
        nonlocal most, last
        most, last = max(most, len(rung) - last), len(rung)
        if len(rung) < 10 * AT_ONCE:
            asyncio.get_running_loop().call_soon(look)

    for number in range(10 * AT_ONCE):
        wheel.set(Alarm(lambda number=number: rung.append(number)), 0.02)
    look()
    async with asyncio.timeout(LATE):
        while len(rung) < 10 * AT_ONCE:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(TICK)
    assert most <= 2 * AT_ONCE
    assert sorted(rung) == list(range(10 * AT_ONCE))


async def test_one_that_fails_does_not_silence_the_others(wheel: Wheel) -> None:
    told: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: told.append(context["message"]))
    bell = Bell()
    try:
        wheel.set(Alarm(lambda: [][0]), 0.01)  # type: ignore[arg-type,return-value]
        wheel.set(bell.alarm("rings"), 0.01)
        await bell.until(lambda rung: bool(rung))
    finally:
        loop.set_exception_handler(None)
    assert told == ["an alarm failed"]


async def test_a_thousand_alarms_of_one_length_need_few_timers(wheel: Wheel) -> None:
    for _ in range(1000):
        wheel.set(Alarm(lambda: None), 25.0)
    assert len(wheel._slots) <= 5
