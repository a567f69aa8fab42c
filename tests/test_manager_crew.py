"""Managers choose who works here, how they come in, and on which devices."""

import asyncio
from typing import Any

import asyncpg

from tests.desk import as_body, desk
from tests.place import Place
from tests.routes import BODIES, check_promise


async def pin_login(place: Place, token: str, pin: str, node: int = 0) -> tuple[int, Any]:
    return await place.post("/api/auth/pin", {"deviceToken": token, "pin": pin}, node=node)


async def test_new_staff_come_in_by_pin_and_are_let_go_at_once(place: Place) -> None:
    boss = await desk(place)
    screen = await boss.post("devices", name="Grill screen")
    made = await boss.post("staff", name="Mei", role="kitchen", pin="7351", lang="ja")
    crew = await boss.get("staff")
    check_promise("GET /api/restaurants/{id}/staff", crew)
    mei = next(p for p in crew["staff"] if p["id"] == made["id"])
    assert (mei["hasPin"], mei["email"], mei["role"]) == (True, "", "kitchen")
    status, tokens = await pin_login(place, screen["deviceToken"], "7351", node=1)
    assert status == 200
    cook = await place.client(tokens["accessToken"], 1)
    await cook.send("join:kitchen", restaurantId=place.id)
    devices = await boss.get("devices")
    check_promise("GET /api/restaurants/{id}/devices", devices)
    login = next(s for s in devices["sessions"] if s["staffId"] == made["id"])
    assert (login["name"], login["deviceName"]) == ("Mei", "Grill screen")

    # A new name changes nothing of her rights; a new PIN ends what the old one opened.
    await boss.put(f"staff/{made['id']}", **as_body(mei, name="Mei Lin"))
    assert not cook.gone.is_set()
    await boss.put(f"staff/{made['id']}", name="Mei Lin", role="kitchen", pin="7352")
    await asyncio.wait_for(cook.gone.wait(), 60)
    assert (await pin_login(place, screen["deviceToken"], "7351"))[0] == 401
    assert (await pin_login(place, screen["deviceToken"], "7352"))[0] == 200
    await boss.delete(f"staff/{made['id']}")
    assert (await pin_login(place, screen["deviceToken"], "7352"))[0] == 401
    assert await boss.refused("DELETE", f"staff/{made['id']}") == ("NOT_FOUND", None)


async def test_a_device_that_is_taken_away_ends_all_that_came_by_it(place: Place) -> None:
    boss = await desk(place)
    screen = await boss.post("devices", name="Lost phone")
    pin = place.staff["waiter"]["pin"]
    _, tokens = await pin_login(place, screen["deviceToken"], pin)
    waiter = await place.client(tokens["accessToken"], 1)
    await boss.delete(f"devices/{screen['id']}")
    await asyncio.wait_for(waiter.gone.wait(), 60)
    assert (await pin_login(place, screen["deviceToken"], pin))[0] == 401
    assert (await place.get("/api/me", tokens["accessToken"]))[0] == 401
    assert screen["id"] not in {d["id"] for d in (await boss.get("devices"))["devices"]}
    assert await boss.refused("DELETE", f"devices/{screen['id']}") == ("NOT_FOUND", None)


async def test_one_login_is_ended_and_no_other(place: Place) -> None:
    boss, waiter, cook = await desk(place), await place.waiter(1), await place.cook()
    sessions = (await boss.get("devices"))["sessions"]
    login = next(s for s in sessions if s["role"] == "waiter")
    await boss.delete(f"sessions/{login['id']}")
    await asyncio.wait_for(waiter.gone.wait(), 60)
    await cook.settled()
    assert await boss.refused("DELETE", f"sessions/{login['id']}") == ("NOT_FOUND", None)


async def test_a_pin_and_an_address_are_one_persons_only(calm: Place) -> None:
    boss, taken = await desk(calm), calm.staff["waiter"]
    new = {"name": "Bo", "role": "waiter"}
    assert await boss.refused("POST", "staff", {**new, "pin": taken["pin"]}) == ("CONFLICT", "pin")
    address = {"email": taken["email"].upper(), "password": "long enough"}
    assert await boss.refused("POST", "staff", {**new, **address}) == ("CONFLICT", "email")
    assert "Bo" not in {p["name"] for p in (await boss.get("staff"))["staff"]}


async def test_a_manager_cannot_rise_above_themselves(calm: Place) -> None:
    boss, admin = await desk(calm), await desk(calm, "admin")
    people = {p["role"]: p for p in (await boss.get("staff"))["staff"]}
    over = people["admin"]
    body = {"name": over["name"], "role": "waiter"}
    assert await boss.refused("PUT", f"staff/{over['id']}", body) == ("FORBIDDEN", None)
    assert await boss.refused("DELETE", f"staff/{over['id']}") == ("FORBIDDEN", None)
    own = {"name": "Me", "role": "admin"}
    assert (await boss.refused("PUT", f"staff/{people['manager']['id']}", own))[0] == "FORBIDDEN"
    assert (await boss.refused("POST", "staff", own))[0] == "FORBIDDEN"
    for role, who in (("manager", boss), ("admin", admin)):
        path = f"staff/{people[role]['id']}"
        assert (await who.refused("DELETE", path))[0] == "CONFLICT"
        assert (await who.refused("PUT", path, body))[0] == "CONFLICT"
    open_ = (await admin.get("devices"))["sessions"]
    theirs = next(s for s in open_ if s["role"] == "admin")
    assert (await boss.refused("DELETE", f"sessions/{theirs['id']}"))[0] == "FORBIDDEN"


async def test_who_works_elsewhere_too_is_changed_by_an_admin_only(
    place: Place, db: asyncpg.Connection
) -> None:
    boss, admin = await desk(place), await desk(place, "admin")
    waiter = next(p for p in (await boss.get("staff"))["staff"] if p["role"] == "waiter")
    other = await db.fetchval(
        "INSERT INTO restaurants SELECT (jsonb_populate_record(r, jsonb_build_object('id',"
        " gen_random_uuid()))).* FROM restaurants r WHERE id = $1 RETURNING id",
        place.id,
    )
    await db.execute("INSERT INTO staff_restaurants VALUES ($1, $2)", waiter["id"], other)
    path, body = f"staff/{waiter['id']}", as_body(waiter, password="mine from now on")
    assert (await boss.refused("PUT", path, body))[0] == "FORBIDDEN"
    await admin.put(path, **body)
    await boss.delete(path)
    left = await db.fetchval("SELECT deleted_at FROM staff WHERE id = $1", waiter["id"])
    assert left is None, "the other restaurant still has this waiter"


async def test_things_of_other_tenants_are_not_found(calm: Place, foreign: Place) -> None:
    boss, theirs = await desk(calm), await desk(foreign)
    their_house, their_crew = await theirs.get("house"), await theirs.get("staff")
    screen = await theirs.post("devices", name="A screen")
    session = (await theirs.get("devices"))["sessions"][0]["id"]
    for path, body in (
        (f"tables/{their_house['tables'][0]['id']}", BODIES["tables"]),
        (f"staff/{their_crew['staff'][0]['id']}", BODIES["staff"]),
        ("stations/nowhere", BODIES["stations"]),
    ):
        assert await boss.refused("PUT", path, body) == ("NOT_FOUND", None)
        assert await boss.refused("DELETE", path) == ("NOT_FOUND", None)
    for path in (f"devices/{screen['id']}", f"sessions/{session}"):
        assert await boss.refused("DELETE", path) == ("NOT_FOUND", None)


async def test_people_are_kept_for_the_books(place: Place, db: asyncpg.Connection) -> None:
    boss = await desk(place)
    made = await boss.post("staff", name="Ann", role="waiter")
    await boss.put(f"staff/{made['id']}", name="Ann", role="expo", pin="9173")
    await boss.delete(f"staff/{made['id']}")
    rows = await db.fetch(
        "SELECT action, details FROM audit_log WHERE restaurant_id = $1 ORDER BY at", place.id
    )
    assert [row["action"] for row in rows] == ["staff:added", "staff:changed", "staff:removed"]
    assert rows[1]["details"]["changed"] == ["role", "pin"]
    assert "9173" not in str(rows)
