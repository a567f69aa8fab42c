"""What was understood of somebody who still speaks, told to them: beside the log, and not kept."""

import msgspec

from hub import audience
from hub.engine import Members
from state.domain.voice import Saying
from state.live.recordings import Partial

PARTIAL = "translate:partial"


class Partials:
    """Passes on what workers tell all nodes, to the one who speaks if they are here."""

    def __init__(self, members: Members) -> None:
        self._members = members

    def hear(self, told: bytes) -> None:
        partial = msgspec.json.decode(told, type=Partial)
        rooms = frozenset({audience.person(partial.restaurant_id, partial.owner)})
        saying = Saying(voice_id=partial.voice_id, text=partial.text)
        self._members.broadcast(rooms, b"2" + msgspec.json.encode([PARTIAL, saying]))
