"""What a party's orders come to, line by line: less a discount, with tax and service charge."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

import msgspec
from msgspec.structs import replace

from state.domain.money import TaxMode, allocate, share_of, tax_of
from state.domain.order import Item, ItemStatus, Order
from state.domain.payment import LIVE, Payment


class Discount(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`rate` in basis points, or else an `amount`."""

    rate: int = 0
    amount: int = 0
    reason: str
    by: str
    by_name: str = ""


class BillLine(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One line of an order, and what of it is to be paid: `due` = net + tax + service.

    `amount` is as the menu prices it. `held` is what payments that are made or under way take of
    `due`, `shares_held` `shares_of` the part of the line they take.
    """

    order_id: str
    order_number: int
    item_id: str
    name: str
    quantity: int
    unit_price: int
    amount: int
    tax_rate: int
    discount: int
    net: int
    tax: int
    service: int
    due: int
    held: int = 0
    shares_held: int = 0
    shares_of: int = 1
    guest_id: str = ""
    guest_name: str = ""

    @property
    def left(self) -> int:
        return max(0, self.due - self.held)

    @property
    def shares_left(self) -> Fraction:
        return 1 - Fraction(self.shares_held, self.shares_of)


def lines(
    orders: Sequence[Order],
    payments: Iterable[Payment],
    discount: Discount | None = None,
    service_rate: int = 0,
) -> list[BillLine]:
    """Return what of the orders is to be paid; what was voided is not on a bill."""
    sold = [(order, item) for order in orders for item in order.items if counts(item)]
    off = _discounts([item.line_total for _, item in sold], discount)
    made = [_line(order, item, less) for (order, item), less in zip(sold, off, strict=True)]
    taxed = _taxed(made, {order.id: order.tax_mode for order in orders})
    charged = _charged(taxed, service_rate)
    return _held(charged, payments)


def counts(item: Item) -> bool:
    """Tell whether an item is on a bill."""
    return item.status is not ItemStatus.VOIDED


def _line(order: Order, item: Item, less: int) -> BillLine:
    return BillLine(
        order_id=order.id,
        order_number=order.order_number,
        item_id=item.id,
        name=item.name,
        quantity=item.quantity,
        unit_price=item.unit_price,
        amount=item.line_total,
        tax_rate=item.tax_rate,
        discount=less,
        net=item.line_total - less,
        tax=0,
        service=0,
        due=0,
        guest_id=item.guest_id,
        guest_name=item.guest_name,
    )


def _discounts(amounts: Sequence[int], discount: Discount | None) -> list[int]:
    if discount is None or not amounts:
        return [0] * len(amounts)
    whole = sum(amounts)
    off = share_of(whole, discount.rate) if discount.rate else min(discount.amount, whole)
    return allocate(off, amounts)


def _taxed(made: Sequence[BillLine], modes: Mapping[str, TaxMode]) -> list[BillLine]:
    """Divide the tax of each order and rate, which is taken once, among the lines it is of."""
    groups: dict[tuple[str, int], list[int]] = {}
    for place, line in enumerate(made):
        groups.setdefault((line.order_id, line.tax_rate), []).append(place)
    taxed = list(made)
    for (order_id, rate), places in groups.items():
        mode = modes[order_id]
        amounts = [made[place].net for place in places]
        taxes = allocate(tax_of(sum(amounts), rate, mode), amounts)
        for place, tax in zip(places, taxes, strict=True):
            net = made[place].net - (tax if mode is TaxMode.INCLUSIVE else 0)
            taxed[place] = replace(made[place], net=net, tax=tax, due=net + tax)
    return taxed


def _charged(taxed: Sequence[BillLine], rate: int) -> list[BillLine]:
    """Add the service charge, a part of what is due; it is taxed like what it is for."""
    dues = [line.due for line in taxed]
    parts = allocate(share_of(sum(dues), rate), dues) if taxed else []
    charged = []
    for line, part in zip(taxed, parts, strict=True):
        tax = tax_of(part, line.tax_rate, TaxMode.INCLUSIVE)
        charged.append(replace(line, tax=line.tax + tax, service=part - tax, due=line.due + part))
    return charged


def _held(charged: Sequence[BillLine], payments: Iterable[Payment]) -> list[BillLine]:
    held: dict[str, tuple[int, Fraction]] = {}
    for payment in payments:
        for each in payment.claims if payment.status in LIVE else ():
            amount, shares = held.get(each.item_id, (0, Fraction(0)))
            held[each.item_id] = (amount + each.amount, shares + Fraction(each.shares, each.of))
    return [
        replace(line, held=amount, shares_held=shares.numerator, shares_of=shares.denominator)
        for line in charged
        for amount, shares in [held.get(line.item_id, (0, Fraction(0)))]
    ]
