"""Holds the money that the card company took to the money that the hub has booked."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from time import time
from typing import Any

import asyncpg
import msgspec

from scripts.lunch.verdict import Verdict
from scripts.mishaps.bank import Bank

CARDS = ("method:CARD", "method:APPLE_PAY", "method:GOOGLE_PAY")
LOOK_SECONDS = 0.1
TAKEN = {"PAID", "PARTIALLY_REFUNDED", "REFUNDED"}
# What is not settled yet, each by what it would be if it stayed so.
OPEN = {
    "a payment that is under way": """
        SELECT id::text AS what FROM payments
        WHERE restaurant_id = $1 AND status IN ('PENDING', 'AUTHORIZED')""",
    "a refund that is under way": """
        SELECT id::text AS what FROM refunds WHERE restaurant_id = $1 AND status = 'PENDING'""",
    "a job that has not ended": """
        SELECT kind || ' ' || id::text AS what FROM jobs
        WHERE restaurant_id = $1 AND ended_at IS NULL""",
    "a request of which nobody knows": """
        SELECT i.step || ' of ' || j.id::text AS what FROM intents i JOIN jobs j ON j.id = i.job_id
        WHERE j.restaurant_id = $1 AND i.status IN ('PENDING', 'UNKNOWN')""",
}


class Paid(msgspec.Struct, frozen=True):
    """A payment as the hub has it; `booked` is what the ledger says of it, refunds taken off."""

    id: str
    session_id: str
    status: str
    amount: int
    booked: int


class Counted(msgspec.Struct, frozen=True):
    """What both have of one restaurant. `due` is what each party's orders came to, `taken` what
    the company took for each payment and kept, `charges` how often it took something.
    """

    paid: list[Paid]
    due: dict[str, int]
    taken: dict[str, int]
    charges: dict[str, int]


async def read(conn: "asyncpg.Connection[Any]", rid: str, bank: Bank) -> Counted:
    """Read what the hub has booked, and what the company has."""
    rows = await conn.fetch(
        "SELECT p.id::text, p.session_id::text, p.status, p.amount,"
        " coalesce((SELECT sum(l.amount) FROM ledger l WHERE l.payment_id = p.id"
        "   AND l.account = ANY($2)), 0)::bigint AS booked FROM payments p"
        " WHERE p.restaurant_id = $1 AND p.method <> 'CASH'",
        *(rid, CARDS),
    )
    due = await conn.fetch(
        "SELECT session_id::text, sum(total_amount - tips)::bigint AS due FROM orders"
        " WHERE restaurant_id = $1 AND status <> 'CANCELLED'"
        "   AND session_id IN (SELECT session_id FROM payments WHERE restaurant_id = $1)"
        " GROUP BY session_id",
        rid,
    )
    theirs = {
        intent["metadata"]["payment_id"]
        for intent in bank.intents.values()
        if intent["metadata"]["restaurant_id"] == rid
    }
    charged = Counter(charge["metadata"]["payment_id"] for charge in bank.charges.values())
    return Counted(
        paid=[msgspec.convert(dict(row), Paid) for row in rows],
        due={row["session_id"]: row["due"] for row in due},
        taken={name: amount for name, amount in bank.taken().items() if name in theirs},
        charges={name: count for name, count in charged.items() if name in theirs},
    )


def judge(counted: Counted) -> Verdict:
    """Return what is amiss: money that is lost, that was taken twice, or that nobody took."""
    return Verdict(
        lost=list(_unbooked(counted)),
        duplicated=list(_paid_twice(counted)),
        out_of_order=[],
        strayed=list(_made_up(counted)),
    )


async def settled(conn: "asyncpg.Connection[Any]", rid: str, deadline: float) -> list[str]:
    """Wait until all has come to its end; return what has not by then."""
    while True:
        left = [
            f"{name}: {row['what']}"
            for name, query in OPEN.items()
            for row in await conn.fetch(query, rid)
        ]
        if not left or time() > deadline:
            return left
        await asyncio.sleep(LOOK_SECONDS)


def _unbooked(counted: Counted) -> Iterator[str]:
    booked = {each.id: each.booked for each in counted.paid}
    for name, amount in counted.taken.items():
        if amount > booked.get(name, 0):
            yield f"of payment {name} {amount} was taken and {booked.get(name, 0)} is booked"
    for session, due, paid in _parties(counted):
        if paid < due:
            yield f"party {session} owes {due} and has paid {paid}"


def _paid_twice(counted: Counted) -> Iterator[str]:
    for name, count in counted.charges.items():
        if count > 1:
            yield f"payment {name} was charged {count} times"
    for session, due, paid in _parties(counted):
        if paid > due:
            yield f"party {session} owes {due} and has paid {paid}"


def _made_up(counted: Counted) -> Iterator[str]:
    for each in counted.paid:
        taken = counted.taken.get(each.id, 0)
        if each.booked > taken:
            yield f"of payment {each.id} {each.booked} is booked and {taken} was taken"


def _parties(counted: Counted) -> Iterator[tuple[str, int, int]]:
    """Yield what each party owes, and what it has paid; what went back does not count."""
    paid: Counter[str] = Counter()
    for each in counted.paid:
        if each.status in TAKEN:
            paid[each.session_id] += each.amount
    for session, due in counted.due.items():
        yield session, due, paid[session]
