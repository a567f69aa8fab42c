"""A restaurant: what its orders need to know of it."""

from datetime import datetime, time

import msgspec

from state.domain import hours
from state.domain.errors import Code, Refusal
from state.domain.hours import Hours
from state.domain.legal import Legal
from state.domain.money import TaxMode


class Restaurant(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`service_charge` is in basis points. `pay_first`: guests' orders are cooked once paid."""

    id: str
    tenant_id: str
    name: str
    currency: str
    tax_mode: TaxMode
    timezone: str
    language: str
    languages: tuple[str, ...]
    hours: Hours
    day_cutover: time
    join_code_required: bool
    menu_version: int
    service_charge: int = 0
    pay_first: bool = False
    legal: Legal = Legal()


def is_open(restaurant: Restaurant, now: datetime) -> bool:
    return hours.is_open(restaurant.hours, now, restaurant.timezone)


def require_open(restaurant: Restaurant, now: datetime) -> None:
    if not is_open(restaurant, now):
        raise Refusal(Code.CONFLICT, f"{restaurant.name} is closed now")
