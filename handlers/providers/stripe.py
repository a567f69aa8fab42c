"""Stripe: cards and what rides on them (Apple Pay, Google Pay), through its own SDK.

The SDK takes most of a second to be imported, so it is, by the worker that first needs it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Any

import aiohttp
import msgspec

from handlers.providers.api import Api
from handlers.providers.errors import (
    AmbiguousError,
    ExhaustedError,
    RefusedError,
    UnavailableError,
)
from handlers.providers.keys import Keys
from handlers.providers.stripe_disputes import Claim, claim
from handlers.providers.wiring import Wiring
from state.domain.errors import Code
from state.domain.payment import Method, Payment, Refund
from state.live.gates import Limits

CONNECT_SECONDS, TOTAL_SECONDS = 5.0, 20.0
RETRIES = 1  # by the SDK, with the same key; whoever finds a request unanswered repeats it later
READS = {"retrieve", "list"}
MOST = 100  # of a list; nobody gives a dinner back in more parts
STAY_OPEN = 40 * 60  # seconds; it must be half an hour at least when Stripe hears of it
WALLETS = {"apple_pay": Method.APPLE_PAY, "google_pay": Method.GOOGLE_PAY}
STATES = {
    "succeeded": "paid",
    "requires_capture": "authorized",
    "canceled": "failed",
}


class Charge(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What Stripe says of a payment: `status` is pending, authorized, paid or failed.

    `amount` is what was taken, or set aside; `refunded` what went back. `ref` is what reads it.
    """

    status: str
    ref: str
    payment_id: str
    currency: str
    amount: int = 0
    refunded: int = 0
    method: Method = Method.CARD
    why: str = ""
    sandbox: bool = False
    checkout_url: str | None = None
    client_secret: str | None = None


class Returned(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What Stripe says of a refund: `status` is pending, succeeded or failed."""

    status: str
    ref: str
    why: str = ""


class Stripe:
    """Every request carries the key of our own row, so that however often it is sent it is one."""

    name = "stripe"

    def __init__(self, key: str, base_url: str, api: Api, http: aiohttp.ClientSession) -> None:
        self._key, self._base, self._api, self._http = key, base_url.rstrip("/"), api, http

    async def start(self, payment: Payment, flow: str, page: str) -> Charge:
        """Open a Checkout page, or make a PaymentIntent; `page` is where Checkout leads back to."""
        if flow == "intent":
            made = await self._call("payment_intents", "create", _intent(payment), payment.id)
            return _of_intent(made)
        params = _checkout(payment, page)
        return _of_session(await self._call("checkout.sessions", "create", params, payment.id))

    async def read(self, ref: str) -> Charge:
        """Return what is known of a Checkout session or a PaymentIntent."""
        expand = ["latest_charge"]
        if ref.startswith("cs_"):
            params = {"expand": ["payment_intent", "payment_intent.latest_charge"]}
            return _of_session(await self._call("checkout.sessions", "retrieve", params, None, ref))
        params = {"expand": expand}
        return _of_intent(await self._call("payment_intents", "retrieve", params, None, ref))

    async def capture(self, payment: Payment, amount: int) -> Charge:
        """Take so much of what was set aside; the rest is let go."""
        params = {"amount_to_capture": amount, "expand": ["latest_charge"]}
        key, ref = f"{payment.id}:capture", payment.provider_ref
        return _of_intent(await self._call("payment_intents", "capture", params, key, ref))

    async def cancel(self, ref: str) -> Charge:
        """Call a payment off, and return what has become of it: it may have been made already."""
        try:
            if ref.startswith("cs_"):
                await self._call("checkout.sessions", "expire", {}, None, ref)
            else:
                await self._call("payment_intents", "cancel", {}, None, ref)
        except RefusedError:
            pass  # it is past that: read what it is instead
        return await self.read(ref)

    async def refund(self, refund: Refund, payment: Payment) -> Returned:
        params: dict[str, Any] = {
            "payment_intent": payment.provider_ref,
            "amount": refund.amount,
            "metadata": {"payment_id": payment.id, "refund_id": refund.id},
        }
        return _returned(await self._call("refunds", "create", params, refund.id))

    async def read_refund(self, ref: str) -> Returned:
        return _returned(await self._call("refunds", "retrieve", {}, None, ref))

    async def find_refund(self, refund: Refund, payment: Payment) -> Returned | None:
        """Return what is known of a refund by its payment; None where it was never made."""
        params = {"payment_intent": payment.provider_ref, "limit": MOST}
        for found in (await self._call("refunds", "list", params, None))["data"]:
            if (found.get("metadata") or {}).get("refund_id") == refund.id:
                return _returned(found)
        return None

    async def read_dispute(self, ref: str) -> Claim:
        return claim(await self._call("disputes", "retrieve", {}, None, ref))

    @cached_property
    def _client(self) -> Any:
        import stripe

        timeout = aiohttp.ClientTimeout(total=TOTAL_SECONDS, sock_connect=CONNECT_SECONDS)
        http = stripe.AIOHTTPClient(session=self._http, timeout=timeout)
        return stripe.StripeClient(
            self._key,
            base_addresses={"api": self._base},
            http_client=http,
            max_network_retries=RETRIES,
        )

    async def _call(
        self, what: str, verb: str, params: Any, key: str | None, *ids: str
    ) -> dict[str, Any]:
        """Call a method of the SDK; raise a ProviderError for whatever it raises."""
        service = self._client.v1
        for name in what.split("."):
            service = getattr(service, name)
        options = {"idempotency_key": key} if key else {}
        async with self._api.gate(), _translated(written=verb not in READS):
            found = await getattr(service, f"{verb}_async")(*ids, params=params, options=options)
        return dict(found.to_dict())


def create(keys: Keys, wiring: Wiring) -> Stripe | None:
    if not keys.stripe_api_key:
        return None
    limits = Limits(slots=50, rate=50.0)
    times = (CONNECT_SECONDS, TOTAL_SECONDS)
    api = wiring.api(Stripe.name, keys.stripe_base_url, times=times, limits=limits)
    return Stripe(keys.stripe_api_key, keys.stripe_base_url, api, wiring.http)


@asynccontextmanager
async def _translated(*, written: bool) -> AsyncIterator[None]:
    """Raise what an error of the SDK means. Its text is not told on: it may quote a card."""
    import stripe

    try:
        yield
    except (stripe.CardError, stripe.InvalidRequestError, stripe.IdempotencyError) as exc:
        text = f"stripe does not take this ({exc.code or 'no code'})"
        raise RefusedError(text, Code.PAYMENT_FAILED) from exc
    except (stripe.AuthenticationError, stripe.PermissionError) as exc:
        raise ExhaustedError("stripe does not accept our key") from exc
    except stripe.RateLimitError as exc:
        raise UnavailableError("stripe asks to wait") from exc
    except stripe.StripeError as exc:
        if written:
            raise AmbiguousError("stripe did not answer") from exc
        raise UnavailableError("stripe did not answer") from exc


def _meta(payment: Payment) -> dict[str, str]:
    return {
        "payment_id": payment.id,
        "restaurant_id": payment.restaurant_id,
        "tip": str(payment.tip),
    }


def _intent(payment: Payment) -> dict[str, Any]:
    return {
        "amount": payment.total,
        "currency": payment.currency.lower(),
        "automatic_payment_methods": {"enabled": True},
        "capture_method": "manual" if payment.manual else "automatic",
        "metadata": _meta(payment),
    }


def _checkout(payment: Payment, page: str) -> dict[str, Any]:
    capture = "manual" if payment.manual else "automatic"
    price = {
        "currency": payment.currency.lower(),
        "unit_amount": payment.total,
        "product_data": {"name": "OneMoment"},
    }
    return {
        "mode": "payment",
        "line_items": [{"quantity": 1, "price_data": price}],
        "success_url": page,
        "cancel_url": page,
        "client_reference_id": payment.id,
        "metadata": _meta(payment),
        "payment_intent_data": {"capture_method": capture, "metadata": _meta(payment)},
        # Of the row's own time, so that the same key always comes with the same words.
        "expires_at": int(payment.created_at.timestamp()) + STAY_OPEN,
    }


def _of_intent(intent: dict[str, Any]) -> Charge:
    status = STATES.get(intent["status"], "pending")
    aside = intent.get("amount_capturable") or 0
    charge = intent.get("latest_charge")
    charge = charge if isinstance(charge, dict) else {}
    card = (charge.get("payment_method_details") or {}).get("card") or {}
    wallet = (card.get("wallet") or {}).get("type")
    return Charge(
        status=status,
        ref=intent["id"],
        payment_id=(intent.get("metadata") or {}).get("payment_id", ""),
        currency=intent["currency"].upper(),
        amount=aside if status == "authorized" else intent.get("amount_received") or 0,
        refunded=charge.get("amount_refunded") or 0,
        method=WALLETS.get(wallet or "", Method.CARD),
        why=intent.get("cancellation_reason") or "cancelled" if status == "failed" else "",
        sandbox=not intent.get("livemode", True),
        client_secret=intent.get("client_secret"),
    )


def _of_session(session: dict[str, Any]) -> Charge:
    intent = session.get("payment_intent")
    found = _of_intent(intent) if isinstance(intent, dict) else None
    if found is not None and found.status in ("paid", "authorized"):
        return found
    expired = session["status"] == "expired"
    return Charge(
        status="failed" if expired else "pending",
        ref=session["id"],
        payment_id=(session.get("metadata") or {}).get("payment_id", ""),
        currency=(session.get("currency") or "").upper(),
        why="nobody paid in time, or it was called off" if expired else "",
        sandbox=not session.get("livemode", True),
        checkout_url=session.get("url"),
    )


def _returned(refund: dict[str, Any]) -> Returned:
    status = refund["status"]
    final = {"succeeded": "succeeded", "failed": "failed", "canceled": "failed"}
    return Returned(
        status=final.get(status, "pending"),
        ref=refund["id"],
        why=refund.get("failure_reason") or "",
    )
