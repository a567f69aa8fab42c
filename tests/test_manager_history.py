"""What happened: who did what, of the log and of the book of edits, as one list."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg

from handlers.crew import RIGHTS
from state.domain.events import Name
from state.domain.history import REACHED, TOLD
from state.domain.house import Settings
from tests.desk import Desk, as_body, desk
from tests.place import Place
from tests.routes import check_promise
from tests.scenes import place_order

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "static"
SETTINGS = (
    *("name", "language", "languages", "timezone", "taxMode", "dayCutover"),
    *("joinCodeRequired", "serviceCharge", "payFirst"),
)


async def history(boss: Desk, **asked: str) -> dict[str, Any]:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    answer: dict[str, Any] = await boss.get(f"history?{query}")
    check_promise("GET /api/restaurants/{id}/history", answer)
    return answer


def lines(answer: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (each["what"], each["who"]["role"], each["who"]["name"]) for each in answer["happenings"]
    ]


async def test_a_manager_reads_who_did_what(place: Place, db: asyncpg.Connection) -> None:
    boss, guest = await desk(place), await place.guest()
    manager, waiter = await place.worker("manager"), await place.waiter()
    order = await place_order(place, guest, place.line(), place.line("bar"))
    item = {"orderId": order["id"], "itemId": order["items"][0]["id"]}
    await manager.send("item:start", **item)
    await manager.send("item:void", **item, reason="burnt")
    for status in ("READY", "DELIVERED"):
        await manager.send("order:updateStatus", orderId=order["id"], status=status)
    done = {"orderId": order["id"], "status": "COMPLETED", "reason": "on the house"}
    await waiter.send("order:updateStatus", **done)
    dish = place.dish("grill")
    await manager.send("menu:availability", menuItemId=dish["id"], available=False)
    items = (await boss.get("menu/edit"))["items"]
    edited = next(item for item in items if item["id"] == dish["id"])
    await boss.put(f"menu/items/{dish['id']}", **as_body(edited, price=edited["price"] + 100))

    found = await history(boss)
    daniel, lena = "Daniel Weiss", "Lena Hoffmann"
    assert lines(found) == [
        ("price", "manager", daniel),
        ("menu:availability", "manager", daniel),
        ("order:completed", "waiter", lena),
        ("order:served", "manager", daniel),
        ("item:voided", "manager", daniel),
        ("order:new", "guest", ""),
        ("table:statusChanged", "service", ""),
    ]
    assert found["before"] is None
    told = {each["what"]: each["details"] for each in found["happenings"]}
    assert told["item:voided"]["reason"] == "burnt"
    assert told["item:voided"]["names"] == [order["items"][0]["name"]]
    assert told["order:completed"]["reason"] == "on the house"
    assert told["menu:availability"]["name"] == told["price"]["name"] == dish["name"]
    assert told["price"]["after"] == told["price"]["before"] + 100

    narrow = [what for what, _, _ in lines(await history(boss, about="orders"))]
    assert narrow == ["order:completed", "order:served", "item:voided", "order:new"]
    [own] = lines(await history(boss, who=found["happenings"][2]["who"]["id"]))
    assert own == ("order:completed", "waiter", lena)
    assert await boss.refused("GET", "history?about=weather") == ("INVALID", "about")


async def test_settings_are_told_by_what_was_changed_of_them(place: Place) -> None:
    boss, waiter = await desk(place), await place.waiter()
    now = (await boss.get("house"))["settings"]
    kept = {name: now[name] for name in SETTINGS}
    await boss.put("settings", **{**kept, "payFirst": True, "dayCutover": "05:00:00"})
    await boss.put("settings", **{**kept, "payFirst": True, "dayCutover": "05:00:00"})
    await waiter.send("drawer:open", restaurantId=place.id, opening=5000)
    await waiter.send("drawer:count", restaurantId=place.id, counted=5000)
    told = [(h["what"], h["details"]) for h in (await history(boss))["happenings"]]
    assert [what for what, _ in told] == ["drawer:counted", "drawer:opened", "settings"]
    assert told[2][1] == {"changed": ["day_cutover", "pay_first"]}


def test_the_desk_has_words_for_all_that_is_told() -> None:
    words = json.loads((STATIC / "i18n" / "history" / "en.json").read_text())
    sources = [file.read_text() for file in (ROOT / "handlers").glob("*.py")]
    noted = {what for text in sources for what in re.findall(r'made\.note\("([\w:-]+)"', text)}
    assert {"settings", "ton:see-to"} <= noted
    told = set(TOLD) - {Name.ORDER_ITEM, Name.ORDER_STATUS, Name.DRAWER}
    told |= {*REACHED.values(), "item:voided", "drawer:opened", "drawer:counted"}
    keys = {re.sub(r"\.(PENDING|SEATED|true)$", "", key) for key in words}
    assert {f"m.history.{what}" for what in noted | told} <= keys
    changed = {*Settings.__struct_fields__, *RIGHTS, "pin", "password"}
    unchanged = {"id", "version", "currency", "legal"}
    assert {f"m.history.changed.{name}" for name in changed - unchanged} <= keys


async def test_a_long_history_is_read_page_by_page(place: Place, db: asyncpg.Connection) -> None:
    boss = await desk(place)
    manager = await place.worker("manager")
    dish = place.dish("grill")["id"]
    for available in (False, True) * 30:
        await manager.send("menu:availability", menuItemId=dish, available=available)
    edits = (
        "INSERT INTO audit_log (id, tenant_id, restaurant_id, at, actor_id, action, subject)"
        " SELECT gen_random_uuid(), tenant_id, id, now() - $2::interval * n, 'hub', 'settings', ''"
        " FROM restaurants, generate_series(1, 150) AS n WHERE id = $1"
    )
    await db.execute(edits, place.id, timedelta(minutes=1))
    seen: list[str] = []
    asked: dict[str, str] = {}
    for _ in range(2):
        answer = await history(boss, **asked)
        seen += [each["id"] for each in answer["happenings"]]
        asked = {"before": str(answer["before"]).replace("+", "%2B")}
    assert answer["before"] is None
    assert len(seen) == len(set(seen)) == 60 + 150
