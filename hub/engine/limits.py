"""What one client may take of a server, at the door and inside."""

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes are in bytes, times in seconds."""

    # A client that does not read: what it may owe, and for how long (PROTOCOL 4.7).
    backlog_bytes: int = 1 << 20
    backlog_seconds: float = 30.0
    # What it may send: packets of any kind, answered or not.
    packets_per_second: float = 1000.0
    packets_burst: float = 2000.0
    packets_per_post: int = 1000
    attachments: int = 10
    # How long a request may take to come, and how large its head may be.
    header_bytes: int = 16 * 1024
    header_seconds: float = 10.0
    body_seconds: float = 10.0
    upgrade_seconds: float = 10.0
    # How long a goodbye may take to leave.
    close_seconds: float = 2.0
