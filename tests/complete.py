"""Settings with which production starts, for tests that spoil one of them."""

from __future__ import annotations

from typing import Any

from core.sealing import Keyring
from core.settings import Environment

COMPLETE: dict[str, Any] = {
    "environment": Environment.PRODUCTION,
    "database_url": "postgresql://app:hqCxWm2Zt@db/wardlight?sslmode=verify-full&sslrootcert=system",
    "broker_url": "rediss://:vJ7dKfLw@valkey:6379/0",
    "secret_key": "GZk1q9Xw4mT7rB2nV8cY5sD0fH3jL6pA",
    "field_keys": Keyring.fresh(),
    "fallback_email": "duty@clinic.example",
    "smtp_host": "mail.clinic.example",
    "smtp_starttls": True,
    "mail_from": "wardlight@clinic.example",
    "oidc_issuer": "https://login.clinic.example",
    "oidc_client_id": "wardlight",
    "base_url": "https://ward.clinic.example",
}
