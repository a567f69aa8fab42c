"""What REDIS_URL may say, and what is wrong with what it may not."""

from pathlib import Path

import pytest

from hub.settings import SettingsError, load
from state.live.address import Address, Kind, Place, read

TLS = {"ssl": True, "ssl_check_hostname": True}


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://cache", Address(Kind.ONE, (Place("cache", 6379),), "", {}, {})),
        ("valkey://[::1]:7000/", Address(Kind.ONE, (Place("::1", 7000),), "", {}, {})),
        (
            "redis://hub:p%40ss%2Fword@10.0.0.5:6380/3",
            Address(
                Kind.ONE,
                (Place("10.0.0.5", 6380),),
                "",
                {"username": "hub", "password": "p@ss/word", "db": 3},
                {},
            ),
        ),
        (
            "rediss://:secret@cache?ssl_check_hostname=false",
            Address(
                Kind.ONE,
                (Place("cache", 6379),),
                "",
                {**TLS, "ssl_check_hostname": False, "password": "secret"},
                {"ssl": True, "ssl_check_hostname": False},
            ),
        ),
        (
            "redis+sentinel://:secret@a,b:1,c/orders/2?sentinel_username=u&sentinel_password=p%23",
            Address(
                Kind.SENTINEL,
                (Place("a", 26379), Place("b", 1), Place("c", 26379)),
                "orders",
                {"password": "secret", "db": 2},
                {"username": "u", "password": "p#"},
            ),
        ),
        (
            "valkeys+sentinel://a/orders",
            Address(Kind.SENTINEL, (Place("a", 26379),), "orders", TLS, TLS),
        ),
        (
            "redis+cluster://hub:secret@a:7000,b/0",
            Address(
                Kind.CLUSTER,
                (Place("a", 7000), Place("b", 6379)),
                "",
                {"username": "hub", "password": "secret"},
                {},
            ),
        ),
    ],
)
def test_a_url_says_where_and_how(url: str, address: Address) -> None:
    assert read(url) == address
    assert load({"REDIS_URL": url}).redis_url == url


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("cache:6379", "must begin with one of redis://"),
        ("http://cache", "must begin with one of redis://"),
        ("redis+sentinels://cache", "must begin with one of redis://"),
        ("redis://[::1", "cannot be read as a URL"),
        ("redis://", "host or host:port"),
        ("redis://:hidden@", "host or host:port"),
        ("redis://cache:port", "host or host:port"),
        ("redis://cache:65536", "host or host:port"),
        ("redis://:hid/den@cache", "host or host:port"),
        ("redis://a,b", "several servers"),
        ("redis://cache/orders", "number of a database"),
        ("redis://cache/1/2", "number of a database"),
        ("redis+cluster://a,b/2", "a cluster has but one"),
        ("redis+sentinel://a,b", "must name the master"),
        ("redis+sentinel://a/orders/x", "number of a database"),
        ("redis://cache?socket_timeout=1", "not known: socket_timeout"),
        ("redis://cache?sentinel_password=hidden", "names none"),
        ("redis://cache?ssl_cert_reqs=none", "say rediss://"),
        ("rediss://cache?ssl_cert_reqs=maybe", "required, optional or none"),
        ("rediss://cache?ssl_check_hostname=1", "true or false"),
        ("rediss://cache?ssl_ca_certs=/nowhere/ca.pem", "ssl_ca_certs that is not there"),
    ],
)
def test_a_bad_url_is_refused_before_anything_starts_and_is_not_shown(url: str, wrong: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load({"REDIS_URL": url})
    assert str(refused.value).startswith("REDIS_URL ")
    assert wrong in str(refused.value)
    assert "hid" not in str(refused.value)


def test_files_of_tls_may_be_named(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.touch()
    assert read(f"rediss://cache?ssl_ca_certs={ca}").options["ssl_ca_certs"] == str(ca)
