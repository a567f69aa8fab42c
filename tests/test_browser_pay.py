"""Paying as people see it: two guests split and pay, the waiter takes cash, the manager counts."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from playwright.async_api import Page, expect

from hub.app import Node
from hub.settings import Settings
from tests.cards import Till, agree, till
from tests.ledger import audit
from tests.place import Place
from tests.screens import add, open_screens, place_order
from tests.test_browser_quality import AXE, WIDTH, resize

ROOT = Path(__file__).parents[1]


@pytest.fixture
async def cards(settings: Settings, nodes: list[Node], place: Place) -> AsyncIterator[Till]:
    async with till(settings, nodes[0].deps, place) as made:
        yield made


async def clean(page: Page, name: str) -> None:
    """Axe finds nothing on what is shown; keep a picture of it."""
    await page.screenshot(path=ROOT / "artifacts" / f"pay-{name}.png")
    await page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text())
    found = await page.evaluate(AXE, {"only": [], "also": "color-contrast"})
    assert found == [], f"{name}: {found}"


async def test_two_guests_split_and_pay_one_by_card_and_one_in_cash(
    place: Place, cards: Till, db: asyncpg.Connection
) -> None:
    (ROOT / "artifacts").mkdir(exist_ok=True)
    async with open_screens(place) as screens:
        ada, bo = await screens.guest(), await screens.guest(locale="de-DE")
        await add(ada, "Beetroot Hummus")
        await place_order(ada)
        waiter = await screens.waiter(node=1)

        await ada.get_by_role("button", name="Pay", exact=True).click()
        await expect(ada.locator(".pay-open dd")).to_have_text("€9.50")
        await ada.get_by_role("button", name="Split equally").click()
        await ada.get_by_role("button", name="10%").click()
        button = ada.locator(".sheet-foot .primary")
        await expect(button).to_contain_text("€5.23")  # 4.75 and ten per cent of it
        await clean(ada, "guest")
        await button.click()
        await expect(ada.get_by_role("heading", name="SANDBOX")).to_be_visible()
        await ada.get_by_role("button", name="Pay").click()

        await expect(ada.get_by_text("Thank you! It is paid.")).to_be_visible()
        await expect(ada.locator(".pay-big")).to_have_text("€5.23")
        await expect(ada.get_by_text("A trial: no real money was taken")).to_be_visible()
        await clean(ada, "receipt")
        async with ada.expect_popup() as opened:
            await ada.get_by_role("link", name="Receipt TR-").click()
        paper = await opened.value
        await expect(paper.get_by_role("heading", name="Receipt")).to_be_visible()
        await expect(paper.locator(".sums .strong dd")).to_have_text("€5.23")
        await expect(paper.get_by_role("link", name="PDF file")).to_be_visible()
        await paper.get_by_role("link", name="العربية").click()
        await expect(paper.get_by_role("heading", name="إيصال")).to_be_visible()
        await clean(paper, "paper-ar")
        await paper.close()
        await bo.get_by_role("button", name="Bestellungen").click()
        await bo.get_by_role("button", name="Bezahlen", exact=True).click()
        await expect(bo.locator(".pay-open dd")).to_have_text("4,75\xa0€")
        await bo.get_by_role("button", name="Gerichte wählen").click()
        await expect(bo.locator(".pay-line")).to_contain_text("Rote-Bete-Hummus")
        await bo.get_by_role("button", name="Alles").click()
        await bo.locator(".choice", has_text="Bar").click()
        await bo.locator(".sheet-foot .primary").click()
        await expect(bo.get_by_text("Jemand kommt und kassiert")).to_be_visible()

        await waiter.get_by_role("button", name="Tables").click()
        await waiter.locator(f'[data-table="{place.tables[0]["number"]}"]').click()
        await expect(waiter.locator(".sheet-foot")).to_have_text("New order")
        sums = waiter.locator(".table-sums .bill-line")
        await expect(sums).to_have_text(["Ordered so far€9.50"])
        await waiter.get_by_role("button", name="Bill and cash").click()
        await expect(waiter.locator(".pay-open dd")).to_have_text("€0.00")
        await clean(waiter, "waiter")
        await waiter.locator(".choice", has_text="Cash:").click()
        await waiter.get_by_label("Given").fill("10")
        await expect(waiter.locator(".pay-open dd")).to_have_text("€5.25")
        await clean(waiter, "cash")
        await waiter.get_by_role("button", name="Take cash").click()
        change = waiter.locator(".toast")
        await expect(change).to_contain_text("Change: €5.25")
        await change.click(trial=True)  # in front of the sheet of the bill, which stays open
        await expect(waiter.get_by_text("Split into")).to_have_count(0)
        await expect(bo.get_by_text("Danke! Es ist bezahlt.")).to_be_visible()
        await expect(waiter.get_by_role("link", name="Receipt")).to_have_count(2)

        desk = await screens.manager(node=1, section="money")
        rows = desk.get_by_role("region", name="By payment").locator("tbody tr")
        await expect(rows).to_have_text(["Card1€5.23€0.48€0.00", "Cash1€4.75€0.00€0.00"])
        [intent] = cards.stripe.intents
        dispute = await cards.stripe.dispute(intent, 523)
        disputes = desk.get_by_role("region", name="Disputes").locator("tbody tr")
        await expect(disputes).to_contain_text("€5.23Open")
        await expect(desk.get_by_text("€5.23 taken back by banks")).to_be_visible()
        await cards.stripe.end_dispute(dispute, "won")
        await expect(disputes).to_contain_text("€5.23Won")
        close = desk.get_by_role("button", name="Close the day")
        await expect(close).to_be_disabled()
        await expect(desk.get_by_text("A drawer is open: count it first.")).to_be_visible()
        await waiter.get_by_role("dialog").get_by_role("button", name="Close").click()
        await expect(sums).to_have_text(["Ordered so far€9.50", "Still to be paid€0.00"])
        await waiter.get_by_role("dialog").get_by_role("button", name="Close", exact=True).click()
        await waiter.get_by_role("button", name="Settings").click()
        await waiter.get_by_role("button", name="Cash drawer").click()
        await expect(waiter.get_by_text("should hold €4.75")).to_be_visible()
        await waiter.get_by_label("Counted").fill("4.70")
        await clean(waiter, "drawer")
        await waiter.get_by_role("button", name="Count", exact=True).click()
        await expect(waiter.locator(".toast").last).to_contain_text("Difference: -€0.05")
        await expect(close).to_be_enabled()
        await clean(desk, "manager")
        for size in ((360, 640), (1440, 900)):
            await resize(desk, *size)
            assert (await desk.evaluate(WIDTH))[0] <= 0, f"too wide for {size}"
        await close.click()
        await desk.get_by_role("dialog").get_by_role("button", name="Close the day").click()
        await expect(desk.locator(".toast")).to_contain_text("Closed: report 1")
        await expect(rows).to_have_count(0)
    await agree(cards, db, place)
    books = await audit(db, place.id)
    assert (books["cash"], books["method:CARD"], books["tips"]) == (0, 523, -48)
    assert (books["safe"], books["cash:difference"]) == (470, 5)
    token = await place.login("manager")
    path = f"/api/restaurants/{place.id}/reports/takings"
    status, text = await place.get(path, token, Accept="text/csv")
    assert status == 200
    assert text.decode("utf-8-sig").splitlines() == [
        "method,payments,taken,tips,refunded",
        "CARD,1,5.23,0.48,0.00",
        "CASH,1,4.75,0.00,0.00",
    ]
    path = f"/api/restaurants/{place.id}/day/close"
    assert (await place.post(path, {}, token))[1]["number"] == 2
