"""`hotel:roomCharge`: what a guest has eaten, or a program says, goes to a room's folio.

An order is paid for by that: it is a payment of its party's bill like any other.
"""

from handlers import folio, payments
from handlers.deps import Deps
from handlers.unit import carry_out
from state.domain.actor import Actor
from state.domain.bill_commands import Part, PayBill
from state.domain.change import Answer
from state.domain.errors import forbidden, illegal, invalid, not_found
from state.domain.folio import Posting
from state.domain.hotel import Booking
from state.domain.hotel_commands import RoomCharge
from state.domain.order import ItemStatus, Order
from state.domain.payment import Method
from state.store import orders as order_store


async def charge(booking: Booking, cmd: RoomCharge, who: Actor, deps: Deps) -> Answer:
    """Charge an order, or an amount that a program names, to the room of a guest in the house."""
    if cmd.order_id is None:
        return await folio.post(booking, _posting(booking, cmd, who), who, deps, cmd)
    order = await _order(cmd.order_id, who, deps)
    await folio.require_chargeable(booking, order.currency, deps)
    pay = PayBill(
        command_id=cmd.command_id,
        session_id=None if who.is_guest else order.session_id,
        method=Method.ROOM_CHARGE,
        items=_parts(order),
        tip=0,
        stay=booking.id,
        stay_token=cmd.token,
    )
    return await carry_out(payments.pay, pay, who, deps)


def _posting(booking: Booking, cmd: RoomCharge, who: Actor) -> Posting:
    """Return what a program charges; what a guest says of amounts is not believed."""
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


def _parts(order: Order) -> tuple[Part, ...]:
    left = [item for item in order.items if item.status is not ItemStatus.VOIDED]
    if not left:
        raise illegal("there is nothing to pay for this order")
    return tuple(Part(item_id=item.id) for item in left)


async def _order(order_id: str, who: Actor, deps: Deps) -> Order:
    """Return an order that somebody may charge: a guest those of its own party."""
    async with deps.pool.acquire() as conn:
        order = await order_store.get(conn, order_id, who.tenant)
    who.require_reach(who.tenant, order.restaurant_id, "order")
    if who.is_guest and order.session_id != who.session:
        raise not_found("order", "orderId")
    return order
