"""What the tests of bad days stand on: engines that may be hurt, and nodes that may die.

They sync to disk and keep their addresses; before each test whatever lies on the ground is put up
again.
"""

import dataclasses
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from handlers.deps import Deps
from hub import embedded
from hub.app import core
from hub.embedded import Engines
from hub.metrics import Metrics
from hub.settings import Settings
from scripts.mishaps.process import CHIEFS_AFTER, WAITERS_AFTER, Node, Worker, put_up, running
from state.store.migrate import migrate
from tests.conftest import SECRET, connection, new_place
from tests.place import Place
from tests.referee import Referee


@pytest.fixture(scope="session")
async def fragile(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engines]:
    """Postgres and Valkey of their own, for tests that hurt them."""
    engines = await embedded.start(tmp_path_factory.mktemp("fragile"), fsync=True)
    await migrate(engines.database_url)
    yield engines
    await engines.stop()


@pytest.fixture(scope="session")
def environment(fragile: Engines) -> dict[str, str]:
    """What a process needs to know."""
    return {
        "DATABASE_URL": fragile.database_url,
        "REDIS_URL": fragile.redis_url,
        "JWT_SECRET": SECRET,
        "COMMAND_RATE": "10000",
        "COMMAND_BURST": "10000",
        "ALERT_WAITERS_AFTER": str(WAITERS_AFTER),
        "ALERT_CHIEFS_AFTER": str(CHIEFS_AFTER),
    }


@pytest.fixture(scope="module")
async def pair(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[list[Node]]:
    """Two nodes for the tests of one file."""
    logs = tmp_path_factory.mktemp("nodes")
    async with running(*(Node(environment, logs / f"{n}.log") for n in range(2))) as nodes:
        yield nodes


@pytest.fixture(scope="module")
async def workers(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[list[Worker]]:
    """Two workers for the tests of one file."""
    logs = tmp_path_factory.mktemp("workers")
    async with running(*(Worker(environment, logs / f"{n}.log") for n in range(2))) as workers:
        yield workers


@pytest.fixture
async def silent(fragile: Engines) -> AsyncIterator[Deps]:
    """A node that always dies between the commit of a command and telling anyone."""
    settings = Settings(
        database_url=fragile.database_url, redis_url=fragile.redis_url, jwt_secret=SECRET
    )
    async with core(settings, Metrics()) as deps:
        yield dataclasses.replace(deps, publish=lambda events: None)


@pytest.fixture
async def sound(fragile: Engines, pair: list[Node]) -> None:
    """Everything runs again, whatever the test before has done to it."""
    await fragile.start()
    await put_up(pair)


@pytest.fixture
async def house(sound: None, fragile: Engines, pair: list[Node]) -> AsyncIterator[Place]:
    """A restaurant of its own for each test, reached over both nodes."""
    async with AsyncExitStack() as stack:
        async with connection(fragile.database_url) as conn:
            place = await stack.enter_async_context(new_place(pair, conn))
        yield place


@pytest.fixture
def referee(house: Place, fragile: Engines) -> Referee:
    return Referee(house, fragile.database_url)
