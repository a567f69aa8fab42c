"""Photos of dishes: in the database, so that they are backed up and reached from every node."""

from typing import Literal

from state.store.pool import Conn
from state.store.rows import Row

Size = Literal["large", "small"]


async def add(conn: Conn, photo_id: str, owner: Row, large: bytes, small: bytes) -> None:
    """Keep a photo; the same one again is the same photo."""
    await conn.execute(
        "INSERT INTO photos (id, tenant_id, restaurant_id, large, small)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        *(photo_id, owner["tenant_id"], owner["restaurant_id"], large, small),
    )


async def get(conn: Conn, photo_id: str, size: Size) -> bytes | None:
    column = "large" if size == "large" else "small"
    found: bytes | None = await conn.fetchval(
        f"SELECT {column} FROM photos WHERE id = $1", photo_id
    )
    return found
