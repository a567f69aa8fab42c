"""Items of a collection that purchases are proven by: what is wanted, and what became of it."""

from datetime import datetime

from state.domain.payment import TAKEN
from state.domain.proof import Mint
from state.store.pool import Conn
from state.store.rows import Rows

MINTS = Rows("proof_mints", Mint)
FIND = f"SELECT {MINTS.columns} FROM proof_mints"
MADE = ("owner", "collection", "state", "item", "boc", "hash", "seqno", "valid_until", "tries")
CHANGING = (*MADE, "why", "revoking", "sandbox", "changed_at")
# Begins with the payments that went back whole, which are few: most items are never returned. That
# is an array, so that it is found first whatever Postgres believes to know of the tables.
RETURNED = (
    f"{FIND} WHERE collection = $1 AND index = ANY(ARRAY("
    "  SELECT kept.index FROM payments CROSS JOIN LATERAL"
    "  (VALUES ('payment', payments.id::text), (payments.purpose, payments.reference))"
    "  AS bought (purpose, reference) JOIN proof_mints AS kept"
    "  ON (kept.purpose, kept.reference::text) = (bought.purpose, bought.reference)"
    "  WHERE payments.refunded = payments.amount + payments.tip"
    "  AND NOT kept.revoking AND kept.state IN ('prepared', 'minted')"
    " )) AND ("
    "  SELECT sum(amount + tip - refunded) FROM payments WHERE status = ANY($2) AND ("
    "   id = CASE proof_mints.purpose WHEN 'payment' THEN proof_mints.reference END"
    "   OR purpose = nullif(proof_mints.purpose, 'payment')"
    "   AND reference = proof_mints.reference::text)"
    " ) = 0 ORDER BY created_at LIMIT $3"
)


async def find(conn: Conn, index: str) -> Mint | None:
    row = await conn.fetchrow(f"{FIND} WHERE index = $1", index)
    return None if row is None else MINTS.struct(row)


async def begin(conn: Conn, mint: Mint) -> Mint:
    """Keep what is wanted; where something is wanted, return that."""
    await MINTS.add(conn, mint)
    found = await find(conn, mint.index)
    assert found is not None, "it was just written"
    return found


async def change(conn: Conn, before: Mint, after: Mint) -> bool:
    """Write what became of it; return False where another worker was faster."""
    sets = ", ".join(f"{name} = ${number}" for number, name in enumerate(CHANGING, 4))
    done = await conn.execute(
        f"UPDATE proof_mints SET {sets} WHERE index = $1 AND state = $2 AND changed_at = $3",
        *(before.index, before.state, before.changed_at),
        *(getattr(after, name) for name in CHANGING),
    )
    return bool(done == "UPDATE 1")


async def open_of(conn: Conn, collection: str, limit: int) -> list[Mint]:
    """Return what is to be seen to: what is on its way before what is not, the oldest first."""
    rows = await conn.fetch(
        f"{FIND} WHERE collection = $1 AND state IN ('prepared', 'sent', 'unknown')"
        " ORDER BY state = 'prepared', created_at LIMIT $2",
        *(collection, limit),
    )
    return [MINTS.struct(row) for row in rows]


async def returned_of(conn: Conn, collection: str, limit: int) -> list[Mint]:
    """Return what is there, or not begun, though all that was paid for it has gone back."""
    rows = await conn.fetch(RETURNED, collection, TAKEN, limit)
    return [MINTS.struct(row) for row in rows]


async def claim(conn: Conn, wallet: str, now: datetime, until: datetime) -> bool:
    """Have a wallet's next word, for so long; tell whether it is free and due."""
    done = await conn.execute(
        "INSERT INTO proof_wallets VALUES ($1, $3) ON CONFLICT (address)"
        " DO UPDATE SET next_at = $3 WHERE proof_wallets.next_at <= $2",
        *(wallet, now, until),
    )
    return bool(done == "INSERT 0 1")


async def leave(conn: Conn, wallet: str, then: datetime) -> None:
    """Let a wallet's next word be due `then`."""
    await conn.execute("UPDATE proof_wallets SET next_at = $2 WHERE address = $1", wallet, then)
