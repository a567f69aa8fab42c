"""What we decline, and why: one class, one stable code each (PROTOCOL 6)."""

from enum import StrEnum
from typing import Any


class Code(StrEnum):
    """The codes clients may rely on."""

    UNAUTHORIZED = "UNAUTHORIZED"
    TOKEN_EXPIRED = "TOKEN_EXPIRED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    INVALID = "INVALID"
    ILLEGAL_TRANSITION = "ILLEGAL_TRANSITION"
    STALE_VERSION = "STALE_VERSION"
    ITEM_UNAVAILABLE = "ITEM_UNAVAILABLE"
    PROVIDER_UNAVAILABLE = "PROVIDER_UNAVAILABLE"
    PRICE_CHANGED = "PRICE_CHANGED"
    PAYMENT_FAILED = "PAYMENT_FAILED"
    SESSION_EXPIRED = "SESSION_EXPIRED"
    SESSION_CLOSED = "SESSION_CLOSED"
    RATE_LIMITED = "RATE_LIMITED"
    TOO_LARGE = "TOO_LARGE"
    UNAVAILABLE = "UNAVAILABLE"
    CONFLICT = "CONFLICT"
    INTERNAL = "INTERNAL"


# Refusals that say nothing of the command itself: sent again, it may well be carried out.
PASSING = {
    Code.RATE_LIMITED,
    Code.UNAVAILABLE,
    Code.INTERNAL,
    Code.UNAUTHORIZED,
    Code.TOKEN_EXPIRED,
}


class Refusal(Exception):
    """An understood request that is declined."""

    def __init__(self, code: Code, message: str, details: Any = None, **more: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
        self.more = more

    def body(self) -> dict[str, Any]:
        """Return the `error` object that clients see."""
        error = {"code": self.code, "message": self.message, **self.more}
        if self.details is not None:
            error["details"] = self.details
        return error


def not_found(what: str, path: str = "") -> Refusal:
    """Unknown, or another tenant's: the two must look alike. `path` names the field, if any."""
    details = [{"path": path, "message": f"no such {what}"}] if path else None
    return Refusal(Code.NOT_FOUND, f"no such {what}", details)


def forbidden(message: str) -> Refusal:
    return Refusal(Code.FORBIDDEN, message)


def invalid(path: str, message: str) -> Refusal:
    """A payload with a wrong value; `path` names the field as the client wrote it."""
    details = [{"path": path, "message": message}]
    return Refusal(Code.INVALID, f"{path}: {message}" if path else message, details)


def illegal(message: str) -> Refusal:
    return Refusal(Code.ILLEGAL_TRANSITION, message)
