"""Restaurants."""

from collections.abc import Collection

from state.domain.errors import not_found
from state.domain.restaurant import Restaurant
from state.store.pool import Conn
from state.store.rows import Rows

RESTAURANTS = Rows("restaurants", Restaurant)


async def get(conn: Conn, restaurant_id: str) -> Restaurant:
    """Return any tenant's restaurant: the caller checks who asks. Raises NOT_FOUND."""
    row = await conn.fetchrow(
        f"SELECT {RESTAURANTS.columns} FROM restaurants WHERE id = $1 AND deleted_at IS NULL",
        restaurant_id,
    )
    if row is None:
        raise not_found("restaurant")
    return RESTAURANTS.struct(row)


async def hold(conn: Conn, restaurant_ids: Collection[str]) -> None:
    """Wait until nobody else writes to these restaurants, and keep it so until the commit.

    They are held in the order of their ids, so that two never wait for each other.
    """
    await conn.execute(
        "SELECT FROM restaurants WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE",
        list(restaurant_ids),
    )


async def of_tenant(conn: Conn, tenant_id: str) -> list[Restaurant]:
    rows = await conn.fetch(
        f"SELECT {RESTAURANTS.columns} FROM restaurants"
        " WHERE tenant_id = $1 AND deleted_at IS NULL ORDER BY name",
        tenant_id,
    )
    return [RESTAURANTS.struct(row) for row in rows]


async def first(conn: Conn) -> Restaurant:
    """Return the restaurant that was here first: in development, the demo."""
    row = await conn.fetchrow(
        f"SELECT {RESTAURANTS.columns} FROM restaurants WHERE deleted_at IS NULL"
        " ORDER BY id LIMIT 1"
    )
    if row is None:
        raise not_found("restaurant")
    return RESTAURANTS.struct(row)
