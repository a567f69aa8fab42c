"""What the hub understands and says, read from the code that does it: the facts of the reference.

`asyncapi.py`, `openapi.py` and `docs.py` put them into form.
"""

import inspect
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from handlers.checkin import CheckedIn
from handlers.esim import Asked, Offered
from handlers.hotel_offers import HotelAnswer
from handlers.hotels import BookingAnswer
from handlers.payments import Paying
from handlers.translation import Offloaded
from hub import audience, gateway
from hub.asides import LISTENERS, PARTIAL
from hub.desk import Desk
from hub.door import Door
from hub.esims import EsimDesk
from hub.joins import Joins
from hub.web.edge import STATUS, Route
from hub.web.shapes import (
    CommandError,
    Draining,
    EsimLow,
    Expired,
    Failure,
    Joined,
    Left,
    MenuVersion,
    Meta,
    Refreshed,
    Reset,
    RestaurantChanged,
    Resumed,
    RoomCharged,
    StaffChanged,
    StaleDisplay,
    TableChanged,
    TableStatus,
)
from state.domain.actor import ActorRef, Role
from state.domain.alert import Alert
from state.domain.bill import BillNow
from state.domain.billing import InvoiceNews
from state.domain.cart import Cart
from state.domain.commands import WHOLE
from state.domain.dispute import Dispute
from state.domain.drawer import Drawer
from state.domain.errors import Code
from state.domain.events import About, Event, Name
from state.domain.folio import ChargeNews
from state.domain.hotel import BookingNews, DoorCode
from state.domain.job import JobNews
from state.domain.menu import Availability
from state.domain.order import Order
from state.domain.payment import PaymentNews, Refund
from state.domain.service import ServiceRequest
from state.domain.talk import Listening, Message
from state.domain.voice import Saying, Taken

VERSION = "1"  # of the contract, not of the program


class Command(NamedTuple):
    name: str
    about: str
    roles: frozenset[Role]
    payload: type[msgspec.Struct]
    positional: tuple[str, ...]
    data: Any


class Heard(NamedTuple):
    """An event; without `rooms` it is told to one connection, without a place in the log."""

    name: str
    about: str
    data: Any
    rooms: tuple[str, ...] = ()


# What a subject is, for commands that change it and events that tell of it.
SUBJECTS: dict[str, Any] = {
    "order": Order,
    "item": Order,
    "course": Order,
    "cart": Cart,
    "menu": Availability,
    "service": ServiceRequest,
    "alert": Alert,
    "table": TableStatus,
    "join": Joined,
    "leave": Left,
    "sync": Resumed,
    "display": StaleDisplay,
    "auth": Refreshed,
    "job": JobNews,
    "translate": Message,
    "esim": Asked,
    "hotel": BookingAnswer,
    "restaurant": RestaurantChanged,
    "staff": StaffChanged,
    "bill": BillNow,
    "payment": PaymentNews,
    "drawer": Drawer,
    "dispute": Dispute,
}
NOTHING = {"display:ack"}
# Those that are about something else than their first word says.
OWN: dict[str, Any] = {
    "translate:text": Offloaded,
    "translate:voice": Taken,
    "translate:join": Joined,
    "esim:packages": Offered,
    Name.ESIM_LOW: EsimLow,
    "hotel:search": HotelAnswer,
    "hotel:availability": HotelAnswer,
    "hotel:checkin": CheckedIn,
    "hotel:roomCharge": RoomCharged,
    Name.HOTEL_BOOKING: BookingNews,
    Name.HOTEL_FOLIO: ChargeNews,
    Name.HOTEL_DOOR: DoorCode,
    "bill:pay": Paying,
    "payment:start": Paying,
    "payment:refund": Refund,
    Name.MENU_CHANGED: MenuVersion,
    Name.TABLE_CHANGED: TableChanged,
    Name.BILLING_CREATED: InvoiceNews,
    Name.BILLING_CHANGED: InvoiceNews,
}

EVENTS = {
    Name.ORDER_NEW: "A round was placed.",
    Name.ORDER_CONFIRMED: "The kitchen has taken the order on.",
    Name.ORDER_STATUS: "The order has another status; `change.previousStatus` is the one before.",
    Name.ORDER_ITEM: "Items have changed: those of `change.changedItems`.",
    Name.ORDER_READY: "All that was ordered is at the pass.",
    Name.ORDER_CANCELLED: "The order is off, with its `reason`.",
    Name.ORDER_PRIORITY: "The order goes ahead of the others, or no longer.",
    Name.ORDER_TRANSLATED: "Notes of the order can be read in the kitchen's language as well.",
    Name.ORDER_TRANSFERRED: "The order has gone to another table, from `change.fromTableNumber`.",
    Name.CART: "The table's shared cart has changed. Waiters hear of its first and its last line.",
    Name.TABLE_STATUS: "A party has sat down, moved or left, or its table was cleared.",
    Name.MENU_AVAILABILITY: "A dish has run out, has come back, or there are fewer of it.",
    Name.MENU_CHANGED: "The menu has changed, prices perhaps: read it anew.",
    Name.TABLE_CHANGED: "A table was added, changed or removed.",
    Name.RESTAURANT_CHANGED: "The restaurant's settings or hours have changed.",
    Name.STAFF_CHANGED: "People, devices or logins have changed.",
    Name.SERVICE_REQUESTED: "A guest calls.",
    Name.SERVICE_CHANGED: "Somebody is coming, or what was asked for is done.",
    Name.SERVICE_ESCALATED: "Nobody has answered the guest: the call goes to a wider circle.",
    Name.ALERT_RAISED: "Food waits at the pass for the waiter of its table.",
    Name.ALERT_ESCALATED: "Nobody has answered the alert: it goes to a wider circle.",
    Name.ALERT_RESOLVED: "The alert was answered, or its order is no longer waiting.",
    Name.DISPLAY_STALE: "A display has fallen silent: somebody may be looking at an old screen.",
    Name.TRANSLATE_MESSAGE: "Somebody said something; it comes again, by its `id`, in `texts`.",
    Name.ESIM_LOW: "An eSIM of yours is used up to 75, 90 or 100 per cent.",
    Name.HOTEL_BOOKING: "A booking of yours was made, cancelled, or its stay has begun.",
    Name.HOTEL_DOOR: "You have checked in: this opens the door of your room.",
    Name.HOTEL_FOLIO: "Something was charged to your room, or taken off its folio again.",
    Name.ORDER_PLACED: "A round was placed that is cooked once it is paid: then `order:new` comes.",
    Name.ORDER_PAYMENT: "The order has another `paymentStatus`; nothing else of it has changed.",
    Name.BILL: "The bill has changed, by what was ordered, taken off, split or paid.",
    Name.PAYMENT: "A payment was begun, made, called off or given back.",
    Name.BILLING_CREATED: "The hub has billed the restaurant for a month: managers read it.",
    Name.BILLING_CHANGED: "An invoice of the hub is overdue, or was paid.",
    Name.DISPUTE: "A payer's bank has taken a payment back, or what came of that.",
    Name.DRAWER: "A cash drawer was opened, filled, emptied or counted.",
    Name.JOB_PROGRESS: "A job of yours was begun, or has come further.",
    Name.JOB_COMPLETED: "A job of yours is done: here is its `result`.",
    Name.JOB_FAILED: "A job of yours came to nothing, or was cancelled: `error` says why.",
}

TOLD = [
    Heard("orders:active", "The snapshot that follows `join:restaurant`.", list[Order]),
    Heard("orders:pending", "The snapshot that follows `join:kitchen`.", list[Order]),
    Heard("sync:reset", "What was missed cannot be sent again: a fresh snapshot follows.", Reset),
    Heard("server:draining", "This node is leaving: connect again after that long.", Draining),
    Heard(
        "auth:expired", "The token has expired: send `auth:refresh` before the time is up.", Expired
    ),
    Heard(PARTIAL, "What was understood of what you are saying, so far.", Saying),
    Heard(LISTENERS, "Who is in a table's conversation, when somebody comes or leaves.", Listening),
    Heard("error:command", "A command sent without an ack callback was refused.", CommandError),
]

_R, _T, _S, _P = "{restaurantId}", "{tableId}", "{stationId}", "{actorId}"
ROOMS = {
    audience.restaurant(_R): "Staff who watch the whole restaurant.",
    audience.guests(_R): "All guests of the restaurant.",
    audience.kitchen(_R): "Screens that show all stations.",
    audience.any_station(_R): "Screens that show some of the stations.",
    audience.station(_R, _S): "Screens that show this station.",
    audience.expo(_R): "The pass.",
    audience.chiefs(_R): "Expo and managers: who is called when no waiter answers.",
    audience.waiters(_R): "All waiters.",
    audience.all_tables(_R): "Waiters who serve all tables.",
    audience.waiter(_R, _T): "Waiters who serve this table.",
    audience.order("{orderId}"): "Who watches this order.",
    audience.table("{sessionId}"): "The guests of one visit.",
    audience.talk("{sessionId}"): "Who takes part in the conversation at a table.",
    audience.person(_R, _P): "One person or program alone, wherever it is connected.",
}

CODES = {
    Code.UNAUTHORIZED: "The token is missing or not valid, or its login has ended: sign in again.",
    Code.TOKEN_EXPIRED: "The token was valid until a while ago: refresh it.",
    Code.FORBIDDEN: "This role, or this person, may not do that.",
    Code.NOT_FOUND: "There is no such thing, or it is another restaurant's business.",
    Code.INVALID: "The request is malformed; `details` name the fields, as `[{path, message}]`.",
    Code.ILLEGAL_TRANSITION: "The order, item, request or alert is past that step.",
    Code.STALE_VERSION: "Somebody was faster; `details` hold the order, or the version, as it is.",
    Code.ITEM_UNAVAILABLE: "A dish is sold out; `details` say which, and what is left.",
    Code.PROVIDER_UNAVAILABLE: "Another company's service, which this needs, does not answer.",
    Code.PRICE_CHANGED: "Prices have changed since they were shown; `details` have the new total.",
    Code.PAYMENT_FAILED: "The card company does not take it; nothing was charged.",
    Code.SESSION_EXPIRED: "The visit has lasted its time: scan the table's code again.",
    Code.SESSION_CLOSED: "The table was closed: scan its code again.",
    Code.RATE_LIMITED: "Too many at once, or too many wrong tries: wait for `retryAfterMs`.",
    Code.TOO_LARGE: "The request is larger than any honest one.",
    Code.UNAVAILABLE: "The hub cannot reach its memory, or is leaving: try again shortly.",
    Code.CONFLICT: "It does not fit the state of things; the message says why.",
    Code.INTERNAL: "Our fault. The log has the details under the same `errorId`.",
}


def commands() -> list[Command]:
    """Return every command, as the gateway knows it."""
    return [
        Command(
            name=name,
            about=about(_use(event)),
            roles=event.roles,
            payload=event.payload,
            positional=event.positional,
            data=None if name in NOTHING else _subject(name),
        )
        for name, event in gateway.EVENTS.items()
    ]


def events() -> list[Heard]:
    """Return every event of the log, with the rooms that hear of it, then those told to one."""
    log = [Heard(name, EVENTS[name], _subject(name), _rooms(name)) for name in Name]
    return [*log, *TOLD]


def _subject(name: str) -> Any:
    return OWN.get(name) or SUBJECTS[name.partition(":")[0]]


def codes() -> list[tuple[Code, int, str]]:
    return [(code, STATUS[code], CODES[code]) for code in Code]


def types(routes: Iterable[Route]) -> list[Any]:
    """Return every type that commands, events and routes carry."""
    found = [t for command in commands() for t in (command.payload, command.data)]
    found += [event.data for event in events()]
    found += [t for route in routes for t in (route.query, route.body, route.answer)]
    return [t for t in [*found, Meta, Failure] if t is not None and not isinstance(t, str)]


def schemas(kinds: Iterable[Any]) -> tuple[dict[Any, Any], dict[str, Any]]:
    """Return the schema of each type, and the named ones these refer to."""
    listed = list(dict.fromkeys(kinds))
    found, components = msgspec.json.schema_components(
        listed, ref_template="#/components/schemas/{name}"
    )
    own = {kind: _plain(schema) for kind, schema in zip(listed, found, strict=True)}
    return own, {name: _plain(schema) for name, schema in components.items()}


def about(use: Any) -> str:
    """Return what a function says of itself."""
    text = inspect.getdoc(use) or ""
    return " ".join(text.split())


def _use(event: gateway.Event) -> Any:
    if not isinstance(event.use, str):
        return event.use
    return gateway.method(event.use, Door, Desk, EsimDesk, Joins)


def _rooms(name: Name) -> tuple[str, ...]:
    """Return the rooms of an event, by asking who would hear of one."""
    everyone = About(
        order="{orderId}",
        sessions=("{sessionId}",),
        tables=(_T,),
        stations=(_S,),
        level=2,
        owner=_P,
    )
    event = Event(
        seq=1,
        event_id="",
        restaurant_id=_R,
        name=name,
        at=datetime.now(UTC),
        actor=ActorRef("", ""),
        trace="",
        about=everyone,
        data=msgspec.Raw(),
    )
    heard = audience.rooms(event)
    return tuple(room for room in ROOMS if room in heard)


def _plain(schema: Any) -> Any:
    """Leave out of a schema what goes without saying: that text is text."""
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: _plain(part)
        for name, part in schema.items()
        if not (name == "pattern" and part == WHOLE)
    }
