"""What Airalo's API says, as it says it, and what that means here."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from state.domain.esim import Package, Sim, Usage, UsageStatus
from state.domain.money import exponent

CURRENCY = "USD"  # of all prices in the list of packages


class Told(msgspec.Struct, frozen=True):
    """An answer; in a list of many pages, `data` may come by number instead of as a list."""

    data: Any
    meta: dict[str, Any] = {}


class Token(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: int


class Offer(msgspec.Struct, frozen=True):
    id: str
    price: Decimal
    title: str = ""
    type: str = "sim"
    amount: int | None = 0
    day: int = 0
    is_unlimited: bool = False
    voice: int | None = None
    text: int | None = None

    def package(self, operator: str, countries: tuple[str, ...], sandbox: bool) -> Package:
        return Package(
            id=self.id,
            title=self.title,
            operator=operator,
            countries=countries,
            megabytes=None if self.is_unlimited else self.amount or 0,
            days=self.day,
            minutes=self.voice or 0,
            messages=self.text or 0,
            price=minor(self.price, CURRENCY),
            currency=CURRENCY,
            topup=self.type == "topup",
            sandbox=sandbox,
        )


class Place(msgspec.Struct, frozen=True):
    country_code: str = ""


class Operator(msgspec.Struct, frozen=True):
    title: str = ""
    countries: list[Place] = []
    packages: list[Offer] = []


class Country(msgspec.Struct, frozen=True):
    operators: list[Operator] = []
    country_code: str = ""


class Card(msgspec.Struct, frozen=True):
    """An eSIM of an order; `qrcode` is the whole of what its code says."""

    iccid: str
    qrcode: str = ""
    lpa: str = ""
    matching_id: str = ""
    confirmation_code: str | None = None
    apn_type: str | None = None
    apn_value: str | None = None
    is_roaming: bool = True

    def sim(self) -> Sim:
        return Sim(
            iccid=self.iccid,
            lpa=self.qrcode or f"LPA:1${self.lpa}${self.matching_id}",
            confirmation_code=self.confirmation_code or "",
            apn=(self.apn_value or "") if self.apn_type != "automatic" else "",
            roaming=self.is_roaming,
        )


class Order(msgspec.Struct, frozen=True):
    id: int | str
    sims: list[Card] = []
    description: str | None = None


class OrderTold(msgspec.Struct, frozen=True):
    data: Order


class Accepted(msgspec.Struct, frozen=True):
    request_id: str


class AcceptedTold(msgspec.Struct, frozen=True):
    data: Accepted


class Left(msgspec.Struct, frozen=True):
    status: str = UsageStatus.UNKNOWN
    total: int = 0
    remaining: int = 0
    is_unlimited: bool = False
    remaining_voice: int = 0
    remaining_text: int = 0
    expired_at: str | None = None

    def usage(self) -> Usage:
        known = self.status in set(UsageStatus)
        return Usage(
            status=UsageStatus(self.status) if known else UsageStatus.UNKNOWN,
            total=self.total,
            remaining=self.remaining,
            unlimited=self.is_unlimited,
            minutes_left=self.remaining_voice,
            messages_left=self.remaining_text,
            expires_at=moment(self.expired_at),
        )


class Amount(msgspec.Struct, frozen=True):
    amount: Decimal
    currency: str


class Failure(msgspec.Struct, frozen=True):
    """Either what is wrong with which field, or a number and a reason."""

    code: int = 0
    reason: str = ""
    data: Any = None


def minor(amount: Decimal, currency: str) -> int:
    """Return an amount in the currency's minor unit; halves are rounded to even."""
    return int((amount * 10 ** exponent(currency)).to_integral_value())


def moment(text: str | None) -> datetime | None:
    """Return a time that they write without saying where: in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


def listed(data: Any, kind: Any) -> list[Any]:
    """Return what is listed, be it by number or not."""
    return msgspec.convert(list(data.values()) if isinstance(data, dict) else data, list[kind])


def offers(countries: list[Country], sandbox: bool) -> Iterator[Package]:
    for country in countries:
        for operator in country.operators:
            codes = tuple(place.country_code for place in operator.countries)
            where = codes or ((country.country_code,) if country.country_code else ())
            for offer in operator.packages:
                yield offer.package(operator.title, where, sandbox)


# Signatures


def signature(body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha512).hexdigest()


def escaped(body: bytes) -> bytes:
    r"""Return JSON as their own software signs it: packed, with every slash as `\/`."""
    packed = json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False)
    return packed.replace("/", "\\/").encode()


def is_signed(body: bytes, given: str, secret: str) -> bool:
    """Tell whether a message is theirs: as it came, or as their own software would have put it."""
    if hmac.compare_digest(signature(body, secret).encode(), given.encode()):
        return True
    try:
        again = escaped(body)
    except (ValueError, RecursionError):
        return False
    return hmac.compare_digest(signature(again, secret).encode(), given.encode())


class Notice(msgspec.Struct, frozen=True):
    """What they tell us unasked: of an order by its `request_id`, or of an eSIM by its `iccid`.

    An order that came to nothing has a `reason` and no `sims`.
    """

    request_id: str = ""
    description: str | None = None
    reason: str = ""
    sims: list[Card] = []
    iccid: str = ""
    level: str = ""


def notice(body: bytes) -> Notice:
    """Return what a message says; raise msgspec.ValidationError where it is none of theirs."""
    found = msgspec.json.decode(body, type=dict[str, Any])
    inner = found.get("data")
    return msgspec.convert({**found, **(inner if isinstance(inner, dict) else {})}, Notice)
