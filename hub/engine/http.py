"""The head of an HTTP request, and short answers to it. No I/O."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl

import msgspec

END = b"\r\n\r\n"
PLAIN = ("CONTENT_TYPE", "CONTENT_LENGTH")  # WSGI names these two without HTTP_ (PEP 3333)


class Head(msgspec.Struct, frozen=True):
    """Header names are in small letters. `raw` ends with the blank line."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes

    def header(self, name: str) -> str:
        return self.headers.get(name, "")

    @property
    def wants_websocket(self) -> bool:
        """Whether it asks for a WebSocket (RFC 6455, 4.2.1)."""
        tokens = self.header("connection").lower().split(",")
        return self.header("upgrade").lower() == "websocket" and any(
            token.strip() == "upgrade" for token in tokens
        )


def parse(raw: bytes) -> Head | None:
    """Return a request's head, None when it is none."""
    first, *lines = raw.removesuffix(END).decode("latin-1").split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or not parts[0].isalpha() or not parts[2].startswith("HTTP/1."):
        return None
    path, _, query = parts[1].partition("?")
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            return None
        headers[name.lower()] = value.strip()
    return Head(parts[0], path, _fields(query), headers, raw)


def _fields(query: str) -> dict[str, str]:
    if "%" in query or "+" in query:
        return dict(parse_qsl(query, max_num_fields=100))
    return dict(part.partition("=")[::2] for part in query.split("&", 100))


def response(status: HTTPStatus, body: bytes = b"", *headers: str) -> bytes:
    """Return a whole response, after which the connection ends."""
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *(["Content-Type: application/json"] if body else []),
        *headers,
    ]
    return "\r\n".join(lines).encode() + END + body


class Environ(Mapping[str, str]):
    """A request as python-socketio hands it to connect handlers, read when it is looked at.

    A dictionary for each connection would cost more than the connection.
    """

    __slots__ = ("_raw",)

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def __getitem__(self, name: str) -> str:
        return self._read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def _read(self) -> dict[str, str]:
        head = parse(self._raw)
        if head is None:
            return {}
        target = self._raw.split(b" ", 2)[1].decode("latin-1")
        found = {
            "REQUEST_METHOD": head.method,
            "PATH_INFO": head.path,
            "QUERY_STRING": target.partition("?")[2],
            "wsgi.url_scheme": head.header("x-forwarded-proto") or "http",
        }
        for name, value in head.headers.items():
            key = name.upper().replace("-", "_")
            found[key if key in PLAIN else f"HTTP_{key}"] = value
        return found
