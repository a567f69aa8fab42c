"""Who may do what: every command by every role, on a scene in which it would be the right thing."""

from collections.abc import AsyncIterator
from itertools import count, cycle
from typing import Any

import pytest

from hub.app import Node
from hub.embedded import Engines
from hub.gateway import EVENTS
from state.domain.actor import ALL, CHIEFS, FLOOR, PASS, STAFF, Role
from state.domain.ids import new_id
from tests.client import Client
from tests.conftest import connection, new_place
from tests.guesthouse import FORM, booked, open_early, rooms, stay, wish
from tests.place import Place
from tests.scenes import code, cook_order, place_order, step, token
from tests.sellers import held
from tests.test_payments_charges import asked
from tests.toil import start

GUEST = frozenset({Role.GUEST})
EXPO = frozenset({Role.EXPO})
SERVICE = frozenset({Role.SERVICE})
ORDERS = ("order", "item", "course", "alert")
BOOKERS = frozenset({Role.GUEST, Role.SERVICE})

# PROTOCOL 2. Managers, admins and services may do what their staff may.
MAY: dict[str, frozenset[Role]] = {
    "join:restaurant": STAFF,
    "join:kitchen": PASS,
    "join:waiter": FLOOR | EXPO,
    "join:order": ALL,
    "join:table": GUEST,
    "leave": ALL,
    "sync:resume": ALL,
    "display:ack": STAFF,
    "auth:refresh": ALL,
    "cart:add": FLOOR | GUEST,
    "cart:update": FLOOR | GUEST,
    "cart:remove": FLOOR | GUEST,
    "order:create": FLOOR | GUEST,
    "order:accept": STAFF,
    "order:reject": PASS,
    "order:cancel": FLOOR | GUEST,
    "order:recall": STAFF,
    "order:rush": STAFF,
    "order:transfer": FLOOR,
    "item:start": PASS,
    "item:ready": PASS,
    "item:recall": STAFF,
    "item:serve": FLOOR | EXPO,
    "item:void": STAFF,
    "item:remake": STAFF,
    "course:fire": FLOOR | EXPO,
    "menu:availability": PASS,
    "service:request": GUEST,
    "service:ack": FLOOR | EXPO,
    "service:done": FLOOR | EXPO,
    "alert:ack": FLOOR | EXPO,
    "translate:text": ALL,
    "translate:voice": ALL,
    "translate:join": FLOOR | GUEST,
    "esim:packages": GUEST | SERVICE,
    "esim:purchase": GUEST | SERVICE,
    "esim:usage": GUEST | SERVICE,
    "esim:topup": GUEST | SERVICE,
    "hotel:search": BOOKERS,
    "hotel:availability": BOOKERS,
    "hotel:book": BOOKERS,
    "hotel:cancel": BOOKERS,
    "hotel:checkin": BOOKERS,
    "hotel:roomCharge": BOOKERS,
    "drawer:open": FLOOR,
    "drawer:count": FLOOR,
    "bill:get": FLOOR | GUEST,
    "bill:split": FLOOR | GUEST,
    "bill:tip": FLOOR | GUEST,
    "bill:discount": CHIEFS,
    "bill:pay": FLOOR | GUEST,
    "payment:start": ALL,
    "payment:cash": FLOOR,
    "payment:cancel": FLOOR | GUEST,
    "payment:refund": CHIEFS,
    "job:get": ALL,
    "job:cancel": ALL,
}
MAY_SET: dict[str, frozenset[Role]] = {
    "CONFIRMED": STAFF,
    "PREPARING": PASS,
    "READY": PASS,
    "DELIVERED": FLOOR | EXPO,
    "COMPLETED": FLOOR,
    "CANCELLED": FLOOR | GUEST,
}
BEFORE = {
    **{"item:ready": "PREPARING", "item:recall": "READY", "item:serve": "READY"},
    **{"item:remake": "READY", "order:recall": "READY", "alert:ack": "READY"},
    **{"DELIVERED": "READY", "COMPLETED": "DELIVERED"},
}

OTHERS = 4  # the tables before are for what is not done at the guest's


class Stage:
    """One restaurant, a client of each role, and the scenes they act in."""

    def __init__(self, place: Place, clients: dict[Role, Client], node: Node) -> None:
        self.place, self.clients, self.node = place, clients, node
        self.days, self.tables = count(30), cycle(place.tables[OTHERS:])
        self.manager = clients[Role.MANAGER]

    async def sit_down(self) -> None:
        """Give the guest's place to a new one, at the next table."""
        if Role.GUEST in self.clients:
            await self.guest.close()
        self.table = next(self.tables)
        self.guest = await self.place.guest(table=self.place.tables.index(self.table))
        self.clients[Role.GUEST] = self.guest

    async def order(self, status: str = "PENDING", *lines: dict[str, Any]) -> dict[str, Any]:
        order = await place_order(self.place, self.guest, *lines)
        if status == "PREPARING":
            return await step(self.manager, "item:start", order)
        if status in ("READY", "DELIVERED"):
            order = await cook_order(self.manager, order)
        if status == "DELIVERED":
            order = await step(self.manager, "item:serve", order)
        return order

    async def payload(self, name: str, role: Role) -> dict[str, Any]:
        """Set the scene for a command and return what to send."""
        kind, _, verb = name.partition(":")
        about = {
            "cart": lambda: self._about_the_cart(verb, role),
            "service": lambda: self._about_service(verb),
            "hotel": lambda: self._about_hotels(name, role),
            "translate": lambda: self._about_translation(verb),
            "esim": lambda: self._about_esims(verb, role),
            "job": lambda: self._about_a_job(role),
            "menu": self._about_the_menu,
        }
        money = ("bill", "payment", "drawer")
        about |= dict.fromkeys(money, lambda: self._about_money(name, role))
        about |= dict.fromkeys(ORDERS, lambda: self._about_an_order(name))
        return await about.get(kind, lambda: self._about_rooms(name, role))()

    async def _about_a_job(self, role: Role) -> dict[str, Any]:
        return {"jobId": await start(self.place, self.clients[role], self.node, "look")}

    async def _about_the_menu(self) -> dict[str, Any]:
        return {"menuItemId": self.place.dish("bar")["id"], "available": True}

    async def _about_an_order(self, name: str) -> dict[str, Any]:
        if name == "order:create":
            table = self.place.tables[1]["id"]
            return {"items": [self.place.line()], "tableId": table}
        if name == "course:fire":
            lines = [self.place.line(), self.place.line(course=2)]
            return {"orderId": (await self.order("PENDING", *lines))["id"], "course": 2}
        order = await self.order(BEFORE.get(name, "PENDING"))
        if name == "alert:ack":
            floor = await self.manager.send("join:waiter", restaurantId=self.place.id)
            return {
                "alertId": next(a["id"] for a in floor["alerts"] if a["orderId"] == order["id"])
            }
        more = {"itemId": order["items"][0]["id"], "tableId": self.place.tables[2]["id"]}
        return {"orderId": order["id"], "reason": "a test", **more}

    async def _about_the_cart(self, verb: str, role: Role) -> dict[str, Any]:
        table = {} if role is Role.GUEST else {"tableId": self.place.tables[1]["id"]}
        if verb == "add":
            return {**self.place.line(), **table}
        who = self.guest if role is Role.GUEST else self.manager
        await who.send("cart:add", **self.place.line(), **table)
        if role is Role.GUEST:
            line = (await who.send("join:table"))["cart"]["lines"][-1]
        else:
            line = (await who.send("cart:add", **self.place.line(), **table))["lines"][-1]
        return {"lineId": line["id"], **table, **({"quantity": 2} if verb == "update" else {})}

    async def _about_service(self, verb: str) -> dict[str, Any]:
        if verb == "request":
            return {"kind": "call"}
        old = await self.guest.send("service:request", kind="water")
        await self.manager.send("service:done", requestId=old["id"])
        return {"requestId": (await self.guest.send("service:request", kind="water"))["id"]}

    async def _about_money(self, name: str, role: Role) -> dict[str, Any]:
        if name.startswith("drawer:"):  # some of these roles are one and the same person's
            other = {"drawer:open": "drawer:count", "drawer:count": "drawer:open"}[name]
            await self.clients[role].ask(other, {"restaurantId": self.place.id, "counted": 0})
            return {"restaurantId": self.place.id, "counted": 0}
        table = {} if role is Role.GUEST else {"tableId": self.table["id"]}
        await self.order()
        if name == "payment:start":
            client = self.clients[role]
            async with self.node.deps.pool.acquire() as conn:
                return await asked(self.place, client, self.node, conn)
        if name == "payment:cancel":
            begun = await self.guest.send("bill:pay", method="CASH", amount=1)
            return {"paymentId": begun["payment"]["id"]}
        if name == "payment:refund":
            table = {"tableId": self.table["id"]}
            return {"paymentId": await self._paid(table), "reason": "a test", "amount": 1}
        if name == "bill:discount":
            table = {"tableId": self.place.tables[3]["id"]}
            await self.manager.send("order:create", **table, items=[self.place.line()])
        more = {"reason": "a test", "mode": "none", "method": "CARD", "amount": 2}
        return {**table, **more}

    async def _paid(self, table: dict[str, str]) -> str:
        paid: str = (await self.manager.send("payment:cash", **table, amount=1))["id"]
        return paid

    async def _about_translation(self, verb: str) -> dict[str, Any]:
        if verb == "text":
            return {"text": "Hello", "target": "de", "restaurantId": self.place.id}
        if verb == "voice":
            return {"voiceId": new_id(), "part": 0, "last": True, "restaurantId": self.place.id}
        return {"sessionId": (await self.guest.send("join:table"))["session"]["id"]}

    async def _about_esims(self, verb: str, role: Role) -> dict[str, Any]:
        mine = {"esimId": await held(self.place, self.node, self.clients[role])}
        return {
            "packages": {"country": "JP", "restaurantId": self.place.id},
            "purchase": {"packageId": "any", "restaurantId": self.place.id},
            "topup": {**mine, "packageId": "any"},
        }.get(verb, mine)

    async def _about_hotels(self, name: str, role: Role) -> dict[str, Any]:
        tonight = name in ("hotel:checkin", "hotel:roomCharge") and role in MAY[name]
        when = stay(0 if tonight else next(self.days), 1)
        if name == "hotel:search":
            return when
        desk = self.clients[Role.SERVICE]  # a guest holds few rooms at a time
        offer = await rooms(desk, "Linden double", **when)
        if name in ("hotel:availability", "hotel:book"):
            return wish(offer, **when)
        booking = await booked(desk, **when)
        link = booking["checkinUrl"].rpartition("/")[2]
        payload: dict[str, Any] = {"bookingId": booking["bookingId"], "token": link}
        if name == "hotel:checkin":
            return {**payload, "registration": FORM}
        if name == "hotel:roomCharge" and role in MAY[name]:
            await desk.send("hotel:checkin", **payload, registration=FORM)
        return {**payload, **({} if name == "hotel:cancel" else {"orderId": await self._eaten()})}

    async def _eaten(self) -> str:
        order_id: str = (await self.order())["id"]
        return order_id

    async def _about_rooms(self, name: str, role: Role) -> dict[str, Any]:
        client, rid = self.clients[role], self.place.id
        if role is Role.GUEST:
            room = f"table:{(await client.send('join:table'))['session']['id']}"
        else:
            room = f"restaurant:{rid}"
            await client.send("join:restaurant", restaurantId=rid)
        return {
            "join:order": {"orderId": (await self.order())["id"]},
            "leave": {"room": room},
            "sync:resume": {"restaurantId": rid, "since": 0},
            "display:ack": {"restaurantId": rid, "seq": 1},
            "auth:refresh": {"token": client.token},
        }.get(name, {"restaurantId": rid})


@pytest.fixture(scope="module")
async def company(engines: Engines, nodes: list[Node]) -> AsyncIterator[Stage]:
    async with connection(engines.database_url) as db, new_place(nodes, db) as place:
        clients = {
            Role(role): await place.worker(role)
            for role in ("waiter", "kitchen", "expo", "manager", "admin")
        }
        clients[Role.SERVICE] = await place.client(await token(place, nodes[0], "service"))
        await open_early(db, place)
        yield Stage(place, clients, nodes[0])


@pytest.fixture
async def stage(company: Stage) -> Stage:
    """All of them at another table: a bill that grew with every test would be hundreds of lines."""
    await company.sit_down()
    return company


def test_the_table_of_roles_is_complete() -> None:
    assert MAY.keys() | {"order:updateStatus"} == EVENTS.keys()
    assert CHIEFS <= FLOOR & PASS


@pytest.mark.parametrize("name", MAY)
async def test_a_command_is_open_to_its_roles_and_to_no_other(stage: Stage, name: str) -> None:
    for role, client in stage.clients.items():
        ack = await client.ask(name, await stage.payload(name, role))
        expected = None if role in MAY[name] else "FORBIDDEN"
        assert code(ack) == expected, f"{role} sends {name}: {ack}"


@pytest.mark.parametrize("status", MAY_SET)
async def test_a_status_is_set_by_its_roles_and_by_no_other(stage: Stage, status: str) -> None:
    for role, client in stage.clients.items():
        before = await stage.order(BEFORE.get(status, "PENDING"))
        ack = await client.ask("order:updateStatus", before["id"], status)
        after = (await stage.manager.send("join:order", orderId=before["id"]))["order"]
        if role in MAY_SET[status]:
            assert code(ack) is None, f"{role} sets {status}: {ack}"
            assert after["status"] == status
        else:
            assert code(ack) == "FORBIDDEN", f"{role} sets {status}: {ack}"
            assert after == before


@pytest.mark.parametrize("role", [Role.WAITER, Role.KITCHEN, Role.EXPO])
async def test_what_is_being_cooked_is_voided_by_managers_only(stage: Stage, role: Role) -> None:
    order = await stage.order("PREPARING")
    item = {"orderId": order["id"], "itemId": order["items"][0]["id"], "reason": "burnt"}
    assert (await stage.clients[role].refused("item:void", item))["code"] == "FORBIDDEN"
    bare = {**item, "reason": ""}
    assert (await stage.manager.refused("item:void", bare))["code"] == "INVALID"
    voided = await stage.manager.send("item:void", **item)
    assert (voided["status"], voided["items"][0]["reason"]) == ("CANCELLED", "burnt")
