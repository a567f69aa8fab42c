"""What restaurants pay for the hub: each month billed once, numbered, reminded of, and settled."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import asyncpg
import pytest

from handlers import billing
from hub.app import Node
from hub.cli import parser
from hub.settings import Settings
from scripts.standins.smtp import Smtp
from state.domain import billing as rules
from state.domain.billing import Subscription
from state.domain.errors import Refusal
from tests.client import Client
from tests.ledger import audit
from tests.place import Place
from tests.plans import subscribe
from tests.test_receipts_mail import ended, post  # noqa: F401 - a fixture

Cli = Callable[..., Awaitable[str]]
TODAY = date(2026, 11, 3)


@pytest.fixture
def cli(settings: Settings, capsys: pytest.CaptureFixture[str]) -> Cli:
    """What the operator types, and is told."""

    async def run(*words: str) -> str:
        given = parser().parse_args(words)
        await given.run(settings, given)
        lines = capsys.readouterr().out.splitlines(keepends=True)
        # What the nodes log meanwhile, a line of JSON each, comes out here as well.
        return "".join(line for line in lines if not line.startswith("{"))

    return run


async def watching(place: Place) -> Client:
    manager = await place.worker("manager")
    await manager.send("join:restaurant", restaurantId=place.id)
    return manager


async def invoices(db: asyncpg.Connection, place: Place) -> list[asyncpg.Record]:
    query = (
        "SELECT * FROM hub_invoices JOIN hub_debts ON invoice_id = id"
        " WHERE hub_invoices.restaurant_id = $1 ORDER BY month"
    )
    return list(await db.fetch(query, place.id))


async def test_each_month_is_billed_once_however_many_workers_there_are(
    place: Place, nodes: list[Node], db: asyncpg.Connection
) -> None:
    await subscribe(place, nodes[0].deps, date(2026, 8, 17))
    manager = await watching(place)
    await asyncio.gather(*(billing.run(node.deps, TODAY) for node in nodes * 4))
    found = await invoices(db, place)
    assert [row["month"] for row in found] == [date(2026, month, 1) for month in (8, 9, 10)]
    whole, part = 4_900, 2_371  # of August 15 of 31 days
    assert [row["document"]["net"] for row in found] == [part, whole, whole]
    assert [row["document"]["total"] for row in found] == [part + 450, whole + 931, whole + 931]
    every = await db.fetch("SELECT year, number FROM hub_invoices ORDER BY year, number")
    assert [row["number"] for row in every] == list(range(1, len(every) + 1))
    told, _ = await manager.hears(
        "billing.invoice.created", lambda invoice: invoice["month"] == "2026-10-01"
    )
    assert told["status"] == "OPEN"
    assert "total" not in told, "what it comes to is for managers to read"
    assert len(manager.named("billing.invoice.created")) == 3
    jobs = "SELECT count(*) FROM jobs WHERE restaurant_id = $1 AND kind = 'billing.invoice.created'"
    assert await db.fetchval(jobs, place.id) == 3
    await billing.run(nodes[0].deps, TODAY)
    assert len(await invoices(db, place)) == 3
    await audit(db, place.id)
    assert not await db.fetchval("SELECT count(*) FROM ledger WHERE restaurant_id = $1", place.id)
    for change in ("UPDATE hub_invoices SET number = 9", "DELETE FROM hub_invoices"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await db.execute(change)


async def test_what_fails_in_the_middle_has_written_nothing_and_keeps_nobody_else_waiting(
    place: Place, nodes: list[Node], db: asyncpg.Connection
) -> None:
    await subscribe(place, nodes[0].deps, date(2026, 9, 1))
    # The last thing that is written fails: the job, for which there is no place in this log.
    await db.execute(
        "CREATE FUNCTION fail_once() RETURNS trigger AS $$ BEGIN"
        f" IF NEW.restaurant_id = '{place.id}' THEN RAISE EXCEPTION 'died'; END IF; RETURN NEW;"
        " END; $$ LANGUAGE plpgsql"
    )
    await db.execute(
        "CREATE TRIGGER fail_once BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION fail_once()"
    )
    before = await db.fetchval("SELECT coalesce(max(number), 0) FROM hub_invoices")
    try:
        await billing.run(nodes[0].deps, TODAY)
    finally:
        await db.execute("DROP FUNCTION fail_once CASCADE")
    assert await invoices(db, place) == []
    await billing.run(nodes[1].deps, TODAY)
    assert [row["number"] for row in await invoices(db, place)] == [before + 1, before + 2]


async def test_an_invoice_is_sent_overdue_reminded_of_and_paid(
    place: Place,
    nodes: list[Node],
    db: asyncpg.Connection,
    cli: Cli,
    post: Smtp,  # noqa: F811
) -> None:
    deps = nodes[0].deps
    await subscribe(place, deps, date(2026, 10, 1))
    await billing.run(deps, TODAY)
    query = "SELECT id FROM jobs WHERE restaurant_id = $1 AND kind LIKE 'billing%' ORDER BY id"
    await ended(db, (await db.fetch(query, place.id))[-1]["id"])
    [letter] = post.letters
    [row] = await invoices(db, place)
    number = f"H-{row['year']}-{row['number']:06}"
    assert (letter["To"], number in letter["Subject"]) == ("boss@example.test", True)
    assert [part.get_filename() for part in letter.iter_attachments()] == [f"{number}.pdf"]
    assert (row["status"], row["due_on"]) == ("OPEN", date(2026, 11, 17))

    manager = await watching(place)
    for month, days in ((11, (17, 18, 20, 25)), (12, (2, 9, 16))):
        for day in days:
            await billing.run(deps, date(2026, month, day))
            await ended(db, (await db.fetch(query, place.id))[-1]["id"])
    heard, _ = await manager.hears("billing.invoice.changed", lambda i: i["reminders"] == 3)
    assert heard["status"] == "OVERDUE"
    subjects = [letter["Subject"] for letter in post.letters if number in letter["Subject"]]
    assert [subject.partition(" H-")[0] for subject in subjects] == [
        "Invoice",
        *(f"Reminder {count}" for count in (1, 2, 3)),
    ]

    said = await cli("paid", number, "--on", "2026-12-20")
    assert said == f"{number} is paid\n"
    await cli("paid", number)
    heard, _ = await manager.hears("billing.invoice.changed", lambda i: i["status"] == "PAID")
    token = await place.login("manager")
    _, account = await place.get(f"/api/restaurants/{place.id}/billing", token)
    assert account["plan"]["name"] == "House"
    [shown] = [each for each in account["invoices"] if each["number"] == number]
    assert (shown["status"], shown["paidOn"], shown["total"]) == ("PAID", "2026-12-20", 5_831)
    assert number in await cli("invoices")
    path = shown["url"].partition("/invoice/")[2]
    async with place.http.get(f"{place.urls[0]}/invoice/{path}") as answer:
        text = await answer.text()
    for words in (
        "OneMoment GmbH",
        "20457 Hamburg",
        "Linden",
        "€58.31",
        "IBAN DE00 1234",
        "Gesamt",
    ):
        assert words in text, words
    async with place.http.get(f"{place.urls[1]}/invoice/{path}/invoice.pdf?lang=ja") as answer:
        assert (await answer.read()).startswith(b"%PDF-")
    async with place.http.get(f"{place.urls[1]}/receipt/{path}") as answer:
        assert answer.status == 404, "a link is to what it is for"
    waiter = await place.login("waiter")
    assert (await place.get(f"/api/restaurants/{place.id}/billing", waiter))[0] == 403


OPERATOR = (
    *("operator", "--name", "OneMoment GmbH", "--address", "Hafen 1\\n20457 Hamburg"),
    *("--tax-id", "DE 987654321", "--pay-to", "IBAN DE00 1234", "--language", "de"),
)
TARIFF = ("tariff", "bar", "--name", "Bar", "--currency", "EUR", "--tax", "19", "--price")


async def test_the_operator_sets_tariffs_and_plans_by_words(
    place: Place, db: asyncpg.Connection, cli: Cli
) -> None:
    assert await cli(*OPERATOR) == "OneMoment GmbH runs this hub\n"
    assert await cli(*TARIFF, "19.50") == "bar is €19.50 a month, and 19% tax\n"
    words = ("plan", place.id, "bar", "--currency", "eur", "--since", "2026-08-01")
    assert await cli(*words) == "Linden & Ember has the plan bar\n"
    row = await db.fetchrow("SELECT * FROM subscriptions WHERE restaurant_id = $1", place.id)
    assert (row["tariff"], row["billed_until"]) == ("bar", date(2026, 8, 1))
    address = await db.fetchval("SELECT legal ->> 'address' FROM hub_operator")
    assert address == "Hafen 1\n20457 Hamburg"
    wrong = {
        ("paid", "H-1999-000001"): "no such invoice",
        ("paid", "12"): "no such invoice",
        ("plan", place.id, "nowhere", "--currency", "EUR"): "no such tariff",
        ("plan", "nobody", "bar", "--currency", "EUR"): "no such restaurant",
        (*TARIFF, "1.005"): "--price has 2 decimals at most",
        (*TARIFF, "much"): "--price is no number",
    }
    for words, said in wrong.items():
        with pytest.raises(Refusal, match=said):
            await cli(*words)


def plan(since: date, until: date | None = None, billed: date | None = None) -> Subscription:
    return Subscription(
        restaurant_id="r",
        tenant_id="t",
        tariff="house",
        currency="EUR",
        email="",
        since=since,
        ends_on=until,
        billed_until=billed or since,
    )


@pytest.mark.parametrize(
    ("held", "today", "span"),
    [
        (plan(date(2026, 2, 1)), date(2026, 2, 28), None),
        (plan(date(2026, 2, 1)), date(2026, 3, 1), (date(2026, 2, 1), date(2026, 2, 28), 28, 28)),
        (plan(date(2024, 2, 29)), date(2024, 3, 1), (date(2024, 2, 29), date(2024, 2, 29), 1, 29)),
        (
            plan(date(2026, 1, 1), date(2026, 1, 10)),
            date(2026, 1, 11),
            (date(2026, 1, 1), date(2026, 1, 10), 10, 31),
        ),
        (plan(date(2026, 1, 1), date(2026, 1, 10), date(2026, 1, 11)), date(2027, 1, 1), None),
    ],
)
def test_a_month_is_due_when_it_is_over(held: Subscription, today: date, span: Any) -> None:
    found = rules.due(held, today)
    assert (found and (*found, found.days, found.whole)) == span


def test_a_plan_that_takes_anothers_place_bills_no_day_twice_and_none_between() -> None:
    old = plan(date(2026, 1, 1), billed=date(2026, 3, 1))
    assert rules.follow(old, plan(date(2026, 3, 9))).billed_until == date(2026, 3, 1)
    over = plan(date(2026, 1, 1), date(2026, 2, 28), date(2026, 3, 1))
    assert rules.follow(over, plan(date(2026, 6, 1))).billed_until == date(2026, 6, 1)
    with pytest.raises(Refusal):
        rules.follow(plan(date(2026, 1, 1), date(2026, 2, 28)), plan(date(2026, 6, 1)))
