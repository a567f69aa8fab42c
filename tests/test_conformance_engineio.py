"""Engine.IO 4 by hand: sessions, both transports, the heartbeat, and the upgrade between them."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from hub.engine import Limits
from tests.conformance.server import ENGINEIO, MAX_PAYLOAD, Served, engineio_echo, served
from tests.conformance.wire import (
    Op,
    Polling,
    Response,
    WebSocket,
    closing,
    connection,
    encode,
    fetch,
    handshake,
    message,
    poll,
    request,
    settle,
    turned_away,
    until,
    websocket,
)

POLLING, WEBSOCKET = "EIO=4&transport=polling", "EIO=4&transport=websocket"
NOOP, CLOSE, PING, PONG = "6", "1", "2", "3"
ORIGIN = "https://menu.example"
# Seconds: as few as a busy machine can keep up with.
STRICT = {"ping_interval": 0.2, "ping_timeout": 0.5}
# So that nothing ends by a limit of its own which should have ended before.
PATIENCE = Limits(upgrade_seconds=60.0, body_seconds=60.0)


@pytest.fixture(scope="module")
async def echo() -> AsyncIterator[Served]:
    """No ping comes from it while a test lasts."""
    async with served(engineio_echo(limits=PATIENCE), ENGINEIO) as at:
        yield at


@pytest.fixture(scope="module")
async def patient() -> AsyncIterator[Served]:
    """It pings often, and waits long for an answer."""
    async with served(engineio_echo(ping_interval=0.1, ping_timeout=30.0), ENGINEIO) as at:
        yield at


@pytest.fixture(scope="module")
async def strict() -> AsyncIterator[Served]:
    """It does not wait long for an answer."""
    server = engineio_echo(limits=PATIENCE, **STRICT)
    async with served(server, ENGINEIO) as at:
        yield at


@pytest.fixture
async def session(echo: Served) -> Polling:
    return await poll(echo)


@asynccontextmanager
async def opened(at: Served) -> AsyncIterator[WebSocket]:
    async with websocket(at) as socket:
        open_packet = await socket.hear()
        assert open_packet[:1] == "0"
        yield socket


@asynccontextmanager
async def probing(session: Polling) -> AsyncIterator[WebSocket]:
    """Begin to upgrade: up to the answer to the probe."""
    async with websocket(session.at, session.sid) as socket:
        await socket.say("2probe")
        assert await socket.hear() == "3probe"
        yield socket


@asynccontextmanager
async def upgraded(session: Polling) -> AsyncIterator[WebSocket]:
    async with probing(session) as socket:
        await socket.say("5", "4upgraded")
        assert await socket.hear() == "4upgraded"
        yield socket


async def forgotten(at: Served, sid: str) -> None:
    """Wait until the server has no such session, and every way to it is closed."""
    await until(lambda: sid not in at.server.eio.sockets)
    for method in ("GET", "POST"):
        query = f"{POLLING}&sid={sid}"
        assert (await fetch(at, request(at, method, query, body=""))).status == 400
    assert await turned_away(at, f"{WEBSOCKET}&sid={sid}")


async def alive(session: Polling) -> None:
    """A session over long-polling still carries what is sent."""
    await session.posted("4still here")
    assert "4still here" in await session.polled()


# The handshake


async def test_a_session_over_polling_opens_with_all_that_a_client_needs(echo: Served) -> None:
    answer = await fetch(echo, request(echo, "GET", POLLING))
    assert answer.status == 200
    assert answer.headers["content-type"].lower() == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    opened = json.loads(answer.body.removeprefix("0"))
    assert opened == {
        "sid": opened["sid"],
        "upgrades": ["websocket"],
        "pingInterval": 25_000,
        "pingTimeout": 20_000,
        "maxPayload": MAX_PAYLOAD,
    }
    assert isinstance(opened["sid"], str)


async def test_a_session_over_websocket_opens_with_nothing_to_upgrade_to(echo: Served) -> None:
    async with websocket(echo) as socket:
        opened = json.loads(str(await socket.hear()).removeprefix("0"))
    assert opened == {
        "sid": opened["sid"],
        "upgrades": [],
        "pingInterval": 25_000,
        "pingTimeout": 20_000,
        "maxPayload": MAX_PAYLOAD,
    }


@pytest.mark.parametrize(("ping_interval", "ping_timeout"), [(0.29, 1.1), (0.57, 2.3), (1, 4.35)])
async def test_intervals_are_announced_in_whole_milliseconds(
    ping_interval: float, ping_timeout: float
) -> None:
    server = engineio_echo(ping_interval=ping_interval, ping_timeout=ping_timeout)
    async with served(server, ENGINEIO) as at:
        opened = (await poll(at)).handshake
    assert (opened["pingInterval"], opened["pingTimeout"]) == (
        round(ping_interval * 1000),
        round(ping_timeout * 1000),
    )
    assert {type(opened[name]) for name in ("pingInterval", "pingTimeout")} == {int}


async def test_what_the_client_adds_to_the_query_does_not_matter(echo: Served) -> None:
    answer = await fetch(echo, request(echo, "GET", f"t=N8hyd6w&{POLLING}&token=a%20b&x"))
    assert (answer.status, answer.body[:1]) == (200, "0")


@pytest.mark.parametrize(
    ("method", "query"),
    [
        ("GET", ""),
        ("GET", "transport=polling"),
        ("GET", "EIO=3&transport=polling"),
        ("GET", "EIO=5&transport=polling"),
        ("GET", "EIO=abc&transport=polling"),
        ("GET", "EIO=&transport=polling"),
        ("GET", "EIO=4"),
        ("GET", "EIO=4&transport="),
        ("GET", "EIO=4&transport=abc"),
        ("GET", "EIO=4&transport=webtransport"),
        ("GET", f"{POLLING}&sid=nowhere"),
        ("POST", POLLING),
        ("PUT", POLLING),
        ("DELETE", POLLING),
        ("POST", f"{POLLING}&sid=nowhere"),
    ],
)
async def test_a_request_that_is_no_handshake_is_refused(
    echo: Served, method: str, query: str
) -> None:
    before = set(echo.server.eio.sockets)
    assert (await fetch(echo, request(echo, method, query))).status == 400
    assert set(echo.server.eio.sockets) <= before


@pytest.mark.parametrize(
    "query",
    [
        "transport=websocket",
        "EIO=3&transport=websocket",
        "EIO=abc&transport=websocket",
        "EIO=4",
        "EIO=4&transport=abc",
        f"{WEBSOCKET}&sid=nowhere",
    ],
)
async def test_a_websocket_that_is_no_handshake_is_refused(echo: Served, query: str) -> None:
    before = set(echo.server.eio.sockets)
    assert await turned_away(echo, query)
    assert set(echo.server.eio.sockets) <= before


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_a_session_knows_only_get_and_post(session: Polling, method: str) -> None:
    answer = await fetch(session.at, request(session.at, method, session.query))
    assert 400 <= answer.status < 500
    await alive(session)


async def test_a_session_over_websocket_cannot_be_polled(echo: Served) -> None:
    async with websocket(echo) as socket:
        sid = json.loads(str(await socket.hear())[1:])["sid"]
        for method in ("GET", "POST"):
            answer = await fetch(echo, request(echo, method, f"{POLLING}&sid={sid}", body=""))
            assert answer.status == 400
        await socket.say("4still here")
        assert await socket.hear() == "4still here"


# Messages


@pytest.mark.parametrize(
    "packets",
    [
        ["4hello"],
        ["4"],
        ["4a", "4b", "4c"],
        ["4€ 😀 \u2028 \x00"],
        ["4hello", "bAQIDBA==", "4world"],
        ["b"],
        [f"4{n}" for n in range(500)],
        ["b" + base64.b64encode(bytes(range(256))).decode()],
        ["4" + "x" * (MAX_PAYLOAD - 1)],
    ],
    ids=lambda packets: f"{len(packets)} of {len(packets[0])}",
)
async def test_what_is_posted_is_polled_in_order(session: Polling, packets: list[str]) -> None:
    await session.posted(*packets)
    heard: list[str] = []
    while len(heard) < len(packets):
        heard += await session.polled()
    assert heard == packets


async def test_an_open_poll_is_answered_when_there_is_something_to_say(session: Polling) -> None:
    async with session.polling() as open_poll:
        await session.posted("4hello")
        answer = await open_poll
    assert (answer.status, answer.body) == (200, "4hello")
    assert answer.headers["content-type"].lower() == "text/plain; charset=utf-8"


async def test_bytes_come_as_base64_over_polling(session: Polling) -> None:
    for data in (b"\x01\x02\x03\x04", "text", b"\xff" * 5):
        await session.at.server.eio.send(session.sid, data)
    assert await session.polled() == ["bAQIDBA==", "4text", "b//////8="]


async def test_requests_may_share_a_connection(echo: Served) -> None:
    session = await poll(echo)
    async with connection(echo) as made:
        for n in range(3):
            await made.send(request(echo, "POST", session.query, body=f"4{n}"))
            assert (await made.response()).body == "ok"
            await made.send(request(echo, "GET", session.query))
            assert (await made.response()).body == f"4{n}"


async def test_a_request_may_come_byte_by_byte(session: Polling) -> None:
    async with connection(session.at) as made:
        await made.send_bytewise(request(session.at, "POST", session.query, body="4wörd"))
        assert (await made.response()).body == "ok"
    assert await session.polled() == ["4wörd"]


async def test_messages_over_websocket_keep_their_kind(echo: Served) -> None:
    async with opened(echo) as socket:
        packets: list[str | bytes] = ["4hello", b"\x01\x02\x03\x04", "4", b"", "4€"]
        await socket.say(*packets)
        assert [await socket.hear() for _ in packets] == packets


BAD_PAYLOADS = [
    "",
    "abc",
    "7",
    "9hello",
    " 4hello",
    "4a\x1e",
    "\x1e4a",
    "4a\x1eabc",
    "4a\x1e\x1e4b",
]


@pytest.mark.parametrize("payload", BAD_PAYLOADS)
async def test_a_payload_that_cannot_be_read_ends_the_session(
    session: Polling, payload: str
) -> None:
    async with connection(session.at) as made:
        await made.send(request(session.at, "POST", session.query, body=payload))
        with suppress(asyncio.IncompleteReadError, ConnectionError):  # it may be cut off, too
            assert (await made.response()).status == 400
    await forgotten(session.at, session.sid)


async def test_a_payload_that_is_not_utf_8_ends_the_session(session: Polling) -> None:
    sent = request(session.at, "POST", session.query, {"Content-Length": "2"}) + b"4\xff"
    assert (await fetch(session.at, sent)).status == 400
    await forgotten(session.at, session.sid)


@pytest.mark.parametrize("packet", ["", "abc", "7", "9hello", "bAQID", PING])
async def test_a_packet_that_cannot_be_read_ends_the_websocket(echo: Served, packet: str) -> None:
    async with websocket(echo) as socket:
        sid = json.loads(str(await socket.hear())[1:])["sid"]
        await socket.say(packet)
        await socket.closed()
    await forgotten(echo, sid)


async def test_the_heartbeat_goes_one_way_only(session: Polling) -> None:
    """A ping from a client is of an older protocol."""
    await session.post(PING)
    await forgotten(session.at, session.sid)


# Two at once, and requests that cannot be


async def test_a_second_poll_ends_the_session(session: Polling) -> None:
    async with session.polling() as first, session.polling() as second:
        answers = await asyncio.gather(first, second)
    assert sorted(answer.status for answer in answers) == [200, 400]
    assert [answer.body for answer in answers if answer.status == 200] == [CLOSE]
    await forgotten(session.at, session.sid)


async def test_a_second_post_in_flight_ends_the_session(session: Polling) -> None:
    whole = request(session.at, "POST", session.query, body="4first")
    async with connection(session.at) as slow:
        await slow.send(whole[:-1])
        await settle()
        assert (await session.post("4second")).status == 400
        await forgotten(session.at, session.sid)


async def test_a_post_too_large_is_refused_before_it_is_read(session: Polling) -> None:
    headers: dict[str, str | None] = {"Content-Length": str(MAX_PAYLOAD + 1)}
    answer = await fetch(session.at, request(session.at, "POST", session.query, headers))
    assert answer.status == 413


@pytest.mark.parametrize(
    "headers", [{"Content-Length": None}, {"Content-Length": None, "Transfer-Encoding": "chunked"}]
)
async def test_a_post_must_say_how_long_it_is_before_it_is_read(
    session: Polling, headers: dict[str, str | None]
) -> None:
    answer = await fetch(session.at, request(session.at, "POST", session.query, headers))
    assert answer.status == 411


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Length": "abc"},
        {"Content-Length": "-1"},
        {"Content-Length": "+7"},
        {"Content-Length": "7, 8"},
        {"Content-Length": "7", "content-length": "8"},
        {"Content-Length": "7", "Transfer-Encoding": "chunked"},
        {"Host": "a\x00b"},
        {"No Name": "x"},
    ],
)
async def test_a_request_that_can_be_read_in_two_ways_is_not_read(
    session: Polling, headers: dict[str, str | None]
) -> None:
    async with connection(session.at) as made:
        await made.send(request(session.at, "POST", session.query, headers, "4hello!"))
        assert 400 <= (await made.response()).status < 500
        await made.ended()


async def test_a_poll_whose_connection_breaks_ends_its_session(session: Polling) -> None:
    """What would be sent on it could be lost, so the client has to begin anew."""
    async with connection(session.at) as made:
        await made.send(request(session.at, "GET", session.query))
        await settle()
    await forgotten(session.at, session.sid)


async def test_a_post_whose_connection_breaks_ends_its_session(session: Polling) -> None:
    async with connection(session.at) as made:
        await made.send(request(session.at, "POST", session.query, body="4hello")[:-3])
        await settle()
    await forgotten(session.at, session.sid)


# Other origins


def allows(answer: Response, origin: str) -> bool:
    """A page of the origin may read the answer; a star is not for those with credentials."""
    allowed = answer.headers.get("access-control-allow-origin")
    with_credentials = answer.headers.get("access-control-allow-credentials") == "true"
    return allowed == origin or (allowed == "*" and not with_credentials)


async def test_pages_of_any_origin_may_read_where_all_are_let_in(session: Polling) -> None:
    from_page: dict[str, str | None] = {"Origin": ORIGIN}
    at = session.at
    for method, query, body in (
        ("GET", POLLING, ""),
        ("POST", session.query, "4hello"),
        ("GET", session.query, ""),
        ("GET", "EIO=4", ""),
    ):
        assert allows(await fetch(at, request(at, method, query, from_page, body)), ORIGIN), query


async def test_a_browser_that_asks_first_is_told_what_it_may_send(session: Polling) -> None:
    asked: dict[str, str | None] = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    for query in (POLLING, session.query):
        answer = await fetch(session.at, request(session.at, "OPTIONS", query, asked))
        assert answer.status in (200, 204)
        assert allows(answer, ORIGIN)
        assert "POST" in answer.headers["access-control-allow-methods"]
        assert "content-type" in answer.headers["access-control-allow-headers"].lower()
    await alive(session)


async def test_pages_of_other_origins_get_no_session() -> None:
    server = engineio_echo(cors_allowed_origins=[ORIGIN])
    async with served(server, ENGINEIO) as at:
        for origin in ("https://evil.example", f"{ORIGIN}.evil.example", "null"):
            sent = request(at, "GET", POLLING, {"Origin": origin})
            answer = await fetch(at, sent)
            assert answer.status in (400, 403)
            assert not allows(answer, origin)
            assert (await fetch(at, handshake(at, WEBSOCKET, Origin=origin))).status in (400, 403)
        assert not server.eio.sockets
        answer = await fetch(at, request(at, "GET", POLLING, {"Origin": ORIGIN}))
        assert answer.status == 200
        assert allows(answer, ORIGIN)
        async with websocket(at, Origin=ORIGIN) as socket:
            await socket.hear()


# The heartbeat


async def test_pings_are_sent_over_polling_as_long_as_they_are_answered(patient: Served) -> None:
    session = await poll(patient)
    for _ in range(3):
        assert await session.polled() == [PING]
        await session.posted(PONG)


async def test_pings_are_sent_over_websocket_as_long_as_they_are_answered(patient: Served) -> None:
    async with opened(patient) as socket:
        for _ in range(3):
            assert await socket.hear() == PING
            await socket.say(PONG)


async def test_pings_are_sent_over_websocket_after_an_upgrade(patient: Served) -> None:
    session = await poll(patient)
    async with websocket(patient, session.sid) as socket:
        await socket.say("2probe")
        assert await socket.hear() == "3probe"
        await socket.say("5")
        for _ in range(3):
            assert await socket.hear() == PING
            await socket.say(PONG)


async def test_messages_go_on_between_pings(patient: Served) -> None:
    async with opened(patient) as socket:
        heard = []
        for n in range(3):
            assert await socket.hear() == PING
            await socket.say(f"4{n}", PONG)
            heard.append(await socket.hear())
    assert heard == ["40", "41", "42"]


async def test_a_session_whose_client_is_silent_ends(strict: Served) -> None:
    session = await poll(strict)
    await forgotten(strict, session.sid)


async def test_a_session_whose_client_only_polls_ends_and_its_poll_is_answered(
    strict: Served,
) -> None:
    session = await poll(strict)
    assert await session.polled() == [PING]
    answer = await session.get()
    assert (answer.status, answer.body) in ((200, CLOSE), (200, NOOP), (400, answer.body))
    await forgotten(strict, session.sid)


async def test_a_websocket_whose_client_is_silent_is_closed(strict: Served) -> None:
    async with websocket(strict) as socket:
        sid = json.loads(str(await socket.hear())[1:])["sid"]
        assert await socket.hear() == PING
        await socket.closed()
    await forgotten(strict, sid)


async def test_the_application_is_told_once_that_a_client_is_gone() -> None:
    server = engineio_echo(**STRICT)
    told: list[tuple[str, str]] = []

    async def disconnect(sid: str, reason: str) -> None:
        told.append((sid, reason))

    server.eio.on("disconnect", disconnect)
    async with served(server, ENGINEIO) as at:
        session = await poll(at)
        await forgotten(at, session.sid)
        async with opened(at) as socket:
            await socket.say(CLOSE)
            await socket.closed()
        await until(lambda: len(told) == 2)
        await asyncio.sleep(sum(STRICT.values()))
    assert [sid for sid, _ in told][:1] == [session.sid]
    assert [reason for _, reason in told] == ["ping timeout", "client disconnect"]


# The end


async def test_a_client_that_says_goodbye_gets_its_open_poll_answered(session: Polling) -> None:
    async with session.polling() as open_poll:
        await session.posted(CLOSE)
        answer = await open_poll
    assert (answer.status, answer.body) == (200, NOOP)
    await forgotten(session.at, session.sid)


async def test_a_client_that_says_goodbye_without_a_poll_is_gone(session: Polling) -> None:
    await session.posted("4hello", CLOSE)
    await forgotten(session.at, session.sid)


async def test_what_came_before_a_goodbye_is_heard_and_nothing_after_it() -> None:
    server = engineio_echo()
    heard: list[Any] = []

    async def hear(sid: str, data: Any) -> None:
        heard.append(data)

    server.eio.on("message", hear)
    async with served(server, ENGINEIO) as at:
        session = await poll(at)
        await session.post(f"4posted before\x1e{CLOSE}\x1e4posted after")
        for goodbye in (message(CLOSE), closing(1000), encode(Op.CLOSE)):
            async with opened(at) as socket:
                await socket.send(message("4said before") + goodbye + message("4said after"))
                await socket.closed()
        await until(lambda: not server.eio.sockets)
    assert heard == ["posted before", *["said before"] * 3]


async def test_a_client_that_says_goodbye_over_websocket_is_gone(echo: Served) -> None:
    async with websocket(echo) as socket:
        sid = json.loads(str(await socket.hear())[1:])["sid"]
        await socket.say(CLOSE)
        await socket.closed()
    await forgotten(echo, sid)


async def test_a_server_that_says_goodbye_answers_the_open_poll(session: Polling) -> None:
    async with session.polling() as open_poll:
        await session.at.server.eio.disconnect(session.sid)
        answer = await open_poll
    assert (answer.status, answer.body) == (200, CLOSE)
    await forgotten(session.at, session.sid)


async def test_a_server_that_says_goodbye_closes_the_websocket(echo: Served) -> None:
    async with websocket(echo) as socket:
        sid = json.loads(str(await socket.hear())[1:])["sid"]
        await echo.server.eio.send(sid, "last words")
        await echo.server.eio.disconnect(sid)
        assert await socket.hear() == "4last words"
        await socket.closed()
    await forgotten(echo, sid)


# The upgrade


async def test_a_probe_is_answered_and_the_open_poll_is_let_go(session: Polling) -> None:
    async with session.polling() as open_poll, probing(session) as socket:
        answer = await open_poll
        assert (answer.status, answer.body) == (200, NOOP)
        await socket.say("5", "4hello")
        assert await socket.hear() == "4hello"


async def test_a_poll_that_comes_after_the_probe_is_let_go_too(session: Polling) -> None:
    async with probing(session) as socket:
        assert await session.polled() == [NOOP]
        await socket.say("5", "4hello")
        assert await socket.hear() == "4hello"


async def test_a_client_may_upgrade_without_waiting_for_the_answer(session: Polling) -> None:
    async with websocket(session.at, session.sid) as socket:
        await socket.say("2probe", "5", "4hello", b"\x01")
        assert [await socket.hear() for _ in range(3)] == ["3probe", "4hello", b"\x01"]


async def test_messages_sent_during_the_upgrade_come_once_and_in_order(session: Polling) -> None:
    eio, sid = session.at.server.eio, session.sid
    before = [f"4{n}" for n in range(5)]
    await session.posted(*before)
    async with websocket(session.at, sid) as socket:
        for n in range(5, 10):
            await eio.send(sid, str(n))
        await socket.say("2probe")
        assert await socket.hear() == "3probe"
        for n in range(10, 15):
            await eio.send(sid, str(n) if n % 2 else bytes((n,)))
        await socket.say("5")
        for n in range(15, 20):
            await eio.send(sid, str(n))
        await socket.say("4end")
        heard = [await socket.hear() for _ in range(21)]
    numbers = [f"4{n}" if n % 2 or not 10 <= n < 15 else bytes((n,)) for n in range(20)]
    assert heard == [*numbers, "4end"]


async def test_messages_come_in_order_over_the_last_poll_and_the_websocket(
    session: Polling,
) -> None:
    """The poll of a client that upgrades is still open while the server goes on sending."""
    eio, sid = session.at.server.eio, session.sid
    async with session.polling() as open_poll, websocket(session.at, sid) as socket:
        await socket.say("2probe")
        for n in range(20):
            await eio.send(sid, str(n))
            await asyncio.sleep(0)
        heard: list[str | bytes] = [*(await open_poll).body.split("\x1e")]
        assert await socket.hear() == "3probe"
        await socket.say("5", "4end")
        while heard[-1] != "4end":
            heard.append(await socket.hear())
    assert [packet for packet in heard if packet != NOOP] == [*(f"4{n}" for n in range(20)), "4end"]


async def test_messages_posted_before_the_upgrade_are_heard_before_those_after(
    session: Polling,
) -> None:
    async with probing(session) as socket:
        await session.posted("4first", "4second")
        await socket.say("5", "4third")
        assert [await socket.hear() for _ in range(3)] == ["4first", "4second", "4third"]


async def test_after_the_upgrade_nobody_can_poll(session: Polling) -> None:
    async with upgraded(session) as socket:
        assert (await session.get()).status == 400
        assert (await session.post("4hello")).status == 400
        await socket.say("4still here")
        assert await socket.hear() == "4still here"


@pytest.mark.parametrize("begin", [probing, upgraded])
async def test_a_second_websocket_of_a_session_is_closed_and_the_first_goes_on(
    session: Polling, begin: Any
) -> None:
    async with begin(session) as socket:
        async with websocket(session.at, session.sid) as second:
            await second.closed()
        await socket.say(*(["5"] if begin is probing else []), "4still here")
        assert await socket.hear() == "4still here"


@pytest.mark.parametrize(
    "packet", ["2", "2Probe", "3probe", "4hello", "2probes", "0", "abc", b"\x02"]
)
async def test_a_probe_of_another_content_ends_the_upgrade_and_not_the_session(
    session: Polling, packet: str | bytes
) -> None:
    async with websocket(session.at, session.sid) as socket:
        await socket.say(packet)
        await socket.closed()
    await alive(session)
    async with upgraded(session):  # it may try again
        pass


@pytest.mark.parametrize("packet", ["4hello", "2", "abc"])
async def test_a_probe_must_be_followed_by_the_upgrade(session: Polling, packet: str) -> None:
    async with probing(session) as socket:
        await socket.say(packet)
        await socket.closed()
    await alive(session)


@pytest.mark.parametrize("abrupt", [False, True])
async def test_an_upgrade_given_up_leaves_the_session_as_it_was(
    session: Polling, abrupt: bool
) -> None:
    async with probing(session) as socket:
        if abrupt:
            socket.writer.transport.abort()
    await alive(session)


@pytest.mark.parametrize("packets", [(), ("2probe",)])
async def test_an_upgrade_that_takes_too_long_is_given_up(packets: tuple[str, ...]) -> None:
    server = engineio_echo(limits=Limits(upgrade_seconds=0.2))
    async with served(server, ENGINEIO) as at:
        session = await poll(at)
        async with websocket(at, session.sid) as socket:
            await socket.say(*packets)
            await socket.closed()
        await alive(session)


async def test_an_upgrade_never_finished_does_not_keep_a_session_alive(strict: Served) -> None:
    session = await poll(strict)
    async with probing(session) as socket:
        await forgotten(strict, session.sid)
        await socket.closed()


async def test_an_upgrade_never_begun_does_not_keep_a_connection_open(strict: Served) -> None:
    session = await poll(strict)
    async with websocket(strict, session.sid) as socket:
        await forgotten(strict, session.sid)
        await socket.closed()


async def test_a_session_that_ends_while_it_upgrades_takes_the_websocket_along(
    session: Polling,
) -> None:
    async with probing(session) as socket:
        await session.posted(CLOSE)
        await socket.closed()
    await forgotten(session.at, session.sid)


async def test_an_upgraded_session_ends_with_its_websocket(session: Polling) -> None:
    async with upgraded(session):
        pass
    await forgotten(session.at, session.sid)
