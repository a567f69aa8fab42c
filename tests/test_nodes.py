"""The registry of nodes: who is alive and where, also while Redis is away."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from hub import nodes as module
from hub.embedded import Engines
from hub.nodes import Nodes, own_url
from hub.settings import Settings, SettingsError, load
from scripts.mishaps.relay import Relay
from state.live import client
from state.live import nodes as live

URL = "http://192.0.2.7:8000"


@pytest.fixture
async def redis(engines: Engines) -> AsyncIterator[Redis]:
    async with client.connect(engines.redis_url) as made:
        yield made


@pytest.fixture
async def other(redis: Redis) -> AsyncIterator[Nodes]:
    """Another node, alive."""
    made = await begun(redis)
    yield made
    await made.close()


async def begun(redis: Redis, url: str = URL) -> Nodes:
    """Return a node that has registered."""
    made = Nodes(redis)
    made.start(url)
    await made._renew()
    return made


async def test_a_node_is_found_by_its_id_and_nothing_else_is(redis: Redis, other: Nodes) -> None:
    here = Nodes(redis)
    assert await here.url_of(other.id) == URL
    nobodies = {"", "0badcafe", "0" * 9, "../nodes", other.id.upper(), f"{other.id}\n"}
    for nobody in nobodies - {other.id}:  # one of forty-odd has no letter
        assert await here.url_of(nobody) is None


async def test_a_node_that_leaves_is_found_no_more(redis: Redis) -> None:
    gone = await begun(redis)
    await gone.close()
    assert await Nodes(redis).url_of(gone.id) is None


async def test_a_node_that_falls_silent_drops_out(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LIVES_SECONDS", 0.01)
    here, silent = Nodes(redis), "5117e47a"
    await live.put(redis, silent, URL, seconds=10)
    assert await here.url_of(silent) == URL
    await live.remove(redis, silent)
    await asyncio.sleep(0.02)
    await here._renew()
    assert await here.url_of(silent) is None


async def test_entries_expire(redis: Redis, other: Nodes) -> None:
    assert 0 < await redis.pttl(f"node:{other.id}") <= module.LIVES_SECONDS * 1000


async def test_a_node_once_found_is_asked_for_no_more_and_needs_no_redis(
    engines: Engines, other: Nodes
) -> None:
    relay = Relay(engines.redis_url)
    await relay.plug()
    async with client.connect(relay.url) as redis:
        here = Nodes(redis)
        assert await here.url_of(other.id) == URL
        await relay.pull()
        assert await here.url_of(other.id) == URL
        assert await here.url_of("0badcafe") is None


async def test_a_redis_that_lost_its_data_is_told_anew_before_anybody_is_forgotten(
    redis: Redis, other: Nodes
) -> None:
    here = await begun(redis)
    assert await here.url_of(other.id) == URL
    await live.remove(redis, other.id)
    await here._renew()
    assert await here.url_of(other.id) == URL
    await other._renew()
    assert await Nodes(redis).url_of(other.id) == URL
    await here.close()


async def test_a_node_leaves_though_redis_is_away(engines: Engines) -> None:
    relay = Relay(engines.redis_url)
    await relay.plug()
    async with client.connect(relay.url) as redis:
        here = await begun(redis)
        await relay.pull()
        await here.close()


@pytest.mark.parametrize(
    ("named", "url"),
    [
        ({}, "http://127.0.0.1:4711"),
        ({"host": "10.0.0.5"}, "http://10.0.0.5:4711"),
        ({"host": "::1"}, "http://[::1]:4711"),
        ({"host": "0.0.0.0", "node_url": "http://10.0.0.5:8000/"}, "http://10.0.0.5:8000"),
    ],
)
def test_a_node_is_reached_where_it_listens_or_where_it_says(
    named: dict[str, str], url: str
) -> None:
    assert own_url(Settings(**named), 4711) == url


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_node_that_listens_everywhere_gives_the_address_of_its_machine(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.gethostbyname", lambda name: "192.0.2.9")
    assert own_url(Settings(host=host), 4711) == "http://192.0.2.9:4711"


def test_a_machine_that_does_not_know_its_own_address_gives_one_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(name: str) -> str:
        raise OSError(f"{name} is unknown")

    monkeypatch.setattr("socket.gethostbyname", unknown)
    assert own_url(Settings(host="0.0.0.0"), 4711) == "http://127.0.0.1:4711"


@pytest.mark.parametrize("url", ["http://10.0.0.5", "http://[fd00::5]:8000/", "http://hub_1:8000"])
def test_an_address_that_nodes_can_use_may_be_named(url: str) -> None:
    assert load({"NODE_URL": url}).node_url == url


@pytest.mark.parametrize(
    "url", ["10.0.0.5:8000", "https://10.0.0.5", "http://a:b@hub", "http://hub/x", "http://hub:x"]
)
def test_an_address_that_nodes_cannot_use_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="NODE_URL is wrong"):
        load({"NODE_URL": url})
