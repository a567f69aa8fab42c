"""The floor: parties move and join others, tables are cleared and put on the map."""

import asyncio
from typing import Any

import pytest

from tests.place import Place
from tests.scenes import cook_order, place_order
from tests.test_browser_rules import run


async def floor(place: Place) -> dict[str, dict[str, Any]]:
    """Return the tables as they are now, by number."""
    _, answer = await place.get(f"/api/restaurants/{place.id}/tables", await place.login("waiter"))
    return {table["number"]: table for table in answer["tables"]}


async def move(place: Place, here: int, there: int, **more: Any) -> tuple[int, Any]:
    body = {"toTableId": place.tables[there]["id"], **more}
    path = f"/api/tables/{place.tables[here]['id']}/move"
    return await place.post(path, body, await place.login("waiter"))


async def test_a_party_moves_with_its_phones_orders_alerts_and_calls(mirrored: Place) -> None:
    guest, cook = await mirrored.guest(table=0, node=1), await mirrored.cook()
    waiter = await mirrored.waiter()
    order = await cook_order(cook, await place_order(mirrored, guest))
    await guest.send("service:request", kind="bill")
    status, session = await move(mirrored, 0, 3)
    assert (status, session["tableNumber"]) == (200, mirrored.tables[3]["number"])
    seated, _ = await guest.hears("table:statusChanged", lambda t: t["status"] == "SEATED")
    assert seated["tableId"] == mirrored.tables[3]["id"]
    assert guest.named("table:statusChanged") == [seated], "its old table is no news to it"
    assert (await guest.send("join:table"))["orders"][0]["tableId"] == seated["tableId"]
    await waiter.hears("table:statusChanged", lambda t: t["status"] == "MOVED")
    shown = await waiter.send("join:waiter", restaurantId=mirrored.id)
    moved = [shown["alerts"][0], shown["requests"][0], shown["orders"][0]]
    assert {each["tableId"] for each in moved} == {seated["tableId"]}
    assert shown["orders"][0]["id"] == order["id"]
    tables = await floor(mirrored)
    assert tables[mirrored.tables[0]["number"]]["sessionId"] is None
    assert tables[mirrored.tables[3]["number"]]["sessionId"] == session["id"]


async def test_two_parties_become_one_with_one_cart_and_one_bill(mirrored: Place) -> None:
    here, there = await mirrored.guest(table=0, node=0), await mirrored.guest(table=1, node=1)
    waiter = await mirrored.waiter()
    await place_order(mirrored, here)
    await place_order(mirrored, there)
    for guest in (here, there):
        await guest.send("cart:add", **mirrored.line("bar"))
        await guest.send("service:request", kind="bill")
    status, joined = await move(mirrored, 0, 1)
    assert (status, len(joined["cart"])) == (200, 2)
    await there.hears("cart:changed", lambda cart: len(cart["lines"]) == 2)
    table = await there.send("join:table")
    assert len(table["orders"]) == 2
    assert [call["kind"] for call in table["requests"]] == ["bill"], "one call is enough"
    await asyncio.wait_for(here.gone.wait(), 60)
    shown = await waiter.send("join:waiter", restaurantId=mirrored.id)
    assert {order["tableId"] for order in shown["orders"]} == {mirrored.tables[1]["id"]}


async def test_a_move_happens_once_and_only_where_it_can(place: Place) -> None:
    await place.guest(table=0)
    assert (await move(place, 0, 0))[0] == 400
    assert (await move(place, 5, 0))[0] == 409, "nobody sits there"
    first = await move(place, 0, 1, commandId="m1")
    assert first == await move(place, 0, 1, commandId="m1")
    cook = await place.login("kitchen")
    body = {"toTableId": place.tables[2]["id"]}
    assert (await place.post(f"/api/tables/{place.tables[1]['id']}/move", body, cook))[0] == 403


async def test_a_table_is_dirty_until_somebody_clears_it_or_the_next_party_sits(
    place: Place,
) -> None:
    token, number = await place.login("waiter"), place.tables[0]["number"]
    path = f"/api/tables/{place.tables[0]['id']}/close"
    waiter = await place.waiter(node=1)
    session = (await place.scan())["session"]["id"]
    clear = f"/api/table-sessions/{session}/clear"
    assert (await place.post(clear, None, token))[0] == 409
    await place.post(path, None, token)
    assert (await floor(place))[number]["left"] == session
    assert (await place.post(clear, None, token))[0] == 200
    await waiter.hears("table:statusChanged", lambda t: t["status"] == "CLEARED")
    assert (await floor(place))[number]["left"] is None
    assert (await place.post(clear, None, token))[0] == 200, "twice does no harm"
    second = (await place.scan())["session"]["id"]
    await place.post(path, None, token)
    third = (await place.scan())["session"]["id"]
    now = (await floor(place))[number]
    assert (now["sessionId"], now["left"]) == (third, second), "it is not dirty while somebody sits"
    await place.post(path, None, token)
    assert (await place.post(f"/api/table-sessions/{third}/clear", None, token))[0] == 200
    assert (await floor(place))[number]["left"] is None, "who sat there before is forgotten"


async def test_waiters_hear_when_a_party_begins_to_choose_and_not_of_every_dish(
    place: Place,
) -> None:
    guest, waiter = await place.guest(), await place.waiter(node=1)
    number = place.tables[0]["number"]
    for _ in range(3):
        await guest.send("cart:add", **place.line())
    assert (await floor(place))[number]["ordering"]
    await guest.send("order:create")
    await waiter.hears("cart:changed", lambda cart: not cart["lines"])
    assert len(waiter.named("cart:changed")) == 2
    assert not (await floor(place))[number]["ordering"]


async def test_managers_put_tables_on_the_map(place: Place, other_place: Place) -> None:
    path = f"/api/restaurants/{place.id}/floor"
    chief, spot = await place.login("manager"), {"id": place.tables[0]["id"], "x": 7, "y": 12}
    status, answer = await place.post(path, {"tables": [spot]}, chief)
    assert status == 200
    kept = next(table for table in answer["tables"] if table["id"] == spot["id"])
    assert (kept["x"], kept["y"]) == (7, 12)
    assert answer["tables"][1]["x"] is None
    foreign = {**spot, "id": other_place.tables[0]["id"]}
    assert (await place.post(path, {"tables": [spot, foreign]}, chief))[0] == 404
    assert (await place.post(path, {"tables": [spot]}, await place.login("waiter")))[0] == 403


async def test_the_browser_s_tables_follow_the_events_to_what_the_hub_would_show(
    place: Place,
) -> None:
    token, tables = await place.login("manager"), [table["id"] for table in place.tables]
    waiter = await place.waiter(node=1)
    before = await floor(place)
    guests = [await place.guest(table=number) for number in range(4)]
    for guest in guests[:3]:
        await guest.send("cart:add", **place.line())
    order = await guests[0].send("order:create")
    manager = await place.worker("manager")
    for status in ("READY", "DELIVERED"):
        await manager.send("order:updateStatus", orderId=order["id"], status=status)
    await manager.send("payment:cash", tableId=tables[0])
    await move(place, 0, 7)
    await move(place, 1, 6)
    await move(place, 2, 3)
    await place.post(f"/api/tables/{tables[6]}/close", None, token)
    left = (await floor(place))[place.tables[6]["number"]]["left"]
    await place.post(f"/api/tables/{tables[2]}/close", None, token)
    await place.post(f"/api/table-sessions/{left}/clear", None, token)
    await waiter.hears("table:statusChanged", lambda table: table["status"] == "CLEARED")
    given = {"tables": list(before.values()), "events": waiter.heard}
    shown = run(TABLES_OF_THE_BROWSER, given)
    now = await floor(place)
    assert now[place.tables[7]["number"]]["settled"] == {order["id"]: order["totalAmount"]}
    for table in [*shown, *now.values()]:  # the event has the moment of the commit
        table["seatedAt"] = table["seatedAt"] is not None
    assert {table["number"]: table for table in shown} == now


TABLES_OF_THE_BROWSER = """
  const { applyToTables } = await import('./lib/tables.js');
  const tables = given.events.reduce(
    (held, [name, data, meta]) => applyToTables(held, name, data, meta),
    given.tables,
  );
  console.log(JSON.stringify(tables));
"""


@pytest.mark.parametrize("spot", [{"x": -1, "y": 0}, {"x": 0, "y": 200}, {"x": 0}])
async def test_no_table_stands_off_the_map(calm: Place, spot: dict[str, int]) -> None:
    path = f"/api/restaurants/{calm.id}/floor"
    body = {"tables": [{"id": calm.tables[0]["id"], **spot}]}
    assert (await calm.post(path, body, await calm.login("manager")))[0] == 400
