"""eSIMs: what there is to buy, how a purchase goes on, how one is installed, when it runs low."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from state.domain.errors import Code, Refusal


class Package(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`megabytes` is None where they are unlimited. `countries` are ISO 3166 codes."""

    id: str
    title: str
    operator: str
    countries: tuple[str, ...] = ()
    megabytes: int | None
    days: int
    minutes: int = 0
    messages: int = 0
    price: int
    currency: str
    topup: bool = False
    sandbox: bool = False


class Sim(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What a phone needs to install an eSIM. `lpa` is a secret: who has it can install it."""

    iccid: str
    lpa: str
    confirmation_code: str = ""
    apn: str = ""
    roaming: bool = True


class UsageStatus(StrEnum):
    NOT_ACTIVE = "NOT_ACTIVE"
    ACTIVE = "ACTIVE"
    FINISHED = "FINISHED"
    EXPIRED = "EXPIRED"
    UNKNOWN = "UNKNOWN"


class Usage(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What is left, in megabytes; where it is `unlimited`, the numbers say nothing."""

    status: UsageStatus
    total: int = 0
    remaining: int = 0
    unlimited: bool = False
    minutes_left: int = 0
    messages_left: int = 0
    expires_at: datetime | None = None


# How a purchase goes on


class Stage(StrEnum):
    """UNKNOWN: it was ordered, and nobody can tell yet whether it was also taken on."""

    ASKED = "ASKED"
    UNPAID = "UNPAID"
    PAID = "PAID"
    UNKNOWN = "UNKNOWN"
    ORDERED = "ORDERED"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


class Step(StrEnum):
    CHARGE = "charge"
    PAY = "pay"
    DOUBT = "doubt"
    ACCEPT = "accept"
    DELIVER = "deliver"
    FAIL = "fail"


MOVES = {
    (Stage.ASKED, Step.CHARGE): Stage.UNPAID,
    (Stage.ASKED, Step.PAY): Stage.PAID,
    (Stage.UNPAID, Step.PAY): Stage.PAID,
    (Stage.PAID, Step.DOUBT): Stage.UNKNOWN,
    (Stage.PAID, Step.ACCEPT): Stage.ORDERED,
    (Stage.PAID, Step.DELIVER): Stage.DELIVERED,
    (Stage.UNKNOWN, Step.ACCEPT): Stage.ORDERED,
    (Stage.UNKNOWN, Step.DELIVER): Stage.DELIVERED,
    (Stage.ORDERED, Step.DELIVER): Stage.DELIVERED,
    **{
        (stage, Step.FAIL): Stage.FAILED
        for stage in (Stage.ASKED, Stage.UNPAID, Stage.PAID, Stage.UNKNOWN, Stage.ORDERED)
    },
}
ENDED = {Stage.DELIVERED, Stage.FAILED}

Kind = Literal["sim", "topup"]


class Purchase(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What somebody buys; its `id` is that of the job that does it.

    A `topup` is for the eSIM `esim_id`. `prepaid` is one that a trusted program has been paid for.
    `request_id` is what the company calls an order that it has taken on and not yet carried out.
    """

    id: str
    tenant_id: str
    restaurant_id: str
    owner: str
    kind: Kind
    package_id: str
    esim_id: str | None = None
    prepaid: bool = False
    package: Package | None = None
    stage: Stage = Stage.ASKED
    request_id: str = ""
    error: dict[str, Any] | None = None
    created_at: datetime
    changed_at: datetime

    @property
    def priced(self) -> Package:
        assert self.package is not None, "a purchase has a package before it is charged"
        return self.package


def move(purchase: Purchase, step: Step, now: datetime) -> Purchase:
    """Return the purchase a step further; raise ILLEGAL_TRANSITION where that cannot be."""
    stage = MOVES.get((purchase.stage, step))
    if stage is None:
        raise Refusal(Code.ILLEGAL_TRANSITION, f"a purchase that is {purchase.stage}: no {step}")
    return replace(purchase, stage=stage, changed_at=now)


def require_price(package: Package, expected: int | None) -> None:
    """Raise PRICE_CHANGED where a package costs other than its buyer was shown."""
    if expected is not None and expected != package.price:
        raise Refusal(
            Code.PRICE_CHANGED,
            "this package has another price by now",
            {"price": package.price, "currency": package.currency},
        )


# How one is installed


class Activation(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What to show: `lpa` is what the QR code says, the rest is for typing it in.

    `ios_url` opens the installation on iOS 17.4 and later, `android_url` on Android 10 and later.
    """

    lpa: str
    smdp_address: str
    activation_code: str
    confirmation_code: str = ""
    apn: str = ""
    roaming: bool
    ios_url: str
    android_url: str


INSTALL = "https://esimsetup.{}.com/esim_qrcode_provisioning?carddata={}"
PREFIX = "LPA:1$"


def activation(sim: Sim) -> Activation:
    _, address, code = [*sim.lpa.split("$"), "", ""][:3]
    card = quote(sim.lpa, safe=":")
    return Activation(
        lpa=sim.lpa,
        smdp_address=address,
        activation_code=code,
        confirmation_code=sim.confirmation_code,
        apn=sim.apn,
        roaming=sim.roaming,
        ios_url=INSTALL.format("apple", card),
        android_url=INSTALL.format("android", card),
    )


# What is left of it


class Esim(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One that was bought. `noticed` is how much its owner was last told to be used, in per cent;
    `check_at` is when to look at its usage again, None when nothing will change any more.
    """

    id: str
    tenant_id: str
    restaurant_id: str
    owner: str
    sim: Sim
    package: Package
    usage: Usage | None = None
    checked_at: datetime | None = None
    check_at: datetime | None = None
    noticed: int = 0
    created_at: datetime


FRESH = timedelta(minutes=20)  # for so long the company itself answers from its memory
LEVELS = (100, 90, 75)  # per cent used, at which the owner is told, once each
OVER = {UsageStatus.FINISHED, UsageStatus.EXPIRED}
UNUSED_EVERY, USED_EVERY = timedelta(hours=6), timedelta(minutes=40)
FORGOTTEN_AFTER = timedelta(days=365)


def used(usage: Usage) -> int:
    """Return how much is used, in per cent, rounded down; of an unlimited one, none is."""
    if usage.status in OVER:
        return 100
    if usage.unlimited or usage.total <= 0:
        return 0
    return 100 * (usage.total - usage.remaining) // usage.total


def level(usage: Usage) -> int:
    """Return the highest of the levels that is reached, 0 for none."""
    return next((each for each in LEVELS if used(usage) >= each), 0)


def checked(esim: Esim, usage: Usage, now: datetime) -> Esim:
    """Return the eSIM with its usage as it was found, and when to look again."""
    return replace(
        esim,
        usage=usage,
        checked_at=now,
        check_at=_next_look(esim, usage, now),
        noticed=level(usage),
    )


def runs_low(before: Esim, after: Esim) -> bool:
    """Tell whether its owner is to be told: a level was reached that it had not yet."""
    return after.noticed > before.noticed


def _next_look(esim: Esim, usage: Usage, now: datetime) -> datetime | None:
    if usage.status in OVER or now - esim.created_at > FORGOTTEN_AFTER:
        return None
    if usage.status is not UsageStatus.ACTIVE:
        return now + UNUSED_EVERY
    return now + (FRESH if level(usage) else USED_EVERY)
