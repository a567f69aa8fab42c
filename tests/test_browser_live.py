"""What one screen does, the others show: sold out, held, rushed, taken back, called for."""

from typing import Any

import asyncpg
from playwright.async_api import expect

from hub import worker
from hub.app import Node
from tests.place import Place
from tests.scenes import place_order as send_order
from tests.screens import add, open_screens, place_order


async def test_a_dish_switched_off_in_the_kitchen_greys_out_on_every_phone(place: Place) -> None:
    async with open_screens(place) as screens:
        guest, kitchen = await screens.guest(node=0), await screens.kitchen(node=1)
        await add(guest, "Espresso")
        await kitchen.get_by_role("button", name="All day").click()
        await kitchen.get_by_label("Find a dish to mark sold out").fill("espresso")
        await kitchen.locator(".eighty-six .switch").click()
        dish = guest.locator(".dish", has=guest.get_by_text("Espresso", exact=True))
        await expect(dish.locator(".tag")).to_have_text("Sold out")
        await expect(dish.locator(".add-button")).to_be_disabled()
        await guest.locator(".cart-bar button").click()
        await expect(guest.get_by_role("button", name="Place order")).to_be_disabled()


async def test_a_held_course_waits_until_the_waiter_fires_it(place: Place) -> None:
    async with open_screens(place) as screens:
        guest, kitchen = await screens.guest(node=0), await screens.kitchen(node=1)
        waiter = await screens.waiter(node=0)
        await add(guest, "Beetroot Hummus")
        await add(guest, "Chocolate Fondant")
        await place_order(guest)
        await expect(kitchen.locator(".l-HELD")).to_have_count(1)
        await waiter.get_by_role("button", name="Tables").click()
        await waiter.locator(f'[data-table="{place.tables[0]["number"]}"]').click()
        await waiter.get_by_role("button", name="Fire course").click()
        await expect(kitchen.locator(".l-HELD")).to_have_count(0)
        await expect(kitchen.locator(".ticket.fresh")).to_have_count(1)
        await waiter.get_by_role("button", name="More", exact=True).click()
        await waiter.get_by_role("button", name="Rush this order").click()
        await expect(kitchen.locator(".rush-strip")).to_have_text("RUSH")


async def test_a_bump_is_undone_and_a_ready_order_recalled(place: Place) -> None:
    async with open_screens(place) as screens:
        guest, kitchen = await screens.guest(), await screens.kitchen()
        await add(guest, "Beetroot Hummus")
        number = await place_order(guest)
        ticket = kitchen.locator(".ticket", has_text=number)
        for name in ("Accept", "Start", "Ready"):  # fingers often tap twice
            await ticket.locator(".bump", has_text=name).dblclick()
        await expect(guest.locator(".round-said")).to_contain_text("on its way")
        await ticket.get_by_role("button", name="Undo").click()
        await expect(guest.locator(".round-said")).to_contain_text("Cooking")
        await ticket.locator(".bump", has_text="Ready").click()
        await expect(kitchen.locator(".pass-order")).to_contain_text(number, timeout=60_000)
        await expect(ticket).to_have_count(0)
        await kitchen.get_by_role("button", name="Recall", exact=True).click()
        await kitchen.get_by_role("dialog").get_by_text(number).click()
        await expect(ticket.locator(".l-PREPARING")).to_have_count(1)


async def test_a_cancelled_order_stays_in_sight_until_the_cook_has_seen_it(place: Place) -> None:
    async with open_screens(place) as screens:
        guest, kitchen = await screens.guest(), await screens.kitchen()
        await add(guest, "Beetroot Hummus")
        await place_order(guest)
        await expect(kitchen.locator(".ticket")).to_have_count(1)
        await guest.get_by_role("button", name="Cancel order").click()
        await guest.get_by_role("dialog").get_by_role("button", name="Cancel order").click()
        await expect(guest.locator(".round-said")).to_contain_text("Cancelled")
        await expect(kitchen.locator(".ticket.ghost")).to_contain_text("CANCELLED")
        await kitchen.get_by_role("button", name="Seen", exact=True).click()
        await expect(kitchen.locator(".ticket")).to_have_count(0)


async def test_a_manager_voids_what_cooks_only_with_a_reason(place: Place) -> None:
    async with open_screens(place) as screens:
        guest, manager = await screens.guest(), await screens.kitchen(role="manager")
        await add(guest, "Beetroot Hummus")
        await add(guest, "Espresso")
        await place_order(guest)
        line = manager.locator(".line", has_text="Beetroot Hummus")
        await line.locator(".line-main").click()
        await expect(manager.locator(".l-PREPARING")).to_have_count(1)
        await line.locator(".line-more").click()
        await manager.get_by_role("dialog").get_by_role("button", name="Void").click()
        sheet = manager.get_by_role("dialog", name="Void")
        confirm = sheet.locator(".sheet-foot .primary")
        await expect(confirm).to_be_disabled()
        await sheet.get_by_role("button", name="Entered by mistake").click()
        await confirm.click()
        await expect(manager.locator(".l-VOIDED")).to_have_count(1)
        await expect(guest.locator(".state-VOIDED")).to_have_text("Taken off")


async def test_a_guest_calls_until_somebody_answers_and_sees_that_they_come(
    place: Place, nodes: list[Node], db: asyncpg.Connection
) -> None:
    async with open_screens(place) as screens:
        guest, waiter = await screens.guest(node=0), await screens.waiter(node=1)
        await waiter.evaluate("() => { rung = 0; navigator.vibrate = () => ++rung }")
        await waiter.clock.install()
        await guest.get_by_role("button", name="What do you need?").click()
        await guest.get_by_role("dialog").get_by_role("button", name="Bill").click()
        await expect(waiter.get_by_text("Asks for the bill")).to_be_visible()
        await expect(waiter).to_have_title("(1) Linden & Ember")
        assert await waiter.evaluate("rung") == 1
        await waiter.clock.fast_forward(20_000)
        await waiter.wait_for_function("rung === 2")
        await db.execute("UPDATE service_requests SET next_at = now() WHERE next_at IS NOT NULL")
        await worker.all_due(nodes[0].deps)
        await expect(waiter.locator(".call-card .tag")).to_have_text("Escalated")
        expo = await screens.kitchen(role="expo")
        await db.execute("UPDATE service_requests SET next_at = now() WHERE next_at IS NOT NULL")
        await worker.all_due(nodes[0].deps)
        summons = expo.locator(".toast", has_text="Asks for the bill")
        await summons.get_by_role("button", name="On my way").click()
        await expect(guest.get_by_role("status").get_by_text("on the way")).to_be_visible()
        await waiter.get_by_role("button", name="Done").click()
        await expect(waiter.get_by_text("Nobody is waiting for you")).to_be_visible()


async def order_brought(place: Place) -> dict[str, Any]:
    """An order of the first table that is served, and that nobody has paid."""
    manager = await place.worker("manager")
    order: dict[str, Any] = await manager.send(
        "order:create", tableId=place.tables[0]["id"], items=[place.line()]
    )
    for status in ("READY", "DELIVERED"):
        order = await manager.send("order:updateStatus", orderId=order["id"], status=status)
    return order


async def test_closing_the_table_lets_its_phones_go_and_says_what_is_unpaid(place: Place) -> None:
    async with open_screens(place) as screens:
        guest, waiter = await screens.guest(node=0), await screens.waiter(node=1)
        served, open_ = [await order_brought(place) for _ in range(2)]
        await waiter.get_by_role("button", name="Tables").click()
        await waiter.locator(f'[data-table="{place.tables[0]["number"]}"]').click()
        order = waiter.locator(".order-card", has_text=f"#{served['orderNumber']}")
        await order.get_by_role("button", name="Settled").click()
        sheet = waiter.locator(".sheet.small")
        await expect(sheet).to_contain_text("has not been paid here. How was it settled?")
        await expect(sheet.locator(".primary")).to_be_disabled()
        await sheet.get_by_role("button", name="On the house").click()
        await sheet.locator(".primary").click()
        await expect(order).to_have_count(0)
        all_ = f"€{2 * open_['totalAmount'] / 100:.2f}"
        await expect(waiter.get_by_role("dialog")).to_contain_text(f"Ordered so far{all_}")
        assert open_["currency"] == "EUR"
        await waiter.get_by_role("button", name="Close table").click()
        unpaid = f"€{open_['totalAmount'] / 100:.2f} has not been paid here."
        await expect(sheet).to_contain_text(unpaid)
        await waiter.get_by_role("button", name="Not now").click()
        await waiter.get_by_role("button", name="Close table").click()
        await waiter.locator(".sheet.small .primary").click()
        await expect(guest.get_by_text("Thank you for coming")).to_be_visible()
        await guest.get_by_role("button", name="Begin again").click()
        await expect(guest.locator(".dish").first).to_be_visible()


async def test_an_event_draws_the_ticket_it_is_about_and_no_other(place: Place) -> None:
    async with open_screens(place) as screens:
        guest, cook = await place.guest(), await place.worker("kitchen")
        orders = [await send_order(place, guest) for _ in range(3)]
        kitchen = await screens.kitchen()
        await expect(kitchen.locator(".ticket")).to_have_count(len(orders))
        await kitchen.evaluate(NOTE_DRAWN)
        about = {"orderId": orders[1]["id"], "itemId": orders[1]["items"][0]["id"]}
        await cook.send("item:start", **about)
        await expect(kitchen.locator(".l-PREPARING")).to_have_count(1)
        await expect(kitchen.locator(".ticket-age").first).not_to_have_text(
            await kitchen.locator(".ticket-age").first.inner_text()
        )  # the timers went on
        assert set(await kitchen.evaluate("drawn")) == {orders[1]["id"]}


# Preact tells of every element that it compares with what the page shows.
NOTE_DRAWN = """async () => {
  const { options } = await import("preact");
  const { diffed } = options;
  globalThis.drawn = [];
  options.diffed = (node) => {
    if (node.type === "article") drawn.push(node.props["data-order"]);
    diffed?.(node);
  };
}"""
