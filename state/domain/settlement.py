"""What payments mean: to the orders of their bill, and to the accounts of the ledger."""

from collections.abc import Iterable, Mapping, Sequence

from state.domain.bill_lines import BillLine, counts
from state.domain.money import allocate
from state.domain.order import Order
from state.domain.payment import TAKEN, Payment, PaymentStatus

ORDERLY = (TAKEN, {PaymentStatus.AUTHORIZED}, {PaymentStatus.PENDING})  # what counts first


def breakdown(
    found: Sequence[BillLine], payments: Iterable[Payment], payment: Payment
) -> dict[str, int]:
    """Return what a payment consists of, by account: its share of what is not broken down yet.

    Whoever pays the last of a bill gets all that is left, so that the sums are those of the bill.
    """
    left: dict[str, int] = {}
    for line in found:
        _add(left, f"sales:{line.tax_rate}", line.net)
        _add(left, f"tax:{line.tax_rate}", line.tax)
        _add(left, "service", line.service)
    for each in payments:
        for account, part in each.breakdown.items():
            if account != "tips":
                _add(left, account, -part)
    weights = {account: part for account, part in left.items() if part > 0} or {"sales:0": 1}
    parts = allocate(payment.amount, list(weights.values()))
    made = {account: part for account, part in zip(weights, parts, strict=True) if part}
    return made | ({"tips": payment.tip} if payment.tip else {})


def settled(
    orders: Sequence[Order], found: Sequence[BillLine], payments: Sequence[Payment]
) -> dict[str, str]:
    """Return each order's payment status.

    What was paid for certain lines counts for their orders; the rest for the oldest orders first.
    """
    due = {order.id: 0 for order in orders}
    for line in found:
        due[line.order_id] += line.due
    place = {line.item_id: line.order_id for line in found}
    known = [p for kind in ORDERLY for p in payments if p.status in kind]
    parts = {p.id: _by_claims(p, place) for p in known}
    open_ = dict(due)
    for each in parts.values():
        for order_id, amount in each.items():
            open_[order_id] -= amount
    for payment in known:
        _fill_up(parts[payment.id], payment.amount, open_)
    given: dict[str, dict[str, int]] = {order.id: {} for order in orders}
    for payment in known:
        _give(payment, parts[payment.id], given)
    return {order.id: _order_status(order, due[order.id], given[order.id]) for order in orders}


def covers(payment: Payment, order: Order) -> bool:
    """Tell whether a payment is for something of an order; without claims it is for all."""
    claimed = {each.item_id for each in payment.claims}
    return not claimed or any(item.id in claimed for item in order.items)


def to_capture(payment: Payment, found: Sequence[BillLine]) -> int:
    """Return how much of what was set aside is to be taken: what was voided since is not."""
    if not payment.claims:
        return payment.total
    here = {line.item_id for line in found}
    gone = sum(each.amount for each in payment.claims if each.item_id not in here)
    amount = max(0, payment.amount - gone)
    return amount + payment.tip if amount else 0


def _by_claims(payment: Payment, place: Mapping[str, str]) -> dict[str, int]:
    """Return what a payment gives to the orders whose lines it is for."""
    parts: dict[str, int] = {}
    left = payment.amount
    for each in payment.claims:
        if each.item_id in place:
            amount = min(each.amount, left)
            _add(parts, place[each.item_id], amount)
            left -= amount
    return parts


def _fill_up(parts: dict[str, int], amount: int, open_: dict[str, int]) -> None:
    """Let what a payment is for no line in particular go to the oldest orders first."""
    left = amount - sum(parts.values())
    for order_id in open_:
        part = min(left, max(0, open_[order_id]))
        _add(parts, order_id, part)
        open_[order_id] -= part
        left -= part


def _give(payment: Payment, parts: Mapping[str, int], given: Mapping[str, dict[str, int]]) -> None:
    """Note what a payment gives to each order, and how much of that has gone back."""
    word = "paid" if payment.status in TAKEN else str(payment.status)
    refunded = min(payment.refunded, payment.amount) if any(parts.values()) else 0
    back = allocate(refunded, list(parts.values()))
    for (order_id, amount), less in zip(parts.items(), back, strict=True):
        _add(given[order_id], word, amount)
        _add(given[order_id], "refunded", less)


def _add(sums: dict[str, int], account: str, amount: int) -> None:
    sums[account] = sums.get(account, 0) + amount


def _order_status(order: Order, due: int, given: Mapping[str, int]) -> str:
    paid, refunded = given.get("paid", 0), given.get("refunded", 0)
    aside, pending = given.get("AUTHORIZED", 0), given.get("PENDING", 0)
    if refunded:
        return "REFUNDED" if refunded >= paid else "PARTIALLY_REFUNDED"
    if paid >= due and (paid or any(map(counts, order.items))):
        return "PAID"
    if aside and paid + aside >= due:
        return "AUTHORIZED"
    if paid:
        return "PARTIALLY_PAID"
    return "PENDING" if pending or aside else "UNPAID"
