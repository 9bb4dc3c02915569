"""Every setting of the program, read once and frozen. `docs/operations.md` lists them."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.production import refusals, well_known
from core.secret_files import SecretFiles
from core.setting_kinds import (
    BrokerUrl,
    DatabaseUrl,
    FieldKeys,
    Mailbox,
    Networks,
    Origins,
    PushKey,
    SigningSecrets,
    ValkeyUrl,
    VisitUrl,
    WebUrl,
    Zone,
    listed,
)

if TYPE_CHECKING:
    from pydantic_settings import PydanticBaseSettingsSource


class Environment(StrEnum):
    """Where the program runs; production refuses everything that is embedded or demo."""

    DEVELOPMENT = "development"
    DEMO = "demo"
    TEST = "test"
    PRODUCTION = "production"


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
    key_service_url: WebUrl | None = None
    key_service_token: SecretStr | None = None
    key_command: str = ""
    same_machine: str = ""
    backup_key: SecretStr | None = None
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
    fallback_email: Mailbox = ""
    privacy_email: Mailbox = ""
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
    outbound_allow: Networks = ""
    outbound_loopback: bool = False
    trusted_proxies: Networks = "127.0.0.1"
    cors_origins: Origins = ""
    lease_seconds: int = Field(default=60, ge=2, le=3600)
    limit_client: int = Field(default=3_000_000, ge=1)
    limit_patient: int = Field(default=600_000, ge=1)
    limit_user: int = Field(default=6_000, ge=1)
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
    def _mail_is_whole(self) -> Self:
        if bool(self.smtp_user) != bool(self.smtp_password):
            raise ValueError("WARDLIGHT_SMTP_USER and WARDLIGHT_SMTP_PASSWORD go together")
        return self

    @model_validator(mode="after")
    def _the_provider_is_whole(self) -> Self:
        if bool(self.oidc_issuer) != bool(self.oidc_client_id):
            raise ValueError("WARDLIGHT_OIDC_ISSUER and WARDLIGHT_OIDC_CLIENT_ID go together")
        return self

    @model_validator(mode="after")
    def _nothing_is_unsafe(self) -> Self:
        if self.environment is Environment.PRODUCTION:
            refused = refusals(self)
        elif self.environment is Environment.DEVELOPMENT:
            refused = list(well_known(self))
        else:
            refused = []
        if refused:
            raise ValueError("\n".join(refused))
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read what the caller gives, then the environment, then files; nothing else."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, SecretFiles(settings_cls)

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
        return listed(self.outbound_allow)
