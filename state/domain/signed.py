"""Tokens that speak of one thing by its id, and that only we can have written."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from uuid import UUID

from state.domain.errors import Code, Refusal, not_found

ID_BYTES = 16
DATE_BYTES = 5
TAG_BYTES = 12  # 96 bits: not to be guessed, and still a small QR code


def token(kind: bytes, thing_id: str, version: int, secret: bytes) -> str:
    """Return a token for a thing; another `version` of it makes those of before void."""
    raw = UUID(thing_id).bytes
    message = kind + raw + version.to_bytes(4, "big")
    return _encode(raw + hmac.digest(secret, message, hashlib.sha256)[:TAG_BYTES])


def id_of(given: str, what: str) -> str:
    """Return the id a token speaks of, not yet verified; raise NOT_FOUND for no token."""
    raw = _decode(given, what)
    if len(raw) != ID_BYTES + TAG_BYTES:
        raise not_found(what)
    return str(UUID(bytes=raw[:ID_BYTES]))


def is_genuine(given: str, genuine: str) -> bool:
    return hmac.compare_digest(given.encode(), genuine.encode())


def passing(kind: bytes, thing_id: str, until: datetime, secret: bytes) -> str:
    """Return a token for a thing that is good until some second, which it says itself."""
    body = UUID(thing_id).bytes + int(until.timestamp()).to_bytes(DATE_BYTES, "big")
    return _encode(body + _tag(kind, body, secret))


def opened(
    kind: bytes, given: str, what: str, secret: bytes, now: datetime
) -> tuple[str, datetime]:
    """Return the id that such a token speaks of, and until when it is good.

    Raises NOT_FOUND for any other text, SESSION_EXPIRED for one that is good no more.
    """
    raw = _decode(given, what)
    body, tag = raw[:-TAG_BYTES], raw[-TAG_BYTES:]
    genuine = len(body) == ID_BYTES + DATE_BYTES and hmac.compare_digest(
        tag, _tag(kind, body, secret)
    )
    if not genuine:
        raise not_found(what)
    until = datetime.fromtimestamp(int.from_bytes(body[ID_BYTES:], "big"), UTC)
    if until < now:
        raise Refusal(Code.SESSION_EXPIRED, f"this link to a {what} has expired")
    return str(UUID(bytes=body[:ID_BYTES])), until


def _tag(kind: bytes, body: bytes, secret: bytes) -> bytes:
    return hmac.digest(secret, kind + body, hashlib.sha256)[:TAG_BYTES]


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(given: str, what: str) -> bytes:
    try:
        return base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True)
    except ValueError as exc:
        raise not_found(what) from exc
