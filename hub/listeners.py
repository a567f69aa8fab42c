"""Who listens in a conversation, told to those who do: beside the log, and not kept."""

import msgspec

from hub import audience
from hub.engine import Members
from state.domain.talk import Listening

LISTENERS = "translate:listeners"


class Listeners:
    """Passes on what a node has told all nodes, to those in the conversation who are here."""

    def __init__(self, members: Members) -> None:
        self._members = members

    def hear(self, told: bytes) -> None:
        now = msgspec.json.decode(told, type=Listening)
        rooms = frozenset({audience.talk(now.session_id)})
        self._members.broadcast(rooms, b"2" + msgspec.json.encode([LISTENERS, now]))
