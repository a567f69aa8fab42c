"""Commands carried out in groups: each as if it were alone, whatever becomes of its neighbours."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import msgspec
import pytest

from handlers import menus, orders
from handlers.deps import Deps
from handlers.unit import carry_out
from handlers.usecase import UseCase
from hub.app import core
from hub.metrics import Metrics
from hub.settings import Settings
from scripts.mishaps.relay import Relay
from state.domain import moves
from state.domain.actor import Actor
from state.domain.change import Answer, Change
from state.domain.commands import (
    Command,
    CreateOrder,
    ItemCommand,
    LineRequest,
    OrderCommand,
    SetAvailability,
)
from state.domain.errors import Code, Refusal
from state.domain.facts import Facts
from state.domain.moves import Step
from state.store import record
from state.store.pool import UNREACHABLE
from tests.books import Books, open_books
from tests.fair import within

Outcomes = Sequence[Answer | BaseException]


@pytest.fixture
async def pair(settings: Settings) -> AsyncIterator[list[Deps]]:
    """What two nodes carry commands out with."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(core(settings, Metrics())) for _ in range(2)]


@pytest.fixture
async def books(pair: list[Deps]) -> Books:
    return await open_books(pair[0])


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many events each statement that writes has."""
    found: list[int] = []
    write = record.write

    async def counted(conn: Any, batches: dict[str, record.Batch]) -> set[str]:
        found.append(sum(batch.head - batch.seen for batch in batches.values()))
        return await write(conn, batches)

    monkeypatch.setattr(record, "write", counted)
    return found


def order(
    books: Books, table: int = 0, name: str | None = None, dish: str | None = None
) -> CreateOrder:
    """Return a command, by its `name` in this restaurant if it has one."""
    return CreateOrder(
        table_id=books.tables[table % len(books.tables)],
        items=(LineRequest(menu_item_id=dish or books.dish),),
        command_id=name and f"{books.id} {name}",
    )


async def place(
    books: Books, commands: Sequence[CreateOrder], *nodes: Deps, actor: Actor | None = None
) -> Outcomes:
    """Send commands at the same time, to nodes in turn; return what became of each."""
    places = nodes or (books.deps,)
    return await asyncio.gather(
        *(
            carry_out(orders.create, cmd, actor or books.manager, places[n % len(places)])
            for n, cmd in enumerate(commands)
        ),
        return_exceptions=True,
    )


async def unbroken(books: Books) -> list[str]:
    """Return the names of all events; their numbers have no gap."""
    found = await books.events()
    assert [event.seq for event in found] == list(range(1, len(found) + 1))
    return [event.name for event in found]


async def test_commands_that_come_at_once_share_a_statement(books: Books, sizes: list[int]) -> None:
    answers = await place(books, [order(books, 0) for _ in range(20)])
    assert [answer.data.order_number for answer in answers] == list(range(1, 21))
    assert sizes == [21], "twenty orders, and the party that sat down"


async def test_answers_and_log_are_in_the_order_in_which_commands_came(books: Books) -> None:
    answers = await place(books, [order(books, n) for n in range(80)])
    seqs = [answer.seq for answer in answers]
    assert seqs == sorted(seqs)
    for answer, event in zip(answers, await named(books, "order:new"), strict=True):
        assert event["id"] == answer.data.id
        assert event["seq"] == answer.seq == answer.data.seq
        assert event["orderNumber"] == answer.data.order_number
    await unbroken(books)


async def named(books: Books, name: str) -> list[dict[str, Any]]:
    return [msgspec.json.decode(e.data) for e in await books.events() if e.name == name]


def raising(_facts: Facts, _cmd: Command, _actor: Actor, _deps: Deps) -> Change:
    raise RuntimeError("a fault of ours")


def impossible(facts: Facts, cmd: CreateOrder, actor: Actor, deps: Deps) -> Change:
    """Decide what Postgres will not take: an order without a restaurant's table."""
    change = orders.create.decide(facts, cmd, actor, deps)
    assert change is not None
    [placed] = change.new_orders
    nowhere = msgspec.structs.replace(placed, table_id=placed.id)
    return msgspec.structs.replace(change, new_orders=[nowhere])


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (UseCase(raising), RuntimeError),
        (UseCase(impossible, kitchen=True), asyncpg.ForeignKeyViolationError),
        (orders.create, Refusal),
    ],
    ids=["raises", "cannot be written", "is refused"],
)
async def test_a_bad_command_among_good_neighbours_sinks_alone(
    books: Books, bad: UseCase[CreateOrder], error: type[Exception]
) -> None:
    good = [order(books, n, name=f"good {n}") for n in range(12)]
    dish = books.tables[0] if bad is orders.create else books.dish
    asked = [carry_out(orders.create, cmd, books.manager, books.deps) for cmd in good]
    asked.insert(6, carry_out(bad, order(books, dish=dish), books.manager, books.deps))
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(found.pop(6), error)
    assert [answer.data.order_number for answer in found] == list(range(1, 13))
    assert (await unbroken(books)).count("order:new") == 12
    assert await place(books, good) == [decoded(answer) for answer in found]


def decoded(answer: Answer) -> Answer:
    """Return an answer as it is when it has been kept."""
    return msgspec.json.decode(msgspec.json.encode(answer), type=Answer)


async def test_the_same_ids_on_two_nodes_at_once_happen_once(
    books: Books, pair: list[Deps]
) -> None:
    """They come in groups of which each has others besides."""
    for turn in range(5):
        same = [order(books, n, name=f"{turn} {n}") for n in range(10)]
        others = [order(books, n) for n in range(4)]
        sent = [cmd for cmd in same for _ in pair] + others
        found = await place(books, sent, *pair)
        ids = [answer_id(answer) for answer in found]
        assert ids[0:20:2] == ids[1:20:2]
        assert len(set(ids)) == 14
    assert (await unbroken(books)).count("order:new") == 5 * 14


def answer_id(answer: Answer | BaseException) -> str:
    assert isinstance(answer, Answer), answer
    return msgspec.to_builtins(answer.data)["id"]


async def test_the_same_id_twice_in_a_group_is_one_command(books: Books) -> None:
    await books.order()
    sent = [order(books, n % 3, name=f"tap {n % 3}") for n in range(9)]
    ids = [answer_id(answer) for answer in await place(books, sent)]
    assert ids == ids[:3] * 3
    assert (await unbroken(books)).count("order:new") == 4


async def test_a_refusal_is_repeated_within_a_group_and_after_it(books: Books) -> None:
    sent = [order(books, name="typo", dish=books.tables[0]) for _ in range(5)]
    for found in (await place(books, sent), await place(books, [order(books, name="typo")])):
        for each in found:
            error = each.body() if isinstance(each, Refusal) else each.error
            assert error["code"] == Code.NOT_FOUND


async def test_counted_dishes_are_never_oversold_in_groups_on_two_nodes(
    books: Books, pair: list[Deps]
) -> None:
    count = SetAvailability(menu_item_id=books.dish, available=True, quantity=7)
    await carry_out(menus.set_availability, count, books.manager, books.deps)
    found = await place(books, [order(books, n) for n in range(30)], *pair)
    sold = [answer for answer in found if isinstance(answer, Answer)]
    refused = [error.code for error in found if isinstance(error, Refusal)]
    assert (len(sold), refused) == (7, [Code.ITEM_UNAVAILABLE] * 23)
    left = [event["quantity"] for event in await named(books, "menu:availability")]
    assert left == [7, 6, 5, 4, 3, 2, 1, 0]
    await unbroken(books)


async def test_what_two_nodes_do_in_one_restaurant_has_one_order(
    books: Books, pair: list[Deps]
) -> None:
    found = await place(books, [order(books, n) for n in range(60)], *pair)
    assert sorted(a.data.order_number for a in found) == list(range(1, 61))
    assert sorted(e["seq"] for e in await named(books, "order:new")) == sorted(
        answer.seq for answer in found
    )
    await unbroken(books)


async def test_a_party_that_two_waiters_seat_at_once_is_one_party(books: Books) -> None:
    await books.order(1)  # the group that comes next has them both
    found = await place(books, [order(books), order(books), order(books)])
    assert len({answer.data.session_id for answer in found}) == 1
    assert (await unbroken(books)).count("table:statusChanged") == 2


async def test_an_alert_raised_and_answered_in_one_group_is_over(
    books: Books, db: asyncpg.Connection
) -> None:
    placed = (await place(books, [order(books)]))[0].data
    item = ItemCommand(order_id=placed.id, item_id=placed.items[0].id)

    async def step(which: Step) -> Answer:
        return await carry_out(orders.item_step(which), item, books.manager, books.deps)

    await asyncio.gather(step(Step.START), step(Step.READY), step(Step.SERVE))
    assert (await unbroken(books))[-1] == "alert:resolved"
    found = await db.fetch("SELECT status FROM alerts WHERE order_id = $1", placed.id)
    assert [row["status"] for row in found] == ["RESOLVED"]


async def test_of_two_who_know_the_same_version_one_wins_in_a_group(books: Books) -> None:
    placed = (await place(books, [order(books)]))[0].data
    cmd = OrderCommand(order_id=placed.id, expected_version=1)
    accept = orders.order_move(moves.accept)
    first, *others = await asyncio.gather(
        *(carry_out(accept, cmd, books.manager, books.deps) for _ in range(5)),
        return_exceptions=True,
    )
    assert first.version == 2
    assert {error.code for error in others} == {Code.STALE_VERSION}
    assert {error.details["version"] for error in others} == {2}


async def test_a_restaurant_that_another_node_writes_to_keeps_nobody_else_waiting(
    books: Books, db: asyncpg.Connection
) -> None:
    other = await open_books(books.deps)
    async with db.transaction():
        await db.execute("SELECT FROM restaurants WHERE id = $1 FOR NO KEY UPDATE", books.id)
        waiting = asyncio.create_task(place(books, [order(books, n) for n in range(5)]))
        for _ in range(5):
            await other.order()
        assert not waiting.done()
    assert [answer.data.order_number for answer in await waiting] == [1, 2, 3, 4, 5]


async def test_a_busy_restaurant_does_not_keep_another_waiting(books: Books) -> None:
    other = await open_books(books.deps)
    busy = asyncio.create_task(place(books, [order(books, n) for n in range(500)]))
    await asyncio.sleep(0)
    await other.order()
    assert (await unbroken(books)).count("order:new") < 250
    await busy


async def test_a_group_cut_off_from_postgres_fails_at_once_and_happens_once_when_it_is_back(
    settings: Settings, books: Books
) -> None:
    relay = Relay(settings.database_url)
    await relay.plug()
    cut = msgspec.structs.replace(settings, database_url=relay.url)
    sent = [order(books, n, name=f"cut {n}") for n in range(20)]
    async with core(cut, Metrics()) as deps:
        for turn in range(6):
            asked = asyncio.create_task(place(books, sent, deps))
            await asyncio.sleep(turn * 0.004)  # before, during and after the group is written
            await relay.pull()
            async with within(2.0):
                told = await asked
            for found in told:
                assert isinstance(found, (Answer, *UNREACHABLE)), found
            await relay.plug()
        answers = await place(books, sent, deps)
        assert await place(books, sent) == [decoded(answer) for answer in answers]
    await relay.pull()
    assert (await unbroken(books)).count("order:new") == 20
