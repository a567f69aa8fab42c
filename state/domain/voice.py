"""What comes of something said: its words, their translation, or the dishes that it names."""

import msgspec

from state.domain.proposal import Proposal
from state.domain.translation import Translation


class Taken(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """A part of a recording was taken, `parts` in all; the job that listens to it, by its first."""

    voice_id: str
    parts: int
    job_id: str | None = None


class Saying(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What was understood of a recording so far, while its owner still speaks."""

    voice_id: str
    text: str


class Speech(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A text read out: a WAV file at `url`, for its owner, for two minutes.

    `sandbox`: of a stand-in, and nobody speaks in it.
    """

    url: str
    language: str
    engine: str
    sandbox: bool = False


class ReadOut(Translation, frozen=True, rename="camel", kw_only=True):
    """A translation, and it read out where somebody reads that language."""

    speech: Speech | None = None


class Understood(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What somebody said. `text` is empty where nobody spoke; what is not `sure` may be wrong.

    `translation` and `speech` are there where they were asked for and can be had; a `proposal` is
    what the text seems to order: nothing of it is in the cart until its guest has looked at it.
    `said` tells that it went into the conversation: what is not sure does not. `sandbox`: it was
    made up by a stand-in.
    """

    text: str
    language: str
    sure: bool
    engine: str
    sandbox: bool = False
    said: bool = False
    translation: Translation | None = None
    speech: Speech | None = None
    proposal: Proposal | None = None
