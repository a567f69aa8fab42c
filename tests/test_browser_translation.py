"""What cooks and guests see of translations: always beside the words of people, and marked."""

import asyncpg
from playwright.async_api import expect

from hub.app import Node
from hub.settings import Settings
from state.domain.ids import new_id
from tests.interpreters import interpreters
from tests.place import Place
from tests.scenes import place_order
from tests.screens import open_screens


async def test_a_cook_reads_a_note_and_its_translation_but_of_allergens_the_original_only(
    place: Place, nodes: list[Node], settings: Settings, db: asyncpg.Connection
) -> None:
    dish = place.dish("grill")
    texts = "UPDATE menu_items SET texts = $2 WHERE id = $1"
    await db.execute(texts, dish["id"], {"en": f"Grilled dish {new_id()}"})
    async with interpreters(settings, nodes[0].deps), open_screens(place) as screens:
        kitchen = await screens.kitchen(node=1)
        phone = await screens.guest(node=0, locale="ja-JP")
        marked = phone.locator(".dish-machine")
        await expect(marked).to_have_count(1)
        await expect(marked).to_have_text("機械翻訳")
        await expect(phone.locator(".dish", has=marked)).to_contain_text("[ja] Grilled dish")

        guest = await place.guest(language="ru")
        await place_order(place, guest, place.line(note="без лука"), note="аллергия на орехи")
        ticket = kitchen.locator(".ticket")
        line = ticket.locator(".line .ticket-note")
        await expect(line).to_have_text(
            ["без лука", "[EN-GB] без лука machine translation Sandbox: not real"]
        )
        await expect(ticket.locator(".allergy-strip")).to_be_visible()
        note = ticket.locator("li:not(.line) > .ticket-note")
        await expect(note).to_have_text(["аллергия на орехи", "Not translated: mentions nuts"])
        for step in ("Accept", "Start", "Ready"):
            await ticket.locator(".bump", has_text=step).click()
        waiter = await screens.waiter(node=1)
        noted = [
            *("аллергия на орехи", "Not translated: mentions nuts"),
            *("без лука", "[EN-GB] без лука machine translation Sandbox: not real"),
        ]
        card = waiter.locator(".call-card")
        await expect(card.locator(".call-allergy")).to_have_text("ALLERGY")
        await expect(card.locator(".extra.note")).to_have_text(noted)
        await waiter.get_by_role("button", name="Tables").click()
        await waiter.locator(".table-card", has_text=place.tables[0]["number"]).first.click()
        await expect(waiter.get_by_role("dialog").locator(".extra.note")).to_have_text(noted)
