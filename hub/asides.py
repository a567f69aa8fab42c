"""What is told beside the log, and not kept: a node or a worker has told all nodes, and each tells
those of its clients whom it concerns.
"""

from typing import Any

import msgspec

from hub import audience
from hub.engine import Members
from state.domain.talk import Listening
from state.domain.voice import Saying
from state.live.recordings import Partial

PARTIAL, LISTENERS = "translate:partial", "translate:listeners"


class Asides:
    """Passes them on to those who are here."""

    def __init__(self, members: Members) -> None:
        self._members = members

    def partial(self, told: bytes) -> None:
        """Tell one who still speaks what was understood so far."""
        partial = msgspec.json.decode(told, type=Partial)
        saying = Saying(voice_id=partial.voice_id, text=partial.text)
        self._tell(audience.person(partial.restaurant_id, partial.owner), PARTIAL, saying)

    def listening(self, told: bytes) -> None:
        """Tell those in a conversation who listens there now."""
        now = msgspec.json.decode(told, type=Listening)
        self._tell(audience.talk(now.session_id), LISTENERS, now)

    def _tell(self, room: str, name: str, data: Any) -> None:
        self._members.broadcast(frozenset({room}), b"2" + msgspec.json.encode([name, data]))
