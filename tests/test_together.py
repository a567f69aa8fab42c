"""One question for all who ask at once."""

import asyncio
from collections.abc import Collection

import pytest

from hub.together import Together


class Oracle:
    """Notes what it was asked; it answers when it is told to."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.may = asyncio.Event()
        self.fails = False

    async def answer(self, keys: Collection[int]) -> dict[int, int]:
        self.asked.append(sorted(keys))
        await self.may.wait()
        if self.fails:
            raise ConnectionError("away")
        return {key: key * key for key in keys}


async def test_who_asks_alone_is_answered_alone() -> None:
    oracle = Oracle()
    oracle.may.set()
    together = Together(oracle.answer)
    assert [(await together.ask(key))[key] for key in (2, 3)] == [4, 9]
    assert oracle.asked == [[2], [3]]


async def test_all_who_come_while_a_question_is_under_way_are_in_the_next() -> None:
    oracle = Oracle()
    together = Together(oracle.answer)
    first = asyncio.create_task(together.ask(0))
    await asyncio.sleep(0.01)
    others = [asyncio.create_task(together.ask(key)) for key in (1, 2, 2, 3)]
    await asyncio.sleep(0.01)
    assert oracle.asked == [[0]]
    oracle.may.set()
    found = await asyncio.gather(first, *others)
    assert oracle.asked == [[0], [1, 2, 3]]
    assert found[1:] == [{1: 1, 2: 4, 3: 9}] * 4


async def test_a_question_that_fails_fails_for_all_in_it_and_for_nobody_after() -> None:
    oracle = Oracle()
    together = Together(oracle.answer)
    oracle.fails = True
    asking = [asyncio.create_task(together.ask(key)) for key in (1, 2)]
    await asyncio.sleep(0.01)
    oracle.may.set()
    outcomes = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [ConnectionError] * 2
    oracle.fails = False
    assert await together.ask(3) == {3: 9}


async def test_who_does_not_wait_for_the_answer_takes_it_from_nobody() -> None:
    oracle = Oracle()
    together = Together(oracle.answer)
    asking = [asyncio.create_task(together.ask(key)) for key in (1, 2)]
    await asyncio.sleep(0.01)
    asking[0].cancel()
    oracle.may.set()
    with pytest.raises(asyncio.CancelledError):
        await asking[0]
    assert (await asking[1])[2] == 4
