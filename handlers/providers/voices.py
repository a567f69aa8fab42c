"""What every engine that hears or speaks offers, behind one interface."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

import msgspec

# A recording from its beginning, each time it is asked for: PCM of 16 kHz, 16 bit, one channel.
# It may still be growing.
Recording = Callable[[], AsyncIterator[bytes]]
Tell = Callable[[str], Awaitable[None]]  # is told what was understood so far


class Heard(msgspec.Struct, frozen=True):
    """What was said, and in which language. What is not `sure` is to be looked at by a person.

    `sandbox`: a stand-in of the engine made it up.
    """

    text: str
    language: str
    sure: bool = True
    sandbox: bool = False


class Sound(msgspec.Struct, frozen=True):
    """A WAV file; `sandbox`: of a stand-in, and nobody speaks in it."""

    wav: bytes
    sandbox: bool = False


class Recogniser(Protocol):
    """An engine that hears. A `private` one runs in our own house."""

    @property
    def name(self) -> str: ...

    @property
    def private(self) -> bool: ...

    def hears(self, language: str | None) -> bool:
        """Tell whether it understands a language (None: it is to find out which)."""

    async def recognise(self, recording: Recording, language: str | None, tell: Tell) -> Heard:
        """Return what is said in a recording, once it has ended. Raises a ProviderError."""


class Voice(Protocol):
    """An engine that speaks. A `private` one runs in our own house."""

    @property
    def name(self) -> str: ...

    @property
    def private(self) -> bool: ...

    def says(self, language: str) -> bool:
        """Tell whether it speaks a language."""

    async def say(self, text: str, language: str) -> Sound:
        """Return a text read out. Raises a ProviderError."""
