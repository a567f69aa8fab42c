"""Access tokens: JWTs (RFC 7519) that say who asks; what they say of rights is believed."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

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
    RFC 9864 names Ed25519).
    """

    def __init__(self, secret: str) -> None:
        self.secret = secret.encode()
        pem = secret.lstrip().startswith("-----BEGIN")
        self._key: OctKey | OKPKey = OKPKey.import_key(secret) if pem else OctKey.import_key(secret)
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
            return _actor(claims)
        except ExpiredTokenError as exc:
            raise Refusal(Code.TOKEN_EXPIRED, "the token has expired") from exc
        except (JoseError, ValueError, KeyError, TypeError) as exc:
            raise Refusal(Code.UNAUTHORIZED, "the token is not valid") from exc


def _actor(claims: dict[str, Any]) -> Actor:
    restaurants = claims["restaurants"]
    return Actor(
        id=claims["sub"],
        role=Role(claims["role"]),
        tenant=claims["tenant"],
        restaurants=None if restaurants == "*" else frozenset(restaurants),
        session=claims["sid"],
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        tables=_narrowed(claims.get("tables")),
        stations=_narrowed(claims.get("stations")),
        lang=claims.get("lang", "en"),
        name=claims.get("name", ""),
    )


def _narrowed(values: Collection[str] | None) -> frozenset[str] | None:
    return None if values is None else frozenset(values)


ACCESS = timedelta(minutes=15)
GUEST = timedelta(hours=12)  # the table session ends sooner; it is asked at every command
