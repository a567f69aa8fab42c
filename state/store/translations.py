"""What machines made of menus, kept for good, and what people had translated, for a while."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

import msgspec

from state.domain.job import Job
from state.domain.translation import Translation
from state.store.pool import PRUNE_SECONDS, Conn


def hash_of(language: str, text: str) -> bytes:
    """Return what stands for a text in its own language: another text is another version of it."""
    return hashlib.sha256(f"{language}\n{text}".encode()).digest()


async def menu_texts(conn: Conn, restaurant_id: str, language: str) -> dict[bytes, str]:
    """Return what there is in a language, by the hash of the original."""
    rows = await conn.fetch(
        "SELECT hash, text FROM menu_texts WHERE restaurant_id = $1 AND language = $2",
        *(restaurant_id, language),
    )
    return {row["hash"]: row["text"] for row in rows}


async def keep_menu_texts(
    conn: Conn, restaurant_id: str, source: str, made: Iterable[Translation]
) -> None:
    await conn.executemany(
        "INSERT INTO menu_texts (restaurant_id, language, hash, text, engine)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        [
            (restaurant_id, each.target, hash_of(source, each.original), each.text, each.engine)
            for each in made
        ],
    )


async def remember(conn: Conn, job: Job, translation: Translation) -> None:
    """Keep what somebody had translated; once, however often the job was begun."""
    await conn.execute(
        "INSERT INTO translations (job_id, tenant_id, restaurant_id, actor_id, translation)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        *(job.id, job.tenant_id, job.restaurant_id, job.owner, translation),
    )


async def history(conn: Conn, actor_id: str, limit: int) -> list[Translation]:
    """Return what an actor had translated, newest first."""
    rows = await conn.fetch(
        "SELECT translation FROM translations WHERE actor_id = $1 ORDER BY at DESC LIMIT $2",
        *(actor_id, limit),
    )
    return [msgspec.convert(row["translation"], Translation) for row in rows]


async def prune(conn: Conn, before: datetime) -> None:
    await conn.execute("DELETE FROM translations WHERE at < $1", before, timeout=PRUNE_SECONDS)
