"""The edge: every event a client may send, and the one path all of them take.

An event is looked up, its rate and its sender's role are checked, its payload is decoded, the
use case is called, and the client gets its ack, whatever happens.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter
from typing import Any, NamedTuple

import msgspec
import structlog

from handlers import alerts, bills, carts, drawers, jobs, menus, orders, payments, services
from handlers.deps import TRACE, Deps
from handlers.unit import carry_out
from handlers.usecase import UseCase
from hub.connection import Connection
from hub.entry import Reply
from hub.joins import Joins
from hub.metrics import Metrics
from state.domain import bill_commands as b
from state.domain import commands as c
from state.domain import hotel_commands as h
from state.domain import moves
from state.domain.actor import ALL, CHIEFS, FLOOR, PASS, STAFF, Role
from state.domain.change import Answer
from state.domain.errors import Code, Refusal, forbidden, invalid
from state.domain.ids import new_id
from state.domain.moves import MAY, Step
from state.live.client import UNREACHABLE as REDIS_AWAY
from state.store.pool import UNREACHABLE as POSTGRES_AWAY

log = structlog.get_logger()

Run = Callable[[Any, Connection], Awaitable[Reply]]
GUEST = frozenset({Role.GUEST})
SEATED = FLOOR | GUEST
BOOKERS = GUEST | {Role.SERVICE}


MISSING = re.compile(r"Object missing required field `(\w+)`")
# Types by the words of the reference: clients are not written in Python.
KINDS = {"str": "text", "int": "integer", "float": "number", "bool": "boolean"}


class Event(NamedTuple):
    """What a client may send: its payload, who may send it, what it does.

    `positional` names the fields that may come as bare arguments instead of an object.
    """

    payload: type[c.Command]
    roles: frozenset[Role]
    use: UseCase[Any] | str
    positional: tuple[str, ...] = ()


# All of them. A `use` in quotes is a method of this node's joins, desk or door, the others
# are use cases: decided on what is known and committed, in groups, by `carry_out`.
EVENTS: dict[str, Event] = {
    "join:restaurant": Event(c.JoinRestaurant, STAFF, "restaurant", ("restaurantId",)),
    "join:kitchen": Event(c.JoinKitchen, PASS, "kitchen", ("restaurantId",)),
    "join:waiter": Event(c.JoinWaiter, FLOOR | {Role.EXPO}, "waiter", ("restaurantId",)),
    "join:order": Event(c.JoinOrder, ALL, "order", ("orderId",)),
    "join:table": Event(c.JoinTable, GUEST, "table"),
    "leave": Event(c.Leave, ALL, "leave", ("room",)),
    "sync:resume": Event(c.Resume, ALL, "resume", ("restaurantId", "since")),
    "display:ack": Event(c.DisplayAck, STAFF, "display_ack", ("restaurantId", "seq")),
    "auth:refresh": Event(c.AuthRefresh, ALL, "refresh", ("token",)),
    "cart:add": Event(c.CartAdd, SEATED, carts.add),
    "cart:update": Event(c.CartUpdate, SEATED, carts.update),
    "cart:remove": Event(c.CartRemove, SEATED, carts.remove),
    "order:create": Event(c.CreateOrder, SEATED, orders.create),
    "order:updateStatus": Event(c.UpdateStatus, ALL, orders.update_status, ("orderId", "status")),
    "order:accept": Event(c.OrderCommand, STAFF, orders.order_move(moves.accept)),
    "order:reject": Event(c.OrderCommand, PASS, orders.order_move(moves.reject)),
    "order:cancel": Event(c.OrderCommand, SEATED, orders.order_move(moves.cancel)),
    "order:recall": Event(c.OrderCommand, STAFF, orders.order_move(moves.recall)),
    "order:rush": Event(c.RushOrder, STAFF, orders.rush),
    "order:transfer": Event(c.TransferOrder, FLOOR, orders.transfer),
    "item:start": Event(c.ItemCommand, MAY[Step.START], orders.item_step(Step.START)),
    "item:ready": Event(c.ItemCommand, MAY[Step.READY], orders.item_step(Step.READY)),
    "item:recall": Event(c.ItemCommand, MAY[Step.RECALL], orders.item_step(Step.RECALL)),
    "item:serve": Event(c.ItemCommand, MAY[Step.SERVE], orders.item_step(Step.SERVE)),
    "item:void": Event(c.ItemCommand, MAY[Step.VOID], orders.item_step(Step.VOID)),
    "item:remake": Event(c.ItemCommand, MAY[Step.REMAKE], orders.item_step(Step.REMAKE)),
    "course:fire": Event(c.FireCourse, MAY[Step.FIRE], orders.fire_course),
    "menu:availability": Event(c.SetAvailability, PASS, menus.set_availability),
    "service:request": Event(c.ServiceCommand, GUEST, services.request),
    "service:ack": Event(c.ServiceStep, FLOOR | {Role.EXPO}, services.acknowledge),
    "service:done": Event(c.ServiceStep, FLOOR | {Role.EXPO}, services.finish),
    "alert:ack": Event(c.AlertAck, FLOOR | {Role.EXPO}, alerts.acknowledge),
    "translate:text": Event(c.TranslateText, ALL, "translate_text"),
    "translate:voice": Event(c.TranslateVoice, ALL, "translate_voice"),
    "translate:join": Event(c.TranslateJoin, SEATED, "translate"),
    "esim:packages": Event(c.EsimPackages, GUEST | {Role.SERVICE}, "esim_packages"),
    "esim:purchase": Event(c.EsimPurchase, GUEST | {Role.SERVICE}, "esim_purchase"),
    "esim:usage": Event(c.EsimUsage, GUEST | {Role.SERVICE}, "esim_usage"),
    "esim:topup": Event(c.EsimTopup, GUEST | {Role.SERVICE}, "esim_topup"),
    "hotel:search": Event(h.HotelSearch, BOOKERS, "hotel_search"),
    "hotel:availability": Event(h.HotelAvailability, BOOKERS, "hotel_availability"),
    "hotel:book": Event(h.HotelBook, BOOKERS, "hotel_book"),
    "hotel:cancel": Event(h.BookingCommand, BOOKERS, "hotel_cancel", ("bookingId",)),
    "hotel:checkin": Event(h.HotelCheckin, BOOKERS, "hotel_checkin"),
    "hotel:roomCharge": Event(h.RoomCharge, BOOKERS, "hotel_room_charge"),
    "bill:get": Event(b.BillCommand, SEATED, bills.get),
    "bill:split": Event(b.SplitBill, SEATED, bills.divide),
    "bill:tip": Event(b.TipBill, SEATED, bills.tip),
    "bill:discount": Event(b.DiscountBill, CHIEFS, bills.discount),
    "bill:pay": Event(b.PayBill, SEATED, "bill_pay"),
    "payment:start": Event(b.PayCharge, ALL, "payment_start"),
    "payment:cash": Event(b.PayCash, FLOOR, payments.cash),
    "payment:cancel": Event(b.CancelPayment, SEATED, payments.cancel),
    "payment:refund": Event(b.RefundPayment, CHIEFS, payments.refund),
    "drawer:open": Event(b.OpenDrawer, FLOOR, drawers.open_shift),
    "drawer:count": Event(b.CountDrawer, FLOOR, drawers.count),
    "job:get": Event(c.JobCommand, ALL, "job_get", ("jobId",)),
    "job:cancel": Event(c.JobCommand, ALL, jobs.cancel, ("jobId",)),
}


class Gateway:
    """Carries every event of every connection to its use case, and the answer back."""

    def __init__(
        self,
        deps: Deps,
        joins: Joins,
        desks: Sequence[Any],
        metrics: Metrics,
        refresh: Callable[[c.AuthRefresh, Connection], Awaitable[Reply]],
    ) -> None:
        self._deps, self._metrics = deps, metrics
        self._own: dict[str, Run] = {
            event.use: refresh if event.use == "refresh" else method(event.use, *desks, joins)
            for event in EVENTS.values()
            if isinstance(event.use, str)
        }
        self._in_hand = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def handle(self, conn: Connection, data: list[Any], ack_id: int | None) -> None:
        """Carry out one event, `data` being its name and arguments, and acknowledge it."""
        self._in_hand += 1
        self._idle.clear()
        try:
            await self._carry(conn, data, ack_id)
        finally:
            self._in_hand -= 1
            if not self._in_hand:
                self._idle.set()

    async def idle(self) -> None:
        """Wait until no command is in hand."""
        await self._idle.wait()

    async def _carry(self, conn: Connection, data: list[Any], ack_id: int | None) -> None:
        began = perf_counter()
        trace, name = new_id(), _echo(data[0]) or ""
        TRACE.set(trace)
        with structlog.contextvars.bound_contextvars(trace=trace):
            reply = await self._answer(name, data[1:], conn)
        result = _result(reply.answer)
        # From here to the end nothing waits: a join's snapshot and what follows stay together.
        if ack_id is not None:
            conn.acknowledge(ack_id, reply.answer)
        elif not reply.answer.ok:
            conn.tell("error:command", _unacked(name, data[1:], reply.answer))
        if reply.follow is not None:
            reply.follow()
        seconds = perf_counter() - began
        self._metrics.command(name if name in EVENTS else "unknown", result, seconds, trace)
        log.info(
            "command",
            trace=trace,
            command=name[:60],
            result=result,
            actor=conn.actor.id,
            role=conn.actor.role,
            seq=reply.answer.seq,
            ms=round(seconds * 1000, 1),
        )

    async def _answer(self, name: str, args: list[Any], conn: Connection) -> Reply:
        try:
            return await self._run(name, args, conn)
        except Exception as exc:  # noqa: BLE001 - the edge: whatever went wrong, the client hears
            return Reply(Answer(ok=False, error=refusal_of(exc).body()))

    async def _run(self, name: str, args: list[Any], conn: Connection) -> Reply:
        wait = conn.wait()
        if wait:
            raise Refusal(Code.RATE_LIMITED, "too many commands", retryAfterMs=int(wait * 1000) + 1)
        event = EVENTS.get(name)
        if event is None:
            raise invalid("event", f"there is no command '{name[:60]}'")
        if conn.actor.role not in event.roles:
            raise forbidden(f"a {conn.actor.role} may not send '{name}'")
        cmd = decode(event, args)
        if isinstance(event.use, str):
            return await self._own[event.use](cmd, conn)
        return Reply(await carry_out(event.use, cmd, conn.actor, self._deps))


def method(name: str, *owners: Any) -> Any:
    """Return what is called so, of the first of these that has it."""
    return next(getattr(owner, name) for owner in owners if hasattr(owner, name))


def decode(event: Event, args: list[Any]) -> c.Command:
    """Return the payload of an event from either form; raise INVALID with the field's path."""
    payload = args[0] if args else {}
    if event.positional and args and not isinstance(payload, dict):
        payload = dict(zip(event.positional, args, strict=False))
    try:
        return msgspec.convert(payload, event.payload)
    except msgspec.ValidationError as exc:
        raise malformed(exc) from exc
    except UnicodeEncodeError as exc:
        raise invalid("", "holds half a character") from exc


def malformed(exc: msgspec.ValidationError) -> Refusal:
    """Say where a payload is wrong, in the client's words: `items[0].quantity`."""
    message, _, place = str(exc).partition(" - at `$")
    path = place.strip(".`")
    missing = MISSING.fullmatch(message)
    if missing is None:
        return invalid(path, re.sub("`[^`]*`", _in_words, message))
    return invalid(f"{path}.{missing[1]}".lstrip("."), "is missing")


def _in_words(quoted: re.Match[str]) -> str:
    return re.sub(r"\w+", lambda word: KINDS.get(word[0], word[0]), quoted[0])


def refusal_of(exc: Exception) -> Refusal:
    """Return what a client is told of an exception; log whole what it must not be told."""
    if isinstance(exc, Refusal):
        return exc
    if isinstance(exc, (*POSTGRES_AWAY, *REDIS_AWAY)):
        log.warning("unavailable", error=repr(exc))
        return Refusal(Code.UNAVAILABLE, "the hub cannot reach its memory: try again shortly")
    error_id = new_id()
    log.exception("internal error", error_id=error_id, exc_info=exc)
    return Refusal(Code.INTERNAL, "something went wrong here", errorId=error_id)


def _result(answer: Answer) -> str:
    return "ok" if answer.ok else str((answer.error or {}).get("code", Code.INTERNAL))


def _unacked(name: str, args: list[Any], answer: Answer) -> dict[str, Any]:
    given = args[0] if args and isinstance(args[0], dict) else {}
    return {"event": name, "commandId": _echo(given.get("commandId")), "error": answer.error}


def _echo(text: object) -> str | None:
    """Return a client's text so that it can be sent back: JSON may hold half a character."""
    return text.encode(errors="replace").decode() if isinstance(text, str) else None
