"""Go through the books: does every movement add up, and does the ledger say what payments say.

Prints a line for each thing that is amiss; the exit code is 1 where there is any.
"""

import argparse
import asyncio
import sys

import asyncpg

from hub.settings import load
from state.store.pool import Conn

# What must find nothing, each by what it would be if it did.
CHECKS = {
    "a movement that does not add up": """
        SELECT movement_id::text AS what FROM ledger WHERE restaurant_id = $1
        GROUP BY movement_id HAVING sum(amount) <> 0""",
    "books that do not come to nothing": """
        SELECT currency AS what FROM ledger WHERE restaurant_id = $1
        GROUP BY currency HAVING sum(amount) <> 0""",
    "a payment that is not booked as it was taken": """
        SELECT p.id::text AS what FROM payments p
        LEFT JOIN LATERAL (
            SELECT sum(amount) AS booked FROM ledger
            WHERE payment_id = p.id AND refund_id IS NULL AND amount > 0
        ) AS l ON true
        WHERE p.restaurant_id = $1 AND coalesce(l.booked, 0) <>
            CASE WHEN p.status IN ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED')
                 THEN p.amount + p.tip ELSE 0 END""",
    "a refund that is not booked as it was made": """
        SELECT r.id::text AS what FROM refunds r
        LEFT JOIN LATERAL (
            SELECT -sum(amount) AS booked FROM ledger WHERE refund_id = r.id AND amount < 0
        ) AS l ON true
        WHERE r.restaurant_id = $1 AND coalesce(l.booked, 0) <>
            CASE WHEN r.status = 'SUCCEEDED' THEN r.amount ELSE 0 END""",
    "a payment that does not know its refunds": """
        SELECT p.id::text AS what FROM payments p WHERE p.restaurant_id = $1 AND p.refunded <>
            coalesce((SELECT sum(amount) FROM refunds r
                      WHERE r.payment_id = p.id AND r.status <> 'FAILED'), 0)""",
    "a payment that is made of something else": """
        SELECT p.id::text AS what FROM payments p WHERE p.restaurant_id = $1
        AND p.status IN ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED') AND p.amount + p.tip <>
            coalesce((SELECT sum(value::bigint) FROM jsonb_each_text(p.breakdown)), 0)""",
    "a payment in TON that is not what has come on the chain": """
        SELECT p.id::text AS what FROM payments p JOIN ton_invoices i ON i.payment_id = p.id
        WHERE p.restaurant_id = $1
        AND NOT EXISTS (SELECT FROM ton_deposits WHERE payment_id = p.id AND outcome = 'NEW')
        AND CASE WHEN p.status IN ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED')
                 THEN i.units ELSE 0 END <>
            coalesce((SELECT sum(units - excess) FROM ton_deposits
                      WHERE payment_id = p.id AND outcome = 'SETTLED'), 0)""",
    "a payment without its receipt, or a refund without its credit note": """
        SELECT p.id::text AS what FROM payments p WHERE p.restaurant_id = $1
        AND p.settled_at >= coalesce((SELECT min(issued_at) FROM receipts
                                      WHERE restaurant_id = $1), p.settled_at)
        AND (p.status IN ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED')) <>
            EXISTS (SELECT FROM receipts WHERE payment_id = p.id AND refund_id IS NULL)
        UNION ALL
        SELECT r.id::text FROM refunds r WHERE r.restaurant_id = $1
        AND r.settled_at >= (SELECT min(issued_at) FROM receipts WHERE restaurant_id = $1)
        AND (r.status = 'SUCCEEDED') <> EXISTS (SELECT FROM receipts WHERE refund_id = r.id)""",
    "receipts whose numbers have a gap": """
        SELECT series || '-' || year AS what FROM receipts r WHERE restaurant_id = $1
        GROUP BY series, year HAVING count(*) <> max(number) OR min(number) <> 1
        OR max(number) <> (SELECT last FROM receipt_counters c WHERE c.restaurant_id = $1
                           AND c.series = r.series AND c.year = r.year)""",
    "a receipt of another sum than was paid, or given back": """
        SELECT id::text AS what FROM receipts r WHERE restaurant_id = $1
        AND (document ->> 'total')::bigint <> coalesce(
            (SELECT amount FROM refunds WHERE id = r.refund_id),
            (SELECT amount + tip FROM payments WHERE id = r.payment_id))""",
    "a payment in TON that was made of no transfer": """
        SELECT p.id::text AS what FROM payments p WHERE p.restaurant_id = $1
        AND p.method = 'TON_WALLET' AND p.status IN ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED')
        AND NOT EXISTS (SELECT FROM ton_invoices WHERE payment_id = p.id)
        AND NOT EXISTS (SELECT FROM ton_handlings h
                        WHERE h.payment_id = p.id AND h.amount = p.amount AND h.how = 'booked')""",
    "a drawer that holds something else than is booked": """
        SELECT d.id::text AS what FROM drawers d WHERE d.restaurant_id = $1
        AND CASE WHEN d.closed_at IS NULL THEN d.expected ELSE 0 END <>
            coalesce((SELECT sum(amount) FROM ledger
                      WHERE drawer_id = d.id AND account = 'cash'), 0)""",
    "a dispute that is not booked as it stands": """
        SELECT d.id::text AS what FROM disputes d WHERE d.restaurant_id = $1 AND
            (SELECT array[coalesce(sum(amount) FILTER (WHERE account LIKE 'method:%'), 0),
                          coalesce(sum(amount) FILTER (WHERE account = 'disputed'), 0),
                          coalesce(sum(amount) FILTER (WHERE account = 'chargebacks'), 0)]
             FROM ledger WHERE dispute_id = d.id) <>
            CASE d.status WHEN 'OPEN' THEN array[-d.amount, d.amount, 0]
                          WHEN 'LOST' THEN array[-d.amount, 0, d.amount]
                          ELSE array[0, 0, 0] END::numeric[]""",
    "an order that was completed before it was paid to its end": """
        SELECT id::text AS what FROM orders WHERE restaurant_id = $1 AND status = 'COMPLETED'
        AND payment_status IN ('PENDING', 'AUTHORIZED', 'PARTIALLY_PAID')""",
}


async def findings(conn: Conn, restaurant_id: str) -> list[str]:
    """Return what is amiss in the books of a restaurant."""
    return [
        f"{name}: {row['what']}"
        for name, check in CHECKS.items()
        for row in await conn.fetch(check, restaurant_id)
    ]


async def main(url: str) -> int:
    conn = await asyncpg.connect(url)
    try:
        amiss = 0
        for row in await conn.fetch("SELECT id, name FROM restaurants ORDER BY name"):
            for found in await findings(conn, row["id"]):
                print(f"{row['name']}: {found}")
                amiss += 1
        print("the books add up" if not amiss else f"{amiss} things are amiss")
        return 1 if amiss else 0
    finally:
        await conn.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="scripts/audit", description=__doc__)
    parser.add_argument("--database-url", default=load().database_url)
    given = parser.parse_args().database_url
    if not given:
        sys.exit("say --database-url, or set DATABASE_URL")
    sys.exit(asyncio.run(main(given)))
