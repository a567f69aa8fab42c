"""What clients may ask about money (PROTOCOL 2): guests for their own table, staff for any."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from state.domain.commands import WHOLE, Command, Id, Note
from state.domain.hotel_commands import Signed
from state.domain.payment import Method
from state.domain.ton import Asset

Amount = Annotated[int, Meta(ge=1, le=10**12)]
Sum = Annotated[int, Meta(ge=0, le=10**12)]
Rate = Annotated[int, Meta(ge=1, le=10_000)]
Name = Annotated[str, Meta(max_length=60, pattern=WHOLE)]


class Part(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A line of a bill, or `shares` `of` so many of it."""

    item_id: Id
    shares: Annotated[int, Meta(ge=1, le=99)] = 1
    of: Annotated[int, Meta(ge=1, le=99)] = 1


Parts = Annotated[tuple[Part, ...], Meta(min_length=1, max_length=500)]


class LegRequest(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One payer's part: `items` where the bill is split by items, else an `amount`."""

    name: Name = ""
    items: Annotated[tuple[Part, ...], Meta(max_length=500)] = ()
    amount: Sum = 0


class BillCommand(Command, frozen=True, kw_only=True):
    """A guest's is its own table's bill; staff name the table, or the visit."""

    table_id: Id | None = None
    session_id: Id | None = None


class SplitBill(BillCommand, frozen=True, kw_only=True):
    """How a bill is to be divided: equally in `parts`, by `legs` (items or amount), or by guest.

    What no leg takes on is left as a leg `rest`. `none` puts it together again.
    """

    mode: Literal["equal", "items", "amount", "guest", "none"]
    parts: Annotated[int, Meta(ge=1, le=50)] | None = None
    legs: Annotated[tuple[LegRequest, ...], Meta(min_length=1, max_length=50)] | None = None


class TipBill(BillCommand, frozen=True, kw_only=True):
    """What the caller means to give with what it pays next: an `amount`, or a `rate` of its part.

    `leg` is the part that the rate is of; without one it is of all that is outstanding.
    """

    amount: Sum | None = None
    rate: Annotated[int, Meta(ge=0, le=10_000)] | None = None
    leg: Id | None = None


class DiscountBill(BillCommand, frozen=True, kw_only=True):
    """Something off the whole bill: a `rate` in basis points, or an `amount`; neither: none."""

    rate: Rate | None = None
    amount: Amount | None = None
    reason: Note = ""


class PayBill(BillCommand, frozen=True, kw_only=True):
    """What to pay: a `leg`, `items`, an `amount`, else all that is outstanding.

    `tip` left out is what `bill:tip` said. `flow`: "checkout" leads to a page of the card company's
    own, "intent" to a secret for native apps. `stay` is the booking whose room pays, a guest's
    own or by the `stayToken` of its link. `asset` is what a wallet of TON pays in.
    """

    method: Method
    leg: Id | None = None
    items: Parts | None = None
    amount: Amount | None = None
    tip: Sum | None = None
    flow: Literal["checkout", "intent"] = "checkout"
    stay: Id | None = None
    stay_token: Signed | None = None
    asset: Asset = Asset.COIN


class PayCharge(Command, frozen=True, kw_only=True):
    """What another service asks the caller to pay: `reference` is the job that waits for it.

    `asset` is what a TON_WALLET pays in.
    """

    purpose: Id
    reference: Id
    method: Method = Method.CARD
    asset: Asset = Asset.COIN
    flow: Literal["checkout", "intent"] = "checkout"


class PayCash(BillCommand, frozen=True, kw_only=True):
    """Cash that a waiter was given: for a payment that a guest announced, or as in `bill:pay`.

    `tendered` is what was handed over; left out, it was exactly what was due.
    """

    payment_id: Id | None = None
    leg: Id | None = None
    items: Parts | None = None
    amount: Amount | None = None
    tip: Sum | None = None
    tendered: Sum | None = None


class CancelPayment(Command, frozen=True, kw_only=True):
    payment_id: Id


class RefundPayment(Command, frozen=True, kw_only=True):
    """Without an `amount` all that is left of the payment goes back."""

    payment_id: Id
    amount: Amount | None = None
    reason: Note


class OpenDrawer(Command, frozen=True, kw_only=True):
    """`opening` is the change that the shift begins with."""

    restaurant_id: Id
    opening: Sum = 0


class CountDrawer(Command, frozen=True, kw_only=True):
    restaurant_id: Id
    counted: Sum
