"""Stripe's own SDK as a second opinion: on our stand-in, and on the signatures that we check."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
import stripe as sdk
from stripe import SignatureVerificationError, Webhook

from handlers.providers import stripe_events
from handlers.providers.stripe_events import ForgedError
from scripts.standins.base import serving
from scripts.standins.stripe import Stripe

KEY, SECRET = "sk_test_second", "whsec_test_secret"
BODY = (
    b'{"id":"evt_test_1","object":"event","type":"payment_intent.succeeded",'
    b'"data":{"object":{"id":"pi_1","object":"payment_intent","metadata":{"payment_id":"p1"}}}}'
)


def header(body: bytes, at: int, secret: str = SECRET) -> str:
    return f"t={at},v1={stripe_events.sign(body, str(at), secret).decode()}"


def test_a_signature_is_what_stripe_says_it_is() -> None:
    body = b'{"id":"evt_test_1","object":"event","type":"payment_intent.succeeded"}'
    known = "871acfe933554b446cc41d791076dd56a10c0553cc61aafbeb881d0082b45043"
    assert stripe_events.sign(body, "1700000000", SECRET).decode() == known


@pytest.mark.parametrize("late", [0, 240, 301, 86_400])
@pytest.mark.parametrize("secret", [SECRET, "whsec_another"])
def test_we_believe_what_the_sdk_believes(late: int, secret: str) -> None:
    now = int(time.time())
    given = header(BODY, now - late, secret)
    try:
        Webhook.construct_event(BODY, given, SECRET, api_key=KEY)  # type: ignore[no-untyped-call]
        believed = True
    except SignatureVerificationError:
        believed = False
    try:
        notice = stripe_events.read(BODY, given, SECRET, datetime.now(UTC))
        assert (notice.about, notice.ref) == ("p1", "pi_1")
        ours = True
    except ForgedError:
        ours = False
    assert ours is believed is (late <= 300 and secret == SECRET)


@pytest.mark.parametrize(
    "given",
    ["", "t=,v1=", "v1=abc", "t=1700000000", "t=1,t=2,v1=abc", "t=x,v1=abc", "nonsense"],
)
def test_a_header_that_makes_no_sense_is_forged(given: str) -> None:
    with pytest.raises(ForgedError):
        stripe_events.read(BODY, given, SECRET, datetime.now(UTC))


def test_one_good_signature_of_several_is_enough_and_other_bytes_are_not() -> None:
    now = int(time.time())
    good = header(BODY, now)
    rolled = good.replace("v1=", "v1=00,v0=11,v1=")
    assert stripe_events.read(BODY, rolled, SECRET, datetime.now(UTC)).id == "evt_test_1"
    spaced = json.dumps(json.loads(BODY)).encode()
    with pytest.raises(ForgedError):
        stripe_events.read(spaced, good, SECRET, datetime.now(UTC))
    with pytest.raises(ValueError, match="not an event"):
        stripe_events.read(b"[]", header(b"[]", now), SECRET, datetime.now(UTC))


async def test_the_sdk_finds_our_stand_in_to_be_stripe() -> None:
    standin = Stripe(KEY, SECRET)
    async with serving([standin]) as urls, aiohttp.ClientSession() as http:
        client = sdk.StripeClient(
            KEY,
            base_addresses={"api": urls["stripe"]},
            http_client=sdk.AIOHTTPClient(session=http),
        )
        intents = client.v1.payment_intents
        asked = {"amount": 2000, "currency": "eur", "capture_method": "manual"}
        key = {"idempotency_key": "once"}
        made = await intents.create_async(asked, key)  # type: ignore[arg-type]
        same = await intents.create_async(asked, key)  # type: ignore[arg-type]
        assert (made.id, made.status) == (same.id, "requires_payment_method")
        with pytest.raises(sdk.IdempotencyError):
            await intents.create_async({**asked, "amount": 1}, key)  # type: ignore[arg-type]
        with pytest.raises(sdk.CardError) as declined:
            await intents.confirm_async(made.id, {"payment_method": "pm_card_chargeDeclined"})
        assert declined.value.code == "card_declined"
        aside = await intents.confirm_async(made.id, {"payment_method": "pm_card_visa"})
        assert (aside.status, aside.amount_capturable) == ("requires_capture", 2000)
        taken = await intents.capture_async(made.id, {"amount_to_capture": 1500})
        assert (taken.status, taken.amount_received) == ("succeeded", 1500)
        with pytest.raises(sdk.InvalidRequestError):
            await intents.cancel_async(made.id)
        part = await client.v1.refunds.create_async({"payment_intent": made.id, "amount": 500})
        assert (part.status, part.amount) == ("succeeded", 500)
        with pytest.raises(sdk.InvalidRequestError):
            await client.v1.refunds.create_async({"payment_intent": made.id, "amount": 1001})
        other = sdk.StripeClient(
            "sk_wrong",
            base_addresses={"api": urls["stripe"]},
            http_client=sdk.AIOHTTPClient(session=http),
        )
        with pytest.raises(sdk.AuthenticationError):
            await other.v1.payment_intents.retrieve_async(made.id)
    assert sum(standin.taken().values()) == 1000


def test_nodes_do_without_the_sdk(project: Path) -> None:
    """It takes most of a second to import, and only workers talk to Stripe."""
    provider = (project / "handlers/providers/stripe.py").read_text()
    assert "\nimport stripe" not in provider
    assert "\nfrom stripe" not in provider
