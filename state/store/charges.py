"""Charges: what was asked for, and what came of it."""

from state.domain.charge import Charge, ChargeStatus
from state.store.pool import Conn
from state.store.rows import Rows

CHARGES = Rows("charges", Charge)
FIND = f"SELECT {CHARGES.columns} FROM charges WHERE purpose = $1 AND reference = $2"


async def put(conn: Conn, charge: Charge) -> None:
    """Keep a new charge; where there is one of that purpose and reference, that one stands."""
    await conn.execute(
        "INSERT INTO charges (purpose, reference, tenant_id, restaurant_id, payer, amount,"
        " currency, status, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        " ON CONFLICT DO NOTHING",
        *(charge.purpose, charge.reference, charge.tenant_id, charge.restaurant_id, charge.payer),
        *(charge.amount, charge.currency, charge.status, charge.created_at),
    )


async def find(conn: Conn, purpose: str, reference: str) -> Charge | None:
    row = await conn.fetchrow(FIND, purpose, reference)
    return None if row is None else CHARGES.struct(row)


async def hold(conn: Conn, purpose: str, reference: str) -> Charge | None:
    """Return a charge, and keep others from changing it until the commit."""
    row = await conn.fetchrow(f"{FIND} FOR UPDATE", purpose, reference)
    return None if row is None else CHARGES.struct(row)


async def become(conn: Conn, charge: Charge, status: ChargeStatus) -> None:
    await conn.execute(
        "UPDATE charges SET status = $3,"
        " settled_at = CASE WHEN $3 = 'SETTLED' THEN now() ELSE settled_at END"
        " WHERE purpose = $1 AND reference = $2",
        *(charge.purpose, charge.reference, status),
    )


async def owed_since(conn: Conn) -> float:
    """Return for how many seconds somebody's money has been owed at most, 0 where none is."""
    seconds: float = await conn.fetchval(
        "SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 FROM charges"
        " WHERE status = 'OWED'"
    )
    return seconds


async def owed(conn: Conn, limit: int) -> list[Charge]:
    """Return charges whose money has to be given back, the oldest first."""
    rows = await conn.fetch(
        f"SELECT {CHARGES.columns} FROM charges WHERE status = 'OWED' ORDER BY created_at LIMIT $1",
        limit,
    )
    return [CHARGES.struct(row) for row in rows]
