"""Paying with a wallet as a guest sees it: what to send, that a part has come, that it is paid."""

from urllib.parse import parse_qs, urlsplit

import asyncpg
from playwright.async_api import expect

from tests.ledger import audit
from tests.place import Place
from tests.screens import add, open_screens, place_order
from tests.test_browser_pay import ROOT, clean
from tests.wallets import Chain


async def test_a_guest_sends_a_part_and_then_the_rest(
    place: Place, wallets: Chain, db: asyncpg.Connection
) -> None:
    (ROOT / "artifacts").mkdir(exist_ok=True)
    async with open_screens(place) as screens:
        ada = await screens.guest()
        await add(ada, "Beetroot Hummus")
        await place_order(ada)
        await ada.get_by_role("button", name="Pay", exact=True).click()
        await ada.locator(".choice", has_text="GRAM wallet").click()
        await clean(ada, "ton-choice")
        await ada.locator(".sheet-foot .primary").click()
        await expect(ada.locator(".pay-coins")).to_have_text("Send 3.8 GRAM")  # 9.50 at 2.50
        await expect(ada.get_by_text("A trial: no real money was taken")).to_be_visible()
        code = ada.locator(".pay-code")
        await expect(code).to_have_js_property("complete", value=True)
        assert await code.evaluate("image => image.naturalWidth") > 0
        link = ada.get_by_role("link", name="Open the wallet")
        wanted = urlsplit(await link.get_attribute("href") or "")
        assert (wanted.scheme, wanted.netloc) == ("ton", "transfer")
        to, asked = wanted.path[1:], parse_qs(wanted.query)
        await clean(ada, "ton")
        await ada.reload()
        await ada.get_by_role("button", name="Your orders").click()
        await ada.get_by_role("button", name="Pay", exact=True).click()
        await expect(ada.locator(".pay-fields code").first).to_have_text(asked["text"][0])

        wallets.toncenter.pay(to, 800_000_000, asked["text"][0])
        await wallets.look()
        await expect(ada.locator(".pay-coins")).to_have_text("Send 3 GRAM")
        await expect(ada.get_by_role("alert")).to_have_text(
            "0.8 of 3.8 GRAM has arrived, 3 is missing"
        )
        assert "amount=3000000000&" in (await link.get_attribute("href") or "")
        wallets.toncenter.pay(to, 3_000_000_000, asked["text"][0])
        await wallets.look()
        await expect(ada.get_by_text("Thank you! It is paid.")).to_be_visible()
    assert (await audit(db, place.id))["method:TON_WALLET"] == 950
