"""eSIMs: how their purchases stand, they themselves, and what the company told of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from state.domain.esim import Esim, Purchase
from state.store.pool import PRUNE_SECONDS, Conn
from state.store.rows import Rows

PURCHASES = Rows("esim_purchases", Purchase)
ESIMS = Rows("esims", Esim)
FIND = f"SELECT {ESIMS.columns} FROM esims"
LEASE = timedelta(minutes=5)  # until another worker looks at what one has taken and not looked at
BOUGHT = ("package", "stage", "request_id", "error", "changed_at")


async def begin(conn: Conn, purchase: Purchase) -> Purchase:
    """Keep a new purchase; return it, or the one there is under its id."""
    await conn.execute(
        "INSERT INTO esim_purchases (id, tenant_id, restaurant_id, owner, kind, package_id,"
        " esim_id, prepaid, stage, request_id, created_at, changed_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', $10, $10) ON CONFLICT DO NOTHING",
        *(purchase.id, purchase.tenant_id, purchase.restaurant_id, purchase.owner),
        *(purchase.kind, purchase.package_id, purchase.esim_id, purchase.prepaid),
        *(purchase.stage, purchase.created_at),
    )
    found = await find_purchase(conn, purchase.id)
    assert found is not None
    return found


async def find_purchase(conn: Conn, purchase_id: str) -> Purchase | None:
    row = await conn.fetchrow(
        f"SELECT {PURCHASES.columns} FROM esim_purchases WHERE id = $1", purchase_id
    )
    return None if row is None else PURCHASES.struct(row)


async def change(conn: Conn, before: Purchase, after: Purchase) -> bool:
    """Write a purchase that is a step further; return False where another worker was faster."""
    sets = ", ".join(f"{name} = ${number}" for number, name in enumerate(BOUGHT, 3))
    done = await conn.execute(
        f"UPDATE esim_purchases SET {sets} WHERE id = $1 AND stage = $2",
        *(before.id, before.stage),
        *(getattr(after, name) for name in BOUGHT),
    )
    return bool(done == "UPDATE 1")


async def abandoned(conn: Conn, limit: int) -> list[Purchase]:
    """Return purchases that are not over although their jobs are: nobody works on them."""
    rows = await conn.fetch(
        f"SELECT {PURCHASES.columns} FROM esim_purchases JOIN jobs ON jobs.id = esim_purchases.id"
        " WHERE stage NOT IN ('DELIVERED', 'FAILED') AND jobs.ended_at IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM intents"
        "  WHERE job_id = jobs.id AND intents.status <> 'REJECTED')"
        " ORDER BY changed_at LIMIT $1",
        limit,
    )
    return [PURCHASES.struct(row) for row in rows]


async def add(conn: Conn, esim: Esim) -> None:
    """Keep an eSIM; where it is kept already, nothing happens."""
    await conn.execute(
        "INSERT INTO esims (id, tenant_id, restaurant_id, owner, sim, package, check_at, noticed,"
        " created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8) ON CONFLICT DO NOTHING",
        *(esim.id, esim.tenant_id, esim.restaurant_id, esim.owner, esim.sim, esim.package),
        *(esim.check_at, esim.created_at),
    )


async def get(conn: Conn, esim_id: str) -> Esim | None:
    row = await conn.fetchrow(f"{FIND} WHERE id = $1", esim_id)
    return None if row is None else ESIMS.struct(row)


async def of_owner(conn: Conn, owner: str, limit: int) -> list[Esim]:
    """Return somebody's eSIMs, newest first."""
    rows = await conn.fetch(
        f"{FIND} WHERE owner = $1 ORDER BY created_at DESC LIMIT $2", owner, limit
    )
    return [ESIMS.struct(row) for row in rows]


async def take_due(conn: Conn, now: datetime, limit: int) -> list[Esim]:
    """Return eSIMs whose usage is to be looked at; no other worker gets them for a while."""
    rows = await conn.fetch(
        "UPDATE esims SET check_at = $2 WHERE id IN ("
        "  SELECT id FROM esims WHERE check_at <= $1 ORDER BY check_at LIMIT $3"
        f"  FOR UPDATE SKIP LOCKED) RETURNING {ESIMS.columns}",
        *(now, now + LEASE, limit),
    )
    return [ESIMS.struct(row) for row in rows]


async def put_usage(conn: Conn, esim: Esim) -> None:
    await conn.execute(
        "UPDATE esims SET usage = $2, checked_at = $3, check_at = $4, noticed = $5 WHERE id = $1",
        *(esim.id, esim.usage, esim.checked_at, esim.check_at, esim.noticed),
    )


async def look_soon(conn: Conn, iccid: str, now: datetime) -> None:
    """Have an eSIM's usage looked at now, though not where that has just been done."""
    await conn.execute(
        "UPDATE esims SET check_at = $2 WHERE sim->>'iccid' = $1"
        " AND (checked_at IS NULL OR checked_at < $2::timestamptz - interval '1 minute')",
        *(iccid, now),
    )


async def note(conn: Conn, event_id: str, subject: str, body: Any) -> None:
    """Keep what the company told of an order; what it tells again changes nothing."""
    await conn.execute(
        "INSERT INTO esim_notices (event_id, subject, body) VALUES ($1, $2, $3)"
        " ON CONFLICT DO NOTHING",
        *(event_id, subject, body),
    )


async def noted(conn: Conn, subjects: Sequence[str]) -> Any | None:
    """Return what the company told of an order, by any of its names."""
    return await conn.fetchval(
        "SELECT body FROM esim_notices WHERE subject = ANY($1) LIMIT 1", list(subjects)
    )


async def job_of(conn: Conn, request_id: str) -> str | None:
    """Return the purchase for which the company has taken on an order of that name."""
    found: str | None = await conn.fetchval(
        "SELECT id FROM esim_purchases WHERE request_id = $1"
        " AND stage NOT IN ('DELIVERED', 'FAILED')",
        request_id,
    )
    return found


async def prune(conn: Conn, before: datetime) -> None:
    """Forget what was told before; what came of it is kept elsewhere."""
    await conn.execute("DELETE FROM esim_notices WHERE at < $1", before, timeout=PRUNE_SECONDS)
