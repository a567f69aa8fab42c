"""A guest's folio: what was charged to the room, and is paid on departure."""

from datetime import date, datetime
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from state.domain.errors import Code, Refusal, illegal
from state.domain.hotel import NIGHT, OWN, Booking, BookingStatus

TAKES_CHARGES = {OWN, "cloudbeds"}


class ChargeStatus(StrEnum):
    """PENDING: the hotel's system has not confirmed it yet. REJECTED and VOIDED owe nothing."""

    PENDING = "PENDING"
    POSTED = "POSTED"
    REJECTED = "REJECTED"
    VOIDED = "VOIDED"


class Posting(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be charged to a stay. Under one `reference`, such as a bill's id, it is once."""

    booking_id: str
    amount: int
    currency: str
    reference: str
    description: str = ""


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a folio. `posted_as` is what the hotel's system calls it."""

    id: str
    tenant_id: str
    restaurant_id: str
    booking_id: str
    reference: str
    description: str
    amount: int
    currency: str
    status: ChargeStatus
    posted_as: str = ""
    error: str = ""
    created_at: datetime
    posted_at: datetime | None = None
    voided_at: datetime | None = None


class ChargeNews(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One line of a folio, as its guest sees it; `jobId` is of what is under way about it."""

    charge_id: str
    booking_id: str
    reference: str
    description: str
    amount: int
    currency: str
    status: ChargeStatus
    error: str
    job_id: str | None = None


def news(charge: Charge, job_id: str | None = None) -> ChargeNews:
    return ChargeNews(
        charge_id=charge.id,
        booking_id=charge.booking_id,
        reference=charge.reference,
        description=charge.description,
        amount=charge.amount,
        currency=charge.currency,
        status=charge.status,
        error=charge.error,
        job_id=job_id,
    )


def require_chargeable(booking: Booking, currency: str, today: date) -> None:
    """Raise CONFLICT unless the booking's guest is in the house, and pays in this currency."""
    if booking.provider not in TAKES_CHARGES:
        raise Refusal(Code.CONFLICT, "this hotel takes no charges from restaurants")
    if booking.status is not BookingStatus.CHECKED_IN:
        details = {"status": booking.status}
        raise Refusal(Code.CONFLICT, "the guest is not checked in", details)
    if today > booking.checkout:
        raise Refusal(Code.CONFLICT, "the stay is over")
    if currency != booking.currency:
        raise Refusal(Code.CONFLICT, f"this folio is in {booking.currency}, not in {currency}")


def require_same(charge: Charge, wish: Posting) -> None:
    """Raise CONFLICT where a reference stands for another charge already."""
    said = (wish.booking_id, wish.amount, wish.currency)
    if (charge.booking_id, charge.amount, charge.currency) != said:
        raise taken(wish.reference)


def taken(reference: str) -> Refusal:
    return Refusal(Code.CONFLICT, f"'{reference}' was charged already, and otherwise")


def posted(charge: Charge, posted_as: str, now: datetime) -> Charge:
    return replace(charge, status=ChargeStatus.POSTED, posted_as=posted_as, posted_at=now)


def rejected(charge: Charge, error: str) -> Charge:
    return replace(charge, status=ChargeStatus.REJECTED, error=error)


def require_voidable(charge: Charge) -> None:
    if charge.status is ChargeStatus.PENDING:
        raise illegal("the charge is still on its way to the hotel's system")
    if charge.status is ChargeStatus.REJECTED:
        raise illegal("the charge was never posted")


def voided(charge: Charge, now: datetime) -> Charge:
    return replace(charge, status=ChargeStatus.VOIDED, voided_at=now)


def day_of(now: datetime) -> date:
    """Return the date by which a stay elsewhere is certainly over: it may be far west of here."""
    return now.date() - NIGHT
