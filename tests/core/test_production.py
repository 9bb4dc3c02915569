"""Each thing that production refuses to start with, and the sentence that mends it.

SEC-08 (known secrets), SEC-29 (nothing secret is repeated), SEC-30 (database, broker and mail
are encrypted and let nobody in unasked).
"""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from core.settings import Environment, Settings
from tests.complete import COMPLETE

WEBHOOK = f"whsec_{'A' * 44}"
PROVEN = "?sslmode=verify-full&sslrootcert=/etc/ca.pem"
REFUSED = [
    ("database_url", "postgresql://app:x7Kq@db/w", "sslmode=verify-full"),
    ("database_url", "postgresql://app:x7Kq@db/w?sslmode=require", "sslmode=verify-full"),
    ("database_url", "postgresql://app:x7Kq@db/w?sslmode=verify-ca", "sslmode=verify-full"),
    ("database_url", "postgresql://app:x7Kq@127.0.0.1,db/w", "sslmode=verify-full"),
    ("database_url", "postgresql://app:x7Kq@/w?hostaddr=192.0.2.5", "sslmode=verify-full"),
    ("database_url", f"postgresql://app@db/w{PROVEN}", "no password"),
    ("database_url", f"postgresql://app:postgres@db/w{PROVEN}", "everybody knows"),
    ("database_url", "postgresql://app:x7Kq@db/w?nonsense=1", "own library reads"),
    ("database_url", "postgresql://app:x7Kq@/w?service=elsewhere", "sslmode=verify-full"),
    ("migration_database_url", "postgresql://owner:x7Kq@db/w", "sslmode=verify-full"),
    ("broker_url", "redis://:x7Kq@valkey", "begin it with rediss://"),
    ("broker_url", "amqp://app:x7Kq@rabbit", "begin it with amqps://"),
    ("broker_url", "rediss://:x7Kq@valkey?ssl_cert_reqs=none", "does not prove the server"),
    ("broker_url", "rediss://:x7Kq@valkey?ssl_check_hostname=False", "does not prove the server"),
    ("broker_url", "rediss://:x7Kq@valkey?ssl_check_hostname=no", "does not prove the server"),
    ("budget_url", "rediss://:x7Kq@valkey?ssl_check_hostname=0", "does not prove the server"),
    ("broker_url", "rediss://:changeme@valkey", "everybody knows"),
    ("budget_url", "redis://:x7Kq@valkey", "begin it with rediss://"),
    ("smtp_starttls", False, "WARDLIGHT_SMTP_STARTTLS=true"),
    ("mail_from", "wardlight@localhost", "an address of yours"),
    ("mail_from", "wardlight", "an address of yours"),
    ("oidc_issuer", "http://login.example", "WARDLIGHT_OIDC_ISSUER must begin with https://"),
    ("heartbeat_url", "http://ping.example/1", "must begin with https://"),
    ("metrics_token", "change-me-1234567", "everybody knows"),
    ("secret_key", "change-me-0000000000000000000000000", "everybody knows"),
    ("secret_key", "k" * 40, "repeats few characters"),
    ("secret_key", "tooshort", "at least 32"),
    ("key_service_url", "http://vault.example/v1/transit/w", "must begin with https://"),
]


@pytest.mark.parametrize(("name", "value", "said"), REFUSED)
def test_what_is_unsafe_is_refused_with_how_to_mend_it_sec_30(
    name: str, value: object, said: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(**{**COMPLETE, name: value})

    assert said in str(refused.value)
    assert "WARDLIGHT_" in str(refused.value)
    assert "x7Kq" not in str(refused.value)


def test_a_password_of_the_mail_server_that_everybody_knows_is_refused_sec_08() -> None:
    given = {"smtp_user": "alerts", "smtp_password": "Password123!"}

    with pytest.raises(ValidationError, match="WARDLIGHT_SMTP_PASSWORD is a secret that everybody"):
        Settings(**{**COMPLETE, **given})


@pytest.mark.parametrize("kind", ["sms", "chat"])
def test_a_gateway_that_nothing_could_be_sent_to_is_refused_sec_34(kind: str) -> None:
    given = {f"{kind}_gateway_url": "http://gateway.example", f"{kind}_gateway_secret": WEBHOOK}

    with pytest.raises(ValidationError, match=f"{kind.upper()}_GATEWAY_URL must begin with https"):
        Settings(**{**COMPLETE, **given})


@pytest.mark.parametrize(
    ("given", "other"), [("smtp_user", "smtp_password"), ("smtp_password", "smtp_user")]
)
def test_half_of_what_signs_in_to_the_mail_server_is_refused(given: str, other: str) -> None:
    """Each mail would fail, and the doctor would say that the server takes them."""
    half: dict[str, Any] = {given: "ward-mail-9x"}
    with pytest.raises(ValidationError, match=f"WARDLIGHT_{other.upper()}"):
        Settings(**half)


@pytest.mark.parametrize(
    "given",
    [
        {"database_url": f"postgresql://app:x7Kq@db/w{PROVEN}"},
        {"database_url": "postgresql://app@/w?host=%2Frun%2Fpostgresql"},
        {"database_url": "postgresql://app:x7Kq@127.0.0.1/w"},
        {"database_url": f"postgresql+psycopg://app@db/w{PROVEN}&sslcert=/a.pem&sslkey=/b.pem"},
        {"database_url": "postgresql://app:x7Kq@postgres/w", "same_machine": "postgres"},
        {"broker_url": "redis://:x7Kq@valkey", "same_machine": "valkey, rabbitmq"},
        {"broker_url": "unix:///run/valkey.sock"},
        {"broker_url": "rediss://:x7Kq@valkey?ssl_cert_reqs=required&ssl_ca_certs=/a.pem"},
        {"broker_url": "amqps://app:x7Kq@rabbit"},
        {"broker_url": "rediss://:x7Kq@valkey?ssl_check_hostname=true"},
        {"smtp_host": "127.0.0.1", "smtp_starttls": False, "mail_from": "wardlight@localhost"},
        {"mail_from": "Wardlight <alerts@clinic.example>"},
        {"smtp_user": "alerts", "smtp_password": "hR5-tq0-Zw8"},
        {"key_service_url": "http://127.0.0.1:8200/v1/transit/w"},
    ],
)
def test_what_is_safe_starts_sec_30(given: dict[str, Any]) -> None:
    assert Settings(**{**COMPLETE, **given})


def test_everything_that_is_wrong_is_said_at_once() -> None:
    wrong = {"database_url": "postgresql://app@db/w", "smtp_starttls": False}

    with pytest.raises(ValidationError) as refused:
        Settings(**{**COMPLETE, **wrong})

    said = refused.value.errors()[0]["msg"].removeprefix("Value error, ").splitlines()
    assert [line.partition(" ")[0] for line in said] == [
        "WARDLIGHT_DATABASE_URL",
        "WARDLIGHT_DATABASE_URL",
        "WARDLIGHT_SMTP_HOST",
    ]


@pytest.mark.parametrize(
    ("environment", "refused"), [("development", True), ("demo", False), ("test", False)]
)
def test_a_known_secret_is_refused_outside_the_demonstration_sec_08(
    environment: str, *, refused: bool
) -> None:
    given: dict[str, Any] = {"environment": Environment(environment), "secret_key": "changeme"}
    if not refused:
        assert Settings(**given)
        return

    with pytest.raises(ValidationError, match="everybody knows"):
        Settings(**given)
