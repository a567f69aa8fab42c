"""`hotel:roomCharge`: what a guest has eaten, or a program says, goes to a room's folio."""

from handlers import folio
from handlers.deps import Deps
from state.domain.actor import Actor
from state.domain.change import Answer
from state.domain.errors import Code, Refusal, forbidden, illegal, invalid, not_found
from state.domain.folio import Posting
from state.domain.hotel import Booking
from state.domain.hotel_commands import RoomCharge
from state.domain.order import Order, Status
from state.store import orders as order_store


async def charge(booking: Booking, cmd: RoomCharge, who: Actor, deps: Deps) -> Answer:
    """Charge an order, or an amount that a program names, to the room of a guest in the house."""
    wish = await _posting(booking, cmd, who, deps)
    return await folio.post(booking, wish, who, deps, cmd)


async def _posting(booking: Booking, cmd: RoomCharge, who: Actor, deps: Deps) -> Posting:
    """Return what is to be charged: what an order comes to, never what a guest says it does."""
    if cmd.order_id is not None:
        order = await _order(cmd.order_id, who, deps)
        return Posting(
            booking_id=booking.id,
            amount=order.total_amount,
            currency=order.currency,
            reference=f"order:{order.id}",
            description=cmd.description or f"#{order.order_number}",
        )
    if who.is_guest:
        raise forbidden("a guest charges orders: name the orderId")
    for field in ("amount", "currency", "reference"):
        if getattr(cmd, field) is None:
            raise invalid(field, "is missing")
    return Posting(
        booking_id=booking.id,
        amount=cmd.amount or 0,
        currency=cmd.currency or "",
        reference=cmd.reference or "",
        description=cmd.description,
    )


async def _order(order_id: str, who: Actor, deps: Deps) -> Order:
    """Return an order that somebody may charge: a guest those of its own party."""
    async with deps.pool.acquire() as conn:
        order = await order_store.get(conn, order_id, who.tenant)
    who.require_reach(who.tenant, order.restaurant_id, "order")
    if who.is_guest and order.session_id != who.session:
        raise not_found("order", "orderId")
    if order.payment_status != "UNPAID":
        raise Refusal(Code.CONFLICT, "this order is paid, or being paid, in another way")
    if order.status is Status.CANCELLED or not order.total_amount:
        raise illegal("there is nothing to pay for this order")
    return order
