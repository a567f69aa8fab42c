"""Settings: what the environment says, and what it must say before the hub starts (PROTOCOL 8)."""

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from joserfc.jwk import OKPKey

from hub.settings import DEVELOPMENT_SECRET, NEEDED, Settings, SettingsError, load

GOOD = {
    "ENVIRONMENT": "production",
    "DATABASE_URL": "postgresql://hub@db.example/hub",
    "REDIS_URL": "rediss://cache.example:6379",
    "CLIENT_URL": "https://order.example",
    "JWT_SECRET": "a secret that is long enough for production",
}


def complaint(**environment: str) -> str:
    with pytest.raises(SettingsError) as refused:
        load(environment)
    return str(refused.value)


def test_development_needs_nothing_said() -> None:
    settings = load({})
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.environment == "development"
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.jwt_secret == DEVELOPMENT_SECRET


def test_empty_variables_and_those_of_others_say_nothing() -> None:
    assert load({"PORT": "", "JWT_SECRET": "", "HOME": "/", "port": "1"}) == load({})


def test_what_is_said_is_taken() -> None:
    said = GOOD | {
        "PORT": "9000",
        "HOST": "0.0.0.0",
        "LOG_LEVEL": "DEBUG",
        "ALERT_WAITERS_AFTER": "1.5",
        "ALERT_CHIEFS_AFTER": "3",
        "CLIENT_URL": "https://order.example/, http://localhost:5173,",
    }
    settings = load(said)
    assert (settings.port, settings.host, settings.log_level) == (9000, "0.0.0.0", "DEBUG")
    assert settings.escalation == (timedelta(seconds=1.5), timedelta(seconds=3))
    assert settings.origins == ["https://order.example", "http://localhost:5173"]
    assert settings.public_url == "https://order.example"


def test_production_starts_when_all_is_said() -> None:
    assert load(GOOD).environment == "production"
    key = OKPKey.generate_key("Ed25519").as_pem(private=True).decode()
    assert load(GOOD | {"JWT_SECRET": key}).jwt_secret == key


def test_what_signs_codes_is_no_easier_to_guess() -> None:
    assert load(GOOD | {"CODES_SECRET": "x" * 16}).codes_secret == "x" * 16
    assert complaint(**GOOD | {"CODES_SECRET": "secret7"}).startswith("CODES_SECRET ")


@pytest.mark.parametrize("name", NEEDED)
def test_production_names_what_is_missing(name: str) -> None:
    for given in (GOOD | {name: ""}, {k: v for k, v in GOOD.items() if k != name}):
        assert complaint(**given) == f"{name} is missing"


def test_production_names_all_that_is_missing_or_wrong_at_once() -> None:
    said = complaint(ENVIRONMENT="production", PORT="many")
    assert all(f"{name} is missing" in said for name in NEEDED)
    assert "PORT is wrong" in said


@pytest.mark.parametrize("secret", [DEVELOPMENT_SECRET, "secret7", "x" * 15])
def test_production_takes_no_secret_that_others_know_or_could_guess(secret: str) -> None:
    said = complaint(**GOOD | {"JWT_SECRET": secret})
    assert said.startswith("JWT_SECRET ")
    assert secret not in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENVIRONMENT", "staging"),
        ("PORT", "many"),
        ("PORT", "-1"),
        ("PORT", "65536"),
        ("PORT", "80.5"),
        ("LOG_LEVEL", "LOUD"),
        ("DATABASE_POOL", "1"),
        ("ALERT_WAITERS_AFTER", "0"),
        ("ALERT_CHIEFS_AFTER", "-3"),
        ("DISPLAY_STALE_AFTER", "nan"),
        ("PING_INTERVAL", "inf"),
        ("COMMAND_RATE", "0"),
        ("TON_ADDRESS", "EQDKbjIcfM6ezt8KjKJJLshZJJSqX7XOA4ff-W72r5gqPrHG"),
        ("TON_USDT_MASTER", "0:12"),
        ("TON_NETWORK", "elsewhere"),
        ("SMTP_URL", "mail.example.com"),
        ("SMTP_URL", "https://mail.example.com"),
        ("CLIENT_URL", "*"),
        ("CLIENT_URL", "order.example"),
        ("CLIENT_URL", "https://order.example/path"),
        ("CLIENT_URL", "https://*.example"),
        ("CLIENT_URL", "https://good.example, ftp://bad.example"),
        ("JWT_SECRET", "-----BEGIN PRIVATE KEY-----\nrubbish\n-----END PRIVATE KEY-----"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    assert complaint(**{name: value}).startswith(f"{name} ")


def test_every_setting_is_a_variable_in_capitals() -> None:
    for field in msgspec.structs.fields(Settings):
        assert field.encode_name == field.name.upper()


@pytest.mark.parametrize("module", ["hub", "hub.worker", "hub.cli"])
async def test_a_process_that_cannot_run_ends_with_the_names_of_what_it_lacks(
    project: Path, module: str
) -> None:
    known = {field.encode_name for field in msgspec.structs.fields(Settings)}
    environment = {k: v for k, v in os.environ.items() if k not in known}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *(["migrate"] if module == "hub.cli" else [])),
        cwd=project,
        env=environment | {"ENVIRONMENT": "production"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, error = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 1
    assert out == b""
    assert b"Traceback" not in error
    assert all(f"{name} is missing".encode() in error for name in NEEDED)
