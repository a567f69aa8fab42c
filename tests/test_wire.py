"""The connection to Redis that all callers share: in order, once more when lost, never for ever."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.exceptions import ConnectionError, NoScriptError, ResponseError

from scripts.mishaps.relay import Relay
from state.live import client
from state.live.client import UNREACHABLE, Servers
from state.live.wire import Wire


@pytest.fixture
async def redis(cable: Relay) -> AsyncIterator[Servers]:
    async with client.connect(cable.url) as made:
        yield made


async def test_each_caller_gets_its_own_answer(redis: Servers) -> None:
    asked = (redis.call("k", "ECHO", str(n), publishes=n % 3 == 0) for n in range(100))
    assert await asyncio.gather(*asked) == [str(n).encode() for n in range(100)]


async def test_who_waits_for_a_server_that_is_let_go_of_is_told(cable: Relay) -> None:
    cable.swallows = True
    async with client.connect(cable.url) as redis:
        waiting = asyncio.ensure_future(redis.call("k", "PING"))
        await asyncio.sleep(0)  # by now it is being connected to
    with pytest.raises(ConnectionError):
        await waiting
    with pytest.raises(ConnectionError):
        await redis.call("k", "PING")


async def test_a_refusal_is_raised_where_it_belongs(redis: Servers) -> None:
    asked = [
        redis.call("k", "ECHO", "before"),
        redis.call("k", "NONSENSE"),
        redis.call("k", "EVALSHA", "0" * 40, 0),
        redis.call("k", "ECHO", "after"),
    ]
    before, refused, unknown, after = await asyncio.gather(*asked, return_exceptions=True)
    assert (before, after) == (b"before", b"after")
    assert isinstance(refused, ResponseError)
    assert isinstance(unknown, NoScriptError)


async def test_a_script_is_given_to_a_server_that_has_forgotten_it(redis: Servers) -> None:
    board = client.Script("board")
    names, args = ["{k}head", "{k}active"], ["{k}order:"]
    before = await board.run(redis, names, args)
    await redis.call("k", "SCRIPT", "FLUSH")
    assert await board.run(redis, names, args) == before


async def test_a_caller_that_gives_up_takes_nobodys_answer(redis: Servers) -> None:
    await redis.call("k", "PING")
    gone = asyncio.ensure_future(redis.call("k", "ECHO", "gone"))
    await asyncio.sleep(0)
    gone.cancel()
    assert await redis.call("k", "ECHO", "here") == b"here"
    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_a_command_lost_with_its_connection_is_sent_again(
    redis: Servers, cable: Relay
) -> None:
    assert await redis.call("k", "ECHO", "1") == b"1"
    asked = [
        asyncio.ensure_future(redis.call("k", "ECHO", str(n), publishes=n % 3 == 0))
        for n in range(20)
    ]
    await asyncio.sleep(0)
    cable.cut()
    assert await asyncio.gather(*asked) == [str(n).encode() for n in range(20)]


async def test_a_server_that_is_silent_is_waited_for_once_by_all(
    redis: Servers, cable: Relay
) -> None:
    assert await redis.call("k", "ECHO", "1") == b"1"
    cable.swallows = True
    began = asyncio.get_running_loop().time()
    asked = [redis.call("k", "ECHO", str(n), publishes=n % 3 == 0) for n in range(20)]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(each, UNREACHABLE) for each in found)
    assert asyncio.get_running_loop().time() - began < 10  # and not 20 times 2 s
    cable.swallows = False
    assert await redis.call("k", "ECHO", "2") == b"2"


async def test_a_server_that_is_silent_from_the_first_word_is_not_waited_for_for_ever(
    redis: Servers, cable: Relay
) -> None:
    cable.swallows = True
    began = asyncio.get_running_loop().time()
    with pytest.raises(UNREACHABLE):
        await redis.call("k", "PING")
    assert asyncio.get_running_loop().time() - began < 10
    cable.swallows = False
    assert await redis.call("k", "ECHO", "1") == b"1"


async def test_nothing_is_sent_on_a_connection_that_has_just_ended(cable: Relay) -> None:
    async with client.connect(cable.url) as redis:
        wire = await Wire.lay(redis.line(redis.place_of("k")), [].append)
    wire.close()
    with pytest.raises(ConnectionError):
        wire.send("PING")


async def test_a_command_waits_for_another_connection_when_one_has_just_been_given_up(
    redis: Servers, cable: Relay
) -> None:
    """The moment between the end of one that was silent and the news of its end."""
    assert await redis.call("k", "ECHO", "1") == b"1"
    cable.swallows = True
    with pytest.raises(UNREACHABLE):
        await redis.call("k", "ECHO", "2")
    cable.swallows = False
    assert await redis.call("k", "ECHO", "3") == b"3"


async def test_a_server_that_is_away_is_away_for_all_at_once(redis: Servers, cable: Relay) -> None:
    await cable.pull()
    asked = [redis.call("k", "PING") for _ in range(20)]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(each, UNREACHABLE) for each in found)
