"""Stripe's webhooks: whether they are Stripe's, and which payment they are about.

Nodes take them, without the SDK. What they say is not believed beyond that: it is read.
"""

import hashlib
import hmac
from datetime import datetime
from typing import Any

import msgspec

TOLERANCE = 300  # seconds; what is older may be a recording


class ForgedError(Exception):
    """Not signed with our secret, or too long ago; `kind` is unsigned, forged or stale."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(why)
        self.kind = kind


class Subject(msgspec.Struct, frozen=True):
    id: str
    kind: str = msgspec.field(default="", name="object")
    metadata: dict[str, str] | None = None
    payment_intent: Any = None


class Data(msgspec.Struct, frozen=True):
    subject: Subject = msgspec.field(name="object")


class Notice(msgspec.Struct, frozen=True):
    """One event. `about` is the id of our payment, empty where it is of none of ours."""

    id: str
    type: str
    data: Data

    @property
    def about(self) -> str:
        return (self.data.subject.metadata or {}).get("payment_id", "")

    @property
    def ref(self) -> str:
        """What the payment can be read by: a Checkout session or a PaymentIntent."""
        subject = self.data.subject
        if subject.kind in ("checkout.session", "payment_intent"):
            return subject.id
        return subject.payment_intent if isinstance(subject.payment_intent, str) else ""

    @property
    def dispute(self) -> str:
        """What Stripe calls the dispute that it is about, if it is about one."""
        return self.data.subject.id if self.data.subject.kind == "dispute" else ""


def read(body: bytes, signature: str, secret: str, now: datetime) -> Notice:
    """Return the event of a webhook; raise ForgedError, or ValueError where it is none."""
    parts = [part.strip().partition("=") for part in signature.split(",")]
    times = [value for key, _, value in parts if key == "t"]
    given = [value for key, _, value in parts if key == "v1"]
    if len(times) != 1 or not times[0].isdecimal():
        raise ForgedError("unsigned", "no time")
    if not any(hmac.compare_digest(each.encode(), sign(body, times[0], secret)) for each in given):
        raise ForgedError("forged", "not signed with our secret")
    if now.timestamp() - int(times[0]) > TOLERANCE:
        raise ForgedError("stale", "too old")
    try:
        return msgspec.json.decode(body, type=Notice)
    except msgspec.MsgspecError as exc:
        raise ValueError("not an event") from exc


def sign(body: bytes, time: str, secret: str) -> bytes:
    """Return the signature that goes with a body and a time."""
    text = time.encode() + b"." + body
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest().encode()
