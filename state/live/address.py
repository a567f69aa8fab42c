"""What REDIS_URL may say: one Redis, one that Sentinels look after, or a Cluster.

redis://[user:password@]host[:port][/database]
redis+sentinel://[user:password@]host[:port],host[:port].../master[/database]
redis+cluster://[user:password@]host[:port],host[:port]...

With TLS they begin with rediss; valkey and valkeys say the same. `?` begins options (OPTIONS).
"""

import re
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

SCHEME = re.compile(r"(?:redis|valkey)(s?)(?:\+(sentinel|cluster))?")
SERVER = re.compile(r"(?:\[([\da-fA-F:.]+)\]|([\w.-]+))(?::(\d{1,5}))?")
PORT, SENTINEL_PORT, LAST_PORT = 6379, 26379, 65535
FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
OPTIONS = (*FILES, "ssl_check_hostname", "ssl_cert_reqs", "sentinel_username", "sentinel_password")
KNOWN = "redis://, rediss://, redis+sentinel:// and redis+cluster://"


class Kind(StrEnum):
    ONE = "one"
    SENTINEL = "sentinel"
    CLUSTER = "cluster"


class Place(NamedTuple):
    """Where a server is reached."""

    host: str
    port: int


class Address(NamedTuple):
    """A URL taken apart. `options` and `sentinel_options` are what connections are made with."""

    kind: Kind
    places: tuple[Place, ...]
    master: str
    options: dict[str, Any]
    sentinel_options: dict[str, Any]


def read(url: str) -> Address:
    """Take a URL apart; raise ValueError saying what is wrong, without the password in it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("cannot be read as a URL") from None
    scheme = SCHEME.fullmatch(parts.scheme)
    if scheme is None:
        raise ValueError(f"must begin with one of {KNOWN}")
    kind = Kind(scheme[2] or "one")
    login, _, servers = parts.netloc.rpartition("@")
    port = SENTINEL_PORT if kind is Kind.SENTINEL else PORT
    places = tuple(_place(server, port) for server in servers.split(","))
    tls, sentinel = _options(parts, kind, encrypted=bool(scheme[1]))
    master, database = _path(parts, kind)
    if kind is Kind.ONE and len(places) > 1:
        raise ValueError("names several servers: say redis+sentinel:// or redis+cluster://")
    return Address(kind, places, master, {**tls, **_login(login), **database}, {**tls, **sentinel})


def _place(server: str, port: int) -> Place:
    found = SERVER.fullmatch(server)
    if found is None or int(found[3] or 0) > LAST_PORT:
        raise ValueError(
            "must name each server as host or host:port; in a password, write what is"
            " neither letter nor digit as %xx"
        )
    return Place(found[1] or found[2], int(found[3] or port))


def _login(login: str) -> dict[str, Any]:
    name, _, password = login.partition(":")
    known = {"username": unquote(name), "password": unquote(password)}
    return {part: said for part, said in known.items() if said}


def _path(parts: SplitResult, kind: Kind) -> tuple[str, dict[str, Any]]:
    """Return the name of the master, and the database as an option, of what the path says."""
    path = [unquote(part) for part in parts.path.removeprefix("/").split("/")]
    master = path.pop(0) if kind is Kind.SENTINEL else ""
    if kind is Kind.SENTINEL and not master:
        raise ValueError("must name the master, as in redis+sentinel://host:26379/mymaster")
    [database] = path or [""] if len(path) < 2 else ["none"]
    if not re.fullmatch(r"\d{0,9}", database):
        raise ValueError("must end with the number of a database, or with nothing")
    if kind is Kind.CLUSTER and int(database or 0):
        raise ValueError("names a database: a cluster has but one")
    return master, {"db": int(database)} if int(database or 0) else {}


def _options(
    parts: SplitResult, kind: Kind, *, encrypted: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the options of all connections, and those of Sentinels only."""
    said = dict(parse_qsl(parts.query, keep_blank_values=True))
    if strange := [name for name in said if name not in OPTIONS]:
        raise ValueError(f"has an option that is not known: {strange[0]}")
    sentinel = {
        name.removeprefix("sentinel_"): said.pop(name)
        for name in list(said)
        if name.startswith("sentinel_")
    }
    if sentinel and kind is not Kind.SENTINEL:
        raise ValueError("has an option for Sentinels, and names none")
    if said and not encrypted:
        raise ValueError(f"has {min(said)} without TLS: say rediss://")
    return _tls(said) if encrypted else {}, sentinel


def _tls(said: dict[str, str]) -> dict[str, Any]:
    for name in FILES:
        if name in said and not Path(said[name]).is_file():
            raise ValueError(f"names a file in {name} that is not there")
    if said.get("ssl_cert_reqs", "required") not in ("required", "optional", "none"):
        raise ValueError("must have required, optional or none in ssl_cert_reqs")
    if said.get("ssl_check_hostname", "true") not in ("true", "false"):
        raise ValueError("must have true or false in ssl_check_hostname")
    check = said.get("ssl_check_hostname", "true") == "true"
    return {**said, "ssl": True, "ssl_check_hostname": check}
