"""What came in: by method, by tax rate, and what a day is closed with."""

from datetime import date, datetime

import msgspec

from state.domain.dispute import Dispute
from state.domain.drawer import Drawer
from state.domain.payment import Method


class Taking(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Payments of one method: `taken` with their tips, `refunded` what went back of that."""

    method: Method
    payments: int
    taken: int
    tips: int
    refunded: int


class Taxed(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What was sold at a rate in basis points, or what else money was taken for, and its tax."""

    account: str
    net: int
    tax: int


class Totals(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`disputed` is what payers' banks have taken back, less what came back of it."""

    takings: list[Taking]
    taxes: list[Taxed]
    tips: int
    disputed: int = 0


class Closing(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A closed day: all that was booked from the closing before until this one."""

    id: str
    number: int
    business_day: date
    since: datetime | None
    closed_at: datetime
    closed_by: str
    closed_by_name: str
    currency: str
    totals: Totals


class DayNow(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What is booked since the last closing, and what keeps the day from being closed.

    `pending` are payments under way. `disputes` are those that are open, or ended since.
    """

    currency: str
    since: datetime | None
    totals: Totals
    drawers: list[Drawer]
    pending: int
    disputes: list[Dispute]
    closings: list[Closing]
