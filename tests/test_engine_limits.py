"""What one client may take of the server: each limit, from both sides of it, on real sockets."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from hub import engine
from tests.conformance import wire
from tests.conformance.server import SOCKETIO, Served, noting, served, socketio_echo
from tests.conformance.wire import Op
from tests.fair import within

SHORT = 0.3  # seconds, of limits that are tried out
BRIEF = 1.0  # likewise, where a client does something within them
MIB = 1 << 20


@asynccontextmanager
async def echo(limits: engine.Limits | None = None, **options: Any) -> AsyncIterator[Served]:
    server = socketio_echo(limits=limits or engine.Limits(), **options)
    async with served(server, SOCKETIO) as at:
        yield at


@asynccontextmanager
async def connected(at: Served) -> AsyncIterator[wire.WebSocket]:
    """A client in the main namespace."""
    async with wire.websocket(at) as socket:
        await socket.hear()
        await socket.say("40")
        assert str(await socket.hear()).startswith("40")
        assert str(await socket.hear()).startswith('42["auth"')
        yield socket


async def gone(at: Served) -> None:
    """Wait until nothing of any client is left."""
    eio = at.server.eio
    await wire.until(lambda: not eio.sockets and not eio.live and not list(at.server.manager))


# At the door.


@pytest.mark.parametrize("begun", [b"", b"G", b"GET /socket.io/?EIO=4 HTTP/1.1\r\nHost: x\r\n"])
async def test_a_request_that_does_not_come_is_not_waited_for(begun: bytes) -> None:
    async with echo(engine.Limits(header_seconds=SHORT)) as at, wire.connection(at) as slow:
        await slow.send(begun)
        assert (await slow.response()).status == 408
        await slow.ended()
        assert at.server.eio.refusals == {"request timeout": 1}


async def test_a_head_that_drips_in_is_cut_off_in_time() -> None:
    async with echo(engine.Limits(header_seconds=SHORT)) as at, wire.connection(at) as slow:
        dripping = asyncio.create_task(
            slow.send_bytewise(b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 999)
        )
        assert (await slow.response()).status == 408
        dripping.cancel()
        await asyncio.wait([dripping])


async def test_a_head_without_end_is_refused() -> None:
    async with echo(engine.Limits(header_bytes=1000)) as at, wire.connection(at) as greedy:
        await greedy.send(b"GET / HTTP/1.1\r\nX: " + b"x" * 1000)
        assert (await greedy.response()).status == 431


@pytest.mark.parametrize("garbage", [b"\0\1\2\3\r\n\r\n", b"HELLO\r\n\r\n", b"\r\n\r\n\r\n\r\n"])
async def test_what_is_no_http_is_answered_and_cut_off(garbage: bytes) -> None:
    async with echo() as at, wire.connection(at) as odd:
        await odd.send(garbage)
        answer = await odd.response()
        assert answer.status == 400
        assert "server" not in answer.headers or "aiohttp" not in answer.headers["server"]
        await odd.ended()


async def test_answers_do_not_tell_versions() -> None:
    async with echo() as at:
        for path in ("EIO=4&transport=polling", "EIO=3&transport=polling"):
            answer = await wire.fetch(at, wire.request(at, "GET", path))
            assert "server" not in answer.headers, answer
        async with wire.connection(at) as made:
            await made.send(wire.handshake(at, "EIO=4&transport=websocket"))
            assert "server" not in (await made.response()).headers


async def test_a_body_that_does_not_come_ends_the_session() -> None:
    async with echo(engine.Limits(body_seconds=SHORT)) as at:
        session = await wire.poll(at)
        headers: dict[str, str | None] = {"Content-Length": "100"}
        async with wire.connection(at) as stalled:
            await stalled.send(wire.request(at, "POST", session.query, headers, "40"))
            assert (await stalled.response()).status == 408
            await stalled.ended()
        assert (await session.get()).status == 400
        await gone(at)


async def test_a_body_is_refused_by_what_its_head_says() -> None:
    async with echo(max_http_buffer_size=1000) as at:
        session = await wire.poll(at)
        for status, headers in (
            (413, {"Content-Length": "1001"}),
            (411, {"Content-Length": None, "Transfer-Encoding": "chunked"}),
            (415, {"Content-Length": "100", "Content-Encoding": "gzip"}),
        ):
            async with wire.connection(at) as made:
                await made.send(wire.request(at, "POST", session.query, headers))
                assert (await made.response()).status == status, "before any of it was sent"
                await made.ended()
        await session.posted("40")
        assert (await session.polled())[0].startswith("40"), "the session lives on"


async def test_a_body_of_too_many_packets_ends_the_session() -> None:
    async with echo(engine.Limits(packets_per_post=10)) as at:
        session = await wire.poll(at)
        assert (await session.post("\x1e".join(["40"] + ["3"] * 10))).status == 400
        await gone(at)


async def test_who_opens_a_connection_and_asks_for_nothing_is_cut_off() -> None:
    async with echo(connect_timeout=SHORT) as at:
        with noting() as logs:
            async with wire.websocket(at) as idle:
                await idle.closed()
            session = await wire.poll(at)
            await wire.until(lambda: not at.server.eio.sockets)
            assert (await session.get()).status == 400
        assert [line["reason"] for line in logs] == ["no connect", "no connect"]


async def test_who_leaves_every_namespace_has_to_enter_one_again() -> None:
    async with echo(connect_timeout=BRIEF) as at, connected(at) as socket:
        await asyncio.sleep(BRIEF + SHORT)
        await socket.say('42["message",1]')
        assert await socket.hear() == '42["message-back",1]', "it is in one"
        await socket.say("41")
        await socket.closed()
        await gone(at)


async def test_an_upgrade_that_is_never_finished_leaves_the_session_as_it_is() -> None:
    async with echo(engine.Limits(upgrade_seconds=BRIEF)) as at:
        session = await wire.poll(at)
        async with wire.websocket(at, session.sid) as probe:
            await probe.say("2probe")
            assert await probe.hear() == "3probe"
            await probe.closed()
        await session.posted("40", '42["message",1]')
        while '42["message-back",1]' not in await session.polled():
            pass
        async with wire.websocket(at, session.sid) as again:
            await again.say("2probe", "5", '42["message",2]')
            assert await again.hear() == "3probe"
            assert await again.hear() == '42["message-back",2]'


# Inside.


async def test_a_flood_of_packets_is_cut_off_with_one_line_in_the_log() -> None:
    limits = engine.Limits(packets_per_second=10, packets_burst=100)
    async with echo(limits) as at:
        with noting() as logs:
            async with connected(at) as socket:
                await socket.say(*['42["message",1]'] * 5000)
                await socket.closed()
            await gone(at)
        assert [line["reason"] for line in logs] == ["too many packets"]
        assert at.server.eio.endings == {"too many packets": 1}


async def test_pings_of_the_websocket_count_as_well() -> None:
    limits = engine.Limits(packets_per_second=10, packets_burst=100)
    async with echo(limits) as at, connected(at) as socket:
        await socket.send(wire.encode(Op.PING, b"?") * 5000)
        await socket.closed()


async def test_bad_packets_by_the_thousand_cost_one_line() -> None:
    async with echo() as at:
        with noting() as logs:
            async with connected(at) as socket:
                await socket.say(*["4?\0\1x"] * 5000)
                await socket.closed()
            await gone(at)
    assert [line["event"] for line in logs] == ["client cut off"]


@pytest.mark.parametrize("count", ["11", "999999999"])
async def test_nobody_waits_for_endless_attachments(count: str) -> None:
    async with echo() as at, connected(at) as socket:
        await socket.say(f'45{count}-["message"]', b"x" * 1000)
        await socket.closed()
        await gone(at)


async def test_ten_attachments_are_taken() -> None:
    async with echo() as at, connected(at) as socket:
        places = ",".join(f'{{"_placeholder":true,"num":{n}}}' for n in range(10))
        await socket.say(f'4510-["message",{places}]', *(bytes((n,)) for n in range(10)))
        assert str(await socket.hear()).startswith('4510-["message-back"')
        assert [await socket.hear() for _ in range(10)] == [bytes((n,)) for n in range(10)]


async def test_a_message_past_its_measure_ends_the_session_before_it_is_there() -> None:
    async with echo(max_http_buffer_size=1000) as at, connected(at) as socket:
        await socket.send(wire.message("4" + "x" * 1001)[:20])
        assert await socket.closed() == 1009
        await gone(at)


async def test_a_client_that_sends_faster_than_it_is_served_is_not_read_meanwhile() -> None:
    served_one, go_on = asyncio.Event(), asyncio.Event()
    server = engine.create_server()

    async def slow(_sid: str, *_: Any) -> None:
        served_one.set()
        await go_on.wait()

    server.on("slow", slow)
    async with served(server, SOCKETIO) as at, wire.websocket(at) as socket:
        await socket.hear()
        await socket.say("40")
        await socket.hear()
        big = "x" * 50_000
        sending = asyncio.create_task(socket.say(*[f'42["slow",1,"{big}"]'] * 400))
        try:
            await asyncio.wait_for(served_one.wait(), wire.SECONDS)
            await asyncio.sleep(SHORT)
            [one] = at.server.eio.sockets.values()
            assert len(one._inbox) < 150, "20 MB were on their way"
        finally:
            go_on.set()  # whoever hangs up takes the time to send the rest
        await sending


# A client that does not read.


@asynccontextmanager
async def flooded(limits: engine.Limits, readers: int = 5) -> AsyncIterator[tuple[Served, Any]]:
    """A room with readers, and one more who sleeps; `flood` writes so many MiB to it."""
    async with echo(limits) as at:
        members = at.server.members
        async with asyncio.TaskGroup() as group, connected(at) as sleeper:
            awake = [await group.create_task(_open(at)) for _ in range(readers)]
            for member in at.server.manager:
                members.enter(member, "room")

            async def flood(mebibytes: int) -> list[float]:
                return await _flood(at, awake, mebibytes)

            try:
                yield at, (sleeper, flood)
            finally:
                for socket in awake:
                    await socket.close()


async def _open(at: Served) -> wire.WebSocket:
    reader, writer = await asyncio.open_connection("127.0.0.1", at.port)
    socket = wire.WebSocket(reader, writer)
    await socket.send(wire.handshake(at, "EIO=4&transport=websocket"))
    await socket.response()
    await socket.hear()
    await socket.say("40")
    await socket.hear()
    await socket.hear()
    return socket


async def _flood(at: Served, awake: list[wire.WebSocket], mebibytes: int) -> list[float]:
    """Write to the room, each packet when the readers have the last; return how long each took."""
    packet = b'2["flood","' + b"x" * (64 * 1024) + b'"]'
    took = []
    loop = asyncio.get_running_loop()
    for _ in range(mebibytes * 16):
        began = loop.time()
        at.server.members.broadcast(frozenset({"room"}), packet)
        await asyncio.gather(*(socket.hear() for socket in awake))
        took.append(loop.time() - began)
    return took


async def test_a_sleeper_is_cut_off_at_its_bound_and_the_others_hear_everything() -> None:
    async with flooded(engine.Limits(backlog_bytes=MIB)) as (at, (sleeper, flood)):
        with noting() as logs:
            await flood(16)
        assert [(line["reason"]) for line in logs] == ["too slow"]
        assert logs[0]["owed"] <= MIB + 70_000
        assert at.server.eio.endings == {"too slow": 1}
        assert len(at.server.members.of(["room"])) == 5
        await sleeper.closed()


async def test_a_sleeper_that_owes_little_is_cut_off_when_its_time_is_over() -> None:
    limits = engine.Limits(backlog_bytes=64 * MIB, backlog_seconds=SHORT)
    async with flooded(limits) as (at, (_, flood)):
        await flood(8)
        await wire.until(lambda: at.server.eio.endings == {"too slow": 1})


async def test_a_sleeper_that_wakes_in_time_has_missed_nothing() -> None:
    async with flooded(engine.Limits(backlog_bytes=64 * MIB)) as (at, (sleeper, flood)):
        await flood(8)
        assert at.server.eio.slow == 1
        assert at.server.eio.backlog > MIB
        for _ in range(8 * 16):
            assert str(await sleeper.hear()).startswith('42["flood"')
        await wire.until(lambda: at.server.eio.slow == 0)
        assert at.server.eio.backlog == 0
        await flood(1)
        assert str(await sleeper.hear()).startswith('42["flood"')
        assert not at.server.eio.endings


async def test_who_polls_too_slowly_is_cut_off_as_well() -> None:
    async with echo(engine.Limits(backlog_bytes=MIB)) as at:
        session = await wire.poll(at)
        await session.posted("40")
        await session.polled()
        [member] = at.server.manager
        for _ in range(40):
            member.write(b'2["flood","' + b"x" * (64 * 1024) + b'"]')
        await gone(at)
        assert at.server.eio.endings == {"too slow": 1}
        assert (await session.get()).status == 400


# Goodbyes.


async def test_who_is_shown_out_is_hung_up_on_at_once() -> None:
    async with echo() as at, connected(at) as socket:
        [member] = at.server.manager
        await at.server.disconnect(member.sid)
        assert await socket.hear() == "41"
        async with within(2):
            assert await socket.closed() == 1000
        await gone(at)


async def test_who_polls_is_shown_out_as_well() -> None:
    async with echo() as at:
        session = await wire.poll(at)
        await session.posted("40")
        while '42["auth",{}]' not in await session.polled():
            pass
        [member] = at.server.manager
        async with session.polling() as poll:
            await at.server.disconnect(member.sid)
            assert (await poll).body == "41\x1e1"
        assert (await session.get()).status == 400
        await gone(at)


async def test_a_goodbye_that_nobody_takes_is_cut_short() -> None:
    limits = engine.Limits(backlog_bytes=64 * MIB, close_seconds=SHORT)
    async with flooded(limits, readers=1) as (at, (_, flood)):
        await flood(8)
        sleeper = next(m for m in at.server.manager if m.socket.fd < 0)
        await at.server.disconnect(sleeper.sid)
        await wire.until(lambda: len(at.server.eio.live) == 1)


async def test_a_server_that_closes_says_so_and_does_not_wait_for_sleepers() -> None:
    limits = engine.Limits(backlog_bytes=64 * MIB, close_seconds=SHORT)
    async with flooded(limits, readers=1) as (at, (_, flood)):
        await flood(8)
        async with within(5):
            await at.server.shutdown()
        assert not at.server.eio.live
        assert not at.server.eio.sockets


# Compression.

OFFER = "permessage-deflate; client_max_window_bits"


async def test_compression_is_not_offered_unless_asked_for() -> None:
    async with echo() as at, wire.connection(at) as made:
        query = "EIO=4&transport=websocket"
        await made.send(wire.handshake(at, query, Sec_WebSocket_Extensions=OFFER))
        assert "sec-websocket-extensions" not in (await made.response()).headers


async def test_a_broadcast_is_compressed_once_and_bombs_do_not_go_off() -> None:
    async with echo(compression=True, max_http_buffer_size=100_000) as at:
        async with wire.websocket(at, Sec_WebSocket_Extensions=OFFER) as socket:
            await socket.hear()
            await socket.say("40")
            await socket.hear()
            await socket.hear()
            [member] = at.server.manager
            at.server.members.enter(member, "room")
            at.server.members.broadcast(frozenset({"room"}), b'2["a","' + b"x" * 50_000 + b'"]')
            frame = await socket.receive()
            assert frame.rsv == 4
            assert len(frame.payload) < 1000
            inflate = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
            assert inflate.decompress(frame.payload + b"\0\0\xff\xff").startswith(b'42["a","xxx')
            deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
            bomb = deflate.compress(b"\0" * 50_000_000) + deflate.flush(zlib.Z_SYNC_FLUSH)
            await socket.send(wire.encode(Op.TEXT, bomb[:-4], rsv=4))
            assert await socket.closed() == 1009
        await gone(at)
