"""How money stands at this moment, in all restaurants: what is open, in doubt, or disputed."""

from math import inf

import msgspec

from state.store.pool import Conn

UNDER_WAY = """
    SELECT status, count(*), extract(epoch FROM now() - min(created_at))::float8 AS age
    FROM payments WHERE status IN ('PENDING', 'AUTHORIZED')
    AND method NOT IN ('CASH', 'ROOM_CHARGE', 'TON_WALLET') GROUP BY status
"""
UNKNOWN = """
    SELECT count(*), coalesce(extract(epoch FROM now() - min(i.created_at)), 0)::float8 AS age
    FROM jobs j JOIN intents i ON i.job_id = j.id
    WHERE j.status IN ('QUEUED', 'RUNNING', 'WAITING', 'UNKNOWN') AND j.kind LIKE 'payment.%'
    AND i.status IN ('PENDING', 'UNKNOWN')
"""
DISPUTED = """
    SELECT count(*), extract(epoch FROM min(due_by) - now())::float8 AS due
    FROM disputes WHERE closed_at IS NULL
"""


class OpenMoney(msgspec.Struct, frozen=True):
    """Payments at other companies by status, with the age of the oldest; requests without a known
    answer, likewise; open disputes, and how long the most urgent may yet be answered. In seconds.
    """

    open: dict[str, float]
    open_age: dict[str, float]
    unknown: int
    unknown_age: float
    disputes: int
    dispute_due: float


async def open_money(conn: Conn) -> OpenMoney:
    """Look it up; each part by an index of what is open."""
    rows = await conn.fetch(UNDER_WAY)
    unknown = await conn.fetchrow(UNKNOWN)
    disputed = await conn.fetchrow(DISPUTED)
    assert unknown is not None
    assert disputed is not None
    return OpenMoney(
        open={row["status"]: row["count"] for row in rows},
        open_age={row["status"]: row["age"] for row in rows},
        unknown=unknown["count"],
        unknown_age=unknown["age"],
        disputes=disputed["count"],
        dispute_due=inf if disputed["due"] is None else disputed["due"],
    )
