"""Short scenes that many tests begin with: a round on the table, a token with other claims."""

import base64
import json
from typing import Any

import msgspec

from hub.app import Node
from tests.client import Client
from tests.place import Place

Order = dict[str, Any]
NOWHERE = "01900000-0000-7000-8000-000000000000"  # an id that names nothing


async def place_order(place: Place, guest: Client, *lines: dict[str, Any], **more: Any) -> Order:
    """Place a round of one dish from the grill, or of the lines given."""
    order: Order = await guest.send("order:create", items=lines or [place.line()], **more)
    return order


async def step(client: Client, name: str, order: Order, **more: Any) -> Order:
    """Take every item of an order one step."""
    for item in order["items"]:
        order = await client.send(name, orderId=order["id"], itemId=item["id"], **more)
    return order


async def cook_order(cook: Client, order: Order) -> Order:
    """Start every item of an order and make it ready."""
    return await step(cook, "item:ready", await step(cook, "item:start", order))


async def token(place: Place, node: Node, role: str, **claims: Any) -> str:
    """Return a token of a real login session whose claims are as given."""
    tokens = node.deps.tokens
    actor = tokens.read(await place.login("manager"))
    return tokens.issue(msgspec.structs.replace(actor, role=role, **claims))


def code(ack: dict[str, Any]) -> str | None:
    """Return the code of a refusal, None for an ack that says yes."""
    return None if ack["ok"] else ack["error"]["code"]


def own_room(place: Place, client: Client) -> str:
    """Return the room in which a client alone is, as its token names it."""
    assert client.token is not None
    claims = client.token.split(".")[1]
    who = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["sub"]
    return f"person:{place.id}:{who}"
