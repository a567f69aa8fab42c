"""scripts/dev as a user runs it: one command up, one signal down, and repairs in between."""

import asyncio
import json
import os
import re
import signal
import socket
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from aiohttp import ClientSession

from hub.embedded.processes import free_port
from scripts.standins.environment import instead
from tests.processes import all_gone, living, until

DEV = Path(__file__).resolve().parent.parent / "scripts" / "dev"
START_SECONDS = 120
# What the environment of the tests may say must not reach the hub they start.
UNSET = dict.fromkeys(("DATABASE_URL", "REDIS_URL", "HOST", "CLIENT_URL", "JWT_SECRET"), "")


Facts = dict[str, Any]


class Hub:
    """One run of scripts/dev."""

    def __init__(self, process: Process, folder: Path, screen: Path) -> None:
        self.process = process
        self.folder = folder
        self.screen = screen

    @property
    def facts(self) -> Facts:
        facts: Facts = json.loads((self.folder / "dev.json").read_text())
        return facts

    async def ready(self) -> None:
        await until(self.is_up, START_SECONDS, self.screen.read_text)

    def is_up(self) -> bool:
        assert self.process.returncode is None, self.screen.read_text()
        return "Ctrl-C ends everything" in self.screen.read_text()

    async def rewritten(self, before: Facts, told: Callable[[Facts], object]) -> Facts:
        """Wait until dev.json tells something else than before."""
        old = told(before)
        await until(lambda: told(self.facts) != old, START_SECONDS, self.screen.read_text)
        return self.facts

    async def ended(self) -> int:
        async with asyncio.timeout(START_SECONDS):
            return await self.process.wait()


Run = Callable[..., Awaitable[Hub]]


@pytest.fixture(scope="module")
async def run(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Run]:
    """Start hubs on one data folder, one at a time: seeding it anew each time would be slow."""
    home = tmp_path_factory.mktemp("dev")
    folder, hubs = home / "data", list[Hub]()

    async def run_one(port: int | None = None, **env: str) -> Hub:
        screen = home / f"screen-{len(hubs)}"
        own = {"DATA_DIR": str(folder), "PORT": str(port or free_port(together=2)), **env}
        with screen.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                DEV, cwd=home, env={**os.environ, **UNSET, **own}, stdout=output, stderr=output
            )
        hubs.append(Hub(process, folder, screen))
        return hubs[-1]

    yield run_one
    for hub in hubs:
        if hub.process.returncode is None:
            hub.process.kill()
            await hub.process.wait()
    await all_gone(home, 30)


@pytest.fixture(scope="module")
def alive() -> list[Hub]:
    """The hub that is up, if the last test has left one."""
    return []


@pytest.fixture
async def hub(run: Run, alive: list[Hub]) -> Hub:
    """A hub that is up: the last test's, unless that has ended it."""
    if not alive or alive[0].process.returncode is not None:
        alive[:] = [await run()]
        await alive[0].ready()
    return alive[0]


async def is_ready(url: str) -> bool:
    async with ClientSession() as client, client.get(f"{url}/readyz") as answer:
        return answer.status == 200


def processes(pids: dict[str, Any]) -> list[psutil.Process]:
    return [psutil.Process(pid) for pid in (*pids["nodes"], pids["worker"], pids["supervisor"])]


async def test_one_file_tells_where_everything_is(hub: Hub) -> None:
    facts = hub.facts
    assert facts.keys() == {
        *("urls", "restaurantId", "currency", "tables", "menu", "staff"),
        *("pids", "databaseUrl", "redisUrl"),
    }
    assert facts["pids"].keys() == {"supervisor", "nodes", "worker", "postgres", "valkey"}
    assert facts["staff"].keys() >= {"waiter", "kitchen", "expo", "manager", "admin"}
    assert facts["pids"]["supervisor"] == hub.process.pid
    assert all(process.is_running() for process in processes(facts["pids"]))
    assert [await is_ready(url) for url in facts["urls"]] == [True, True]
    assert (hub.folder / "dev.json").stat().st_mode & 0o777 == 0o600


async def test_the_first_screen_shows_links_logins_and_a_code_to_scan(hub: Hub) -> None:
    facts, screen = hub.facts, hub.screen.read_text()
    assert facts["tables"][0]["scanUrl"] in screen
    for page in ("kitchen", "waiter", "translator", "esim", f"hotel/{facts['tables'][0]['token']}"):
        assert f"{facts['urls'][0]}/{page}" in screen
    assert all(person["email"] in screen for person in facts["staff"].values())
    assert "▄▄▄▄▄" in screen
    [sandbox] = re.findall(r"Sandbox +(http://\S+)", screen)
    async with ClientSession() as http:
        async with http.get(f"{sandbox}/__sandbox__/calls?name=airalo") as answer:
            assert answer.status == 200
        scan = facts["tables"][0]["scanUrl"].replace("/scan/", "/api/scan/")
        async with http.post(scan, json={}) as answer:
            assert (await answer.json())["restaurant"]["esims"], "the hub knows of it"


async def test_the_demo_has_a_plan_and_its_first_invoice(hub: Hub) -> None:
    boss, base = hub.facts["staff"]["manager"], hub.facts["urls"][0]
    login = {"email": boss["email"], "password": boss["password"]}
    billing = f"{base}/api/restaurants/{hub.facts['restaurantId']}/billing"
    async with ClientSession() as http, asyncio.timeout(120):
        async with http.post(f"{base}/api/auth/login", json=login) as answer:
            token = (await answer.json())["accessToken"]
        while True:
            async with http.get(billing, headers={"Authorization": f"Bearer {token}"}) as answer:
                account = await answer.json()
            assert account["plan"]["tariff"] == "demo"
            if account["invoices"]:
                break
            await asyncio.sleep(0.5)
    assert account["invoices"][0]["total"] == 5831


def test_a_stand_in_gives_way_to_the_company_whose_key_is_there() -> None:
    given = instead(
        "http://sandbox", "http://hub", 25, {"DEEPL_API_KEY": "a real one", "HOME": "/"}
    )
    assert not any(name.startswith("DEEPL") for name in given)
    assert given["AIRALO_WEBHOOK_URL"] == "http://hub/webhooks/airalo"
    assert given["AZURE_TRANSLATOR_BASE_URL"] == "http://sandbox/azure"


async def test_a_second_run_in_the_same_folder_is_refused_and_harms_nothing(
    hub: Hub, run: Run
) -> None:
    before = hub.facts
    second = await run()
    assert await second.ended() == 1
    assert f"in use by process {hub.process.pid}" in second.screen.read_text()
    assert hub.facts == before
    assert [await is_ready(url) for url in before["urls"]] == [True, True]


@pytest.mark.parametrize("which", [0, 1])
async def test_a_killed_node_comes_back_on_its_port(hub: Hub, which: int) -> None:
    before = hub.facts
    os.kill(before["pids"]["nodes"][which], signal.SIGKILL)
    after = await hub.rewritten(before, lambda facts: facts["pids"]["nodes"][which])
    assert after["pids"]["nodes"][1 - which] == before["pids"]["nodes"][1 - which]
    assert after["urls"] == before["urls"]
    assert await is_ready(after["urls"][which])
    assert f"node-{which + 1} was ended by SIGKILL" in hub.screen.read_text()


@pytest.mark.parametrize("which", ["worker", "valkey", "postgres"])
async def test_a_killed_worker_or_engine_comes_back(hub: Hub, which: str) -> None:
    before = hub.facts
    os.kill(before["pids"][which], signal.SIGKILL)
    after = await hub.rewritten(before, lambda facts: facts["pids"][which])
    same = ("urls", "databaseUrl", "redisUrl")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert after["pids"]["nodes"] == before["pids"]["nodes"], "a node did not survive it"
    assert f"{which} was ended by SIGKILL" in hub.screen.read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_one_signal_ends_everything(hub: Hub, number: signal.Signals) -> None:
    hub.process.send_signal(number)
    assert await hub.ended() == 0
    # Of a Postgres that an earlier test has killed one may still be held by the disk.
    await all_gone(hub.folder, START_SECONDS)
    assert not (hub.folder / "dev.json").exists()


async def test_a_signal_during_the_start_ends_everything_too(run: Run) -> None:
    hub = await run()
    await until(lambda: bool(living(hub.folder)), START_SECONDS)
    hub.process.terminate()
    assert await hub.ended() == 0
    assert living(hub.folder) == []


async def test_a_taken_port_is_named(run: Run) -> None:
    port = free_port(together=2)
    with socket.create_server(("127.0.0.1", port + 1)):
        hub = await run(port)
        assert await hub.ended() == 1
    assert f"port {port + 1} is taken" in hub.screen.read_text()


async def test_a_wrong_port_is_refused(run: Run) -> None:
    hub = await run(PORT="many")
    assert await hub.ended() == 1
    assert "PORT must be a number" in hub.screen.read_text()


async def test_nothing_outlives_a_killed_supervisor_and_the_data_stays(hub: Hub, run: Run) -> None:
    before = hub.facts
    children = processes(before["pids"])
    hub.process.kill()
    await hub.process.wait()
    await all_gone(hub.folder, 30)
    assert not any(is_alive(process) for process in children)
    again = await run()
    await again.ready()
    told = ("restaurantId", "menu", "staff", "databaseUrl", "redisUrl")
    assert {name: again.facts[name] for name in told} == {name: before[name] for name in told}


def is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
