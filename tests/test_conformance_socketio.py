"""Socket.IO 5 by hand: namespaces, events, acks and attachments, and packets that are none."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from socketio.exceptions import ConnectionRefusedError

from tests.conformance.server import SOCKETIO, Served, noting, served, socketio_echo
from tests.conformance.wire import (
    SECONDS,
    Polling,
    WebSocket,
    fetch,
    poll,
    request,
    until,
    websocket,
)

# What stands in a packet where an attachment belongs.
PLACES = [f'{{"_placeholder":true,"num":{n}}}' for n in range(11)]
FIRST, SECOND, THIRD = PLACES[:3]


@pytest.fixture(scope="module")
async def echo() -> AsyncIterator[Served]:
    """No ping comes from it while a test lasts, and it would wait long for a CONNECT."""
    server = socketio_echo(connect_timeout=60.0)
    server.on("connect", refuse, namespace="/closed")

    async def ask_first(sid: str, *args: Any) -> Any:
        return await server.call("question", args, to=sid, timeout=SECONDS)

    server.on("ask first", ask_first)
    async with served(server, SOCKETIO) as at:
        yield at


@pytest.fixture
async def socket(echo: Served) -> AsyncIterator[WebSocket]:
    """A client of the main namespace."""
    async with connected(echo) as socket:
        yield socket


async def refuse(sid: str, environ: dict[str, Any], auth: Any = None) -> None:
    raise ConnectionRefusedError("not today", {"code": "CLOSED"})


@asynccontextmanager
async def opened(at: Served) -> AsyncIterator[WebSocket]:
    """A client that has sent no CONNECT yet; when it is closed, nothing of it must be left."""
    async with websocket(at) as socket:
        packet = await socket.hear()
        assert packet[:1] == "0"
        yield socket
    await nothing_left(at)


@asynccontextmanager
async def connected(at: Served, namespace: str = "/") -> AsyncIterator[WebSocket]:
    async with opened(at) as socket:
        await join(socket, namespace)
        yield socket


async def join(socket: WebSocket, namespace: str = "/", auth: str = "") -> str:
    """Connect to a namespace, and return the id of the session there."""
    prefix = "" if namespace == "/" else f"{namespace},"
    await socket.say(f"40{prefix}{auth}")
    packet = str(await socket.hear())
    assert packet.startswith(f"40{prefix}"), packet
    answer = json.loads(packet[2 + len(prefix) :])
    assert list(answer) == ["sid"]
    assert await socket.hear() == f'42{prefix}["auth",{auth or "{}"}]'
    return str(answer["sid"])


async def nothing_left(at: Served) -> None:
    """Wait until the server has forgotten all who were connected."""
    await until(lambda: not at.server.eio.sockets)
    assert not len(at.server.members)
    assert not at.server.environ
    for namespace in ("/", "/custom"):
        assert not list(at.server.manager.get_participants(namespace, None))


async def hears(socket: WebSocket, *packets: str | bytes) -> None:
    assert [await socket.hear() for _ in packets] == list(packets)


# Namespaces


@pytest.mark.parametrize("namespace", ["/", "/custom"])
@pytest.mark.parametrize("auth", ["", '{"token":"123"}', '{"token":{"a":["é",null,1.5]}}'])
async def test_a_client_connects_with_or_without_auth(
    echo: Served, namespace: str, auth: str
) -> None:
    async with opened(echo) as socket:
        sid = await join(socket, namespace, auth)
        assert sid
        assert sid not in echo.server.eio.sockets, "it is not the id of the transport"


async def test_each_namespace_of_a_connection_has_a_session_of_its_own(echo: Served) -> None:
    async with opened(echo) as socket:
        sids = [await join(socket, namespace) for namespace in ("/custom", "/")]
        assert len(set(sids)) == 2
        await socket.say('42/custom,["message",1]', '42["message",2]')
        await hears(socket, '42/custom,["message-back",1]', '42["message-back",2]')


@pytest.mark.parametrize("auth", ["", ",", ',{"token":"123"}'])
async def test_an_unknown_namespace_is_refused_and_others_go_on(echo: Served, auth: str) -> None:
    async with opened(echo) as socket:
        await socket.say(f"40/random{auth}")
        await hears(socket, '44/random,{"message":"Invalid namespace"}')
        await join(socket)
        await socket.say(f"40/random{auth}", '42["message"]')
        await hears(socket, '44/random,{"message":"Invalid namespace"}', '42["message-back"]')


async def test_a_client_that_is_not_let_in_is_told_why(echo: Served) -> None:
    async with opened(echo) as socket:
        await socket.say("40/closed,")
        packet = str(await socket.hear())
        assert packet.startswith("44/closed,")
        assert json.loads(packet[10:]) == {"message": "not today", "data": {"code": "CLOSED"}}
        await join(socket)


async def test_who_leaves_one_namespace_stays_in_the_other(echo: Served) -> None:
    async with connected(echo) as socket:
        await join(socket, "/custom")
        await socket.say("41/custom,", '42["message","still here"]')
        await hears(socket, '42["message-back","still here"]')
        await join(socket, "/custom")
        await socket.say("41", '42/custom,["message","and here"]')
        await hears(socket, '42/custom,["message-back","and here"]')


async def test_the_comma_after_a_namespace_may_be_missing_at_the_end(echo: Served) -> None:
    async with connected(echo) as socket:
        await socket.say("40/custom")
        assert str(await socket.hear()).startswith("40/custom,")
        await hears(socket, '42/custom,["auth",{}]')
        await socket.say("41/custom", '42["message"]')
        await hears(socket, '42["message-back"]')


async def test_who_has_left_may_come_again_on_the_same_connection(echo: Served) -> None:
    async with opened(echo) as socket:
        first = await join(socket)
        await socket.say("41")
        assert await join(socket) != first


async def test_the_server_ends_one_namespace_and_not_the_other(echo: Served) -> None:
    async with opened(echo) as socket:
        await join(socket)
        sid = await join(socket, "/custom")
        await echo.server.disconnect(sid, namespace="/custom")
        await hears(socket, "41/custom,")
        await socket.say('42["message"]')
        await hears(socket, '42["message-back"]')


# Who says nothing


@pytest.fixture(scope="module")
async def impatient() -> AsyncIterator[Served]:
    server = socketio_echo(connect_timeout=0.5, ping_interval=0.2, ping_timeout=30.0)
    server.on("connect", refuse, namespace="/closed")
    async with served(server, SOCKETIO) as at:
        yield at


async def test_a_websocket_without_connect_is_closed(impatient: Served) -> None:
    async with opened(impatient) as socket:
        await socket.closed()
        await nothing_left(impatient)


async def test_a_poller_without_connect_is_closed(impatient: Served) -> None:
    session = await poll(impatient)
    await nothing_left(impatient)
    assert (await session.get()).status == 400


@pytest.mark.parametrize("namespace", ["/random", "/closed"])
async def test_who_was_let_in_nowhere_is_closed(impatient: Served, namespace: str) -> None:
    async with opened(impatient) as socket:
        await socket.say(f"40{namespace},")
        packets = [str(await socket.hear())]
        while packets[-1] == "2":
            packets.append(str(await socket.hear()))
        assert packets[-1].startswith(f"44{namespace},")
        await socket.closed()
        await nothing_left(impatient)


async def test_who_has_connected_is_not_closed(impatient: Served) -> None:
    async with opened(impatient) as socket:
        await socket.say("40/custom,")
        packets = [await socket.hear()]
        while packets.count("2") < 4:
            packets.append(await socket.hear())
            if packets[-1] == "2":
                await socket.say("3")
        await socket.say('42/custom,["message"]')
        while packets[-1] != '42/custom,["message-back"]':
            packets.append(await socket.hear())


# Events and acks


@pytest.mark.parametrize(
    "args",
    [
        "",
        ',1,"2",{"3":[true]}',
        ',"€ 😀 \\u0000 \\" \\\\"',
        ",null",
        ",[]",
        ",1.5,-1,12345678901234567890",
        ',"/custom,"',
        ',{"_placeholder":true,"num":7}',
    ],
)
async def test_an_event_comes_back(socket: WebSocket, args: str) -> None:
    await socket.say(f'42["message"{args}]', f'421["message-with-ack"{args}]')
    back, ack = str(await socket.hear()), str(await socket.hear())
    assert (back[:2], ack[:3]) == ("42", "431")
    sent = json.loads(f"[0{args}]")[1:]
    assert json.loads(back[2:]) == ["message-back", *sent]
    assert json.loads(ack[3:]) == sent


async def test_what_is_sent_is_json_without_spaces(socket: WebSocket) -> None:
    await socket.say('42["message", 1, "2", {"3": [true, false]}]')
    await hears(socket, '42["message-back",1,"2",{"3":[true,false]}]')


@pytest.mark.parametrize("ack_id", [0, 1, 456, 2**31, 2**53 - 1])
async def test_an_ack_has_the_id_that_was_asked_for(socket: WebSocket, ack_id: int) -> None:
    await socket.say(f'42{ack_id}["message-with-ack",{ack_id}]')
    await hears(socket, f"43{ack_id}[{ack_id}]")


async def test_an_ack_names_its_namespace(echo: Served) -> None:
    async with connected(echo, "/custom") as socket:
        await socket.say('42/custom,7["message-with-ack","a"]')
        await hears(socket, '43/custom,7["a"]')


async def test_an_event_with_attachments_comes_back(socket: WebSocket) -> None:
    await socket.say(f'452-["message",{FIRST},{SECOND}]', b"\x01\x02\x03", b"")
    await hears(socket, f'452-["message-back",{FIRST},{SECOND}]', b"\x01\x02\x03", b"")


async def test_attachments_are_put_where_their_places_are(socket: WebSocket) -> None:
    sent = f'453-["message",{{"b":{THIRD},"a":[{FIRST},1]}},{SECOND}]'
    await socket.say(sent, b"first", b"second", b"third")
    header = str(await socket.hear())
    assert header.startswith("453-")
    name, places, last = json.loads(header[4:])
    parts = [await socket.hear() for _ in range(3)]
    assert (name, places["a"][1]) == ("message-back", 1)
    assert parts[places["b"]["num"]] == b"third"
    assert parts[places["a"][0]["num"]] == b"first"
    assert parts[last["num"]] == b"second"


async def test_an_ack_has_attachments_too(echo: Served) -> None:
    async with connected(echo, "/custom") as socket:
        await socket.say(f'452-/custom,789["message-with-ack",{FIRST},{SECOND}]', b"\x01", b"\x02")
        await hears(socket, f"462-/custom,789[{FIRST},{SECOND}]", b"\x01", b"\x02")


async def test_as_many_attachments_as_are_allowed_come_back(socket: WebSocket) -> None:
    places = ",".join(PLACES[:10])
    parts = [bytes((n,)) for n in range(10)]
    await socket.say(f'4510-["message",{places}]', *parts)
    await hears(socket, f'4510-["message-back",{places}]', *parts)


async def test_a_thousand_events_are_answered_in_order(socket: WebSocket) -> None:
    for start in range(0, 1000, 250):
        numbers = range(start, start + 250)
        await socket.say(*(f'42{n}["message-with-ack",{n}]' for n in numbers))
        await hears(socket, *(f"43{n}[{n}]" for n in numbers))


async def test_who_asks_nothing_of_an_event_hears_nothing(socket: WebSocket) -> None:
    await socket.say('42["unknown"]', '42["message-with-ack"]', '42["message"]')
    await hears(socket, '42["message-back"]')


# The answer of a client, with ID in place of the id, and what the server makes of it.
ANSWERS: dict[str, tuple[list[str | bytes], tuple[Any, ...]]] = {
    "nothing": (["43/custom,ID[]"], ()),
    "one value": (['43/custom,ID["a"]'], ("a",)),
    "two values": (['43/custom,ID[1,{"2":null}]'], (1, {"2": None})),
    "bytes": ([f"461-/custom,ID[{FIRST}]", b"\x01"], (b"\x01",)),
}
QUESTIONS = {"plain": ("a", {"b": [1]}), "bytes": (b"\x01\x02", {"b": b"\x03"})}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("question", QUESTIONS)
async def test_the_server_asks_and_the_client_answers(
    echo: Served, question: str, answer: str
) -> None:
    heard: asyncio.Future[tuple[Any, ...]] = asyncio.get_running_loop().create_future()
    packets, values = ANSWERS[answer]
    async with opened(echo) as socket:
        sid = await join(socket, "/custom")
        await echo.server.emit(
            "question",
            QUESTIONS[question],
            to=sid,
            namespace="/custom",
            callback=lambda *args: heard.set_result(args),
        )
        packet = str(await socket.hear())
        ack_id = packet[: packet.index("[")].rpartition(",")[2]
        if question == "plain":
            assert packet == f'42/custom,{ack_id}["question","a",{{"b":[1]}}]'
        else:
            assert packet == f'452-/custom,{ack_id}["question",{FIRST},{{"b":{SECOND}}}]'
            await hears(socket, b"\x01\x02", b"\x03")
        assert ack_id.isdecimal()
        await socket.say(
            *(part.replace("ID", ack_id) if isinstance(part, str) else part for part in packets)
        )
        async with asyncio.timeout(60):
            assert await heard == values


async def test_a_handler_may_wait_for_an_answer_of_the_client_it_serves(
    socket: WebSocket,
) -> None:
    await socket.say('421["ask first"]')
    question = str(await socket.hear())
    ack_id = question.removeprefix("42").removesuffix('["question"]')
    await socket.say(f'43{ack_id}["a"]')
    await hears(socket, '431["a"]')


async def test_a_handler_may_wait_for_an_answer_with_attachments_too(socket: WebSocket) -> None:
    await socket.say('421["ask first"]', '422["message-with-ack"]')
    question = str(await socket.hear())
    ack_id = question.removeprefix("42").removesuffix('["question"]')
    await socket.say(f"462-{ack_id}[{FIRST},{SECOND}]", b"\x01", b"\x02")
    await hears(socket, f"462-1[{FIRST},{SECOND}]", b"\x01", b"\x02", "432[]")


async def test_an_ack_that_nobody_asked_for_is_passed_over(socket: WebSocket) -> None:
    await socket.say("437[1]", f"461-8[{FIRST}]", b"\x01", '42["message"]')
    await hears(socket, '42["message-back"]')


async def test_an_ack_counts_once(echo: Served) -> None:
    heard: list[Any] = []
    async with opened(echo) as socket:
        sid = await join(socket)
        await echo.server.emit("question", to=sid, callback=heard.append)
        packet = str(await socket.hear())
        ack_id = packet[2 : packet.index("[")]
        await socket.say(f"43{ack_id}[1]", f"43{ack_id}[2]", '42["message"]')
        await hears(socket, '42["message-back"]')
    assert heard == [1]


# Over long-polling


async def joined(at: Served) -> Polling:
    session = await poll(at)
    await session.posted("40")
    packets: list[str] = []
    while len(packets) < 2:
        packets += await session.polled()
    assert packets[0].startswith('40{"sid":"')
    assert packets[1] == '42["auth",{}]'
    return session


async def test_all_of_it_goes_over_long_polling_too(echo: Served) -> None:
    session = await joined(echo)
    await session.posted(
        '42["message",1]', f'451-["message",{FIRST}]', "bAQID", '427["message-with-ack",2]'
    )
    packets: list[str] = []
    while len(packets) < 4:
        packets += await session.polled()
    assert packets == [
        '42["message-back",1]',
        f'451-["message-back",{FIRST}]',
        "bAQID",
        "437[2]",
    ]
    await session.posted("1")
    await nothing_left(echo)


async def test_a_packet_and_its_attachment_may_come_in_two_posts(echo: Served) -> None:
    session = await joined(echo)
    await session.posted(f'451-["message",{FIRST}]')
    await session.posted("bAQID")
    assert await session.polled() == [f'451-["message-back",{FIRST}]', "bAQID"]
    await session.posted("1")
    await nothing_left(echo)


async def test_a_packet_and_its_attachments_may_come_on_both_sides_of_an_upgrade(
    echo: Served,
) -> None:
    session = await joined(echo)
    await session.posted(f'452-["message",{FIRST},{SECOND}]', "bAQ==")
    async with websocket(echo, session.sid) as socket:
        await socket.say("2probe", "5", b"\x02")
        await hears(socket, "3probe", f'452-["message-back",{FIRST},{SECOND}]', b"\x01", b"\x02")
    await nothing_left(echo)


# Packets that are none


NOT_CONNECTED: dict[str, list[str | bytes]] = {
    "an event before connect": ['42["message"]'],
    "an ack before connect": ["431[]"],
    "a disconnect before connect": ["41"],
    "a binary event before connect": [f'451-["message",{FIRST}]', b"\x01"],
    "a binary ack before connect": [f"461-1[{FIRST}]", b"\x01"],
    "bytes before connect": [b"\x01"],
    "an unknown type before connect": ["4abc"],
    "nothing before connect": ["4"],
    "connect with a text": ['40"token"'],
    "connect with an array": ['40["token"]'],
    "connect with a fraction": ["401.5"],
    "connect with bad JSON": ['40{"token":'],
    "connect to a namespace with bad JSON": ["40/custom,{"],
}
CONNECTED: dict[str, list[str | bytes]] = {
    "nothing": ["4"],
    "no type": ["4abc"],
    "type 7": ["47"],
    "type 9": ['49["message"]'],
    "connect twice": ["40"],
    "connect twice with auth": ['40{"token":"123"}'],
    "a connect error": ['44{"message":"no"}'],
    "disconnect with a payload": ['41{"a":1}'],
    "an event of another namespace": ['42/custom,["message"]'],
    "an event of an unknown namespace": ['42/random,["message"]'],
    "a disconnect of another namespace": ["41/custom,"],
    "an event without a payload": ["42"],
    "an event with bad JSON": ['42["message",{]'],
    "an event cut short": ['42["message"'],
    "an event with more behind it": ['42["message"]["message"]'],
    "NaN": ['42["message",NaN]'],
    "an event that is an object": ["42{}"],
    "an event that is a text": ['42"message"'],
    "an event that is null": ["42null"],
    "an event of nothing": ["42[]"],
    "a name that is a number": ["42[5]"],
    "a name that is null": ["42[null]"],
    "a name that is an object": ["42[{}]"],
    "a name that is an array": ['42[["message"]]'],
    "a name that is true": ["42[true]"],
    "the name connect": ['42["connect",{}]'],
    "the name disconnect": ['42["disconnect"]'],
    "the name connect_error": ['42["connect_error"]'],
    "the name disconnecting": ['42["disconnecting"]'],
    "an ack id that is none": ['42abc["message-with-ack",1]'],
    "a negative ack id": ['42-1["message-with-ack",1]'],
    "a fraction as ack id": ['421.5["message-with-ack",1]'],
    "an endless ack id": ["42" + "1" * 5000 + '["message-with-ack"]'],
    "an ack id in other digits": ['42\u0661["message-with-ack"]'],
    "an ack without a payload": ["431"],
    "an ack that is an object": ["431{}"],
    "an ack with bad JSON": ["431[,]"],
    "deep nesting": ['42["message",' + "[" * 100_000 + "]" * 100_000 + "]"],
    "deep objects": ['42["message",' + '{"a":' * 20_000 + "1" + "}" * 20_000 + "]"],
    "deep in an ack": ["431" + "[" * 100_000 + "]" * 100_000],
    "bytes without a header": [b"\x01\x02"],
    "a binary event without a count": [f'45["message",{FIRST}]', b"\x01"],
    "a binary event without a number": [f'45-["message",{FIRST}]', b"\x01"],
    "a binary event of no attachment": ['450-["message"]'],
    "a negative number of attachments": [f'45-1-["message",{FIRST}]'],
    "a fraction of attachments": [f'451.5-["message",{FIRST}]'],
    "too many attachments": [f'4511-["message",{",".join(PLACES)}]'],
    "very many attachments": [f'45999999999999-["message",{FIRST}]'],
    "an endless number of attachments": ["45" + "1" * 5000 + f'-["message",{FIRST}]'],
    "too many attachments in an ack": [f"4611-1[{','.join(PLACES)}]"],
    "a text instead of an attachment": [f'451-["message",{FIRST}]', '42["message"]'],
    "an ack instead of an attachment": [f'451-["message",{FIRST}]', "437[]"],
    "a text instead of the second": [f'452-["message",{FIRST},{SECOND}]', b"\x01", "41"],
    "an attachment too many": [f'451-["message",{FIRST}]', b"\x01", b"\x02"],
    "a place beyond the last attachment": [f'451-["message",{SECOND}]', b"\x01"],
    "a negative place": ['451-["message",{"_placeholder":true,"num":-1}]', b"\x01"],
    "a place that is a text": ['451-["message",{"_placeholder":true,"num":"0"}]', b"\x01"],
    "a place without a number": ['451-["message",{"_placeholder":true}]', b"\x01"],
    "a binary event that is an object": [f"451-{FIRST}", b"\x01"],
    "a binary event whose name is binary": [f"451-[{FIRST}]", b"\x01"],
    "a binary event of another namespace": [f'451-/custom,["message",{FIRST}]', b"\x01"],
    "a binary ack that is an object": [f"461-1{FIRST}", b"\x01"],
}


async def closes(at: Served, socket: WebSocket, packets: list[str | bytes]) -> None:
    """The server hangs up, has forgotten the client, and says so in one line."""
    with noting() as lines:
        await socket.say(*packets)
        await socket.closed()
        await nothing_left(at)
    assert len(lines) <= 1, lines


@pytest.mark.parametrize("packets", NOT_CONNECTED.values(), ids=NOT_CONNECTED)
async def test_who_does_not_begin_with_connect_is_closed(
    echo: Served, packets: list[str | bytes]
) -> None:
    async with opened(echo) as socket:
        await closes(echo, socket, packets)


@pytest.mark.parametrize("packets", CONNECTED.values(), ids=CONNECTED)
async def test_who_does_not_speak_the_protocol_is_closed(
    echo: Served, packets: list[str | bytes]
) -> None:
    async with connected(echo) as socket:
        await closes(echo, socket, packets)


POLLED = ("no type", "an event that is an object", "bytes without a header", "connect twice")


@pytest.mark.parametrize("name", POLLED)
async def test_who_does_not_speak_the_protocol_is_closed_over_polling_too(
    echo: Served, name: str
) -> None:
    session = await joined(echo)
    packets = ["bAQI=" if isinstance(each, bytes) else each for each in CONNECTED[name]]
    async with session.polling() as open_poll:
        posted = asyncio.create_task(session.post("\x1e".join(packets)))
        answer = await open_poll
        await asyncio.wait([posted])
    assert (answer.status, answer.body) == (200, "1")
    await nothing_left(echo)
    sent = request(echo, "GET", session.query)
    assert (await fetch(echo, sent)).status == 400


async def test_nobody_else_notices(echo: Served, caplog: pytest.LogCaptureFixture) -> None:
    """Neither do other clients, nor those who read the log of what failed in the program."""
    gc.collect()  # what other tests have left is logged before
    caplog.clear()
    async with websocket(echo) as witness:
        await witness.hear()
        await join(witness)
        for packets in (*NOT_CONNECTED.values(), *CONNECTED.values()):
            async with websocket(echo) as socket:
                await socket.hear()
                await join(socket)
                await socket.say(*packets)
                await witness.say('42["message","and I"]')
                await hears(witness, '42["message-back","and I"]')
    await nothing_left(echo)
    gc.collect()  # a task that failed unheard is logged only now
    assert not caplog.records, caplog.text


async def test_an_event_half_sent_is_forgotten_with_its_client(echo: Served) -> None:
    async with connected(echo) as socket:
        await socket.say(f'452-["message",{FIRST},{SECOND}]', b"\x01")


async def test_nobody_leaves_a_namespace_in_the_middle_of_an_event(echo: Served) -> None:
    async with connected(echo) as socket:
        await join(socket, "/custom")
        await closes(echo, socket, [f'451-/custom,["message",{FIRST}]', "41/custom,", b"\x01"])
