"""Access tokens: JWTs (RFC 7519) that say who asks; what they say of rights is believed."""

from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import OctKey, OKPKey
from joserfc.jwt import JWTClaimsRegistry

from state.domain.actor import Actor, Role
from state.domain.errors import Code, Refusal

NAME = "onemoment-hub"  # issuer and audience: the hub talks to itself


class Tokens:
    """Issues and reads the hub's own tokens.

    The secret is either a passphrase (HS256) or an Ed25519 private key in PEM (EdDSA, which
    RFC 9864 names Ed25519). `lasting` is what signs all that outlives a login (codes on tables,
    links, PINs), where that is another: then changing the one leaves what is printed good.
    """

    def __init__(self, secret: str, lasting: str = "") -> None:
        self.secret = (lasting or secret).encode()
        pem = secret.lstrip().startswith("-----BEGIN")
        self._key = _private_key(secret) if pem else OctKey.import_key(secret)
        self._algorithm = "Ed25519" if pem else "HS256"
        self._rules = JWTClaimsRegistry(
            iss={"essential": True, "value": NAME},
            aud={"essential": True, "value": NAME},
            exp={"essential": True},
            sub={"essential": True},
        )

    def issue(self, actor: Actor) -> str:
        claims = {
            "iss": NAME,
            "aud": NAME,
            "sub": actor.id,
            "role": actor.role,
            "tenant": actor.tenant,
            "restaurants": "*" if actor.restaurants is None else sorted(actor.restaurants),
            "sid": actor.session,
            "lang": actor.lang,
            "name": actor.name,
            "exp": int(actor.expires_at.timestamp()),
        }
        for name in ("tables", "stations"):
            narrowed = getattr(actor, name)
            if narrowed is not None:
                claims[name] = sorted(narrowed)
        return jwt.encode({"alg": self._algorithm}, claims, self._key, [self._algorithm])

    def read(self, token: str) -> Actor:
        """Return who a token speaks for; raise TOKEN_EXPIRED or UNAUTHORIZED."""
        try:
            claims = jwt.decode(token, self._key, [self._algorithm]).claims
            self._rules.validate(claims)
            return _actor(msgspec.convert(claims, Claims))
        except ExpiredTokenError as exc:
            raise Refusal(Code.TOKEN_EXPIRED, "the token has expired") from exc
        except (JoseError, ValueError, TypeError, OverflowError, OSError) as exc:
            raise Refusal(Code.UNAUTHORIZED, "the token is not valid") from exc


def _private_key(pem: str) -> OctKey | OKPKey:
    """Return the key; raise ValueError for any other than an Ed25519 private key."""
    try:
        key = OKPKey.import_key(pem)
    except (JoseError, ValueError, TypeError) as exc:
        raise ValueError("is no Ed25519 private key in PEM") from exc
    if not key.is_private or key.curve_name != "Ed25519":
        raise ValueError("is no Ed25519 private key in PEM")
    return key


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What the hub reads in a token."""

    sub: str
    role: Role
    tenant: str
    restaurants: Literal["*"] | frozenset[str]
    sid: str
    exp: int
    tables: frozenset[str] | None = None
    stations: frozenset[str] | None = None
    lang: str = "en"
    name: str = ""


def _actor(claims: Claims) -> Actor:
    return Actor(
        id=claims.sub,
        role=claims.role,
        tenant=claims.tenant,
        restaurants=None if claims.restaurants == "*" else claims.restaurants,
        session=claims.sid,
        expires_at=datetime.fromtimestamp(claims.exp, UTC),  # OSError, where no clock goes so far
        tables=claims.tables,
        stations=claims.stations,
        lang=claims.lang,
        name=claims.name,
    )


ACCESS = timedelta(minutes=15)
GUEST = timedelta(hours=12)  # the table session ends sooner; it is asked at every command
