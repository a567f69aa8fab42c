"""The embedded engines, on good days and bad ones."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis

from hub import embedded
from hub.embedded import Engines
from hub.embedded.processes import free_port
from tests.processes import all_gone, living

Start = Callable[..., Awaitable[Engines]]

# Starts the engines, writes one row, says so, and waits for its end.
PARENT = """
import asyncio, sys
from pathlib import Path
import asyncpg
from hub import embedded

async def main():
    engines = await embedded.start(Path(sys.argv[1]), fsync=False)
    connection = await asyncpg.connect(engines.database_url)
    await connection.execute("CREATE TABLE notes (text text)")
    await connection.execute("INSERT INTO notes VALUES ('kept')")
    print(engines.database_url, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    started: list[Engines] = []

    async def start_one(folder: Path = tmp_path / "data") -> Engines:
        engines = await embedded.start(folder, fsync=False)
        started.append(engines)
        return engines

    yield start_one
    for engines in started:
        await engines.stop()
    assert living(tmp_path) == []


async def sql(engines: Engines, *statements: str) -> object:
    connection = await asyncpg.connect(engines.database_url)
    try:
        for statement in statements:
            answer = await connection.fetchval(statement)
    finally:
        await connection.close()
    return answer


async def redis(engines: Engines, *command: str) -> object:
    async with Redis.from_url(engines.redis_url) as client:
        return await client.execute_command(*command)


async def test_both_engines_answer_and_do_not_depend_on_the_machine(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a long path, an unknown locale nor a missing time zone matters."""
    monkeypatch.setenv("LC_ALL", "xx_XX.UTF-8")
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.delenv("TZ", raising=False)
    engines = await start(tmp_path / ("long folder " * 10) / "données")
    assert await sql(engines, "SELECT lower('ÄÉЖ') || current_setting('timezone')") == "äéжUTC"
    assert await redis(engines, "PING")
    assert "appendonly yes" in (engines.valkey.config).read_text()


async def test_only_the_password_opens_them(start: Start) -> None:
    engines = await start()
    wrong = engines.database_url.replace(engines.postgres.password, "guess")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(wrong)
    secret = engines.postgres.data.with_name("password")
    assert secret.stat().st_mode & 0o777 == 0o600
    assert engines.valkey.config.stat().st_mode & 0o777 == 0o600


async def test_a_new_start_finds_the_same_data_at_the_same_addresses(start: Start) -> None:
    first = await start()
    await sql(first, "CREATE TABLE notes AS SELECT 'kept' AS text")
    await redis(first, "SET", "note", "kept")
    await first.stop()
    second = await start()
    assert (second.database_url, second.redis_url) == (first.database_url, first.redis_url)
    assert await sql(second, "SELECT text FROM notes") == "kept"
    assert await redis(second, "GET", "note") == b"kept"


async def test_engines_come_back_after_any_end(start: Start) -> None:
    engines = await start()
    await sql(engines, "CREATE TABLE notes AS SELECT 'kept' AS text")
    await redis(engines, "SET", "note", "kept")
    await engines.kill_postgres()
    await engines.kill_valkey()
    await engines.start()
    assert await sql(engines, "SELECT text FROM notes") == "kept"
    assert await redis(engines, "GET", "note") == b"kept"
    await engines.restart_postgres()
    await engines.restart_valkey(empty=True)
    assert await sql(engines, "SELECT text FROM notes") == "kept"
    assert await redis(engines, "DBSIZE") == 0


async def test_an_engine_that_is_stopped_does_not_answer(start: Start) -> None:
    engines = await start()
    await engines.stop_postgres()
    await engines.stop_valkey()
    assert not await engines.postgres.answers()
    assert not await engines.valkey.answers()
    await engines.start_postgres()
    await engines.start_valkey()
    assert await sql(engines, "SELECT 1") == 1


async def test_engines_end_with_a_killed_parent_and_lose_nothing(
    start: Start, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, str(folder), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    url = (await parent.stdout.readline()).decode().strip()
    parent.kill()
    await parent.wait()
    # At once: the old engines may still be on their way out, and are waited for.
    engines = await start(folder)
    assert engines.database_url == url
    assert await sql(engines, "SELECT text FROM notes") == "kept"
    await engines.stop()
    await all_gone(tmp_path, 30)


async def test_no_process_outlives_a_killed_parent(tmp_path: Path) -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, str(tmp_path / "data"), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    await parent.stdout.readline()
    parent.kill()
    await parent.wait()
    await all_gone(tmp_path, 30)


async def test_a_second_start_in_the_same_folder_is_refused_and_harms_nothing(
    start: Start,
) -> None:
    first = await start()
    with pytest.raises(embedded.FolderInUseError, match=f"in use by process {os.getpid()}"):
        await start()
    assert await sql(first, "SELECT 1") == 1
    assert await redis(first, "PING")


async def test_a_start_waits_for_engines_that_are_being_stopped(start: Start) -> None:
    first = await start()
    _, second = await asyncio.gather(first.stop(), start())
    assert await sql(second, "SELECT 1") == 1


async def test_a_port_that_somebody_took_is_left_to_them(start: Start) -> None:
    first = await start()
    port = first.postgres.port
    await first.stop()
    with socket.create_server(("127.0.0.1", port)):
        second = await start()
        assert second.postgres.port != port
        assert await sql(second, "SELECT 1") == 1


async def test_a_stale_note_of_a_dead_postgres_does_not_stop_a_new_one(start: Start) -> None:
    """After a crash its process id may belong to any other program by now."""
    engines = await start()
    await engines.kill_postgres()
    other = await asyncio.create_subprocess_exec("sleep", "600")
    note = engines.postgres.data / "postmaster.pid"
    _, *rest = note.read_text().splitlines(keepends=True)
    note.write_text(f"{other.pid}\n{''.join(rest)}")
    try:
        await engines.start_postgres()
    finally:
        other.kill()
        await other.wait()
    assert await sql(engines, "SELECT 1") == 1


async def test_a_first_start_that_was_broken_off_is_begun_again(
    start: Start, tmp_path: Path
) -> None:
    half = tmp_path / "data" / "postgres.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    engines = await start()
    assert await sql(engines, "SELECT 1") == 1


async def test_a_start_that_fails_says_why_and_leaves_nothing_running(
    start: Start, tmp_path: Path
) -> None:
    engines = await start()
    await engines.stop()
    (engines.postgres.data / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(embedded.EmbeddedError, match="incompatible with server"):
        await start()
    assert living(tmp_path) == []


async def test_a_lost_password_is_named(start: Start, tmp_path: Path) -> None:
    engines = await start()
    await engines.stop()
    (tmp_path / "data" / "password").unlink()
    with pytest.raises(embedded.EmbeddedError, match="password"):
        await start()


async def test_an_engine_ends_orderly_when_asked_from_outside(start: Start) -> None:
    engines = await start()
    os.kill(engines.postgres_pid, signal.SIGINT)
    await asyncio.to_thread(engines.postgres.process.wait)  # type: ignore[union-attr]
    await engines.start()
    assert await sql(engines, "SELECT 1") == 1


def test_a_port_given_out_is_not_given_to_another_process() -> None:
    port = free_port()
    other = f"from hub.embedded.processes import claim; raise SystemExit(claim({port}))"
    assert subprocess.run([sys.executable, "-c", other], check=False).returncode == 0
    assert (
        subprocess.run(
            [sys.executable, "-c", other.replace(str(port), "1")], check=False
        ).returncode
        == 1
    )
