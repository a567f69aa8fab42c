"""Receipts and invoices as people see them: a guest sends one home, a manager reads them."""

from datetime import date
from pathlib import Path

from playwright.async_api import expect

from handlers import billing
from hub.app import Node
from scripts.standins.smtp import Smtp
from tests.place import Place
from tests.plans import subscribe
from tests.screens import add, open_screens, place_order
from tests.test_browser_pay import clean
from tests.test_receipts_mail import post  # noqa: F401 - a fixture

ROOT = Path(__file__).parents[1]


async def test_a_guest_sends_a_receipt_home_and_the_manager_finds_it(
    place: Place,
    nodes: list[Node],
    post: Smtp,  # noqa: F811
) -> None:
    (ROOT / "artifacts").mkdir(exist_ok=True)
    await subscribe(place, nodes[0].deps, date(2026, 9, 1))
    await billing.run(nodes[0].deps, date(2026, 11, 3))
    async with open_screens(place) as screens:
        desk = await screens.manager(section="settings")
        await desk.get_by_label("Registered name").fill("Linden GmbH")
        await desk.get_by_label("Address").fill("Lindenweg 3\n10115 Berlin")
        await desk.get_by_label("Tax number").fill("?")
        card = desk.get_by_role("region", name="Seller details")
        await card.get_by_role("button", name="Save").click()
        await expect(card.locator(".field-wrong")).to_be_visible()
        await desk.get_by_label("Tax number").fill("DE 123456789")
        await card.get_by_role("button", name="Save").click()
        await expect(desk.locator(".toast")).to_contain_text("Saved")

        ada = await screens.guest()
        await add(ada, "Beetroot Hummus")
        await place_order(ada)
        await ada.get_by_role("button", name="Pay", exact=True).click()
        await expect(ada.locator(".pay-open dd")).to_have_text("€9.50")
        await expect(ada.locator(".choice", has_text="GRAM")).to_be_visible()  # it comes late
        await ada.locator(".choice", has_text="Cash").click()
        await ada.locator(".sheet-foot .primary").click()
        await expect(ada.get_by_text("A waiter is coming")).to_be_visible()
        waiter = await place.waiter(node=1)
        bill = await waiter.send("bill:get", tableId=place.tables[0]["id"])
        await waiter.send("payment:cash", paymentId=bill["payments"][0]["id"])
        await ada.get_by_label("By e-mail").fill("ana")
        await ada.get_by_role("button", name="Send", exact=True).click()
        await expect(ada.get_by_text("This is no e-mail address")).to_be_visible()
        await clean(ada, "mail")
        await ada.get_by_label("By e-mail").fill("ana@example.test")
        await ada.get_by_role("button", name="Send", exact=True).click()
        await expect(ada.get_by_text("Sent. The address is not kept.")).to_be_visible()
        assert [letter["To"] for letter in post.letters if "ana" in letter["To"]]
        async with ada.expect_popup() as opened:
            await ada.get_by_role("link", name="Receipt R-").click()
        paper = await opened.value
        await expect(paper.get_by_text("10115 Berlin")).to_be_visible()
        await paper.close()

        await desk.evaluate("location.hash = '#money'")
        receipts = desk.get_by_role("region", name="Receipts").locator("tbody tr")
        await expect(receipts).to_have_count(1)
        await expect(receipts).to_contain_text("€9.50")
        await receipts.get_by_role("button", name="Refund").click()
        back = desk.get_by_role("dialog")
        await expect(back).to_contain_text("out of your own drawer")
        await back.get_by_label("Amount (EUR)").fill("99")
        await back.get_by_label("Reason").fill("cold")
        await back.get_by_role("button", name="Refund").click()
        await expect(back.locator(".toast.bad")).to_contain_text("more than is left")
        await back.get_by_label("Amount (EUR)").fill("4.50")
        await clean(desk, "back")
        await back.get_by_role("button", name="Refund").click()
        await expect(desk.locator(".toast").last).to_contain_text("Refunded: €4.50")
        await expect(receipts).to_have_count(2)
        await expect(receipts.first).to_contain_text("-€4.50")
        await receipts.get_by_role("button", name="Refund").click()
        await expect(back.get_by_label("Amount (EUR)")).to_have_value("5.00")
        await back.get_by_role("button", name="Close").click()
        plan = desk.get_by_role("region", name="Your plan")
        await expect(plan).to_contain_text("€49.00")
        await expect(plan.locator("tbody tr")).to_have_count(2)
        async with desk.expect_popup() as opened:
            await plan.get_by_role("link", name="H-").first.click()
        paper = await opened.value
        await expect(paper.get_by_role("heading", name="Invoice")).to_be_visible()
        await paper.close()
        await plan.scroll_into_view_if_needed()
        await clean(desk, "plan")
