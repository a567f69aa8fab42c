"""Managers arrange the house: tables, stations, hours; and the people and devices in it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from hub.app import Node
from tests.desk import Desk, as_body, desk
from tests.place import Place
from tests.routes import BODIES, check_promise, error_of
from tests.scenes import NOWHERE, code, place_order

HOURS = {"week": [[{"start": "11:00:00", "end": "23:00:00"}]] * 7}


async def house(boss: Desk) -> dict[str, Any]:
    found: dict[str, Any] = await boss.get("house")
    return found


# Tables


async def test_a_table_is_added_changed_and_removed_before_the_waiters_eyes(place: Place) -> None:
    boss, waiter = await desk(place), await place.waiter(1)
    made = await boss.post("tables", number=" T1 ", zone="Terrace", seats=6)
    check_promise("POST /api/restaurants/{id}/tables", made)
    told, _ = await waiter.hears("table:changed", lambda t: t["tableId"] == made["id"])
    assert (told["tableNumber"], told["zone"], told["removed"]) == ("T1", "Terrace", False)
    order = await place_order(place, waiter, tableId=made["id"])
    assert order["tableNumber"] == "T1"
    assert await boss.refused("DELETE", f"tables/{made['id']}") == ("CONFLICT", None)
    await waiter.send("order:cancel", orderId=order["id"])
    await place.post(f"/api/tables/{made['id']}/close", {}, await place.login("waiter"))
    await boss.put(f"tables/{made['id']}", number="T2", seats=2, expectedVersion=1)
    shown = await house(boss)
    check_promise("GET /api/restaurants/{id}/house", shown)
    [table] = [t for t in shown["tables"] if t["id"] == made["id"]]
    assert (table["number"], table["zone"], table["seats"], table["version"]) == ("T2", "", 2, 2)
    await boss.delete(f"tables/{made['id']}?expectedVersion=2")
    await waiter.hears("table:changed", lambda t: t["removed"])
    assert code(await waiter.ask("order:create", {"tableId": made["id"], "items": [place.line()]}))


async def test_a_number_is_one_tables_only(calm: Place) -> None:
    boss, number = await desk(calm), calm.tables[0]["number"]
    refusal = await boss.refused("POST", "tables", {"number": number})
    assert refusal == ("CONFLICT", "number")


async def test_a_new_code_makes_the_printed_one_void(place: Place) -> None:
    boss, table = await desk(place), place.tables[0]
    assert (await place.post(f"/api/scan/{table['token']}"))[0] == 200
    status, _ = await boss.ask("POST", f"tables/{table['id']}/code", {})
    assert status == 200
    assert (await place.post(f"/api/scan/{table['token']}"))[0] == 404


# Stations


async def test_stations_come_and_go_when_nothing_is_made_there(place: Place) -> None:
    boss, cook = await desk(place), await place.cook()
    made = await boss.post("stations", name="Größe & Pass")
    assert made["id"] == "groe-pass"
    assert (await boss.post("stations", name="groe pass"))["id"] == "groe-pass-2"
    await cook.hears("menu:changed")
    await boss.put(f"stations/{made['id']}", name="Pass", expectedVersion=1)
    names = {s["id"]: s["name"] for s in (await house(boss))["stations"]}
    assert names["groe-pass"] == "Pass"
    await boss.delete(f"stations/{made['id']}")
    assert await boss.refused("DELETE", "stations/grill") == ("CONFLICT", None)
    assert (await boss.post("stations", name="寿司"))["id"] == "station"


# Settings and hours


async def test_hours_close_the_house_for_guests_at_once(place: Place) -> None:
    boss, guest, waiter = await desk(place), await place.guest(node=1), await place.waiter()
    version = (await house(boss))["settings"]["version"]
    saved = await boss.put("hours", week=[[]] * 7, expectedVersion=version)
    check_promise("PUT /api/restaurants/{id}/hours", saved)
    told, _ = await guest.hears("restaurant:changed")
    assert told["open"] is False
    assert code(await guest.ask("order:create", {"items": [place.line()]})) == "CONFLICT"
    await place_order(place, waiter, tableId=place.tables[1]["id"])
    stale = {**HOURS, "expectedVersion": version}
    assert (await boss.refused("PUT", "hours", stale))[0] == "STALE_VERSION"
    today = datetime.now(UTC).date()
    whole = [{"start": "00:00:00", "end": "00:00:00"}]
    days = [str(today + timedelta(days=n)) for n in (-1, 0, 1)]  # whatever zone it is in
    await boss.put("hours", week=[[]] * 7, exceptions=dict.fromkeys(days, whole))
    await guest.hears("restaurant:changed", lambda r: r["open"])
    await place_order(place, guest)


async def test_settings_are_what_guests_see_of_the_house(place: Place) -> None:
    boss = await desk(place)
    body = {**BODIES["settings"], "name": "Der Laden", "languages": ["de", "en"], "language": "de"}
    saved = await boss.put("settings", **body)
    assert (saved["name"], saved["languages"], saved["currency"]) == (
        *("Der Laden", ["de", "en"], "EUR"),
    )
    seated = await place.scan()
    assert seated["restaurant"]["name"] == "Der Laden"
    _, menu = await place.get(f"/api/restaurants/{place.id}/menu?lang=ru")
    assert menu["language"] == "de"


@pytest.mark.parametrize(
    ("path", "body", "wrong"),
    [
        ("tables", {"number": ""}, "number"),
        ("tables", {"number": "1", "seats": 0}, "seats"),
        ("stations", {"name": "x" * 81}, "name"),
        ("settings", {**BODIES["settings"], "language": "ja"}, "languages"),
        ("settings", {**BODIES["settings"], "languages": ["en", "en"]}, "languages"),
        ("settings", {**BODIES["settings"], "timezone": "Mars/Base"}, "timezone"),
        ("settings", {**BODIES["settings"], "timezone": "../../etc/passwd"}, "timezone"),
        ("settings", {**BODIES["settings"], "dayCutover": "25:00:00"}, "dayCutover"),
        ("settings", {**BODIES["settings"], "dayCutover": "04:00:00Z"}, "dayCutover"),
        ("hours", {"week": [[]] * 6}, "week"),
        ("hours", {"week": [[{"start": "9", "end": "10:00:00"}]] + [[]] * 6}, "week[0][0].start"),
        (
            "hours",
            {
                "week": [[]] * 6
                + [
                    [
                        {"start": "09:00:00", "end": "14:00:00"},
                        {"start": "13:00:00", "end": "15:00:00"},
                    ]
                ]
            },
            "week[6]",
        ),
        ("staff", {"name": "Ada", "role": "service"}, "role"),
        ("staff", {"name": "Ada", "role": "waiter", "pin": "12a4"}, "pin"),
        ("staff", {"name": "Ada", "role": "waiter", "password": "long enough"}, "email"),
        ("staff", {"name": "Ada", "role": "waiter", "password": "short"}, "password"),
        ("staff", {"name": "Ada", "role": "waiter", "email": "no address"}, "email"),
        ("staff", {"name": "Ada", "role": "kitchen", "stations": ["moon"]}, "stations[0]"),
        ("staff", {"name": "Ada", "role": "waiter", "tables": [NOWHERE]}, "tables[0]"),
    ],
)
async def test_what_makes_no_sense_is_named(
    calm: Place, path: str, body: dict[str, Any], wrong: str
) -> None:
    method = "PUT" if path in ("settings", "hours") else "POST"
    assert await (await desk(calm)).refused(method, path, body) == ("INVALID", wrong)


# Staff


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
    await asyncio.wait_for(cook.gone.wait(), 10)
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
    await asyncio.wait_for(waiter.gone.wait(), 10)
    assert (await pin_login(place, screen["deviceToken"], pin))[0] == 401
    assert (await place.get("/api/me", tokens["accessToken"]))[0] == 401
    assert screen["id"] not in {d["id"] for d in (await boss.get("devices"))["devices"]}
    assert await boss.refused("DELETE", f"devices/{screen['id']}") == ("NOT_FOUND", None)


async def test_one_login_is_ended_and_no_other(place: Place) -> None:
    boss, waiter, cook = await desk(place), await place.waiter(1), await place.cook()
    sessions = (await boss.get("devices"))["sessions"]
    login = next(s for s in sessions if s["role"] == "waiter")
    await boss.delete(f"sessions/{login['id']}")
    await asyncio.wait_for(waiter.gone.wait(), 10)
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
    their_house, their_crew = await house(theirs), await theirs.get("staff")
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


async def test_a_rush_of_orders_does_not_keep_an_edit_out(place: Place, nodes: list[Node]) -> None:
    """An edit takes its turn among orders of both nodes, and none of them is lost."""
    boss = await desk(place)
    waiters = [await place.waiter(node) for node in (0, 1)]
    table = place.tables[0]["id"]

    async def order(number: int) -> Any:
        return await place_order(place, waiters[number % 2], tableId=table)

    async def edit(number: int) -> Any:
        return await boss.post("tables", number=f"N{number}")

    done = await asyncio.gather(*(order(n) for n in range(40)), *(edit(n) for n in range(4)))
    assert len({each["id"] for each in done}) == 44
    seqs = [
        e["seq"]
        for e in (await place.get(f"/api/restaurants/{place.id}/events", boss.token))[1]["events"]
    ]
    assert seqs == list(range(1, len(seqs) + 1))
    status, answer = await boss.ask("POST", "tables", {"number": "N0"})
    assert (status, error_of(answer)["code"]) == (409, "CONFLICT")
