"""What is said to a request that opens or finds no session; the codes are the reference
implementation's, so that official clients know them.
"""

from http import HTTPStatus

import msgspec

UNKNOWN_TRANSPORT = (0, "Transport unknown")
UNKNOWN_SID = (1, "Session ID unknown")
BAD_METHOD = (2, "Bad handshake method")
BAD_REQUEST = (3, "Bad request")
FORBIDDEN = (4, "Forbidden", HTTPStatus.FORBIDDEN)
UNSUPPORTED = (5, "Unsupported protocol version")
NO_LENGTH = (3, "Length required", HTTPStatus.LENGTH_REQUIRED)
TOO_LARGE = (3, "Payload too large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
ENCODED = (3, "Send the body as it is", HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
OTHER_VERSION = (3, "Upgrade required", HTTPStatus.UPGRADE_REQUIRED)
LEAVING = (3, "Node leaving", HTTPStatus.SERVICE_UNAVAILABLE)
TOO_LATE = (3, "The body did not come", HTTPStatus.REQUEST_TIMEOUT)


class Refused(Exception):
    """A request is not served; `reason` is for counting, `body` for the client."""

    def __init__(self, code: int, text: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(text)
        self.reason, self.status = text.lower(), status
        self.body = msgspec.json.encode({"code": code, "message": text})
