"""Translation in use: texts, notes for the kitchen, the menu, and people who talk."""

import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from handlers.erasing import erase_private
from hub.app import Node
from hub.settings import Settings
from scripts import apertium
from scripts.standins.base import Fault
from state.domain.ids import new_id
from state.live import translations as cache
from state.live.client import Servers
from tests.client import Client
from tests.interpreters import House, interpreters
from tests.mirror import settle
from tests.place import Place
from tests.scenes import place_order


@pytest.fixture
async def house(nodes: list[Node], settings: Settings) -> AsyncIterator[House]:
    async with interpreters(settings, nodes[0].deps) as made:
        yield made


async def result(client: Client, **asked: Any) -> dict[str, Any]:
    """Have a text translated; return what came of it, at once or by a job."""
    answer = await client.send("translate:text", **asked)
    if "result" in answer:
        found: dict[str, Any] = answer["result"]
        return found
    job_id = answer["jobId"]
    told, _ = await client.hears("job:completed", lambda data: data["jobId"] == job_id, 60)
    found = told["result"]
    return found


async def forget(redis: Servers, text: str, source: str, target: str) -> None:
    """Let a text be as if nobody had had it translated yet."""
    for engine in ("deepl", "azure", "libretranslate"):
        key = cache._key(engine, cache.Wanted(text, source, target))
        await redis.of(key).delete(key)


def text() -> str:
    """Return a text that nobody has had translated yet."""
    return f"Good evening {new_id()}"


# Who translates


@pytest.mark.parametrize(
    ("target", "private", "engine"),
    [
        ("de", False, "deepl"),
        ("ja", False, "azure"),
        ("ar", False, "azure"),
        ("de", True, "libretranslate"),
    ],
)
async def test_the_best_engine_for_a_language_is_asked_and_a_private_text_stays_in_the_house(
    place: Place, house: House, target: str, private: bool, engine: str
) -> None:
    guest = await place.guest(node=1)
    found = await result(guest, text=text(), target=target, private=private)
    assert (found["engine"], found["source"], found["target"]) == (engine, "en", target)
    assert found["text"].lower() == f"[{target}] {found['original']}".lower()
    assert found["sandbox"], "a stand-in made it, and owns up to it"
    assert house.asked() == [engine]


async def test_where_one_engine_fails_the_next_is_asked(place: Place, house: House) -> None:
    guest = await place.guest()
    house.deepl.faults.append(Fault(status=456))
    assert (await result(guest, text=text(), target="de"))["engine"] == "azure"
    house.azure.faults.append(Fault(status=401))
    assert (await result(guest, text=text(), target="de"))["engine"] == "libretranslate"
    assert house.asked().count("deepl") == 1, "its quota is spent: it is left alone"


async def test_when_nobody_answers_the_job_says_so(
    place: Place, nodes: list[Node], settings: Settings
) -> None:
    only = {"azure_translator_key": "", "libretranslate_url": ""}
    async with interpreters(settings, nodes[0].deps, **only) as house:
        house.deepl.faults.append(Fault(status=403))
        guest = await place.guest()
        answer = await guest.send("translate:text", text=text(), target="de")
        told, _ = await guest.hears("job:failed", lambda data: data["jobId"] == answer["jobId"])
    assert told["error"]["code"] == "PROVIDER_UNAVAILABLE"


async def test_where_nobody_speaks_a_language_the_text_comes_back_and_says_so(
    place: Place, nodes: list[Node], settings: Settings
) -> None:
    nobody = {"deepl_api_key": "", "azure_translator_key": "", "libretranslate_url": ""}
    async with interpreters(settings, nodes[0].deps, **nobody):
        guest = await place.guest()
        found = await result(guest, text=text(), target="tlh")
    assert (found["engine"], found["text"]) == ("", found["original"])


async def test_apertium_translates_on_this_machine(
    place: Place, nodes: list[Node], settings: Settings
) -> None:
    only = {"deepl_api_key": "", "azure_translator_key": "", "libretranslate_url": ""}
    home = {"apertium_home": apertium.home()}
    assert apertium.is_there(), "scripts/apertium.py fetches it"
    async with interpreters(settings, nodes[0].deps, **only, **home):
        guest = await place.guest(language="es")
        found = await result(guest, text="Sin cebolla, por favor", target="en", private=True)
    assert (found["engine"], found["text"]) == ("apertium", "Without onion, please")


# What is kept


async def test_what_was_translated_before_comes_at_once(place: Place, house: House) -> None:
    guest, other = await place.guest(), await place.worker("waiter", 1)
    wanted = {"text": text(), "target": "de", "source": "en"}
    first = await result(guest, **wanted)
    answer = await other.send("translate:text", **wanted)
    assert answer == {"result": first}
    assert len(house.deepl.calls) == 1


async def test_of_a_private_text_nothing_is_kept(
    place: Place, house: House, nodes: list[Node], db: asyncpg.Connection
) -> None:
    guest = await place.guest()
    private, public = text(), text()
    for _ in range(2):
        await result(guest, text=private, target="de", private=True)
    await result(guest, text=public, target="de")
    assert house.asked() == ["deepl", "libretranslate", "libretranslate"]
    kept = "SELECT translation->>'original' FROM translations WHERE restaurant_id = $1"
    assert [row[0] for row in await db.fetch(kept, place.id)] == [public]
    history = (await place.get("/api/translations", guest.token))[1]["translations"]
    assert [each["original"] for each in history] == [public]
    # Its owner may come back for it; then it is gone, from where it waited and was told as well.
    manager, path = await place.login("manager"), f"/api/restaurants/{place.id}/events"
    assert private not in json.dumps((await place.get(path, manager))[1])
    while await erase_private(nodes[0].deps, nodes[0].deps.now()):
        pass
    everywhere = (
        "SELECT concat(payload, result) FROM jobs WHERE restaurant_id = $1"
        " UNION ALL SELECT data::text FROM events WHERE restaurant_id = $1"
    )
    assert not [row for row in await db.fetch(everywhere, place.id) if private in row[0]]
    back = await place.client(guest.token, node=1)
    await back.send("join:table", since=0)
    await back.settled()
    told = [data for name, data, _ in back.heard if name == "job:completed"]
    assert [("result" in data) for data in told] == [False, False, True]


async def test_the_same_text_asked_for_by_many_at_once_is_translated_once(
    place: Place, house: House
) -> None:
    guests = [await place.guest(node=number % 2) for number in range(4)]
    wanted = text()
    house.deepl.open.clear()
    answers = [
        await guest.send("translate:text", text=wanted, target="de", source="en")
        for guest in guests
    ]
    house.deepl.open.set()
    for guest, answer in zip(guests, answers, strict=True):
        job_id = answer["jobId"]
        told, _ = await guest.hears("job:completed", lambda d, i=job_id: d["jobId"] == i, 60)
        assert told["result"]["engine"] == "deepl"
    assert len(house.deepl.calls) == 1


async def test_nobody_has_more_translated_than_anybody_reads(place: Place) -> None:
    guest, mate = await place.guest(), await place.guest()
    for _ in range(3):
        await guest.send("translate:text", text="a" * 5000, target="en", source="en")
    asked = {"text": "a" * 5000, "target": "en", "source": "en"}
    refused = await guest.refused("translate:text", asked)
    assert refused["code"] == "RATE_LIMITED"
    assert refused["retryAfterMs"] > 0
    assert await mate.send("translate:text", **asked)


# What no machine may translate


@pytest.mark.parametrize(
    ("words", "allergy", "allergens"),
    [
        ("I am allergic to nuts", True, ["nuts"]),
        ("Я не ем орехи, аллергия", True, ["nuts"]),
        ("Ich habe eine Erdnussallergie", True, ["peanuts", "nuts"]),
        ("卵アレルギーがあります", True, ["eggs"]),
        ("عندي حساسية من السمك", True, ["fish"]),
        ("no shrimp please", False, ["crustaceans"]),
    ],
)
async def test_what_speaks_of_allergens_is_never_shown_to_an_engine(
    place: Place, house: House, words: str, allergy: bool, allergens: list[str]
) -> None:
    guest, cook = await place.guest(language="ja"), await place.cook(1)
    found = (await guest.send("translate:text", text=words, target="de"))["result"]
    assert (found["text"], found["engine"]) == (words, "")
    assert (found["allergy"], found["allergens"]) == (allergy, allergens)
    await place_order(place, guest, place.line(note=words), note=words)
    order, _ = await cook.hears("order:new")
    for noted in (order, order["items"][0]):
        assert noted["note"] == words
        shown = noted["noteTranslation"]
        assert (shown["allergy"], shown["allergens"], shown["texts"]) == (allergy, allergens, {})
    await result(guest, text=text(), target="de")  # whatever else there was has been done by now
    assert not [name for name, _, _ in cook.heard if name == "order:noteTranslated"]
    assert house.asked() == ["azure"]


# In use


async def test_the_kitchen_reads_a_note_in_its_own_language_beside_the_original(
    mirrored: Place, nodes: list[Node], house: House
) -> None:
    guest, cook = await mirrored.guest(language="ru"), await mirrored.cook(1)
    order = await place_order(
        mirrored, guest, mirrored.line(note="без лука"), mirrored.line("bar"), note="побыстрее"
    )
    told, _ = await cook.hears("order:noteTranslated", seconds=60)
    assert (told["id"], told["version"]) == (order["id"], order["version"])
    assert told["note"] == "побыстрее"
    assert told["noteTranslation"]["texts"] == {"en": "[EN-GB] побыстрее"}
    assert told["items"][0]["noteTranslation"]["texts"] == {"en": "[EN-GB] без лука"}
    assert told["items"][0]["noteTranslation"]["engine"] == "deepl"
    assert told["items"][1]["noteTranslation"] is None
    await settle(mirrored, nodes)
    # Who had the order in hand is not told that it has changed under their eyes.
    version = {"orderId": order["id"], "expectedVersion": order["version"]}
    assert (await cook.send("order:accept", **version))["noteTranslation"] == told[
        "noteTranslation"
    ]


async def test_a_note_in_the_kitchens_language_needs_nobody(place: Place, house: House) -> None:
    guest = await place.guest(language="en")
    await place_order(place, guest, note="well done")
    await result(guest, text=text(), target="de")
    assert len(house.deepl.calls) == 1


@pytest.mark.parametrize(("language", "untranslated"), [("en", False), ("ru", True)])
async def test_a_warning_says_whether_the_kitchen_may_not_read_the_note(
    place: Place, language: str, untranslated: bool
) -> None:
    guest = await place.guest(language=language)
    order = await place_order(place, guest, place.line(note="no nuts"), note="no fish")
    for noted in (order, order["items"][0]):
        assert noted["noteTranslation"]["untranslated"] is untranslated


async def test_what_another_guest_wrote_into_the_shared_cart_is_translated_too(
    place: Place, house: House
) -> None:
    here, cook = await place.guest(language="en"), await place.cook()
    other = await place.guest(language="ru")
    await other.send("cart:add", **place.line(note="без льда"))
    await here.send("cart:add", **place.line("bar", note="well done"))
    await here.send("order:create")
    told, _ = await cook.hears("order:noteTranslated", seconds=60)
    beside = {item["note"]: item["noteTranslation"] for item in told["items"]}
    assert beside["без льда"]["texts"] == {"en": "[EN-GB] без льда"}
    assert beside["well done"] is None


async def test_what_the_menu_lacks_in_a_language_a_machine_fills_in_and_people_win(
    place: Place, house: House, nodes: list[Node], db: asyncpg.Connection
) -> None:
    dish = place.dish("grill")
    only = "UPDATE menu_items SET texts = $2, descriptions = '{}' WHERE id = $1"
    await db.execute(only, dish["id"], {"en": f"Nut roast {new_id()}"})
    guest = await place.guest(language="ja")
    path = f"/api/restaurants/{place.id}/menu?lang=ja"

    async def shown() -> dict[str, Any]:
        _, menu = await place.get(path)
        every = (each for category in menu["categories"] for each in category["items"])
        return next(each for each in every if each["id"] == dish["id"])

    before = await shown()
    assert (before["name"][:9], before["machine"]) == ("Nut roast", False)
    await guest.hears("menu:changed", seconds=60)
    after = await shown()
    assert (after["name"][:14], after["machine"]) == ("[ja] Nut roast", True)
    assert after["allergens"] == before["allergens"], "from no machine"
    assert (before["sandbox"], after["sandbox"]) == (False, True)
    assert len(house.azure.calls) == 1
    assert len(house.azure.calls[0].body["inputs"]) == 1, "what people wrote is left as it is"

    # What a stand-in made gives way to a company's, as soon as there is one.
    house.azure.owns_up = False
    text = await db.fetchval("SELECT texts->>'en' FROM menu_items WHERE id = $1", dish["id"])
    await forget(nodes[0].deps.redis, text, "en", "ja")
    claims = [f"menu:{place.id}:{version}:ja" for version in range(10)]
    for claim in claims:
        await nodes[0].deps.redis.of(claim).delete(claim)
    await shown()
    await guest.until(lambda: len(guest.named("menu:changed")) == 2, 60)
    real = await shown()
    assert (real["machine"], real["sandbox"]) == (True, False)
    await db.execute(only, dish["id"], {"en": "Nut roast", "ja": "ナッツロースト"})
    written = await shown()
    assert (written["name"], written["machine"]) == ("ナッツロースト", False)


async def test_people_who_talk_each_read_their_own_language(place: Place, house: House) -> None:
    guest, waiter = await place.guest(language="ru"), await place.worker("waiter", 1)
    joined = await guest.send("translate:join")
    session = joined["sessionId"]
    await waiter.send("translate:join", sessionId=session, language="de")
    said = (await guest.send("translate:text", text="Можно счёт?", sessionId=session))["message"]
    assert said["pending"]
    for client in (guest, waiter):
        told, _ = await client.hears("translate:message", lambda m: not m["pending"], 60)
        assert (told["id"], told["text"], told["language"]) == (said["id"], "Можно счёт?", "ru")
        assert told["texts"]["de"] == "[DE] Можно счёт?"
        assert told["sandbox"]
        assert told["speaker"]["role"] == "guest"
        assert [m["pending"] for m in client.named("translate:message")] == [True, False]
    answer = await waiter.send("translate:text", text="Sofort!", sessionId=session, source="de")
    back = answer["message"]
    told, _ = await guest.hears(
        "translate:message", lambda m: m["id"] == back["id"] and not m["pending"], 60
    )
    assert told["texts"]["ru"] == "[RU] Sofort!"

    answer = await waiter.send("translate:text", text="Enthält Nüsse", sessionId=session)
    warned = answer["message"]
    assert (warned["pending"], warned["allergens"]) == (False, ["nuts"])


async def test_who_comes_late_reads_what_was_said_also_for_who_looks_over_their_shoulder(
    place: Place, house: House
) -> None:
    guest, waiter = await place.guest(language="ru"), await place.worker("waiter", 1)
    joined = await guest.send("translate:join", also=["ja", "de"])
    assert (joined["language"], joined["messages"]) == ("ru", [])
    session = joined["sessionId"]
    for words in ("Можно счёт?", "И воды"):
        said = (await guest.send("translate:text", text=words, sessionId=session))["message"]
        told, _ = await guest.hears(
            "translate:message", lambda m, i=said["id"]: m["id"] == i and not m["pending"], 60
        )
        assert told["texts"].keys() == {"ja", "de", "en"}, "the house's too"
    late = await waiter.send("translate:join", sessionId=session)
    assert [m["text"] for m in late["messages"]] == ["Можно счёт?", "И воды"]
    assert late["messages"][1] == told, "each as it was told last"
    neighbour = await place.guest(1)
    assert (await neighbour.send("translate:join"))["messages"] == []
    error = await guest.refused("translate:join", {"also": ["x"]})
    assert error["details"][0]["path"] == "also[0]"


async def test_who_talks_learns_whether_anybody_listens(place: Place) -> None:
    guest, waiter = await place.guest(name="Ana"), await place.waiter(node=1)
    alone = await guest.send("translate:join")
    assert [(each["name"], each["role"]) for each in alone["listeners"]] == [("Ana", "guest")]
    both = await waiter.send("translate:join", sessionId=alone["sessionId"])
    assert sorted(each["role"] for each in both["listeners"]) == ["guest", "waiter"]
    again = await guest.send("translate:join")
    assert sorted(each["name"] for each in again["listeners"]) == ["Ana", "Lena Hoffmann"]


async def test_who_comes_to_a_conversation_or_leaves_it_is_told_of_at_once(place: Place) -> None:
    guest, waiter = await place.guest(name="Ana"), await place.waiter(node=1)
    neighbour = await place.guest(1)
    await neighbour.send("translate:join")
    session = (await guest.send("translate:join"))["sessionId"]

    def told(client: Client) -> list[list[str]]:
        mine = [now for now in client.named("translate:listeners") if now["sessionId"] == session]
        return [sorted(each["name"] for each in now["listeners"]) for now in mine]

    await waiter.send("translate:join", sessionId=session)
    both = ["Ana", "Lena Hoffmann"]
    await guest.until(lambda: told(guest)[-1:] == [both])
    await waiter.send("translate:join", sessionId=session)  # that they are still here is no news
    await waiter.send("leave", room=f"talk:{session}")
    await guest.until(lambda: told(guest)[-1:] == [["Ana"]])
    assert told(guest).count(both) == 1
    await neighbour.settled()
    assert told(neighbour) == []


async def test_a_conversation_is_nobody_elses_business(place: Place, other_place: Place) -> None:
    guest, neighbour = await place.guest(0), await place.guest(1)
    session = (await guest.send("translate:join"))["sessionId"]
    cook, stranger = await place.worker("kitchen"), await other_place.worker("waiter")
    for client, code in ((neighbour, "NOT_FOUND"), (stranger, "NOT_FOUND"), (cook, "FORBIDDEN")):
        asked = {"sessionId": session}
        assert (await client.refused("translate:join", asked))["code"] == code
        if client is not cook:
            asked |= {"text": "hello"}
            assert (await client.refused("translate:text", asked))["code"] == code
