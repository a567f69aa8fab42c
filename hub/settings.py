"""Settings: one Struct, read from the environment once (PROTOCOL 8)."""

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

NEEDED = ("DATABASE_URL", "REDIS_URL", "JWT_SECRET", "CLIENT_URL")
DEVELOPMENT_SECRET = "for development only: production refuses to start without JWT_SECRET"

Port = Annotated[int, Meta(ge=0, le=65535)]
Seconds = Annotated[float, Meta(gt=0)]


class SettingsError(Exception):
    """The environment does not say what the hub needs to know."""


class Settings(msgspec.Struct, frozen=True, rename="upper", kw_only=True):
    """Each field is the environment variable of its name; times are in seconds."""

    environment: Literal["development", "production"] = "development"
    host: str = "127.0.0.1"
    port: Port = 8000
    node_id: str = ""
    database_url: str = ""
    redis_url: str = ""
    client_url: str = ""
    jwt_secret: str = DEVELOPMENT_SECRET
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    database_pool: Annotated[int, Meta(ge=2, le=200)] = 10
    alert_waiters_after: Seconds = 60.0
    alert_chiefs_after: Seconds = 120.0
    display_stale_after: Seconds = 15.0
    command_rate: Seconds = 50.0
    command_burst: Seconds = 100.0
    ping_interval: Seconds = 25.0
    ping_timeout: Seconds = 20.0

    @property
    def origins(self) -> list[str]:
        return [origin.strip() for origin in self.client_url.split(",") if origin.strip()]

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
    known = {field.encode_name for field in msgspec.structs.fields(Settings)}
    given = {name: value for name, value in environment.items() if name in known and value}
    try:
        settings = msgspec.convert(given, Settings, strict=False)
    except msgspec.ValidationError as exc:
        raise SettingsError(str(exc)) from exc
    missing = [name for name in NEEDED if name not in given]
    if settings.environment == "production" and missing:
        raise SettingsError(f"production needs {', '.join(missing)}")
    return settings
