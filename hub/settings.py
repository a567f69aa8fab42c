"""Settings: one Struct, read from the environment once (PROTOCOL 8)."""

import os
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from importlib.util import find_spec
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from handlers.providers import smtp
from handlers.providers.keys import Keys
from handlers.tokens import Tokens
from hub import tracing
from state.domain import ton
from state.live import address

NEEDED = ("DATABASE_URL", "REDIS_URL", "JWT_SECRET", "CLIENT_URL")
DEVELOPMENT_SECRET = "for development only: production refuses to start without JWT_SECRET"

MNEMONIC_WORDS = 24
LEAST_SECRET = 16  # every guest holds a signed token, and may try to find its secret at home
ORIGIN = re.compile(r"https?://[^/?#@\s*]+")
MAIL = re.compile(r"[^@\s<>]+@[^@\s<>]+")
NODE_URL = re.compile(r"http://(\[[\da-fA-F:.]+\]|[\w.-]+)(:\d{1,5})?/?")  # without TLS

Port = Annotated[int, Meta(ge=0, le=65535)]
Seconds = Annotated[float, Meta(gt=0, le=86_400)]

Rate = Annotated[float, Meta(ge=1, le=1e6)]


class SettingsError(Exception):
    """The environment does not say what the hub needs to know."""


class Settings(Keys, frozen=True, rename="upper", kw_only=True):
    """Each field is the environment variable of its name; times are in seconds."""

    environment: Literal["development", "production"] = "development"
    host: str = "127.0.0.1"
    port: Port = 8000
    metrics_port: Port = 0
    node_id: str = ""
    node_url: str = ""
    database_url: str = ""
    redis_url: str = ""
    client_url: str = ""
    jwt_secret: str = DEVELOPMENT_SECRET
    codes_secret: str = ""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    database_pool: Annotated[int, Meta(ge=2, le=200)] = 10
    alert_waiters_after: Seconds = 60.0
    alert_chiefs_after: Seconds = 120.0
    display_stale_after: Seconds = 15.0
    registration_days: Annotated[int, Meta(ge=1, le=3660)] = 365
    payment_stale_after: Seconds = 15.0
    job_lease: Annotated[float, Meta(ge=0.5, le=600)] = 10.0
    jobs_at_once: Annotated[int, Meta(ge=20, le=1000)] = 64
    command_rate: Rate = 50.0
    command_burst: Rate = 100.0
    backlog_bytes: Annotated[int, Meta(ge=64 * 1024)] = 1 << 20
    backlog_seconds: Seconds = 30.0
    compression: bool = False
    ping_interval: Seconds = 25.0
    ping_timeout: Seconds = 20.0

    @property
    def instance(self) -> str:
        """What this process is called in logs and traces."""
        return self.node_id or f"port-{self.port}"

    @property
    def origins(self) -> list[str]:
        given = (origin.strip().rstrip("/") for origin in self.client_url.split(","))
        return [origin for origin in given if origin]

    @property
    def public_url(self) -> str:
        """Where guests reach us: what QR codes say."""
        return self.origins[0] if self.origins else f"http://{self.host}:{self.port}"

    @property
    def escalation(self) -> tuple[timedelta, ...]:
        return (
            timedelta(seconds=self.alert_waiters_after),
            timedelta(seconds=self.alert_chiefs_after),
        )


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings; raise SettingsError naming every variable missing or wrong."""
    fields = {field.encode_name: field.type for field in msgspec.structs.fields(Settings)}
    given = {name: value for name, value in environment.items() if name in fields and value}
    problems = [f"{name} {wrong}" for name in given if (wrong := _wrong(given[name], fields[name]))]
    if given.get("ENVIRONMENT") == "production":
        problems += [f"{name} is missing" for name in NEEDED if name not in given]
    if tracing.wanted(environment) and not tracing.installed():
        problems.append("OTEL_EXPORTER_OTLP_ENDPOINT needs the extra 'tracing' installed")
    if not problems:
        settings = msgspec.convert(given, Settings, strict=False)
        problems = list(_unfit(settings))
        if not problems:
            return settings
    raise SettingsError("; ".join(problems))


def _wrong(text: str, kind: Any) -> str | None:
    """Return what is wrong with a value by its type alone; never the value: it may be a secret."""
    try:
        msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError as exc:
        return f"is wrong: {exc}"
    return None


def _unfit(settings: Settings) -> Iterator[str]:
    """Yield what is wrong with values that have the right type."""
    for origin in settings.origins:
        if not ORIGIN.fullmatch(origin):
            yield f"CLIENT_URL is wrong: '{origin}' is no origin such as https://example.com"
    if settings.node_url and not NODE_URL.fullmatch(settings.node_url):
        yield "NODE_URL is wrong: say where other nodes reach this one, as in http://10.0.0.5:8000"
    if settings.redis_url:
        try:
            address.read(settings.redis_url)
        except ValueError as exc:
            yield f"REDIS_URL {exc}"
    yield from _unfit_addresses(settings)
    yield from _unfit_mail(settings)
    if settings.ton_collection_mnemonic:
        yield from _unfit_mnemonic(settings)
    yield from _unfit_secrets(settings)


def _unfit_secrets(settings: Settings) -> Iterator[str]:
    production = settings.environment == "production"
    wrong = _unfit_secret(settings.jwt_secret, production)
    if wrong:
        yield f"JWT_SECRET {wrong}"
    codes = settings.codes_secret  # a key in PEM is as good as any other text
    if production and 0 < len(codes) < LEAST_SECRET:
        yield f"CODES_SECRET is too short: take {LEAST_SECRET} characters or more"


def _unfit_addresses(settings: Settings) -> Iterator[str]:
    """Yield what is wrong with addresses of TON: coins sent to another are lost."""
    given = {
        "TON_ADDRESS": settings.ton_address,
        "TON_USDT_MASTER": settings.ton_usdt_master,
        "TON_COLLECTION_ADDRESS": settings.ton_collection_address,
    }
    for name, known in given.items():
        try:
            ton.raw(known or f"0:{64 * '0'}")
        except ValueError as exc:
            yield f"{name} {exc}"


def _unfit_mail(settings: Settings) -> Iterator[str]:
    if not settings.smtp_url:
        return
    try:
        smtp.read(settings.smtp_url)
    except ValueError as exc:
        yield f"SMTP_URL {exc}"
    if not MAIL.fullmatch(settings.mail_from):
        yield "MAIL_FROM is wrong: say the address that letters come from"


def _unfit_mnemonic(settings: Settings) -> Iterator[str]:
    """Yield what keeps a collection's wallet from minting."""
    if len(settings.ton_collection_mnemonic.split()) != MNEMONIC_WORDS:
        yield f"TON_COLLECTION_MNEMONIC is wrong: a wallet has {MNEMONIC_WORDS} words"
    if find_spec("ton_core") is None:
        yield "TON_COLLECTION_MNEMONIC needs the extra 'minting' installed"


def _unfit_secret(secret: str, production: bool) -> str | None:
    if production and secret == DEVELOPMENT_SECRET:
        return "is the one for development"
    if production and len(secret) < LEAST_SECRET:
        return f"is too short: guests could guess it, take {LEAST_SECRET} characters or more"
    try:
        Tokens(secret)
    except ValueError as exc:
        return str(exc)
    return None
