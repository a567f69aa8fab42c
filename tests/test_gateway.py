"""The edge: whatever a client sends is acknowledged, in one shape, and harms nobody."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest

from hub.app import Node, run_node
from hub.embedded import Engines
from hub.gateway import EVENTS
from hub.settings import Settings
from state.domain.actor import Role
from tests.client import Client
from tests.conftest import connection, new_place
from tests.place import Place
from tests.scenes import NOWHERE, code, place_order


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


BAD_PAYLOADS = {
    "null": [None],
    "true": [True],
    "a number": [7],
    "a huge number": [10**80],
    "a fraction": [1.5],
    "not a number": [float("nan")],
    "an array": [["orderId"]],
    "a deep array": [nested(50)],
    "bytes": [b"\x00\xff"],
    "a commandId that is a number": [{"commandId": 5}],
    "an empty commandId": [{"commandId": ""}],
    "an endless commandId": [{"commandId": "x" * 65}],
    "a commandId no database can keep": [{"commandId": "a\x00b"}],
    "a commandId no JSON can carry": [{"commandId": "\ud800"}],
    "a key that is no field, and no other": [{"\ud800": 1, "commandId": None, "orderID": "x"}],
}
NEEDS_NOTHING = {"join:table", "order:create", "esim:packages"}  # their fields may all be left out


@pytest.fixture(scope="module")
async def senders(engines: Engines, nodes: list[Node]) -> AsyncIterator[dict[Role, Client]]:
    """A manager and a guest: for every command, one of them may send it."""
    async with connection(engines.database_url) as db, new_place(nodes, db) as place:
        yield {Role.MANAGER: await place.worker("manager"), Role.GUEST: await place.guest()}


@pytest.fixture
def manager(senders: dict[Role, Client]) -> Iterator[Client]:
    client = senders[Role.MANAGER]
    yield client
    client.heard.clear()


@pytest.mark.parametrize("name", EVENTS)
async def test_every_command_refuses_every_wrong_shape(
    senders: dict[Role, Client], name: str
) -> None:
    client = next(c for role, c in senders.items() if role in EVENTS[name].roles)
    for kind, args in BAD_PAYLOADS.items():
        if kind.startswith("a key") and name in NEEDS_NOTHING:
            continue
        error = await client.refused(name, *args)
        assert error["code"] == "INVALID", f"{name} with {kind}: {error}"
        assert {"path", "message"} == error["details"][0].keys()
    if name not in NEEDS_NOTHING:
        assert (await client.refused(name))["code"] == "INVALID", "no payload at all"
    huge = await client.refused(name, "x" * 100_000)
    assert huge["code"] == ("UNAUTHORIZED" if name == "auth:refresh" else "INVALID")
    assert (await client.ask("leave", {"room": "nowhere"}))["error"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    "name",
    ["", "order:Create", "__proto__", "connect", "disconnect", "message", "\ud800", "é" * 999],
)
async def test_an_unknown_command_is_refused(manager: Client, name: str) -> None:
    error = await manager.refused(name, {"commandId": "1"})
    assert error["code"] == "INVALID"
    assert "there is no command" in error["message"]
    assert len(error["message"]) < 150


@pytest.mark.parametrize(
    ("name", "payload", "path"),
    [
        ("order:accept", {}, "orderId"),
        ("order:accept", {"orderId": 5}, "orderId"),
        ("order:accept", {"orderId": ""}, "orderId"),
        ("order:accept", {"orderId": "x" * 65}, "orderId"),
        ("order:accept", {"orderId": NOWHERE, "expectedVersion": "3"}, "expectedVersion"),
        ("order:accept", {"orderId": NOWHERE, "expectedVersion": True}, "expectedVersion"),
        ("order:accept", {"orderId": NOWHERE, "reason": "x" * 501}, "reason"),
        ("order:accept", {"orderId": NOWHERE, "reason": "a\x00"}, "reason"),
        ("order:create", {"items": {}}, "items"),
        ("order:create", {"items": []}, "items"),
        ("order:create", {"items": ["soup"]}, "items[0]"),
        ("order:create", {"items": [{"menuItemId": NOWHERE}, {}]}, "items[1].menuItemId"),
        ("order:create", {"items": [{"menuItemId": NOWHERE, "note": 5}]}, "items[0].note"),
        ("order:create", {"items": [{"menuItemId": NOWHERE, "note": "\udfff"}]}, "items[0].note"),
        ("order:create", {"items": [{"menuItemId": NOWHERE}] * 51}, "items"),
        ("join:waiter", {"restaurantId": NOWHERE, "tables": "7"}, "tables"),
        ("join:kitchen", {"restaurantId": NOWHERE, "since": -1}, "since"),
        ("course:fire", {"orderId": NOWHERE, "course": 0}, "course"),
        ("menu:availability", {"menuItemId": NOWHERE, "available": "no"}, "available"),
    ],
)
async def test_a_wrong_field_is_named(
    manager: Client, name: str, payload: dict[str, Any], path: str
) -> None:
    error = await manager.refused(name, payload)
    assert error["code"] == "INVALID"
    [detail] = error["details"]
    assert detail["path"] == path
    assert not re.search(r"`[^`]*\b(str|int|bool|float)\b[^`]*`", detail["message"]), detail


async def test_fields_nobody_knows_and_further_arguments_do_no_harm(place: Place) -> None:
    guest, manager = await place.guest(), await place.worker("manager")
    order = await place_order(place, guest)
    payload = {"orderId": order["id"], "hurry": True, "__proto__": {"role": "admin"}}
    ack = await manager.ask("order:accept", payload, "more", None, {"orderId": NOWHERE}, b"bytes")
    assert ack["ok"]
    assert ack["data"]["id"] == order["id"]
    assert (ack["version"], ack["seq"]) == (ack["data"]["version"], ack["data"]["seq"])


async def test_without_an_ack_an_error_arrives_as_an_event(manager: Client) -> None:
    await manager.sio.emit("order:accept", {"orderId": NOWHERE, "commandId": "mine"})
    told, _ = await manager.hears("error:command")
    assert told == {
        "event": "order:accept",
        "commandId": "mine",
        "error": {"code": "NOT_FOUND", "message": "no such order"},
    }


@pytest.mark.parametrize(
    "args",
    [
        ("no such command",),
        ("\ud800", {"commandId": "\ud800"}),
        ("order:accept", None),
        ("order:accept", {"commandId": {"deep": ["\ud800"]}}),
        ("order:accept", {"commandId": b"bytes"}),
    ],
)
async def test_an_error_event_is_sent_whatever_caused_it(
    manager: Client, args: tuple[Any, ...]
) -> None:
    await manager.sio.emit(args[0], args[1:])
    told, _ = await manager.hears("error:command")
    assert told["commandId"] in (None, "?")
    assert told["error"]["code"] == "INVALID"


async def test_what_goes_well_without_an_ack_says_nothing_more(place: Place) -> None:
    guest, cook = await place.guest(), await place.cook()
    order = await place_order(place, guest)
    await cook.sio.emit("order:accept", {"orderId": order["id"]})
    await cook.hears("order:confirmed")
    await cook.settled()
    assert not cook.named("error:command")


async def test_commands_of_one_client_are_carried_out_in_the_order_sent(place: Place) -> None:
    guest, cook = await place.guest(), await place.cook()
    order = await place_order(place, guest)
    step = {"orderId": order["id"], "itemId": order["items"][0]["id"]}
    for name in ("item:start", "item:ready", "item:recall", "item:ready"):
        await cook.sio.emit(name, step)
    await cook.hears("order:itemChanged", lambda o: o["version"] == order["version"] + 4)
    assert not cook.named("error:command")
    assert [o["status"] for o in cook.named("order:itemChanged")] == [
        "PREPARING",
        "READY",
        "PREPARING",
        "READY",
    ]


async def test_too_many_commands_at_once_are_told_when_to_come_again(
    settings: Settings, nodes: list[Node], place: Place
) -> None:
    slow = msgspec.structs.replace(settings, command_rate=0.1, command_burst=3.0)
    async with run_node(slow) as node:
        place.urls.append(f"http://127.0.0.1:{node.port}")
        hasty, calm = await place.worker("manager", node=2), await place.worker("manager", node=2)
        acks = [await hasty.ask("order:accept", {"orderId": NOWHERE}) for _ in range(5)]
        assert [code(ack) for ack in acks[:3]] == ["NOT_FOUND"] * 3
        assert code(acks[-1]) == "RATE_LIMITED"
        assert 0 < acks[-1]["error"]["retryAfterMs"] <= 10_001
        assert (await calm.refused("order:accept", {"orderId": NOWHERE}))["code"] == "NOT_FOUND"
        nonsense = [await calm.ask("no such command") for _ in range(5)]
        assert code(nonsense[-1]) == "RATE_LIMITED", "what is unknown is no way around it"
        for client in (hasty, calm):
            await client.close()
