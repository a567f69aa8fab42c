"""Holds everything that clients were told and shown to what Postgres says."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import asyncpg
import msgspec

from scripts.lunch import verdict
from scripts.lunch.ledger import Done
from scripts.lunch.screens import Opened
from scripts.lunch.verdict import Event, Verdict, Watched
from state.store import alerts, log, orders, services

ALL = 1_000_000
PEOPLE = {"guest", "waiter", "kitchen", "expo", "manager"}  # what others do nobody asked for


class Books(msgspec.Struct, frozen=True):
    """What Postgres says of one restaurant; `answers` are those it keeps, by command."""

    log: list[Event]
    answers: dict[str, dict[str, Any]]
    orders: dict[str, dict[str, Any]]
    alerts: dict[str, dict[str, Any]]
    requests: dict[str, dict[str, Any]]


async def read(conn: "asyncpg.Connection[Any]", rid: str, done: Collection[Done]) -> Books:
    """Read the books as they are at one moment."""
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        rows = await conn.fetch(
            "SELECT command_id, answer FROM commands WHERE command_id = ANY($1)",
            [each.command_id for each in done],
        )
        sessions = await conn.fetch(
            "SELECT DISTINCT session_id FROM orders WHERE restaurant_id = $1", rid
        )
        all_orders = [o for row in sessions for o in await orders.of_session(conn, row[0])]
        return Books(
            log=_plain(await log.read(conn, rid, 0, limit=ALL)),
            answers={row["command_id"]: row["answer"] for row in rows},
            orders=_by_id(all_orders),
            alerts=_by_id(await alerts.unresolved(conn, rid)),
            requests=_by_id(await services.undone(conn, rid)),
        )


def judge(books: Books, opened: Sequence[Opened], done: Sequence[Done], since: int) -> Verdict:
    """Return what is amiss in one restaurant; its load began after the seq `since`."""
    watched = [Watched(o.kind.who, o.line.screen, o.kind.hears, o.kind.session) for o in opened]
    found = verdict.judge(books.log, watched, [], set())
    return Verdict(
        lost=found.lost + list(_not_done(books, done)) + list(_not_from_one(books.log)),
        duplicated=found.duplicated + list(_done_twice(books.log, done, since)),
        out_of_order=found.out_of_order,
        strayed=found.strayed,
    )


def views(books: Books, opened: Sequence[Opened]) -> list[str]:
    """Return who is shown something else than what is stored."""
    return [one.kind.who for one in opened if one.line.screen.shown() != _due(books, one)]


def _due(books: Books, one: Opened) -> dict[str, Any]:
    """Return what the books would show on a screen; carts are compared with a newcomer's."""
    shown = one.line.screen.shown()
    kind = one.kind
    due = {
        "orders": {i: order for i, order in books.orders.items() if kind.keep(order)},
        "alerts": {i: alert for i, alert in books.alerts.items() if kind.ours(alert)},
        "requests": {i: call for i, call in books.requests.items() if kind.ours(call)},
    }
    return {name: due.get(name, part) for name, part in shown.items()}


def _not_done(books: Books, done: Sequence[Done]) -> Iterator[str]:
    ends = {seq for _, seq in _changes(books.log)}
    for each in done:
        kept = books.answers.get(each.command_id)
        if each.refused:
            continue
        if not each.ok:
            yield f"{each.name} {each.command_id} was refused"
        elif kept is None:
            yield f"{each.name} {each.command_id} was acknowledged and is not kept"
        elif kept.get("seq") != each.seq:
            yield f"{each.name} {each.command_id} was answered otherwise than is kept"
        elif each.seq is not None and each.seq not in ends:
            yield f"{each.name} {each.command_id} ends at {each.seq}, where nothing does"


def _done_twice(log: Sequence[Event], done: Sequence[Done], since: int) -> Iterator[str]:
    told = Counter(each.seq for each in done if each.ok and each.seq is not None)
    yield from (f"{n} commands were told that they end at {s}" for s, n in told.items() if n > 1)
    for role, seq in _changes(log):
        if seq > since and role in PEOPLE and seq not in told:
            yield f"what ends at {seq} was never acknowledged"


def _changes(log: Sequence[Event]) -> list[tuple[str, int]]:
    """Return, by the role of who made it, where the change of each command ends in the log.

    What a worker does about a command later on has the same trace, and is the hub's own.
    """
    ends = {(event["trace"], event["actor"]["role"]): event["seq"] for event in log}
    return [(role, seq) for (_, role), seq in ends.items()]


def _not_from_one(log: Sequence[Event]) -> Iterator[str]:
    if log and log[0]["seq"] != 1:
        yield f"the log begins at {log[0]['seq']}"


def _plain(found: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(found))


def _by_id(found: Any) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for each in _plain(found)}
