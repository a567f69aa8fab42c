"""The transport: Socket.IO 5 over Engine.IO 4, with python-socketio in front."""

from hub.engine.bucket import Bucket
from hub.engine.limits import Limits
from hub.engine.manager import Manager
from hub.engine.members import Member, Members
from hub.engine.server import Server, create_server, serve

__all__ = ["Bucket", "Limits", "Manager", "Member", "Members", "Server", "create_server", "serve"]
