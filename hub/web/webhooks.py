"""Where other companies tell us that something has happened; what it is, we go and read."""

import hashlib

import msgspec
from aiohttp import web

from handlers import charged
from handlers.deps import Deps, system
from handlers.providers import stripe_events
from handlers.providers.stripe_events import Notice
from handlers.unit import carry_out
from hub.web.edge import Route
from hub.web.keys import DEPS, METRICS, SETTINGS
from state.domain.actor import Actor
from state.domain.errors import Code, Refusal, invalid
from state.domain.payment import Payment
from state.store import money

ID_CHARS = 64


class Heard(msgspec.Struct, frozen=True):
    received: bool = True


async def stripe(request: web.Request) -> Heard:
    """Take an event of Stripe's; it must be signed, and not older than five minutes."""
    deps, count = request.app[DEPS], request.app[METRICS].money.webhook
    secret = request.app[SETTINGS].stripe_webhook_secret
    if not secret:
        raise Refusal(Code.NOT_FOUND, "this house takes no cards")
    body = await request.read()
    try:
        signature = request.headers.get("Stripe-Signature", "")
        notice = stripe_events.read(body, signature, secret, deps.now())
    except stripe_events.ForgedError as exc:
        count(exc.kind)
        raise invalid("Stripe-Signature", str(exc)) from exc
    except ValueError as exc:
        count("unreadable")
        raise invalid("", str(exc)) from exc
    held = await _meant(notice, deps)
    count("not ours" if held is None else "taken")
    if held is not None:
        cmd = charged.Look(
            payment_id=held.id,
            ref=notice.ref,
            dispute=notice.dispute,
            command_id=_name(notice.id),
        )
        await carry_out(charged.look, cmd, _stripe(held.tenant_id), deps)
    return Heard()


async def _meant(notice: Notice, deps: Deps) -> Payment | None:
    """Return our payment that an event is about: it names it, or what Stripe calls it."""
    async with deps.pool.acquire() as conn:
        if notice.dispute:
            return await money.payment_at(conn, notice.ref) if notice.ref else None
        return await money.payment(conn, notice.about) if _is_id(notice.about) else None


def _stripe(tenant_id: str) -> Actor:
    """Return who sends events: the same one for all, so that each is heard once."""
    return msgspec.structs.replace(system(tenant_id), id="stripe")


def _name(event_id: str) -> str:
    """Return an event's id as a command id."""
    if len(event_id) <= ID_CHARS:
        return event_id
    return hashlib.sha256(event_id.encode()).hexdigest()


def _is_id(text: str) -> bool:
    return len(text) == 36 and text.replace("-", "").isalnum()


ROUTES = [Route("POST", "/webhooks/stripe", stripe, body="application/json", answer=Heard)]
