"""Intents: what another company is asked that must not be asked twice, kept before it is asked."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from state.store.pool import Conn
from state.store.rows import Rows


class IntentStatus(StrEnum):
    """UNKNOWN: it was sent, and no answer came; PENDING: perhaps it was not even sent."""

    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"
    UNKNOWN = "UNKNOWN"


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """One request within a job. `key` is what the other company may know it by."""

    job_id: str
    step: str
    provider: str
    status: IntentStatus = IntentStatus.PENDING
    request: dict[str, Any]
    answer: Any = None
    created_at: datetime

    @property
    def key(self) -> str:
        return f"{self.job_id}:{self.step}"


INTENTS = Rows("intents", Intent)


async def put(conn: Conn, intent: Intent) -> bool:
    """Keep a new intent; return False where there is one of that step already."""
    done = await conn.execute(
        "INSERT INTO intents (job_id, step, provider, status, request, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        *(intent.job_id, intent.step, intent.provider, intent.status, intent.request),
        intent.created_at,
    )
    return bool(done == "INSERT 0 1")


async def get(conn: Conn, job_id: str, step: str) -> Intent:
    row = await conn.fetchrow(
        f"SELECT {INTENTS.columns} FROM intents WHERE job_id = $1 AND step = $2", job_id, step
    )
    assert row is not None, "an intent is never forgotten before its job"
    return INTENTS.struct(row)


async def settle(conn: Conn, intent: Intent, status: IntentStatus, answer: Any) -> None:
    """Keep what became of an intent, unless that is known already."""
    await conn.execute(
        "UPDATE intents SET status = $3, answer = $4, settled_at = now()"
        " WHERE job_id = $1 AND step = $2 AND status IN ('PENDING', 'UNKNOWN')",
        *(intent.job_id, intent.step, status, answer),
    )


async def drop(conn: Conn, intent: Intent) -> None:
    """Forget an intent that has certainly come to nothing, so that it may be tried anew."""
    await conn.execute(
        "DELETE FROM intents WHERE job_id = $1 AND step = $2 AND status = 'PENDING'",
        *(intent.job_id, intent.step),
    )
