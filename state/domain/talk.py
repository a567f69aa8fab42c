"""A conversation at a table: what is said there, in the language of each who reads it."""

from datetime import datetime

import msgspec

from state.domain.actor import Actor
from state.domain.menu import Texts
from state.domain.translation import Translation


class Speaker(msgspec.Struct, frozen=True):
    id: str
    role: str
    name: str


class Listening(msgspec.Struct, frozen=True, rename="camel"):
    """Who listens in a table's conversation now, and is there to answer."""

    session_id: str
    listeners: list[Speaker]


class Message(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Something said; `texts` has it in the languages of those who listen, once `pending` is over.

    What speaks of allergens is in nobody's `texts`: they read the original, and are warned.
    """

    id: str
    session_id: str
    speaker: Speaker
    language: str
    text: str
    texts: Texts = {}
    engine: str = ""
    sandbox: bool = False
    pending: bool = False
    allergy: bool = False
    allergens: tuple[str, ...] = ()
    at: datetime


def speaker(who: Actor) -> Speaker:
    return Speaker(who.id, who.role, who.name)


def say(
    message_id: str, session_id: str, who: Speaker, language: str, said: Translation, at: datetime
) -> Message:
    """Return a message that no machine has touched yet, or that none may touch."""
    return Message(
        id=message_id,
        session_id=session_id,
        speaker=who,
        language=language,
        text=said.original,
        pending=not (said.allergy or said.allergens),
        allergy=said.allergy,
        allergens=said.allergens,
        at=at,
    )
