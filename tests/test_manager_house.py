"""Managers arrange the house: tables, stations, settings, opening hours."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.app import Node
from tests.desk import Desk, desk
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
