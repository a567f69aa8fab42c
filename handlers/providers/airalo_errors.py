"""What Airalo's errors mean."""

import msgspec

from handlers.providers.airalo_wire import Failure
from handlers.providers.api import Reply
from handlers.providers.errors import (
    AmbiguousError,
    ExhaustedError,
    ProviderError,
    RefusedError,
)
from state.domain.errors import Code

NO_CREDIT, UNEXPECTED = 11, 53
MEANINGS = {
    NO_CREDIT: (Code.PROVIDER_UNAVAILABLE, "the account has no credit"),
    13: (Code.PROVIDER_UNAVAILABLE, "the operator is under maintenance"),
    14: (Code.PROVIDER_UNAVAILABLE, "the signature is wrong"),
    23: (Code.ITEM_UNAVAILABLE, "this eSIM cannot be topped up"),
    33: (Code.ITEM_UNAVAILABLE, "there are not enough of these"),
    34: (Code.ITEM_UNAVAILABLE, "this package is not to be had"),
    43: (Code.PROVIDER_UNAVAILABLE, "the request is not what they take"),
    73: (Code.ITEM_UNAVAILABLE, "this eSIM is no longer in use"),
}


class TokenError(RefusedError):
    """The token is not valid any more."""


def meaning(reply: Reply) -> ProviderError | None:
    if reply.status == 401:
        return TokenError("airalo wants another token")
    if reply.status == 404:
        return RefusedError("airalo knows no such thing", Code.NOT_FOUND)
    if reply.status != 422:
        return None
    failure = _failure(reply)
    if failure.code == UNEXPECTED:
        return AmbiguousError("airalo met with something unexpected")
    if failure.code in MEANINGS:
        code, text = MEANINGS[failure.code]
        return RefusedError(text, code)
    if isinstance(failure.data, dict) and "package_id" in failure.data:
        return RefusedError("this package is not to be had", Code.ITEM_UNAVAILABLE)
    return RefusedError("airalo does not take this")


def meaning_of_token(reply: Reply) -> ProviderError | None:
    """Whatever is wrong with it, it is our key that is."""
    if reply.status == 422:
        return ExhaustedError("airalo does not accept our key (422)")
    return None


def _failure(reply: Reply) -> Failure:
    try:
        return msgspec.json.decode(reply.body, type=Failure)
    except msgspec.MsgspecError:
        return Failure()
