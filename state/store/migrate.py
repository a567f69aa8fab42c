"""Migrations: numbered SQL files, each applied once, all by one process at a time."""

from pathlib import Path

import asyncpg

FOLDER = Path(__file__).parent / "migrations"
LOCK = 7_241_001  # any number, the same for every process that migrates


async def migrate(url: str) -> list[str]:
    """Bring the database up to date; return the names of the files applied."""
    conn = await asyncpg.connect(url)
    try:
        await conn.execute("SELECT pg_advisory_lock($1)", LOCK)
        await conn.execute("CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY)")
        done = {row["name"] for row in await conn.fetch("SELECT name FROM migrations")}
        due = [file for file in sorted(FOLDER.glob("*.sql")) if file.name not in done]
        for file in due:
            async with conn.transaction():
                await conn.execute(file.read_text())
                await conn.execute("INSERT INTO migrations VALUES ($1)", file.name)
        return [file.name for file in due]
    finally:
        await conn.close()
