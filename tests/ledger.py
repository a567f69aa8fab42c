"""The books of one restaurant, held to what was paid and given back."""

import asyncpg

from scripts.audit import findings


async def audit(db: asyncpg.Connection, restaurant_id: str) -> dict[str, int]:
    """Return the balance of each account; fail where anything does not add up."""
    assert await findings(db, restaurant_id) == []
    rows = await db.fetch(
        "SELECT account, sum(amount)::bigint AS balance FROM ledger WHERE restaurant_id = $1"
        " GROUP BY account",
        restaurant_id,
    )
    return {row["account"]: row["balance"] for row in rows}
