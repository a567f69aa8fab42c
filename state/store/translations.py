"""What machines made of menus, kept for good, and what people had translated, for a while."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec

from state.domain.job import Job
from state.domain.translation import Translation
from state.store.pool import PRUNE_SECONDS, Conn


def hash_of(language: str, text: str) -> bytes:
    """Return what stands for a text in its own language: another text is another version of it."""
    return hashlib.sha256(f"{language}\n{text}".encode()).digest()


class Made(NamedTuple):
    """What a machine made of a text; `sandbox` is what a stand-in did, until a company does."""

    text: str
    sandbox: bool


async def menu_texts(conn: Conn, restaurant_id: str, language: str) -> dict[bytes, Made]:
    """Return what there is in a language, by the hash of the original."""
    rows = await conn.fetch(
        "SELECT hash, text, sandbox FROM menu_texts WHERE restaurant_id = $1 AND language = $2",
        *(restaurant_id, language),
    )
    return {row["hash"]: Made(row["text"], row["sandbox"]) for row in rows}


def is_settled(known: Mapping[bytes, Made], source: str, original: str) -> bool:
    """Tell whether a text need not be translated again."""
    found = known.get(hash_of(source, original))
    return found is not None and not found.sandbox


def is_no_news(known: Mapping[bytes, Made], source: str, made: Translation) -> bool:
    """Tell whether a stand-in has only said again what it said before."""
    return made.sandbox and hash_of(source, made.original) in known


async def keep_menu_texts(
    conn: Conn, restaurant_id: str, source: str, made: Iterable[Translation]
) -> None:
    await conn.executemany(
        "INSERT INTO menu_texts AS held (restaurant_id, language, hash, text, engine, sandbox)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (restaurant_id, language, hash)"
        " DO UPDATE SET text = excluded.text, engine = excluded.engine, sandbox = excluded.sandbox"
        " WHERE held.sandbox",
        [
            (
                *(restaurant_id, each.target, hash_of(source, each.original)),
                *(each.text, each.engine, each.sandbox),
            )
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
