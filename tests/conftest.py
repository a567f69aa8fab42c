"""What every test stands on: real engines, two nodes, and a restaurant of its own."""

import copy
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from hub import embedded, logs
from hub.app import Node, run_node
from hub.collector import calm_collector
from hub.settings import Settings
from scripts import seed
from scripts.mishaps.relay import Relay
from state.domain.ids import new_id
from state.store.migrate import migrate
from state.store.pool import BoundedPool, set_codecs
from tests.hangs import pytest_runtest_protocol  # noqa: F401
from tests.mirror import Mirror
from tests.order import FIRST
from tests.place import Place
from tests.screens import CHROMIUM
from tests.wallets import Chain, chain

PATIENCE_SECONDS = 20.0
SECRET = "a secret of the tests, long enough for HS256"


logs.configure("WARNING")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest."""
    place = {name: number for number, name in enumerate(FIRST)}
    items.sort(key=lambda item: place.get(item.nodeid.partition("::")[0], len(place)))


def pytest_collection_finish() -> None:
    """Let the garbage collector alone with thousands of tests and all that they import."""
    calm_collector()


@pytest.fixture(scope="session")
async def engines(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[embedded.Engines]:
    """Postgres and Valkey, for all tests that do not hurt them."""
    running = await embedded.start(tmp_path_factory.mktemp("engines"), fsync=False)
    await migrate(running.database_url)
    yield running
    await running.stop()


@pytest.fixture
async def cable(engines: embedded.Engines) -> AsyncIterator[Relay]:
    """A network to Redis of one test's own, for it to cut."""
    relay = Relay(engines.redis_url)
    await relay.plug()
    yield relay
    await relay.pull()


@pytest.fixture(scope="session")
def settings(engines: embedded.Engines) -> Settings:
    return Settings(
        port=0,
        database_url=engines.database_url,
        redis_url=engines.redis_url,
        jwt_secret=SECRET,
        stripe_webhook_secret=SECRET,
        ton_address=f"0:{64 * '7'}",  # nodes only offer it; who reads a chain has a stand-in
        ton_rates_url="http://127.0.0.1:1",
        smtp_url="smtp://127.0.0.1:1",  # likewise
        mail_from="hub@example.test",
        client_url="http://localhost:5173",
        log_level="WARNING",
        command_rate=10_000.0,
        command_burst=10_000.0,
    )


@pytest.fixture(scope="session")
async def nodes(settings: Settings) -> AsyncIterator[list[Node]]:
    """Two nodes on the same engines."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(run_node(settings)) for _ in range(2)]


@pytest.fixture(scope="session", autouse=True)
async def browser() -> AsyncIterator[None]:
    """The browser that tests of screens share is closed in the end."""
    yield
    await CHROMIUM.close()


@pytest.fixture(scope="session", autouse=True)
def patient() -> Iterator[None]:
    """What is slow only because all tests are at work is waited for within this process.

    Nodes that run by themselves, in `tests/faults`, are held to what they promise.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("handlers.providers.whisper.SECONDS", 120.0)  # it lets all others go first
        patch.setattr("handlers.unit.CONNECT_SECONDS", PATIENCE_SECONDS)
        patch.setattr("hub.seats.WAIT_SECONDS", PATIENCE_SECONDS)
        patch.setattr("state.store.pool.STATEMENT_SECONDS", PATIENCE_SECONDS)
        patch.setitem(BoundedPool.acquire.__kwdefaults__, "timeout", PATIENCE_SECONDS)
        yield


@pytest.fixture
async def db(engines: embedded.Engines) -> AsyncIterator[asyncpg.Connection]:
    async with connection(engines.database_url) as conn:
        yield conn


@asynccontextmanager
async def connection(url: str) -> AsyncIterator[asyncpg.Connection]:
    conn = await asyncpg.connect(url)
    try:
        await set_codecs(conn)
        yield conn
    finally:
        await conn.close()


@asynccontextmanager
async def new_database(engines: embedded.Engines) -> AsyncIterator[str]:
    """A database that nobody else writes to; yield its URL."""
    name = f"own_{new_id().replace('-', '')}"
    async with connection(engines.database_url) as conn:
        await conn.execute(f"CREATE DATABASE {name}")
        try:
            url = engines.postgres.url_of(name)
            await migrate(url)
            yield url
        finally:
            await conn.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def place(nodes: list[Node], db: asyncpg.Connection) -> AsyncIterator[Place]:
    """A restaurant that only this test knows, reached over both nodes; its clients are closed."""
    async with new_place(nodes, db) as made:
        yield made


@pytest.fixture
async def other_place(nodes: list[Node], db: asyncpg.Connection) -> AsyncIterator[Place]:
    """Another tenant's restaurant."""
    async with new_place(nodes, db) as made:
        yield made


@pytest.fixture
async def mirrored(place: Place, nodes: list[Node]) -> AsyncIterator[Place]:
    """A restaurant whose screens are compared with fresh ones when the test is over."""
    async with Mirror(place, nodes):
        yield place


@pytest.fixture(scope="session")
async def calm(nodes: list[Node], engines: embedded.Engines) -> AsyncIterator[Place]:
    """One restaurant for all tests that change nothing."""
    async with connection(engines.database_url) as db, new_place(nodes, db) as made:
        yield made


@pytest.fixture(scope="session")
async def foreign(nodes: list[Node], engines: embedded.Engines) -> AsyncIterator[Place]:
    """Another tenant's, likewise."""
    async with connection(engines.database_url) as db, new_place(nodes, db) as made:
        yield made


@asynccontextmanager
async def new_place(
    nodes: list[Node], db: asyncpg.Connection, **changes: Any
) -> AsyncIterator[Place]:
    """A new tenant with one restaurant; `changes` replace columns of it."""
    demo = copy.deepcopy(seed.DEMO)
    for person in demo["staff"]:
        person["email"] = f"{person['role']}-{new_id()}@example.test"
    async with db.transaction():
        rid = await seed.add(db, demo, SECRET, **changes)
    urls = [f"http://127.0.0.1:{node.port}" for node in nodes]
    about = await seed.describe(db, rid, demo, SECRET, urls[0])
    async with Place(urls, about) as place:
        yield place


@pytest.fixture
async def wallets(settings: Settings, nodes: list[Node]) -> AsyncIterator[Chain]:
    """A chain, and a worker that is paid on it."""
    async with chain(settings, nodes[0].deps) as made:
        yield made


@pytest.fixture(scope="session")
def project() -> Path:
    return Path(__file__).parents[1]
