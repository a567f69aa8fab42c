"""The cards behind Stripe's API: what is taken of them, given back, and taken back by banks.

It keeps books of its own: `taken` says what was really taken of whom, for a referee to compare.
"""

import time
from uuid import uuid4

from scripts.standins.stripe_notices import Doc, Notices, public


class Cards(Notices):
    """What payers and their banks do. `wallet` is what the next card rides on."""

    def __init__(self, secret: str) -> None:
        self.wallet: str | None = None
        self.intents: dict[str, Doc] = {}
        self.sessions: dict[str, Doc] = {}
        self.charges: dict[str, Doc] = {}
        self.disputes: dict[str, Doc] = {}
        super().__init__(secret)

    def taken(self) -> dict[str, int]:
        """Return what was taken and not given back, by our payment's id."""
        found: dict[str, int] = {}
        for intent in self.intents.values():
            name = intent["metadata"].get("payment_id", intent["id"])
            charge = self.charges.get(intent["latest_charge"] or "", {})
            amount = intent["amount_received"] - charge.get("amount_refunded", 0)
            found[name] = found.get(name, 0) + amount
        return found

    async def settle(self, session_id: str, card: str = "pay") -> None:
        """Do what a payer does on a Checkout page."""
        session = self.sessions[session_id]
        if session["status"] != "open" or card == "decline":
            return
        intent = self.new_intent(session["_intent"])
        session |= {"payment_intent": intent["id"], "status": "complete"}
        self.take(intent)
        if intent["status"] == "succeeded":
            session["payment_status"] = "paid"
        await self.notify("checkout.session.completed", session)

    async def confirm(self, intent_id: str) -> None:
        """Do what a payer does in an app."""
        self.take(self.intents[intent_id])

    async def dispute(self, intent_id: str, amount: int, status: str = "needs_response") -> str:
        """Do what a payer's bank does; return the name of the dispute."""
        intent, name = self.intents[intent_id], f"du_{uuid4().hex}"
        charge = self.charges[intent["latest_charge"]]
        now = int(time.time())
        self.disputes[name] = found = {
            "id": name,
            "object": "dispute",
            "livemode": False,
            "amount": amount,
            "currency": intent["currency"],
            "charge": charge["id"],
            "payment_intent": intent_id,
            "reason": "fraudulent",
            "status": status,
            "created": now,
            "evidence_details": {"due_by": now + 9 * 24 * 3600, "has_evidence": False},
            "is_charge_refundable": status.startswith("warning_"),
            "metadata": {},
        }
        charge["disputed"] = not found["is_charge_refundable"]
        await self.notify("charge.dispute.created", found)
        return name

    async def end_dispute(self, name: str, status: str) -> None:
        """Let a bank decide: won, lost, or warning_closed."""
        self.disputes[name]["status"] = status
        await self.notify("charge.dispute.closed", self.disputes[name])

    def new_intent(self, given: Doc) -> Doc:
        """Keep what somebody is to pay, as it was asked for."""
        name = f"pi_{uuid4().hex}"
        self.intents[name] = intent = {
            "id": name,
            "object": "payment_intent",
            "livemode": False,
            "amount": int(given["amount"]),
            "amount_received": 0,
            "amount_capturable": 0,
            "currency": given["currency"],
            "capture_method": given.get("capture_method", "automatic"),
            "client_secret": f"{name}_secret_{uuid4().hex[:12]}",
            "latest_charge": None,
            "metadata": given.get("metadata", {}),
            "cancellation_reason": None,
            "last_payment_error": None,
            "status": "requires_payment_method",
        }
        return intent

    def take(self, intent: Doc) -> None:
        """Charge the card, or set the money aside where the intent says so."""
        if intent["status"] not in ("requires_payment_method", "requires_confirmation"):
            return
        manual = intent["capture_method"] == "manual"
        name = f"ch_{uuid4().hex}"
        wallet = {"type": self.wallet} if self.wallet else None
        self.charges[name] = {
            "id": name,
            "object": "charge",
            "amount": intent["amount"],
            "amount_captured": 0 if manual else intent["amount"],
            "amount_refunded": 0,
            "captured": not manual,
            "disputed": False,
            "currency": intent["currency"],
            "payment_intent": intent["id"],
            "metadata": intent["metadata"],
            "payment_method_details": {"type": "card", "card": {"wallet": wallet}},
        }
        intent["latest_charge"] = name
        if manual:
            intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
            self.tell_later("payment_intent.amount_capturable_updated", intent)
        else:
            intent |= {"status": "succeeded", "amount_received": intent["amount"]}
            self.tell_later("payment_intent.succeeded", intent)

    def shown(self, intent: Doc, given: Doc) -> Doc:
        """Return an intent as answers have it, with its charge where that was asked for."""
        wide = "latest_charge" in given.get("expand", [])
        charge = self.charges.get(intent["latest_charge"] or "")
        return {**intent, "latest_charge": charge if wide and charge else intent["latest_charge"]}

    def shown_session(self, session: Doc, given: Doc) -> Doc:
        """Return a Checkout session as answers have it, with its intent where asked for."""
        wide = given.get("expand", [])
        found = self.intents.get(session["payment_intent"] or "")
        shown = public(session)
        if found is not None and "payment_intent" in wide:
            more = {"expand": ["latest_charge"]} if "payment_intent.latest_charge" in wide else {}
            shown["payment_intent"] = self.shown(found, more)
        return shown
