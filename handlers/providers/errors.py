"""What can be wrong with another company's service, by what is to be done about it."""

from state.domain.errors import Code


class ProviderError(Exception):
    """It was certainly not carried out. `code` is what to tell those who wanted it."""

    code = Code.PROVIDER_UNAVAILABLE


class RefusedError(ProviderError):
    """The request itself is not what they take: the same will be refused again."""

    def __init__(self, message: str, code: Code = Code.PROVIDER_UNAVAILABLE) -> None:
        super().__init__(message)
        self.code = code


class ExhaustedError(ProviderError):
    """The key is not accepted, or its quota is used up: nothing is to be had here for a while."""


class UnavailableError(ProviderError):
    """They are down, or asked to wait: for `after` seconds, where they said so.

    Not to be asked `again` are those who take that amiss.
    """

    def __init__(self, message: str, after: float | None = None, *, again: bool = True) -> None:
        super().__init__(message)
        self.after, self.again = after, again


class AmbiguousError(ProviderError):
    """The line broke after the request was sent: it may have been carried out."""
