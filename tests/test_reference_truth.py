"""What the reference says of acks and events is what really goes over the wire."""

import base64
import copy
from datetime import date
from typing import Any

import asyncpg
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from handlers import billing, displays, disputes, work
from handlers.deps import system
from handlers.providers.all import Providers
from handlers.unit import carry_out
from hub import worker
from hub.app import Node, run_node
from hub.gateway import EVENTS
from hub.settings import Settings
from hub.web import asyncapi, reference
from state.domain.events import Name
from state.domain.ids import new_id
from state.live import recordings
from state.live.recordings import Partial
from state.store import money
from tests import guesthouse
from tests.client import Client
from tests.desk import desk
from tests.interpreters import interpreters
from tests.place import Place
from tests.plans import subscribe
from tests.scenes import own_room, place_order
from tests.sellers import open_shop, result
from tests.speech import silence
from tests.test_disputes import a_claim
from tests.test_payments_charges import asked
from tests.toil import KINDS, start

HERE = "urn:reference"


def closed(part: Any) -> Any:
    """Return schemas that allow no field they do not name."""
    if isinstance(part, list):
        return [closed(each) for each in part]
    if not isinstance(part, dict):
        return part
    strict = {"additionalProperties": False} if "properties" in part else {}
    return strict | {name: closed(each) for name, each in part.items()}


DOCUMENT = closed(copy.deepcopy(asyncapi.document()))
REGISTRY: Any = Registry().with_resource(HERE, DRAFT202012.create_resource(DOCUMENT))


def check(place: str, value: Any) -> None:
    """Hold a value to what the document says at a place."""
    Draft202012Validator({"$ref": f"{HERE}#{place}"}, registry=REGISTRY).validate(value)


class Told:
    """Sends commands and collects events, and holds each of them to the document."""

    def __init__(self) -> None:
        self.commands: set[str] = set()
        self.clients: list[Client] = []

    async def __call__(self, client: Client, name: str, **payload: Any) -> Any:
        if client not in self.clients:
            self.clients.append(client)
        messages = f"/channels/commands/messages/{name.replace(':', '.')}"
        check(f"{messages}/payload", payload)
        ack = await client.ask(name, payload)
        check(f"{messages}.ack/payload", ack)
        assert ack["ok"], (name, ack)
        self.commands.add(name)
        return ack.get("data")

    def events(self) -> set[str]:
        """Check every event that was heard; return their names."""
        names = set()
        for client in self.clients:
            for name, data, meta in client.heard:
                message = f"/components/messages/{name.replace(':', '.')}"
                check(f"{message}/payload", data)
                if "eventId" in meta:
                    check(f"{message}/headers", meta)
                names.add(name)
        return names


async def test_every_ack_and_event_is_as_the_reference_says(
    place: Place, nodes: list[Node], settings: Settings, db: asyncpg.Connection
) -> None:
    tell, deps = Told(), nodes[0].deps
    guest, cook = await place.guest(), await place.worker("kitchen", 1)
    waiter, manager = await place.worker("waiter"), await place.worker("manager", 1)
    rid, line = place.id, place.line()
    here = {"restaurantId": rid}

    # Joining
    await tell(guest, "join:table")
    seq = (await tell(manager, "join:restaurant", **here))["seq"]
    await tell(cook, "join:kitchen", **here)
    await tell(waiter, "join:waiter", **here)
    await tell(manager, "display:ack", **here, seq=seq)
    await tell(manager, "auth:refresh", token=manager.token)

    # One order all the way, others aside
    await tell(guest, "cart:add", **line)
    cart = await tell(guest, "cart:add", **place.line("bar"))
    await tell(guest, "cart:update", lineId=cart["lines"][0]["id"], quantity=2)
    await tell(guest, "cart:remove", lineId=cart["lines"][1]["id"])
    order = await tell(guest, "order:create", commandId="first")
    await tell(guest, "join:order", orderId=order["id"])
    this = {"orderId": order["id"], "itemId": order["items"][0]["id"]}
    await tell(cook, "order:accept", orderId=order["id"])
    await tell(cook, "order:rush", orderId=order["id"])
    await tell(cook, "item:start", **this)
    await tell(cook, "item:ready", **this)
    await tell(cook, "item:recall", **this)
    await tell(cook, "item:ready", **this)
    await tell(cook, "order:recall", orderId=order["id"])
    await tell(cook, "item:ready", **this)
    alert, _ = await waiter.hears("alert:raised")
    await tell(waiter, "item:serve", **this)
    await tell(waiter, "item:remake", **this, reason="cold")
    await tell(manager, "item:void", **this, reason="never mind")
    for name in ("order:reject", "order:cancel"):
        await tell(
            manager, name, orderId=(await place_order(place, guest))["id"], reason="sold out"
        )
    moved = await place_order(place, guest, place.line(course=1), place.line(course=2))
    await tell(waiter, "course:fire", orderId=moved["id"], course=2)
    await tell(waiter, "order:transfer", orderId=moved["id"], tableId=place.tables[1]["id"])
    await tell(cook, "order:updateStatus", orderId=moved["id"], status="ready")

    # Calls, alerts and what is sold out
    alert, _ = await waiter.hears("alert:raised", lambda a: a["orderId"] == moved["id"])
    await db.execute("UPDATE alerts SET next_at = now() WHERE id = $1", alert["id"])
    while not waiter.named("alert:escalated"):
        await worker.all_due(deps)
        await waiter.settled()
    await tell(waiter, "alert:ack", alertId=alert["id"])
    called = await tell(guest, "service:request", kind="bill")
    await db.execute("UPDATE service_requests SET next_at = now() WHERE id = $1", called["id"])
    while not waiter.named("service:escalated"):
        await worker.all_due(nodes[0].deps)
    await tell(waiter, "service:ack", requestId=called["id"])
    await tell(waiter, "service:done", requestId=called["id"])
    await tell(cook, "menu:availability", menuItemId=line["menuItemId"], available=False)
    stale = displays.ReportStale(
        restaurant_id=rid,
        display_id="one",
        name="Pass",
        role="expo",
        seq=1,
        lag=2,
        since=deps.now(),
    )
    tenant = await db.fetchval("SELECT tenant_id FROM restaurants WHERE id = $1", rid)
    await carry_out(displays.report_stale, stale, system(tenant), deps)
    await manager.hears("display:stale")

    # Money
    await tell(waiter, "drawer:open", **here, opening=100)
    await tell(guest, "bill:get")
    await tell(guest, "bill:split", mode="equal", parts=2)
    await tell(guest, "bill:tip", amount=100)
    at = {"tableId": place.tables[0]["id"]}
    await place_order(place, guest, place.line("pastry"))
    await tell(manager, "bill:discount", **at, amount=1, reason="a test")
    paying = await tell(guest, "bill:pay", method="CASH", amount=1)
    await tell(guest, "payment:cancel", paymentId=paying["payment"]["id"])
    paid = await tell(waiter, "payment:cash", **at)
    await tell(manager, "payment:refund", paymentId=paid["id"], reason="a test")
    await tell(waiter, "drawer:count", **here, counted=100)
    await tell(guest, "payment:start", **await asked(place, guest, nodes[0], db))
    await db.execute("UPDATE restaurants SET pay_first = true WHERE id = $1", rid)
    await tell(guest, "order:create", items=[place.line("bar")])
    await guest.hears("order:placed")
    await db.execute("UPDATE restaurants SET pay_first = false WHERE id = $1", rid)

    # What the restaurant pays for the hub
    await subscribe(place, deps, date(2026, 10, 1))
    await billing.run(deps, date(2026, 11, 1))
    await billing.run(deps, date(2026, 12, 1))
    await manager.hears("billing.invoice.changed")

    # Jobs, worked on here and now
    job_id = await start(place, guest, nodes[0], "fail")
    await tell(guest, "job:get", jobId=job_id)
    await work.perform(job_id, KINDS, None, deps)
    await tell(guest, "job:cancel", jobId=await start(place, guest, nodes[0], "look"))
    await guest.until(lambda: len(guest.named("job:failed")) == 2)

    # Hotels
    when = guesthouse.stay(0)
    await guesthouse.open_early(db, place)
    offers = (await tell(guest, "hotel:search", **when))["result"]["offers"]
    wanted = guesthouse.wish(offers[0], **when)
    there = {"provider": "own", "hotelId": wanted["hotelId"]}
    await tell(guest, "hotel:availability", **there, **when)
    off = (await tell(guest, "hotel:book", **wanted))["booking"]
    await tell(guest, "hotel:cancel", bookingId=off["bookingId"])
    room = (await tell(guest, "hotel:book", **wanted))["booking"]["bookingId"]
    await tell(guest, "hotel:checkin", bookingId=room, registration=guesthouse.FORM)
    eaten = await place_order(place, guest, place.line("bar"))
    paying = await tell(guest, "hotel:roomCharge", bookingId=room, orderId=eaten["id"])
    await work.perform(paying["jobId"], work.KINDS, Providers({}), deps)
    await guest.hears("hotel:folioChanged")
    known = "SELECT id::text FROM payments WHERE restaurant_id = $1 AND method = 'ROOM_CHARGE'"
    held = await money.payment(db, await db.fetchval(known, rid))
    assert held is not None
    await disputes.record(a_claim(new_id()), held, deps)
    await manager.hears("dispute:changed")

    # Translation
    session = (await tell(guest, "translate:join"))["sessionId"]
    await tell(waiter, "translate:join", sessionId=session, language="de")
    dish = "UPDATE menu_items SET texts = $2 WHERE id = $1"
    await db.execute(dish, line["menuItemId"], {"en": f"A dish {session}"})
    async with interpreters(settings, deps):
        await tell(waiter, "translate:text", text=session, target="de", restaurantId=rid)
        await tell(guest, "translate:text", text="Hello", sessionId=session)
        foreigner = await place.guest(1, language="ru")
        await tell(foreigner, "order:create", items=[place.line("bar")], note="без льда")
        await place.get(f"/api/restaurants/{rid}/menu?lang=ja")
        await waiter.hears("translate:message", lambda message: not message["pending"], 60)
        await waiter.hears("job:completed", seconds=60)
        said = {"voiceId": "one", "audio": base64.b64encode(silence(0.1)).decode()}
        await tell(guest, "translate:voice", **said, part=0, private=True)
        await tell(guest, "translate:voice", **said, part=1, last=True)
        owner = own_room(place, guest).rpartition(":")[2]
        so_far = Partial(restaurant_id=rid, owner=owner, voice_id="one", text="Where is")
        await recordings.tell(deps.redis, so_far)
        await guest.hears("translate:partial")
        await guest.hears("translate:listeners")
        await foreigner.hears("order:noteTranslated", seconds=60)
        await guest.hears("menu:changed", seconds=60)

    # eSIMs
    async with open_shop(settings) as shop:
        await shop.rest()
        await tell(guest, "esim:packages", country="JP")
        wanted = {"packageId": "sandbox-jp-7days-1gb", "country": "JP"}
        bought = (await tell(guest, "esim:purchase", **wanted, expectedPrice=450))["jobId"]
        await shop.step(bought)
        await shop.pay(bought)
        await shop.finish(bought)
        mine = {"esimId": bought}
        await tell(guest, "esim:topup", **mine, packageId=wanted["packageId"])
        looked = (await tell(guest, "esim:usage", **mine))["jobId"]
        shop.standin.ledger.use((await result(guest, bought))["iccid"], 1000)
        await shop.finish(looked)
        await guest.hears("esim:lowData")

    # What managers change
    boss = await desk(place)
    await boss.post("menu/categories", texts={"en": "Specials"})
    await boss.post("tables", number="T1")
    await boss.put("hours", week=[[]] * 7)
    await boss.post("staff", name="Ada", role="waiter")
    await manager.hears("staff:changed")

    # What is told to one alone
    await tell(manager, "sync:resume", **here, since=seq)
    await tell(manager, "sync:resume", **here, since=10**9)
    await manager.sio.emit("order:accept", {})
    await manager.hears("error:command")
    await tell(manager, "leave", room=f"restaurant:{rid}")
    for client in tell.clients:
        await client.settled()

    assert tell.commands == set(EVENTS)
    assert tell.events() >= {*Name} | {event.name for event in reference.TOLD} - {
        *("auth:expired", "server:draining")
    }


async def test_a_node_that_leaves_says_so_as_the_reference_has_it(
    place: Place, nodes: list[Node], settings: Settings
) -> None:
    async with run_node(settings) as node:
        place.urls.append(f"http://127.0.0.1:{node.port}")
        client = await place.worker("waiter", 2)
    told, _ = await client.hears("server:draining")
    check("/components/messages/server.draining/payload", told)


@pytest.mark.parametrize(
    "order", [{}, {"id": 5}, {"surprise": True}], ids=["fields missing", "wrong type", "unknown"]
)
def test_what_is_not_so_would_be_noticed(order: dict[str, Any]) -> None:
    message = "/components/messages/order.new/payload"
    assert not Draft202012Validator({"$ref": f"{HERE}#{message}"}, registry=REGISTRY).is_valid(
        order
    )
