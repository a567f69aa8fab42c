"""The API over HTTP: every route gives what the table of routes promises."""

import asyncio
from typing import Any

import asyncpg
import msgspec
import pytest

from handlers import menus
from hub.app import Node, run_node
from hub.settings import Settings
from state.live import keys
from tests.mirror import settle
from tests.place import Place
from tests.routes import check_promise, error_of
from tests.scenes import NOWHERE, cook_order, place_order, step


async def test_the_health_pages_answer(calm: Place) -> None:
    assert await calm.get("/healthz") == (200, {"ok": True})
    assert await calm.get("/readyz") == (200, {"ok": True, "problems": []})
    status, text = await calm.get("/metrics")
    assert status == 200
    assert b"hub_connections " in text


async def test_a_round_goes_over_http_alone(place: Place) -> None:
    status, seated = await place.post(f"/api/scan/{place.tables[2]['token']}", {"name": "Ada"})
    assert status == 200
    check_promise("POST /api/scan/{token}", seated)
    assert seated["table"] == {"id": place.tables[2]["id"], "number": place.tables[2]["number"]}
    body = {"items": [place.line("grill", 2)], "note": "by the window"}
    status, order = await place.post("/api/orders", body, seated["token"])
    assert status == 201
    check_promise("POST /api/orders", order)
    assert (order["status"], order["note"]) == ("PENDING", "by the window")

    status, seen = await place.get(f"/api/orders/{order['id']}", seated["token"])
    assert (status, seen) == (200, order)
    cook = await place.login("kitchen")
    assert await place.get(f"/api/orders/{order['id']}", cook) == (200, order)
    status, board = await place.get(f"/api/restaurants/{place.id}/orders", cook)
    assert status == 200
    check_promise("GET /api/restaurants/{id}/orders", board)
    assert board == {"seq": order["seq"], "orders": [order]}


async def test_a_waiter_orders_for_a_table_over_http(place: Place) -> None:
    waiter = await place.login("waiter")
    body = {"items": [place.line()], "tableId": place.tables[1]["id"]}
    status, order = await place.post("/api/orders", body, waiter)
    assert status == 201
    assert order["tableId"] == place.tables[1]["id"]


async def test_what_other_restaurants_may_not_know_stays_here(
    place: Place, other_place: Place
) -> None:
    order = await place_order(place, await place.guest())
    for who in ("waiter", "admin"):
        foreign = await other_place.login(who)
        status, answer = await place.get(f"/api/orders/{order['id']}", foreign)
        assert (status, error_of(answer)["code"]) == (404, "NOT_FOUND")
    neighbour = (await place.scan(table=1))["token"]
    status, answer = await place.get(f"/api/orders/{order['id']}", neighbour)
    assert (status, error_of(answer)["code"]) == (404, "NOT_FOUND")


async def test_the_tables_and_who_sits_there(place: Place) -> None:
    session = (await place.scan(table=3))["session"]
    answer = await get(place, "tables", "waiter")
    check_promise("GET /api/restaurants/{id}/tables", answer)
    seated = {t["number"]: t["sessionId"] for t in answer["tables"] if t["sessionId"]}
    assert seated == {place.tables[3]["number"]: session["id"]}


async def test_a_table_is_closed_when_all_is_served(place: Place) -> None:
    guest, cook, waiter = await place.guest(), await place.cook(), await place.waiter()
    order = await place_order(place, guest)
    path, who = f"/api/tables/{place.tables[0]['id']}/close", await place.login("waiter")
    status, answer = await place.post(path, {}, who)
    assert (status, error_of(answer)["code"]) == (409, "CONFLICT")
    await step(waiter, "item:serve", await cook_order(cook, order))
    status, closed = await place.post(path, {}, who)
    assert status == 200
    check_promise("POST /api/tables/{id}/close", closed)
    assert closed["closedAt"] is not None
    await guest.gone.wait()
    assert (await get(place, "orders", "waiter"))["orders"] == []
    status, answer = await place.post(path, {}, who)
    assert (status, error_of(answer)["code"]) == (409, "CONFLICT")


async def test_the_lag_of_displays_is_told_to_chiefs(place: Place) -> None:
    cook, guest = await place.cook(), await place.guest()
    await cook.send("display:ack", restaurantId=place.id, seq=cook.heard[0][2]["seq"])
    await place_order(place, guest)
    await cook.hears("order:new")
    answer = await get(place, "displays", "manager")
    check_promise("GET /api/restaurants/{id}/displays", answer)
    [display] = answer["displays"]
    assert (display["role"], display["lag"]) == ("kitchen", 1)


async def test_the_demo_is_shown_in_development_only(place: Place, settings: Settings) -> None:
    status, demo = await place.get("/api/demo")
    assert status == 200
    assert demo["tables"][0]["scanUrl"].startswith(settings.public_url)
    strict = msgspec.structs.replace(settings, environment="production")
    async with run_node(strict) as node:
        place.urls.append(f"http://127.0.0.1:{node.port}")
        status, answer = await place.get("/api/demo", node=2)
        assert (status, error_of(answer)["code"]) == (404, "NOT_FOUND")


async def get(place: Place, what: str, role: str, **query: Any) -> Any:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    status, answer = await place.get(
        f"/api/restaurants/{place.id}/{what}?{asked}", await place.login(role)
    )
    assert status == 200, answer
    return answer


# The menu


async def test_the_menu_is_read_without_a_token(calm: Place) -> None:
    status, menu = await calm.get(f"/api/restaurants/{calm.id}/menu")
    assert status == 200
    check_promise("GET /api/restaurants/{id}/menu", menu)
    dishes = [dish for category in menu["categories"] for dish in category["items"]]
    assert {dish["id"]: dish["price"] for dish in dishes} == {
        dish["id"]: dish["price"] for dish in calm.dishes
    }
    status, answer = await calm.get(f"/api/restaurants/{NOWHERE}/menu")
    assert (status, error_of(answer)["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("", "en"),
        ("en", "en"),
        ("de", "de"),
        ("ja", "ja"),
        ("de-AT", "de"),
        ("DE_de", "de"),
        ("fr", "en"),
        ("x" * 2000, "en"),
        ("%00", "en"),
        ("../../etc", "en"),
    ],
)
async def test_the_menu_comes_in_the_nearest_language(calm: Place, wanted: str, given: str) -> None:
    path = f"/api/restaurants/{calm.id}/menu"
    status, menu = await calm.get(f"{path}?lang={wanted}")
    assert (status, menu["language"]) == (200, given)
    _, own = await calm.get(f"{path}?lang={given}")
    assert menu == own


async def test_texts_in_other_languages_differ_and_prices_do_not(calm: Place) -> None:
    path = f"/api/restaurants/{calm.id}/menu"
    menus_ = [
        msgspec.convert((await calm.get(f"{path}?lang={lang}"))[1], menus.ShownMenu)
        for lang in ("en", "ja")
    ]
    dishes = [[d for c in menu.categories for d in c.items] for menu in menus_]
    assert [d.price for d in dishes[0]] == [d.price for d in dishes[1]]
    assert all(a.name != b.name for a, b in zip(*dishes, strict=True))


async def test_a_menu_seen_before_is_not_sent_again_until_it_changes(place: Place) -> None:
    url = f"{place.urls[0]}/api/restaurants/{place.id}/menu"
    async with place.http.get(url) as reply:
        tag = reply.headers["ETag"]
    for seen in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        async with place.http.get(url, headers={"If-None-Match": seen}) as reply:
            assert (reply.status, await reply.read()) == (304, b""), seen
            assert reply.headers["ETag"] == tag
    for other in ('"other"', "rubbish", '"unfinished'):
        async with place.http.get(url, headers={"If-None-Match": other}) as reply:
            assert reply.status == 200, other
    async with place.http.get(f"{url}?lang=de", headers={"If-None-Match": tag}) as reply:
        assert reply.status == 200
    cook = await place.cook()
    await cook.send("menu:availability", menuItemId=place.dish("grill")["id"], available=False)
    async with place.http.get(url, headers={"If-None-Match": tag}) as reply:
        assert reply.status == 200
        assert reply.headers["ETag"] != tag


# Orders sent twice


async def test_the_same_key_places_one_order_on_whichever_node(place: Place) -> None:
    who = (await place.scan())["token"]
    body = {"items": [place.line()]}
    answers = await asyncio.gather(
        *(
            place.post("/api/orders", body, who, node % 2, **{"Idempotency-Key": "round-1"})
            for node in range(4)
        )
    )
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][0] == 201
    again = await place.post("/api/orders", body | {"commandId": "round-1"}, who)
    assert again == answers[0]
    _, other = await place.post("/api/orders", body, who, **{"Idempotency-Key": "round-2"})
    assert other["orderNumber"] == 2


async def test_a_refusal_is_repeated_with_its_status(place: Place) -> None:
    cook, who = await place.cook(), (await place.scan())["token"]
    dish = place.dish("grill")["id"]
    await cook.send("menu:availability", menuItemId=dish, available=False)
    key = {"Idempotency-Key": "sold out"}
    body = {"items": [place.line()]}
    first = await place.post("/api/orders", body, who, **key)
    assert (first[0], error_of(first[1])["code"]) == (409, "ITEM_UNAVAILABLE")
    await cook.send("menu:availability", menuItemId=dish, available=True)
    assert await place.post("/api/orders", body, who, **key) == first


@pytest.mark.parametrize("key", ["", "x" * 65])
async def test_a_key_that_does_not_fit_is_refused(place: Place, key: str) -> None:
    who = (await place.scan())["token"]
    body = {"items": [place.line()]}
    status, answer = await place.post("/api/orders", body, who, **{"Idempotency-Key": key})
    error = error_of(answer)
    assert (status, error["code"]) == (400, "INVALID")
    assert error["details"][0]["path"] == "Idempotency-Key"


# The log


async def test_the_log_over_http_is_what_sockets_heard(place: Place) -> None:
    guest, cook, waiter = await place.guest(), await place.cook(1), await place.waiter(1)
    start = (await waiter.send("join:restaurant", restaurantId=place.id))["seq"]
    table = await place.guest()
    order = await place_order(place, guest)
    await step(waiter, "item:serve", await cook_order(cook, order))
    await guest.send("service:request", kind="water")
    await waiter.hears("service:requested")
    for client in (waiter, table):
        await client.settled()

    log = await get(place, "events", "kitchen", since=start)
    check_promise("GET /api/restaurants/{id}/events", log)
    seqs = [event["seq"] for event in log["events"]]
    assert seqs == list(range(start + 1, log["seq"] + 1))
    by_seq = {event["seq"]: event for event in log["events"]}
    for client in (waiter, table):
        for name, data, meta in client.heard:
            if meta.get("seq", 0) > start and "eventId" in meta:
                told = by_seq[meta["seq"]]
                assert (name, data) == (told["name"], told["data"])
                assert meta["eventId"] == told["eventId"]
                assert (meta["at"], meta["actor"]) == (told["at"], told["actor"])
    heard = {*waiter.seqs(), *table.seqs()}
    assert {seq for seq in heard if seq > start} == set(seqs)

    later = await get(place, "events", "kitchen", since=log["seq"] - 2)
    assert later == {"events": log["events"][-2:], "seq": log["seq"]}
    assert await get(place, "events", "kitchen", since=log["seq"]) == {
        "events": [],
        "seq": log["seq"],
    }


async def test_a_log_that_cannot_go_on_from_there_says_so(
    place: Place, nodes: list[Node], db: asyncpg.Connection
) -> None:
    order = await place_order(place, await place.guest())
    far = await get(place, "events", "waiter", since=order["seq"] + 1000)
    assert far == {"events": [], "seq": order["seq"], "reset": "unknown"}
    await settle(place, nodes)
    await db.execute("DELETE FROM events WHERE restaurant_id = $1 AND seq = 1", place.id)
    await nodes[0].deps.redis.delete(keys.log(place.id))
    pruned = await get(place, "events", "waiter", since=0)
    assert pruned == {"events": [], "seq": order["seq"], "reset": "too old"}
