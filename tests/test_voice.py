"""What people say: taken on any node, made out while they speak, and never kept."""

import io
import wave
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import pytest

from handlers.erasing import erase_private
from handlers.sealing import BrokenSealError, seal, unseal
from hub.app import Node
from hub.settings import Settings
from scripts import espeak
from state.domain.ids import new_id
from state.domain.sound import RATE, SECOND, wav
from tests.client import Client
from tests.interpreters import House, interpreters
from tests.place import Place
from tests.speech import ASKED, HEARD, plain, recorded, silence

PIECE = SECOND // 2
ORDERED = "One espresso and two glasses of water please"


@pytest.fixture(scope="module")
async def house(nodes: list[Node], settings: Settings) -> AsyncIterator[House]:
    """A worker with the engines of this machine."""
    async with interpreters(settings, nodes[0].deps, espeak_home=espeak.home()) as made:
        yield made


@pytest.fixture(scope="module", autouse=True)
async def broken(house: House, calm: Place) -> tuple[Client, str]:
    """A guest who has begun to speak and then fallen silent, and their job: it takes its time."""
    guest = await calm.guest()
    sent = {"voiceId": new_id(), "part": 0, "audio": silence(0.5)}
    return guest, (await guest.send("translate:voice", **sent))["jobId"]


async def say(clients: list[Client], pcm: bytes, **asked: Any) -> str:
    """Say something through each of these in turn; return the id of the job that listens."""
    voice_id, job_id = new_id(), ""
    pieces = [pcm[at : at + PIECE] for at in range(0, len(pcm), PIECE)]
    for part, piece in enumerate(pieces):
        client = clients[part % len(clients)]
        last = part == len(pieces) - 1
        sent = {"voiceId": voice_id, "part": part, "audio": piece, "last": last} | asked
        taken = await client.send("translate:voice", **sent)
        assert (taken["voiceId"], taken["parts"]) == (voice_id, part + 1)
        job_id = taken.get("jobId", job_id)
    return job_id


async def understood(client: Client, job_id: str) -> dict[str, Any]:
    told, _ = await client.hears("job:completed", lambda data: data["jobId"] == job_id, 200)
    result: dict[str, Any] = told["result"]
    return result


# Being understood


async def test_whatever_nodes_a_guest_speaks_to_their_words_come_back(
    place: Place, house: House
) -> None:
    guest = await place.guest()
    assert guest.token is not None
    elsewhere = await place.client(guest.token, node=1)
    asked = {"language": "en", "target": "de", "speak": True}
    job_id = await say([guest, elsewhere], await recorded(ASKED), **asked)
    found = await understood(guest, job_id)
    assert await understood(elsewhere, job_id) == found
    assert (plain(found["text"]), found["language"], found["sure"]) == (HEARD, "en", True)
    assert (found["engine"], found["said"], found["proposal"]) == ("whisper", False, None)
    assert found["translation"]["text"] == f"[DE] {found['text']}"
    assert found["speech"]["language"] == "de"
    for client in (guest, elsewhere):
        assert len([d for d in client.named("job:completed") if d["jobId"] == job_id]) == 1

    status, sound = await place.get(found["speech"]["url"], guest.token, node=1)
    assert status == 200
    with wave.open(io.BytesIO(sound)) as said:
        assert said.getnframes() > said.getframerate() / 2
    neighbour = await place.guest(1)
    assert (await place.get(found["speech"]["url"], neighbour.token))[0] == 404
    assert (await place.get(found["speech"]["url"]))[0] == 401


async def test_while_somebody_still_speaks_they_see_what_was_understood_so_far(
    place: Place, house: House
) -> None:
    guest, neighbour = await place.guest(node=1), await place.guest(1)
    voice_id, pcm = new_id(), await recorded(ASKED)
    sent = {"voiceId": voice_id, "part": 0, "language": "en", "audio": wav(pcm, RATE)}
    job_id = (await guest.send("translate:voice", **sent))["jobId"]
    again = await guest.send("translate:voice", **sent)
    assert (again["jobId"], again["parts"]) == (job_id, 1), "sent again, taken once"
    told, _ = await guest.hears("translate:partial", seconds=200)
    assert told == {"voiceId": voice_id, "text": told["text"]}
    assert plain(told["text"])
    await guest.send("translate:voice", voiceId=voice_id, part=1, last=True)
    assert plain((await understood(guest, job_id))["text"]) == HEARD
    assert not neighbour.named("translate:partial")


async def test_parts_of_a_recording_ask_nothing_of_postgres(
    place: Place, nodes: list[Node], settings: Settings
) -> None:
    guest = await place.guest(node=1)
    said = {"voiceId": new_id(), "language": "en"}
    await guest.send("translate:voice", **said, part=0, audio=silence(0.1))
    pool = nodes[1].deps.pool
    async with AsyncExitStack() as all_of_it:
        for _ in range(settings.database_pool):
            await all_of_it.enter_async_context(pool.acquire())
        part = {**said, "part": 1, "audio": silence(0.1), "last": True}
        assert (await guest.send("translate:voice", **part))["parts"] == 2


async def test_who_says_nothing_is_not_given_words(place: Place, house: House) -> None:
    guest = await place.guest()
    found = await understood(guest, await say([guest], silence(1.0), target="de", order=True))
    assert (found["text"], found["sure"]) == ("", False)
    assert (found["translation"], found["proposal"]) == (None, None)


async def test_a_spoken_order_is_proposed_and_nothing_is_added(place: Place, house: House) -> None:
    guest = await place.guest()
    job_id = await say([guest], await recorded(ORDERED), language="en", order=True, speak=True)
    found = await understood(guest, job_id)
    proposal = found["proposal"]
    lines = [(line["name"], line["quantity"], line["available"]) for line in proposal["lines"]]
    assert lines == [("Espresso", 1, True), ("Sparkling Water, 0.75 l", 2, True)]
    assert proposal["unmatched"] == ["glasses"], "it is said so"
    assert found["speech"]["language"] == "en", "what is read back"
    await guest.settled()
    assert not guest.named("cart:changed")
    assert (await guest.send("join:table"))["cart"]["lines"] == []


async def test_what_is_said_at_a_table_all_hear_in_their_own_language(
    place: Place, house: House
) -> None:
    guest, waiter = await place.guest(), await place.worker("waiter", 1)
    session = (await guest.send("translate:join"))["sessionId"]
    await waiter.send("translate:join", sessionId=session, language="de")
    job_id = await say([guest], await recorded(ASKED), language="en", sessionId=session)
    assert (await understood(guest, job_id))["said"]
    for client in (guest, waiter):
        told, _ = await client.hears("translate:message", lambda m: not m["pending"], 200)
        assert plain(told["text"]) == HEARD
        assert told["texts"]["de"] == f"[DE] {told['text']}"
        assert (told["speaker"]["role"], told["language"]) == ("guest", "en")
    # The phone of who reads it has it read out, in the same way as any text.
    asked = {"text": "Zwei Bier", "source": "de", "target": "de", "speak": True}
    answer = await waiter.send("translate:text", restaurantId=place.id, **asked)
    read = await understood(waiter, answer["jobId"])
    assert (read["text"], read["engine"], read["speech"]["engine"]) == ("Zwei Bier", "", "espeak")


# Not being kept


def test_what_is_sealed_only_who_has_the_secret_can_hear() -> None:
    sealed = seal(b"a secret", b"sound" * 9, "one")
    assert b"sound" not in sealed
    assert unseal(b"a secret", sealed, "one") == b"sound" * 9
    for secret, about in ((b"another", "one"), (b"a secret", "another")):
        with pytest.raises(BrokenSealError):
            unseal(secret, sealed, about)


async def test_what_waits_in_redis_is_sealed(place: Place, house: House, nodes: list[Node]) -> None:
    guest, sound = await place.guest(), b"\1\2\3\4" * 4000
    await guest.send("translate:voice", voiceId=new_id(), part=0, audio=sound)
    pattern = f"{{r:{place.id}}}:voice:*"
    server = nodes[0].deps.redis.of(pattern)
    [key] = [each for each in await server.keys(pattern) if not each.endswith(b":of")]
    [held] = await server.lrange(key, 0, -1)
    assert len(held) > len(sound)
    assert sound[:16] not in held
    assert 0 < await server.ttl(key) <= 60


async def test_nothing_of_what_was_said_is_kept(
    place: Place, house: House, nodes: list[Node], db: asyncpg.Connection
) -> None:
    guest = await place.guest()
    pcm = await recorded(ASKED)
    found = await understood(guest, await say([guest], pcm, language="en", private=True))
    while await erase_private(nodes[0].deps, nodes[0].deps.now()):
        pass
    everywhere = (
        "SELECT concat(payload, result) FROM jobs WHERE restaurant_id = $1"
        " UNION ALL SELECT data::text FROM events WHERE restaurant_id = $1"
        " UNION ALL SELECT translation::text FROM translations WHERE restaurant_id = $1"
    )
    rows = await db.fetch(everywhere, place.id)
    assert not [row for row in rows if found["text"] in row[0]]
    pattern = f"{{r:{place.id}}}:voice:*"
    assert not await nodes[0].deps.redis.of(pattern).keys(pattern)
    assert not house.asked()[1:], "and no other company was asked"


# What goes wrong


async def test_what_is_no_recording_is_refused_and_says_why(place: Place, house: House) -> None:
    guest = await place.guest()
    sent = {"voiceId": new_id(), "part": 0, "audio": silence(0.1)}

    async def refused(**changes: Any) -> tuple[str, str]:
        error = await guest.refused("translate:voice", sent | changes)
        return error["code"], (error.get("details") or [{"path": ""}])[0]["path"]

    assert await refused(part=1) == ("CONFLICT", "part")
    assert await refused(part=-1) == ("INVALID", "part")
    assert await refused(voiceId="") == ("INVALID", "voiceId")
    assert await refused(audio=5) == ("INVALID", "audio")
    assert await refused(audio=wav(b"", 44_100)) == ("INVALID", "audio")
    assert await refused(audio=bytes(64 * 1024 + 1)) == ("INVALID", "audio")
    assert await refused(language="x") == ("INVALID", "language")
    assert await refused(sessionId="another") == ("NOT_FOUND", "sessionId")
    own = (await guest.send("translate:join"))["sessionId"]
    assert await refused(voiceId=new_id(), sessionId=own, order=True) == ("INVALID", "order")

    whole = {"voiceId": new_id(), "audio": silence(0.1)}
    job_id = (await guest.send("translate:voice", **whole, part=0, last=True))["jobId"]
    assert await refused(**whole, part=1) == ("CONFLICT", "part")
    await understood(guest, job_id)


async def test_nobody_says_more_than_anybody_can(place: Place, house: House) -> None:
    guest = await place.guest()

    async def talk(parts: int) -> dict[str, Any]:
        sent = {"voiceId": new_id(), "audio": silence(2.0), "restaurantId": place.id}
        ack: dict[str, Any] = {}
        for part in range(parts):
            ack = await guest.ask("translate:voice", sent | {"part": part})
        error: dict[str, Any] = ack["error"]
        return error

    error = await talk(31)
    assert (error["code"], error["details"][0]["path"]) == ("TOO_LARGE", "audio")
    await talk(31)
    error = await talk(16)
    assert error["code"] == "RATE_LIMITED"
    assert error["retryAfterMs"] > 0


async def test_a_recording_that_breaks_off_comes_to_an_end(broken: tuple[Client, str]) -> None:
    guest, job_id = broken
    told, _ = await guest.hears("job:failed", lambda data: data["jobId"] == job_id, 200)
    assert told["error"]["code"] == "CONFLICT"
