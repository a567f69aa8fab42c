"""The official client of Socket.IO, run by Node: what stands in thousands of phones."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.app import Node
from hub.web.docs import EXAMPLE
from tests.javascript import ROOT, SECONDS, run, told
from tests.place import Place
from tests.scenes import code, place_order, step, token

README = ROOT / "README.md"
WAYS: dict[str, dict[str, Any]] = {
    "websocket only": {"transports": ["websocket"]},
    "polling only": {"transports": ["polling"]},
    "polling with upgrade": {"transports": ["polling", "websocket"], "upgrades": True},
    "as it comes": {"upgrades": True},
}
OUTCOME = {"polling only": "polling"}
ONE_BY_ONE = pytest.mark.parametrize(
    "transports", [["websocket"], ["polling"]], ids=["websocket", "polling"]
)
MISSHAPEN = (
    *("nothing", "undefined", "null", "number", "notANumber", "binary", "bareBinary"),
    *("halfACharacter", "unknown"),
)


@pytest.mark.parametrize("way", WAYS)
async def test_the_main_story_is_lived_by_the_official_client(mirrored: Place, way: str) -> None:
    told = await run(
        "story.mjs",
        {
            "urls": mirrored.urls,
            "restaurantId": mirrored.id,
            "guest": (await mirrored.scan())["token"],
            "kitchen": await mirrored.login("kitchen"),
            "waiter": await mirrored.login("waiter"),
            "line": mirrored.line("grill", 2, note="بدون ملح"),
            **WAYS[way],
        },
    )
    assert told["transports"] == [OUTCOME.get(way, "websocket")] * 3
    assert told["heard"][0] == "cart:changed"
    assert "order:ready" in told["heard"]


async def test_the_example_of_the_reference_works_as_it_stands(place: Place) -> None:
    cook = await place.cook(node=1)
    known = {"hub": place.urls[0], "code": place.tables[0]["token"], **place.line("grill")}
    running = asyncio.create_task(program(EXAMPLE, known))
    order, _ = await cook.hears("order:new", seconds=SECONDS)
    await step(cook, "item:start", order)
    assert (await running).split()[1:] == [str(order["orderNumber"]), "PREPARING"]


async def test_the_example_of_the_readme_works_as_it_stands(place: Place) -> None:
    guest, other = await place.guest(), await place.guest(1)
    order = await place_order(place, guest)
    [example] = re.findall(r"```js\n(.*?)```", README.read_text(), re.DOTALL)
    known = {"token": await place.login("kitchen"), "restaurantId": place.id}
    known |= {"orderId": order["id"], "itemId": order["items"][0]["id"]}
    here = example.replace("http://127.0.0.1:8000", place.urls[0])
    running = asyncio.create_task(program(here, known))
    await guest.hears("order:itemChanged", seconds=SECONDS)
    later = await place_order(place, other)
    assert (await running).split()[1:] == [str(later["orderNumber"])]


async def program(example: str, known: dict[str, str]) -> str:
    """Run what developers copy, with what they know, until it says something; return that."""
    names = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in known.items())
    heed = "const { log } = console;\nconsole.log = (...all) => (log(...all), process.exit());\n"
    return await told("--input-type=module", "--eval", names + heed + example)


@ONE_BY_ONE
async def test_a_screen_that_reconnects_asks_for_what_it_missed(
    mirrored: Place, transports: list[str]
) -> None:
    told = await run(
        "comeback.mjs",
        {
            "url": mirrored.urls[1],
            "restaurantId": mirrored.id,
            "guest": (await mirrored.scan())["token"],
            "kitchen": await mirrored.login("kitchen"),
            "line": mirrored.line(),
            "transports": transports,
        },
    )
    assert told == {"orders": 4}


@ONE_BY_ONE
async def test_every_form_of_ack_is_answered(place: Place, transports: list[str]) -> None:
    guest = await place.guest()
    order = await place_order(place, guest)
    told = await run(
        "acks.mjs",
        {
            "url": place.urls[1],
            "token": guest.token,
            "order": order["id"],
            "transports": transports,
        },
    )
    acks = told["acks"]
    for form in ("callback", "positional", "promise", "timeout", "timeoutCallback", "volatile"):
        assert acks[form]["data"]["order"] == order, form
    assert acks["extra"]["ok"]
    assert {form: code(acks[form]) for form in MISSHAPEN} == dict.fromkeys(MISSHAPEN, "INVALID")
    assert code(acks["date"]) == "NOT_FOUND", "a date is a text by the time it arrives"
    assert code(acks["forbidden"]) == "FORBIDDEN"
    assert acks["withoutAck"] == {
        "event": "join:order",
        "commandId": "mine",
        "error": {"code": "NOT_FOUND", "message": "no such order"},
    }
    assert told["order"] == [0, 1, 2, 3, 4]


async def test_the_official_client_is_told_why_it_is_not_let_in(
    place: Place, nodes: list[Node]
) -> None:
    guest, waiter = await place.scan(), await place.login("waiter")
    stale = await token(
        place, nodes[0], "waiter", expires_at=datetime.now(UTC) - timedelta(seconds=1)
    )
    await place.post(f"/api/tables/{guest['table']['id']}/close", token=waiter)
    expected = {
        "no auth": (None, "UNAUTHORIZED"),
        "no token": ({}, "UNAUTHORIZED"),
        "a number": ({"token": 5}, "UNAUTHORIZED"),
        "rubbish": ({"token": "rubbish"}, "UNAUTHORIZED"),
        "forged": ({"token": waiter[:-4] + "AAAA"}, "UNAUTHORIZED"),
        "stale": ({"token": stale}, "TOKEN_EXPIRED"),
        "a closed table": ({"token": guest["token"]}, "SESSION_CLOSED"),
    }
    auths = {name: auth for name, (auth, _) in expected.items()}
    told = await run("refused.mjs", {"url": place.urls[0], "auths": auths})
    assert {name: error["data"]["code"] for name, error in told.items()} == {
        f"{name} by {transport}": refusal
        for transport in ("websocket", "polling")
        for name, (_, refusal) in expected.items()
    }
    assert all(error["message"] == error["data"]["message"] for error in told.values())
