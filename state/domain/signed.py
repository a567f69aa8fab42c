"""Tokens that speak of one thing by its id, and that only we can have written."""

import base64
import hashlib
import hmac
from uuid import UUID

from state.domain.errors import not_found

ID_BYTES = 16
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


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(given: str, what: str) -> bytes:
    try:
        return base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True)
    except ValueError as exc:
        raise not_found(what) from exc
