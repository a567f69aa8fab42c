"""Receipts that anybody can check without us: a JWS (RFC 7515), signed with Ed25519 (RFC 9864).

The key is made of the hub's secret, so all nodes have it and none has to be kept. Its public half
is published; a receipt names it, and stays good for whoever has kept that.
"""

import base64
from functools import lru_cache
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from handlers.deps import Deps
from state.domain.errors import invalid
from state.domain.proof import Bought

ALGORITHM = "Ed25519"
INFO = b"receipts"
TYPE = "onemoment-receipt"  # no access token can pass for one


class Claims(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What a receipt says: who sold what, for how much (in minor units), and when it was paid.

    `refunded` is how much of the amount had gone back when it was signed. `index` is the purchase's
    place in a collection of TON. `sandbox`: it was no real money.
    """

    iss: str
    sub: str
    iat: int
    seller: str
    item: str
    amount: int
    currency: str
    index: str
    sandbox: bool
    refunded: int = 0


def sign(bought: Bought, deps: Deps) -> str:
    """Return a purchase's receipt; it is the same until some of the money goes back."""
    claims = Claims(
        iss=deps.public_url,
        sub=f"{bought.purpose}:{bought.reference}",
        iat=int(bought.at.timestamp()),
        seller=bought.seller,
        item=bought.item,
        amount=bought.amount,
        currency=bought.currency,
        index=bought.index,
        sandbox=bought.sandbox,
        refunded=bought.refunded,
    )
    key = _key(deps.tokens.secret)
    header = {"alg": ALGORITHM, "typ": TYPE, "kid": key.thumbprint()}
    return jws.serialize_compact(header, msgspec.json.encode(claims), key, [ALGORITHM])


def read(receipt: str, deps: Deps) -> Claims:
    """Return what a receipt of ours says; raise INVALID for any other."""
    try:
        known = jws.deserialize_compact(receipt, _key(deps.tokens.secret), [ALGORITHM])
        if known.headers().get("typ") != TYPE:
            raise invalid("receipt", "is no receipt")
        return msgspec.json.decode(known.payload, type=Claims)
    except (JoseError, msgspec.MsgspecError, ValueError) as exc:
        raise invalid("receipt", "was not signed here, or was changed since") from exc


def public_key(deps: Deps) -> dict[str, Any]:
    """Return the public half of the key that signs receipts, as a JWK (RFC 7517)."""
    key = _key(deps.tokens.secret)
    kept = {"alg": ALGORITHM, "use": "sig", "kid": key.thumbprint()}
    return dict(key.as_dict(private=False)) | kept


@lru_cache
def _key(secret: bytes) -> OKPKey:
    seed = HKDF(SHA256(), 32, salt=None, info=INFO).derive(secret)
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    x = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    key: dict[str, str | list[str]] = {"kty": "OKP", "crv": "Ed25519"}
    key |= {"d": _text(seed), "x": _text(x)}
    return OKPKey.import_key(key)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
