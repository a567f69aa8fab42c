"""A guest calls, a waiter comes."""

import asyncio
from typing import Any

import asyncpg
import pytest

from hub import worker
from hub.app import Node
from tests.place import Place
from tests.scenes import code


async def floor(place: Place, node: int = 0) -> dict[str, Any]:
    """What a waiter is shown who comes just now."""
    waiter = await place.worker("waiter", node)
    found: dict[str, Any] = await waiter.send("join:waiter", restaurantId=place.id)
    return found


async def test_a_call_goes_from_the_table_to_its_waiter_and_back(place: Place) -> None:
    guest, mate = await place.guest(table=3, node=0), await place.guest(table=3, node=1)
    own = await place.waiter(node=1, tables=[place.tables[3]["id"]])
    elsewhere = await place.waiter(node=1, tables=[place.tables[4]["id"]])
    called = await guest.send("service:request", kind="water", note="without gas")
    assert (called["kind"], called["note"], called["status"]) == (
        "water",
        "without gas",
        "REQUESTED",
    )
    assert called["tableNumber"] == place.tables[3]["number"]
    for client in (own, mate):
        assert (await client.hears("service:requested"))[0] == called
    assert (await floor(place))["requests"] == [called]

    coming = await own.send("service:ack", requestId=called["id"])
    assert (coming["status"], coming["acknowledgedByName"]) == ("ACKNOWLEDGED", "Lena Hoffmann")
    assert (await guest.hears("service:changed"))[0] == coming
    done = await own.send("service:done", requestId=called["id"])
    assert done["doneAt"] is not None
    assert (await mate.hears("service:changed", lambda r: r["status"] == "DONE"))[0] == done
    assert (await floor(place, node=1))["requests"] == []
    assert (await guest.send("join:table"))["requests"] == []
    await elsewhere.settled()
    assert not elsewhere.heard


@pytest.mark.parametrize("payload", [{}, {"kind": "drone"}, {"kind": ""}, {"kind": "CALL"}])
async def test_only_what_a_waiter_knows_can_be_called_for(
    place: Place, payload: dict[str, Any]
) -> None:
    guest = await place.guest()
    error = await guest.refused("service:request", payload)
    assert (error["code"], error["details"][0]["path"]) == ("INVALID", "kind")


async def test_whoever_calls_again_learns_that_it_is_on_its_way(place: Place) -> None:
    guest, mate = await place.guest(node=0), await place.guest(node=1)
    waiter = await place.waiter()
    calls = [client.send("service:request", kind="bill") for client in (guest, mate) * 5]
    heard = await asyncio.gather(*calls)
    assert len({call["id"] for call in heard}) == 1
    other = await mate.send("service:request", kind="call")
    await waiter.hears("service:requested", lambda r: r["id"] == other["id"])
    await waiter.settled()
    assert len(waiter.named("service:requested")) == 2
    await waiter.send("service:ack", requestId=heard[0]["id"])
    assert (await mate.send("service:request", kind="bill"))["status"] == "ACKNOWLEDGED"
    await waiter.send("service:done", requestId=heard[0]["id"])
    assert (await mate.send("service:request", kind="bill"))["id"] != heard[0]["id"]


async def test_of_two_waiters_who_answer_at_once_one_goes(place: Place) -> None:
    guest = await place.guest()
    waiters = [await place.waiter(node=n) for n in range(2)]
    for _ in range(6):
        called = await guest.send("service:request", kind="call")
        request = {"requestId": called["id"]}
        acks = await asyncio.gather(*(waiter.ask("service:ack", request) for waiter in waiters))
        assert sorted(code(ack) or "" for ack in acks) == ["", "ILLEGAL_TRANSITION"]
        await waiters[0].send("service:done", **request)
        assert (await waiters[1].refused("service:done", request))["code"] == "ILLEGAL_TRANSITION"
        assert (await waiters[1].refused("service:ack", request))["code"] == "ILLEGAL_TRANSITION"
    await guest.hears("service:changed", lambda r: r["id"] == called["id"] and r["doneAt"])
    assert len(guest.named("service:changed")) == 12


async def test_a_call_may_be_done_without_being_answered_first(place: Place) -> None:
    guest, waiter = await place.guest(), await place.waiter()
    called = await guest.send("service:request", kind="other", note="a chair")
    done = await waiter.send("service:done", requestId=called["id"])
    assert (done["status"], done["acknowledgedByName"]) == ("DONE", "Lena Hoffmann")


async def test_a_call_nobody_answers_gets_louder(
    place: Place, nodes: list[Node], db: asyncpg.Connection
) -> None:
    guest = await place.guest(table=0)
    own = await place.waiter(node=0, tables=[place.tables[0]["id"]])
    zone = await place.waiter(node=1, tables=[place.tables[5]["id"]])
    expo = await place.worker("expo", node=1)
    await expo.send("join:kitchen", restaurantId=place.id)
    called = await guest.send("service:request", kind="call")

    async def later() -> None:
        due = "UPDATE service_requests SET next_at = now() WHERE id = $1 AND next_at IS NOT NULL"
        await db.execute(due, called["id"])
        await worker.all_due(nodes[0].deps)

    await later()
    for client in (own, zone, guest):
        louder, meta = await client.hears("service:escalated")
        assert (louder["id"], louder["level"]) == (called["id"], 1)
        assert meta["actor"] == {"role": "service", "id": "hub"}
    assert (await floor(place))["requests"] == [louder]
    mine = await place.worker("waiter")
    joined = await mine.send("join:waiter", restaurantId=place.id, tables=[place.tables[5]["id"]])
    assert joined["requests"] == [louder], "of every waiter, whatever their tables"
    await expo.settled()
    assert not expo.named("service:escalated")
    await later()
    assert (await expo.hears("service:escalated"))[0]["level"] == 2
    await expo.send("service:ack", requestId=called["id"])
    for client in (own, zone, expo):
        answered, _ = await client.hears("service:changed")
        assert (answered["status"], answered["nextAt"]) == ("ACKNOWLEDGED", None)
    await later()
    await own.settled()
    assert len(own.named("service:escalated")) == 2


async def test_calls_of_a_party_that_has_left_leave_the_floor(place: Place) -> None:
    guest, waiter = await place.guest(), await place.waiter(node=1)
    called = await guest.send("service:request", kind="bill")
    table = place.tables[0]["id"]
    status, _ = await place.post(f"/api/tables/{table}/close", token=await place.login("waiter"))
    assert status == 200
    gone, _ = await waiter.hears("service:changed")
    assert (gone["id"], gone["status"]) == (called["id"], "DONE")
    assert (await floor(place))["requests"] == []
