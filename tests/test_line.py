"""The line in front of Postgres: who comes while a group is at work joins the next, and fairly."""

import asyncio
from collections.abc import Collection, Sequence

import msgspec

from handlers.line import APART_AT_ONCE, MOST, Line, Overtaken


class Waiting(msgspec.Struct, frozen=True):
    place: str
    number: int


class Counter:
    """Carries out groups, one turn each; `contested` places are overtaken until they are held."""

    def __init__(self, contested: Collection[str] = ()) -> None:
        self.line: Line[Waiting] = Line()
        self.groups: list[list[Waiting]] = []
        self.held: list[set[str]] = []
        self.at_work = self.most_at_work = 0
        self.locks = {place: asyncio.Event() for place in contested}

    def join(self, place: str, numbers: Sequence[int]) -> None:
        for number in numbers:
            self.line.join(Waiting(place, number), self.carry)

    async def carry(self, group: Sequence[Waiting], held: Collection[str]) -> Overtaken[Waiting]:
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        await asyncio.sleep(0)
        for place in held:
            await self.locks[place].wait()
        self.at_work -= 1
        lost = [] if held else [each for each in group if each.place in self.locks]
        self.groups.append([each for each in group if each not in lost])
        self.held.append(set(held))
        return Overtaken(lost, {each.place for each in lost})

    async def served(self, count: int) -> list[Waiting]:
        """Wait until so many are served; return them in the order in which they were."""
        async with asyncio.timeout(60):
            while len(found := [each for group in self.groups for each in group]) < count:  # noqa: ASYNC110
                await asyncio.sleep(0)
        return found


async def test_one_that_comes_alone_is_served_alone_and_at_once() -> None:
    counter = Counter()
    counter.join("a", [1])
    assert await counter.served(1) == [Waiting("a", 1)]
    counter.join("a", [2])
    await counter.served(2)
    assert [len(group) for group in counter.groups] == [1, 1]


async def test_those_who_come_while_a_group_is_at_work_are_the_next_group() -> None:
    counter = Counter()
    counter.join("a", [1])
    await asyncio.sleep(0)
    counter.join("a", range(2, 6))
    counter.join("b", [6])
    await counter.served(6)
    assert [len(group) for group in counter.groups] == [1, 5]
    assert counter.most_at_work == 1


async def test_a_place_is_served_in_the_order_in_which_it_came() -> None:
    counter = Counter()
    counter.join("a", range(5 * MOST))
    assert [each.number for each in await counter.served(5 * MOST)] == [*range(5 * MOST)]
    assert max(map(len, counter.groups)) == MOST


async def test_a_busy_place_leaves_room_for_the_others() -> None:
    counter = Counter()
    counter.join("busy", range(10 * MOST))
    await asyncio.sleep(0)
    counter.join("quiet", [1])
    await counter.served(10 * MOST + 1)
    assert any(each.place == "quiet" for group in counter.groups[:3] for each in group)


async def test_of_more_places_than_fit_into_a_group_each_has_its_turn() -> None:
    counter = Counter()
    for place in range(3 * MOST):
        counter.join(str(place), range(3))
    served = await counter.served(9 * MOST)
    assert all(len(group) <= MOST for group in counter.groups)
    first = [next(n for n, e in enumerate(served) if e.place == str(p)) for p in range(3 * MOST)]
    assert max(first) < 3 * MOST, "nobody is served twice before everybody was served once"


async def test_nobody_waits_for_a_place_where_another_node_is_at_work() -> None:
    counter = Counter(contested=["a"])
    counter.join("a", range(3))
    counter.join("b", range(3))
    await counter.served(3)
    counter.join("a", [3])
    counter.join("b", [3])
    assert {each.place for each in await counter.served(4)} == {"b"}
    counter.locks["a"].set()
    served = [each.number for each in await counter.served(8) if each.place == "a"]
    assert served == [0, 1, 2, 3]
    assert counter.held[-1] == {"a"}


async def test_only_some_wait_for_other_nodes_at_once() -> None:
    places = [str(number) for number in range(3 * APART_AT_ONCE)]
    counter = Counter(contested=places)
    for place in places:
        counter.join(place, [1])
    for _ in range(50):
        await asyncio.sleep(0)
    assert counter.at_work == APART_AT_ONCE
    for lock in counter.locks.values():
        lock.set()
    await counter.served(len(places))
