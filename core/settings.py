"""Every setting of the program, read once and frozen. `docs/operations.md` lists them."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.sealing import Keyring
from core.signing import secrets_in

NEEDED = (
    "database_url",
    "broker_url",
    "secret_key",
    "field_keys",
    "fallback_email",
    "smtp_host",
    "oidc_issuer",
)


class Environment(StrEnum):
    """Where the program runs; production refuses everything that is embedded or demo."""

    DEVELOPMENT = "development"
    DEMO = "demo"
    TEST = "test"
    PRODUCTION = "production"


def _begins(*schemes: str) -> AfterValidator:
    """Refuse an address of another kind, without repeating it: it may hold a password."""

    def checked(value: T) -> T:
        text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        if not text.startswith(schemes):
            msg = f"must begin with {' or '.join(schemes)}"
            raise ValueError(msg)
        return value

    return AfterValidator(checked)


def _not_open(value: SecretStr) -> SecretStr:
    """Refuse a broker on the network that lets anybody in, or in by RabbitMQ's own password."""
    address = urlsplit(value.get_secret_value())
    if address.scheme == "unix" or address.hostname in _LOOPBACK:
        return value
    if not address.password:
        raise ValueError("must have a password where the server is on another machine")
    if address.username == address.password == "guest":
        raise ValueError("must not have the password that RabbitMQ comes with")
    return value


def _readable_keys(value: SecretStr) -> SecretStr:
    Keyring.read(value.get_secret_value())
    return value


def _readable_secrets(value: SecretStr) -> SecretStr:
    secrets_in(value.get_secret_value())
    return value


def _push_key(value: SecretStr) -> SecretStr:
    if not re.fullmatch("[A-Za-z0-9_-]{43}", value.get_secret_value()):
        raise ValueError("must be 32 bytes in base64url, as its command prints it")
    return value


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("must be an IANA time zone such as Europe/Berlin")
    return value


def _networks(value: str) -> str:
    for each in value.split(","):
        if each.strip():
            ip_network(each.strip())
    return value


def _origins(value: str) -> str:
    for each in value.split(","):
        if each.strip() and not _ORIGIN.fullmatch(each.strip()):
            raise ValueError("must be origins such as https://app.example, with commas between")
    return value


def _visit_url(value: str) -> str:
    """Refuse an address that has not exactly one place for the id, behind the host."""
    before, place, after = value.partition("{id}")
    rest = before + after
    host = urlsplit(before)
    if not place or {"{", "}"} & set(rest) or not host.hostname or not host.path or host.username:
        raise ValueError("must hold {id} once, behind the host, and no other placeholder")
    return value


def _not_for_others(url: str) -> str | None:
    """Return why people elsewhere cannot use an address safely: cookies and links hang on it."""
    address = urlsplit(url)
    host = (address.hostname or "").rstrip(".")
    if address.scheme != "https" or not host:
        return "must begin with https:// and name a host in production"
    if host == "localhost" or host.endswith(".localhost") or _only_here(host):
        return "must be an address that others reach, not loopback, in production"
    return None


def _only_here(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified)


_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?/?")
T = TypeVar("T")
DatabaseUrl = Annotated[SecretStr, _begins("postgresql://", "postgres://", "postgresql+psycopg://")]
SigningSecrets = Annotated[SecretStr, AfterValidator(_readable_secrets)]
BrokerUrl = Annotated[
    SecretStr,
    _begins("redis://", "rediss://", "unix://", "amqp://", "amqps://"),
    AfterValidator(_not_open),
]
ValkeyUrl = Annotated[
    SecretStr, _begins("redis://", "rediss://", "unix://"), AfterValidator(_not_open)
]
PushKey = Annotated[SecretStr, AfterValidator(_push_key)]
FieldKeys = Annotated[SecretStr, AfterValidator(_readable_keys)]
VisitUrl = Annotated[str, _begins("http://", "https://"), AfterValidator(_visit_url)]
WebUrl = Annotated[str, _begins("http://", "https://")]
Zone = Annotated[str, AfterValidator(_zone)]


class Settings(BaseSettings):
    """Settings from the environment (prefix `WARDLIGHT_`) or from secret files."""

    model_config = SettingsConfigDict(
        env_prefix="WARDLIGHT_",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    environment: Environment = Environment.DEVELOPMENT
    data: Path = Path(".wardlight")
    database_url: DatabaseUrl | None = None
    migration_database_url: DatabaseUrl | None = None
    broker_url: BrokerUrl | None = None
    budget_url: ValkeyUrl | None = None
    app_role: str = Field(default="wardlight_app", pattern=r"^[a-z_][a-z0-9_]{0,62}$")
    secret_key: SecretStr | None = None
    field_keys: FieldKeys | None = None
    base_url: WebUrl = "http://127.0.0.1:8000"
    site_timezone: Zone = "UTC"
    oidc_issuer: WebUrl | None = None
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr | None = None
    emergency_number: str = "911"
    site_language: Literal["en", "ko"] = "en"  # of explanations, where a reader asks for none
    site_units: str = Field(default="kg.c.mg", pattern=r"^(kg|lb)\.(c|f)\.(mg|mmol)$")
    report_paper: Literal["a4", "letter"] = "a4"
    smtp_host: str = ""
    smtp_port: int = Field(default=25, ge=1, le=65535)
    smtp_starttls: bool = False
    smtp_user: str = ""
    smtp_password: SecretStr | None = None
    mail_from: str = "wardlight@localhost"
    fallback_email: str = ""
    privacy_email: str = ""
    sms_gateway_url: WebUrl | None = None
    sms_gateway_secret: SigningSecrets | None = None
    chat_gateway_url: WebUrl | None = None
    chat_gateway_secret: SigningSecrets | None = None
    daily_question_at: str = Field(default="", pattern=r"^(([01]\d|2[0-3]):[0-5]\d)?$")
    weekly_report_at: str = Field(default="07:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    video_visit_url: VisitUrl | None = None
    push_key: PushKey | None = None
    retrain_days: int = Field(default=0, ge=0, le=3650)  # 0: only when somebody asks
    audit_key: PushKey | None = None
    model_path: Path | None = None
    plan: Path | None = None
    policy: Path | None = None
    worker_processes: int = Field(default=2, ge=1, le=64)
    outbound_allow: Annotated[str, AfterValidator(_networks)] = ""
    outbound_loopback: bool = False
    trusted_proxies: Annotated[str, AfterValidator(_networks)] = "127.0.0.1"
    cors_origins: Annotated[str, AfterValidator(_origins)] = ""
    lease_seconds: int = Field(default=60, ge=2, le=3600)
    limit_client: int = Field(default=3_000_000, ge=1)
    limit_patient: int = Field(default=600_000, ge=1)
    limit_address: int = Field(default=600_000, ge=1)
    limit_token: int = Field(default=600, ge=1)
    backlog_bulk_seconds: int = Field(default=120, ge=1)
    backlog_all_seconds: int = Field(default=1800, ge=1)
    arrivals_share: float = Field(default=0.3, ge=0, le=0.8)
    metrics_token: SecretStr | None = Field(default=None, min_length=16)
    watch_seconds: float = Field(default=60, ge=1, le=60)
    watch_url: WebUrl | None = None
    heartbeat_url: WebUrl | None = None
    escalation_scale: float = Field(default=1.0, gt=0, le=1.0)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
    log_json: bool = False

    @model_validator(mode="after")
    def _gateways_are_whole(self) -> Self:
        for url, secret in (
            ("sms_gateway_url", "sms_gateway_secret"),
            ("chat_gateway_url", "chat_gateway_secret"),
        ):
            if bool(getattr(self, url)) != bool(getattr(self, secret)):
                msg = f"WARDLIGHT_{url.upper()} and WARDLIGHT_{secret.upper()} go together"
                raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _the_provider_is_whole(self) -> Self:
        if bool(self.oidc_issuer) != bool(self.oidc_client_id):
            raise ValueError("WARDLIGHT_OIDC_ISSUER and WARDLIGHT_OIDC_CLIENT_ID go together")
        return self

    @model_validator(mode="after")
    def _production_is_strict(self) -> Self:
        if self.environment is not Environment.PRODUCTION:
            return self
        missing = [name for name in NEEDED if not getattr(self, name)]
        if missing:
            names = ", ".join(f"WARDLIGHT_{name.upper()}" for name in missing)
            msg = f"production needs {names}; embedded servers and default secrets are refused"
            raise ValueError(msg)
        if self.secret_key and len(self.secret_key.get_secret_value()) < _SECRET_LENGTH:
            msg = f"WARDLIGHT_SECRET_KEY must have at least {_SECRET_LENGTH} characters"
            raise ValueError(msg)
        if (wrong := _not_for_others(self.base_url)) is not None:
            msg = f"WARDLIGHT_BASE_URL {wrong}"
            raise ValueError(msg)
        if self.video_visit_url and not self.video_visit_url.startswith("https://"):
            raise ValueError("WARDLIGHT_VIDEO_VISIT_URL must begin with https://")
        if self.outbound_loopback:
            raise ValueError("WARDLIGHT_OUTBOUND_LOOPBACK is for demonstration and test only")
        if self.escalation_scale != 1.0:
            msg = "WARDLIGHT_ESCALATION_SCALE may not shorten deadlines in production"
            raise ValueError(msg)
        return self

    @property
    def address_file(self) -> Path:
        """Return where a system that runs from this data folder writes its address."""
        return self.data / "address"

    @cached_property
    def fhir_base(self) -> str:
        """Return the absolute FHIR base address, without a trailing slash."""
        return f"{self.base_url.rstrip('/')}/fhir"

    def video_visit(self, room: str) -> str:
        """Return where a video visit takes place, "" where there are none here."""
        return (self.video_visit_url or "").replace("{id}", room)

    @property
    def watch_every(self) -> timedelta:
        """Return how often the synthetic person measures, and the auditor looks."""
        return timedelta(seconds=self.watch_seconds)

    @property
    def retrain_every(self) -> timedelta | None:
        """Return after how long a model is trained unasked, None for never."""
        return timedelta(days=self.retrain_days) if self.retrain_days else None

    @property
    def outbound_networks(self) -> tuple[str, ...]:
        """Return the networks that may be reached although they are not public."""
        return tuple(each.strip() for each in self.outbound_allow.split(",") if each.strip())


_SECRET_LENGTH = 32
