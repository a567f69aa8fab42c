"""Transfers that paid nothing, as a manager sees them: booked on a bill, and noted as sent back."""

import asyncpg
from playwright.async_api import expect

from tests.ledger import audit
from tests.place import Place
from tests.screens import open_screens
from tests.test_browser_pay import ROOT, clean
from tests.test_browser_quality import SPEAK, WIDTH
from tests.test_ton_unbooked import too_late
from tests.wallets import Chain


async def test_a_manager_books_one_and_notes_that_another_went_back(
    place: Place, wallets: Chain, db: asyncpg.Connection
) -> None:
    (ROOT / "artifacts").mkdir(exist_ok=True)
    shown = await too_late(place, wallets, db)
    wallets.toncenter.pay(shown["address"], 2 * 10**9, "for Ana")
    await wallets.look()
    async with open_screens(place) as screens:
        desk = await screens.manager(section="money")
        card = desk.get_by_role("region", name="Transfers that paid nothing")
        await expect(card.locator(".transfer")).to_have_count(2)
        await expect(card.locator(".count")).to_have_text("2")
        late = card.locator(".transfer", has_text="too late")
        stray = card.locator(".transfer", has_text="not one of ours")
        await expect(stray).to_contain_text("2 GRAM")
        await clean(desk, "transfers")
        dialog = desk.get_by_role("dialog")
        await late.get_by_role("button", name="See to it").click()
        await expect(dialog.get_by_label("Bill")).to_contain_text("The bill it was for (table 1)")
        await clean(desk, "transfer-book")
        await dialog.get_by_role("button", name="Save").click()
        await expect(late).to_contain_text("Booked: ")
        await expect(late.get_by_role("button")).to_have_count(0)

        await stray.get_by_role("button", name="See to it").click()
        await dialog.get_by_label("Amount in EUR").fill("5")
        await dialog.get_by_label("Note").fill("back to 0:abab")
        await dialog.get_by_role("button", name="Save").click()
        await expect(stray).to_contain_text("Sent back: €5.00")
        await expect(card.locator(".count")).to_have_count(0)
        for lang in ("ru", "de", "ja", "ar", "en"):
            await desk.evaluate(SPEAK, lang)
            wide, html = await desk.evaluate(WIDTH)
            assert (wide <= 0, html[0]) == (True, lang), f"{wide} px too wide in {lang}"
        await clean(desk, "transfers-done")
    books = await audit(db, place.id)
    assert books["unclaimed"] == 0
    sql = "SELECT amount FROM payments WHERE id = $1"
    assert books["method:TON_WALLET"] == await db.fetchval(sql, shown["paymentId"])
