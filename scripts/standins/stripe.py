"""Stripe's API as far as payments go: intents, Checkout pages, refunds, signed webhooks."""

import asyncio
from typing import Any
from uuid import uuid4

from aiohttp import web

from scripts.standins.forms import spelled
from scripts.standins.stripe_cards import Cards
from scripts.standins.stripe_notices import Doc
from state.domain.money import exponent

CANCELLABLE = {
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "requires_capture",
    "processing",
}
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sandbox checkout</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head><body><main>
<h1>SANDBOX: no real money</h1><p>{amount:.{decimals}f} {currency}</p>
<form method="post"><button name="card" value="pay">Pay</button>
<button name="card" value="decline">Decline</button></form>
<a href="{back}">Back</a></main></body></html>"""


class Stripe(Cards):
    """What Stripe answers, each request once per key of its caller."""

    name = "stripe"

    def __init__(self, key: str, secret: str) -> None:
        self.key = key
        self.refunds: dict[str, Doc] = {}
        self._keys: dict[str, tuple[Doc, int, Doc]] = {}
        self.root = ""
        self.answers = asyncio.Event()  # cleared, it does what it is asked, and says nothing
        self.answers.set()
        super().__init__(secret)

    def add_routes(self) -> None:
        add = self.app.router.add_route
        for method, path, handler in (
            ("POST", "/v1/payment_intents", self.create_intent),
            ("GET", "/v1/payment_intents/{id}", self.show_intent),
            ("POST", "/v1/payment_intents/{id}/confirm", self.confirm_intent),
            ("POST", "/v1/payment_intents/{id}/capture", self.capture_intent),
            ("POST", "/v1/payment_intents/{id}/cancel", self.cancel_intent),
            ("POST", "/v1/checkout/sessions", self.create_session),
            ("GET", "/v1/checkout/sessions/{id}", self.show_session),
            ("POST", "/v1/checkout/sessions/{id}/expire", self.expire_session),
            ("POST", "/v1/refunds", self.create_refund),
            ("GET", "/v1/refunds", self.list_refunds),
            ("GET", "/v1/refunds/{id}", self.show_refund),
            ("GET", "/v1/disputes/{id}", self.show_dispute),
        ):
            add(method, path, self._api(handler))
        add("GET", "/pay/{id}", self.page)
        add("POST", "/pay/{id}", self.pay)

    def error(self, status: int, message: str, kind: str = "api_error") -> web.Response:
        body = {"error": {"type": kind, "message": message}}
        return web.json_response(body, status=status, headers={"Request-Id": f"req_{uuid4().hex}"})

    def _api(self, handler: Any) -> Any:
        async def serve(request: web.Request) -> web.Response:
            if request.headers.get("Authorization") != f"Bearer {self.key}":
                return self.error(401, "Invalid API Key provided", "invalid_request_error")
            given = spelled(await request.post()) if request.method == "POST" else {}
            key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
            held = self._keys.get(key or "")
            if held is not None and held[0] != given:
                text = "Keys for idempotent requests can only be used with the same parameters"
                return self.error(400, text, "idempotency_error")
            if held is None:
                status, body = handler(request, given)
                if key and status < 500:
                    self._keys[key] = (given, status, body)
            else:
                _, status, body = held
            await self.answers.wait()
            return web.json_response(body, status=status, headers={"Request-Id": "req_standin"})

        return serve

    def forget(self) -> None:
        """Know no key any more, as a day later."""
        self._keys.clear()

    def asked(self) -> int:
        """Return how often something was to be charged, taken or given back."""
        return sum(call.method == "POST" and "/v1/" in call.path for call in self.calls)

    async def has_been_asked(self, times: int) -> None:
        """Wait until it was asked so often."""
        while True:
            if self.asked() >= times:
                return
            await asyncio.sleep(0.05)

    def create_intent(self, _request: web.Request, given: Doc) -> tuple[int, Doc]:
        if int(given.get("amount", 0)) < 1:
            return _wrong("amount", "Invalid positive integer")
        return 200, self.shown(self.new_intent(given), given)

    def show_intent(self, request: web.Request, _given: Doc) -> tuple[int, Doc]:
        found = self.intents.get(request.match_info["id"])
        return (200, self.shown(found, _query(request))) if found else _missing("payment_intent")

    def confirm_intent(self, request: web.Request, given: Doc) -> tuple[int, Doc]:
        found = self.intents[request.match_info["id"]]
        if given.get("payment_method") == "pm_card_chargeDeclined":
            found["last_payment_error"] = {"type": "card_error", "code": "card_declined"}
            error = {"type": "card_error", "code": "card_declined", "message": "declined"}
            return 402, {"error": error}
        self.take(found)
        return 200, self.shown(found, given)

    def capture_intent(self, request: web.Request, given: Doc) -> tuple[int, Doc]:
        found = self.intents[request.match_info["id"]]
        amount = int(given.get("amount_to_capture", found["amount_capturable"]))
        if found["status"] != "requires_capture" or amount > found["amount_capturable"]:
            return _wrong("amount_to_capture", "this PaymentIntent could not be captured")
        found |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
        self.charges[found["latest_charge"]] |= {"amount_captured": amount, "captured": True}
        self.tell_later("payment_intent.succeeded", found)
        return 200, self.shown(found, given)

    def cancel_intent(self, request: web.Request, given: Doc) -> tuple[int, Doc]:
        found = self.intents[request.match_info["id"]]
        if found["status"] not in CANCELLABLE:
            return _wrong(
                "", "You cannot cancel this PaymentIntent", "payment_intent_unexpected_state"
            )
        reason = given.get("cancellation_reason", "requested_by_customer")
        found |= {"status": "canceled", "cancellation_reason": reason, "amount_capturable": 0}
        self.tell_later("payment_intent.canceled", found)
        return 200, self.shown(found, given)

    def create_session(self, _request: web.Request, given: Doc) -> tuple[int, Doc]:
        [item] = given["line_items"]
        price = item["price_data"]
        data = given.get("payment_intent_data", {})
        name = f"cs_test_{uuid4().hex}"
        self.sessions[name] = session = {
            "id": name,
            "object": "checkout.session",
            "livemode": False,
            "status": "open",
            "payment_status": "unpaid",
            "payment_intent": None,
            "amount_total": int(price["unit_amount"]) * int(item.get("quantity", 1)),
            "currency": price["currency"],
            "metadata": given.get("metadata", {}),
            "client_reference_id": given.get("client_reference_id"),
            "success_url": given["success_url"],
            "expires_at": int(given["expires_at"]),
            "url": f"{self.root}/pay/{name}",
            "_intent": {
                "amount": price["unit_amount"],
                "currency": price["currency"],
                "metadata": data.get("metadata", {}),
                "capture_method": data.get("capture_method", "automatic"),
            },
        }
        return 200, self.shown_session(session, given)

    def show_session(self, request: web.Request, _given: Doc) -> tuple[int, Doc]:
        found = self.sessions.get(request.match_info["id"])
        if found is None:
            return _missing("checkout.session")
        return 200, self.shown_session(found, _query(request))

    def expire_session(self, request: web.Request, given: Doc) -> tuple[int, Doc]:
        found = self.sessions[request.match_info["id"]]
        if found["status"] != "open":
            return _wrong("", "Only Checkout Sessions with a status of `open` can be expired.")
        found |= {"status": "expired", "url": None}
        self.tell_later("checkout.session.expired", found)
        return 200, self.shown_session(found, given)

    def create_refund(self, _request: web.Request, given: Doc) -> tuple[int, Doc]:
        intent = self.intents.get(given.get("payment_intent", ""))
        if intent is None or not intent["latest_charge"]:
            return _missing("payment_intent")
        charge = self.charges[intent["latest_charge"]]
        if charge["disputed"]:
            return _wrong("", "This charge has been charged back.", "charge_disputed")
        left = intent["amount_received"] - charge["amount_refunded"]
        amount = int(given.get("amount", left))
        if amount < 1 or amount > left:
            return _wrong("amount", "Refund amount is greater than unrefunded amount on charge")
        charge["amount_refunded"] += amount
        name = f"re_{uuid4().hex}"
        self.refunds[name] = refund = {
            "id": name,
            "object": "refund",
            "amount": amount,
            "currency": intent["currency"],
            "payment_intent": intent["id"],
            "charge": charge["id"],
            "status": "succeeded",
            "metadata": given.get("metadata", {}),
        }
        self.tell_later("charge.refunded", charge)
        return 200, refund

    def show_refund(self, request: web.Request, _given: Doc) -> tuple[int, Doc]:
        found = self.refunds.get(request.match_info["id"])
        return (200, found) if found else _missing("refund")

    def list_refunds(self, request: web.Request, _given: Doc) -> tuple[int, Doc]:
        wanted = request.query["payment_intent"]
        found = [each for each in self.refunds.values() if each["payment_intent"] == wanted]
        return 200, {"object": "list", "url": "/v1/refunds", "has_more": False, "data": found}

    def show_dispute(self, request: web.Request, _given: Doc) -> tuple[int, Doc]:
        found = self.disputes.get(request.match_info["id"])
        return (200, found) if found else _missing("dispute")

    async def page(self, request: web.Request) -> web.Response:
        session = self.sessions[request.match_info["id"]]
        currency = session["currency"].upper()
        decimals = exponent(currency)
        text = PAGE.format(
            amount=session["amount_total"] / 10**decimals,
            decimals=decimals,
            currency=currency,
            back=session["success_url"],
        )
        return web.Response(text=text, content_type="text/html")

    async def pay(self, request: web.Request) -> web.Response:
        given = await request.post()
        name = request.match_info["id"]
        await self.settle(name, str(given.get("card", "pay")))
        raise web.HTTPSeeOther(self.sessions[name]["success_url"])


def _query(request: web.Request) -> Doc:
    return spelled(request.query)


def _wrong(param: str, message: str, code: str = "parameter_invalid") -> tuple[int, Doc]:
    error = {"type": "invalid_request_error", "message": message, "code": code, "param": param}
    return 400, {"error": error}


def _missing(what: str) -> tuple[int, Doc]:
    error = {
        "type": "invalid_request_error",
        "message": f"No such {what}",
        "code": "resource_missing",
    }
    return 404, {"error": error}
