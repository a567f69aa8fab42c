"""The folios of our guests: what was charged to which booking."""

from state.domain.folio import Charge
from state.store.pool import Conn
from state.store.rows import Rows

CHARGES = Rows("folio_charges", Charge)


async def add(conn: Conn, charge: Charge) -> bool:
    """Keep a charge; return False where there is one of its reference already."""
    return await CHARGES.add(conn, charge)


async def find(conn: Conn, tenant_id: str, reference: str) -> Charge | None:
    """Read the charge of a reference, and hold it until the transaction ends."""
    row = await conn.fetchrow(
        f"SELECT {CHARGES.columns} FROM folio_charges"
        " WHERE tenant_id = $1 AND reference = $2 FOR UPDATE",
        *(tenant_id, reference),
    )
    return None if row is None else CHARGES.struct(row)


async def save(conn: Conn, charge: Charge) -> None:
    await conn.execute(
        "UPDATE folio_charges SET status = $2, posted_as = $3, error = $4, posted_at = $5,"
        " voided_at = $6 WHERE id = $1",
        *(charge.id, charge.status, charge.posted_as, charge.error),
        *(charge.posted_at, charge.voided_at),
    )


async def of_booking(conn: Conn, booking_id: str) -> list[Charge]:
    rows = await conn.fetch(
        f"SELECT {CHARGES.columns} FROM folio_charges WHERE booking_id = $1 ORDER BY created_at",
        booking_id,
    )
    return [CHARGES.struct(row) for row in rows]
