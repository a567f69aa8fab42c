"""Reports, held to days whose figures are known."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from state.domain.ids import new_id
from state.domain.money import exponent
from state.store.reports import TIMES
from tests.desk import Desk, desk
from tests.place import Place
from tests.routes import check_promise
from tests.scenes import cook_order, place_order, step

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DAY = date(2026, 3, 2)
PERIOD = {"from": "2026-03-02", "to": "2026-03-02"}
REPORTS = ("intervals", "days", "stations", "voids")


async def report(boss: Desk, name: str, **period: str) -> dict[str, Any]:
    asked = "&".join(f"{key}={value}" for key, value in period.items())
    answer: dict[str, Any] = await boss.get(f"reports/{name}?{asked}")
    check_promise(f"GET /api/restaurants/{{id}}/reports/{name}", answer)
    return answer


async def a_known_day(place: Place, db: asyncpg.Connection) -> int:
    """Eleven orders, 10 minutes apart from noon; the n-th took n times 100 s. Return a price."""
    waiter = await place.waiter()
    line = place.line("grill", 2)
    orders = [
        await place_order(place, waiter, line, tableId=place.tables[0]["id"]) for _ in range(11)
    ]
    gone = await place_order(place, waiter, line, tableId=place.tables[0]["id"])
    await waiter.send("order:cancel", orderId=gone["id"], reason="=never mind")
    for number, order in enumerate([*orders, gone]):
        at = NOON + timedelta(minutes=10 * number)
        await db.execute(
            "UPDATE orders SET business_day = $2, created_at = $3 WHERE id = $1",
            *(order["id"], DAY, at),
        )
        if order is not gone:
            await db.execute(
                "UPDATE order_items SET queued_at = $2, ready_at = $3, prep_seconds = 840"
                " WHERE order_id = $1",
                *(order["id"], at, at + timedelta(seconds=100 * (number + 1))),
            )
    price: int = orders[0]["subtotal"]
    return price


async def test_a_known_day_is_reported_as_it_was(place: Place, db: asyncpg.Connection) -> None:
    price, boss = await a_known_day(place, db), await desk(place)
    quarters = await report(boss, "intervals", **PERIOD)
    assert quarters["currency"] == "EUR"
    counts = [
        (row["at"][11:16], row["orders"], row["items"], row["sales"]) for row in quarters["rows"]
    ]
    assert counts == [
        (at, orders, 2 * orders, price * orders)
        for at, orders in (
            *(("12:00", 2), ("12:15", 1), ("12:30", 2), ("12:45", 1)),
            *(("13:00", 2), ("13:15", 1), ("13:30", 2)),
        )
    ]
    day = await report(boss, "days", **PERIOD)
    assert day["rows"] == [{"day": PERIOD["from"], "orders": 11, "items": 22, "sales": 11 * price}]
    stations = await report(boss, "stations", **PERIOD)
    grill = next(row for row in stations["rows"] if row["station"] == "grill")
    assert (grill["items"], grill["p50"], grill["p90"], grill["p99"]) == (11, 600, 1000, 1090)
    assert grill["latePercent"] == round(100 * 3 / 11, 1)  # over its own 840 s: 900, 1000, 1100
    bar = next(row for row in stations["rows"] if row["station"] == "bar")
    assert (bar["items"], bar["p50"], bar["latePercent"]) == (0, None, None)
    voids = await report(boss, "voids", **PERIOD)
    assert voids["rows"] == [{"reason": "=never mind", "items": 2, "amount": price}]
    assert (await report(boss, "days", **{"from": "2026-03-03", "to": "2026-03-04"}))["rows"] == []


async def test_reports_come_as_csv_for_spreadsheets(place: Place, db: asyncpg.Connection) -> None:
    price, boss = await a_known_day(place, db), await desk(place)
    for name in REPORTS:
        url = f"{place.urls[1]}/api/restaurants/{place.id}/reports/{name}"
        headers = {"Accept": "text/csv", "Authorization": f"Bearer {boss.token}"}
        query = PERIOD
        async with place.http.get(url, headers=headers, params=query) as reply:
            assert reply.status == 200
            assert reply.content_type == "text/csv"
            assert f"{name}-2026-03-02-2026-03-02.csv" in reply.headers["Content-Disposition"]
            text = (await reply.read()).decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
        shown = (await report(boss, name, **query))["rows"]
        assert len(rows) == len(shown)
        assert list(rows[0]) == list(shown[0])
        if name == "days":
            assert rows[0]["sales"] == f"{11 * price / 100:.2f}"
        if name == "voids":
            assert rows[0]["reason"] == "'=never mind", "a spreadsheet would run it"


async def test_the_house_as_it_is_now(place: Place, db: asyncpg.Connection) -> None:
    boss, guest, cook = await desk(place), await place.guest(), await place.cook()
    first = await place_order(place, guest, place.line("grill", 2))
    second = await place_order(place, guest, place.line("bar"))
    ready = await cook_order(cook, second)
    await cook.send("menu:availability", menuItemId=place.dish("pastry")["id"], available=False)
    await cook.send("display:ack", restaurantId=place.id, seq=1)
    call = await guest.send("service:request", kind="bill")
    assert (await boss.get("reports/live"))["latePercent"] == 0
    await db.execute(
        "UPDATE order_items SET queued_at = now() - interval '1 hour' WHERE order_id = $1",
        first["id"],
    )
    now = await boss.get("reports/live")
    check_promise("GET /api/restaurants/{id}/reports/live", now)
    assert (now["openOrders"], now["oldest"]["orderNumber"]) == (2, first["orderNumber"])
    by_station = {s["station"]: s for s in now["stations"]}
    assert (by_station["grill"]["open"], by_station["bar"]["open"]) == (2, 0)
    assert by_station["bar"]["items"] == 1
    assert by_station["bar"]["p50"] is not None
    assert (by_station["grill"]["late"], by_station["grill"]["latePercent"]) == (2, 100)
    assert by_station["bar"]["latePercent"] == 0
    assert now["latePercent"] == 50, "what waits too long is late before it is ready"
    waiting = [(a["kind"], a["orderNumber"]) for a in now["alerts"]]
    assert waiting == [("ready", ready["orderNumber"]), ("bill", None)]
    assert [dish["id"] for dish in now["soldOut"]] == [place.dish("pastry")["id"]]
    assert now["sales"]["sales"] == first["subtotal"] + second["subtotal"]
    [display] = now["displays"]
    assert (display["role"], display["lag"] > 0, display["silent"]) == ("kitchen", True, False)
    waiter = await place.waiter()
    await step(waiter, "item:serve", ready)
    await waiter.send("service:ack", requestId=call["id"])
    after = await boss.get("reports/live")
    assert (after["openOrders"], after["alerts"]) == (1, [])
    assert (after["sales"]["waiting"], after["sales"]["unpaid"]) == (1, ready["totalAmount"])


async def test_work_for_other_companies_is_counted(place: Place, db: asyncpg.Connection) -> None:
    boss = await desk(place)
    await db.execute("SET session_replication_role = replica")  # no worker is to find these
    made = "kind, status, priority, owner, private, stoppable, payload, progress, attempts, trace"
    for kind, status, hours in (
        ("translate", "COMPLETED", 1),
        ("translate", "FAILED", 1),
        ("translate", "FAILED", 30),
        ("hotel", "UNKNOWN", 30),
    ):
        await db.execute(
            f"INSERT INTO jobs (id, tenant_id, restaurant_id, created_at, {made}) SELECT $1,"
            " tenant_id, id, now() - $3 * interval '1 hour', $4, $5, 1, '', false, false, '{}', 0,"
            " 0, '' FROM restaurants WHERE id = $2",
            *(new_id(), place.id, hours, kind, status),
        )
    now = await boss.get("reports/live")
    found = [(job["kind"], job["open"], job["failed"]) for job in now["jobs"]]
    assert found == [("hotel", 1, 0), ("translate", 0, 1)]


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("from=yesterday", "from"),
        ("from=2026-03-02&to=2026-03-01", "to"),
        ("from=2020-01-01&to=2026-03-01", "from"),
        ("to=2026-13-01", "to"),
    ],
)
async def test_a_period_that_is_none_is_named(calm: Place, query: str, wrong: str) -> None:
    boss = await desk(calm)
    for name in REPORTS:
        assert await boss.refused("GET", f"reports/{name}?{query}") == ("INVALID", wrong)


def test_amounts_have_the_decimals_of_their_currency() -> None:
    assert [exponent(c) for c in ("EUR", "JPY", "KWD", "CLF", "XXX")] == [2, 0, 3, 4, 2]


async def test_a_report_reads_only_the_orders_of_its_days(db: asyncpg.Connection) -> None:
    await db.execute("SET enable_seqscan = off")
    await db.execute("SET enable_hashjoin = off")
    await db.execute("SET enable_mergejoin = off")
    sql = TIMES.replace("$1", "'01900000-0000-7000-8000-000000000000'")
    sql = sql.replace("$2", "'2026-03-02'").replace("$3", "'2026-03-02'")
    plan = "\n".join(row[0] for row in await db.fetch(f"EXPLAIN {sql}"))
    assert "orders_restaurant_id_business_day_order_number_key" in plan
    assert "order_items_order_id_idx" in plan
