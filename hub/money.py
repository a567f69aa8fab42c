"""What is counted and timed of money, for Prometheus. Times are in seconds."""

from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from state.domain.events import Event
from state.domain.payment import Method, PaymentStatus
from state.store.open_money import OpenMoney

# From a tap of the thumb to somebody who looks for a card, and to a page that nobody paid on.
BUCKETS = (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)
OUTCOMES = {PaymentStatus.PAID: "paid", PaymentStatus.FAILED: "failed"}
# A payment comes back to PAID where its refund failed: long after it was settled, or it is known.
JUST_NOW = timedelta(seconds=1)
KNOWN = 1000
HEARD = (
    "taken",
    "not ours",
    "unsigned",
    "forged",
    "stale",
    "unreadable",
)  # what became of webhooks


class Told(msgspec.Struct, frozen=True, rename="camel"):
    """What `payment:statusChanged` says, as far as it is counted."""

    id: str
    method: Method
    status: PaymentStatus
    created_at: datetime
    settled_at: datetime | None = None


class MoneyMetrics:
    """Payments are counted where they are settled; what is open is looked up by workers."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._settled = Counter(
            "hub_payments",
            "Payments that were settled, by what came of them",
            ["method", "outcome"],
            registry=registry,
        )
        self._seconds = Histogram(
            "hub_payment_seconds",
            "From when somebody began to pay until it was paid",
            ["method"],
            buckets=BUCKETS,
            registry=registry,
        )
        self._open = Gauge(
            "hub_payments_open", "Payments under way elsewhere", ["status"], registry=registry
        )
        self._open_age = Gauge(
            "hub_payment_open_seconds",
            "Since when the oldest of them is under way",
            ["status"],
            registry=registry,
        )
        self._unknown = Gauge(
            "hub_payment_requests_unknown",
            "Requests to charge, take or give back without a known answer",
            registry=registry,
        )
        self._unknown_age = Gauge(
            "hub_payment_request_unknown_seconds",
            "Since when the oldest of them has none",
            registry=registry,
        )
        self._disputes = Gauge(
            "hub_disputes_open",
            "Payments that banks have taken back or ask about",
            registry=registry,
        )
        self._due = Gauge(
            "hub_dispute_due_seconds",
            "How long the house may yet answer to the most urgent of them",
            registry=registry,
        )
        self._webhooks = Counter(
            "hub_webhooks",
            "Webhooks of the card company, by what became of them",
            ["result"],
            registry=registry,
        )
        for result in HEARD:
            self._webhooks.labels(result)
        self._known: deque[str] = deque(maxlen=KNOWN)

    def told(self, event: Event) -> None:
        """Count a payment that this event says to be settled."""
        told = msgspec.json.decode(event.data, type=Told)
        outcome = OUTCOMES.get(told.status)
        if outcome is None or told.settled_at is None or told.id in self._known:
            return
        if event.at - told.settled_at > JUST_NOW:
            return
        self._known.append(told.id)
        self._settled.labels(told.method, outcome).inc()
        if outcome == "paid":
            seconds = (told.settled_at - told.created_at).total_seconds()
            self._seconds.labels(told.method).observe(seconds)

    def webhook(self, result: str) -> None:
        self._webhooks.labels(result).inc()

    def standing(self, found: OpenMoney) -> None:
        """Note what is open at the moment."""
        self._fill(self._open, found.open)
        self._fill(self._open_age, found.open_age)
        self._unknown.set(found.unknown)
        self._unknown_age.set(found.unknown_age)
        self._disputes.set(found.disputes)
        self._due.set(found.dispute_due)

    def _fill(self, gauge: Gauge, numbers: Mapping[str, float]) -> None:
        for status in (PaymentStatus.PENDING, PaymentStatus.AUTHORIZED):
            gauge.labels(status).set(numbers.get(status, 0))
