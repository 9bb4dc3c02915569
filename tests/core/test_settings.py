"""Production starts with nothing missing and nothing embedded."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from core.settings import Environment, Settings
from core.signing import secret_from
from tests.complete import COMPLETE


def test_a_complete_production_starts() -> None:
    assert Settings(**COMPLETE).environment is Environment.PRODUCTION


@pytest.mark.parametrize(
    "missing",
    ["database_url", "broker_url", "secret_key", "field_keys", "fallback_email", "smtp_host"],
)
def test_production_names_what_is_missing(missing: str) -> None:
    incomplete = {name: value for name, value in COMPLETE.items() if name != missing}

    with pytest.raises(ValidationError, match=f"WARDLIGHT_{missing.upper()}"):
        Settings(**incomplete)


def test_production_needs_the_organisations_sign_in_sec_05() -> None:
    without = {name: value for name, value in COMPLETE.items() if not name.startswith("oidc")}

    with pytest.raises(ValidationError, match="WARDLIGHT_OIDC_ISSUER"):
        Settings(**without)
    with pytest.raises(ValidationError, match="go together"):
        Settings(**without, oidc_issuer="https://login.clinic.example")


@pytest.mark.parametrize(
    "address",
    [
        "http://ward.clinic.example",
        "https://",
        "https://localhost",
        "https://ward.localhost:8443/",
        "https://127.0.0.1:8000",
        "https://127.9.9.9",
        "https://[::1]",
        "https://[::ffff:127.0.0.1]",
        "https://0.0.0.0",
    ],
)
def test_production_is_reached_by_https_and_from_elsewhere_sec_05_sec_07(address: str) -> None:
    """Otherwise cookies would go without `Secure`, and tokens and links name a plain address."""
    with pytest.raises(ValidationError, match="WARDLIGHT_BASE_URL"):
        Settings(**{**COMPLETE, "base_url": address})


def test_production_does_not_run_at_the_address_it_has_when_none_is_named_sec_05() -> None:
    without = {name: value for name, value in COMPLETE.items() if name != "base_url"}

    with pytest.raises(ValidationError, match="WARDLIGHT_BASE_URL"):
        Settings(**without)


def test_production_refuses_a_short_secret_and_shortened_deadlines() -> None:
    with pytest.raises(ValidationError, match="at least 32"):
        Settings(**{**COMPLETE, "secret_key": "short"})
    with pytest.raises(ValidationError, match="may not shorten"):
        Settings(**COMPLETE, escalation_scale=0.1)


def test_a_refusal_does_not_print_the_secret() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(**{**COMPLETE, "secret_key": "hunter2"})

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("log_level", "LOUD"),
        ("site_timezone", "Mars/Olympus"),
        ("base_url", "wardlight.example"),
        ("database_url", "mysql://app:hunter2@db/wardlight"),
        ("broker_url", "kafka://hunter2@rabbit"),
        ("budget_url", "amqp://app:hunter2@rabbit"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_at_the_start(name: str, wrong: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(**{**COMPLETE, name: wrong})

    assert name in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_an_empty_variable_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARDLIGHT_BROKER_URL", "")
    monkeypatch.setenv("WARDLIGHT_LOG_LEVEL", "")

    settings = Settings()

    assert settings.broker_url is None
    assert settings.log_level == "INFO"


SIGNING = secret_from(b"s" * 32)


@pytest.mark.parametrize(
    "secret", ["s" * 32, "whsec_", "whsec_c2hvcnQ=", "whsec_%%%", f"{SIGNING},hunter2"]
)
def test_a_gateways_secret_that_no_library_would_take_is_refused_and_not_repeated(
    secret: str,
) -> None:
    with pytest.raises(ValidationError, match="24 to 64 bytes") as caught:
        Settings(sms_gateway_url="https://sms.example/", sms_gateway_secret=SecretStr(secret))

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("given", [{"url": "https://g.example/"}, {"secret": SIGNING}])
@pytest.mark.parametrize("kind", ["sms", "chat"])
def test_a_gateway_has_an_address_and_a_secret_or_neither(kind: str, given: dict[str, str]) -> None:
    values: dict[str, Any] = {f"{kind}_gateway_{name}": value for name, value in given.items()}

    with pytest.raises(ValidationError, match=f"WARDLIGHT_{kind.upper()}_GATEWAY_SECRET"):
        Settings(**values)


@pytest.mark.parametrize("scheme", ["redis", "rediss", "amqp", "amqps"])
def test_an_open_broker_on_another_machine_is_refused_sec_30(scheme: str) -> None:
    with pytest.raises(ValidationError, match="must have a password"):
        Settings(**{**COMPLETE, "broker_url": f"{scheme}://broker.example"})

    assert Settings(broker_url=f"{scheme}://u:hunter2@broker.example")  # type: ignore[arg-type] # as below
    assert Settings(broker_url=f"{scheme}://127.0.0.1")  # type: ignore[arg-type] # pydantic reads it


def test_the_password_that_rabbitmq_comes_with_is_refused_sec_30() -> None:
    with pytest.raises(ValidationError, match="RabbitMQ comes with"):
        Settings(**{**COMPLETE, "broker_url": "amqp://guest:guest@rabbit.example/"})


@pytest.mark.parametrize(
    "url",
    [
        "https://meet.example/",
        "https://meet.example/{id}/{id}",
        "https://meet.example/{room}",
        "https://meet.example/{id}/{name}",
        "https://{id}.meet.example/",
        "https://user@meet.example/{id}",
        "ftp://meet.example/{id}",
        "javascript:{id}",
    ],
)
def test_a_video_visit_address_holds_the_id_once_behind_the_host(url: str) -> None:
    with pytest.raises(ValidationError, match="video_visit_url"):
        Settings(video_visit_url=url)


def test_video_visits_are_held_by_https_in_production() -> None:
    with pytest.raises(ValidationError, match="WARDLIGHT_VIDEO_VISIT_URL"):
        Settings(**COMPLETE, video_visit_url="http://meet.example/{id}")

    kept = Settings(**COMPLETE, video_visit_url="https://meet.example/r?x={id}#start")
    assert kept.video_visit("0a1b") == "https://meet.example/r?x=0a1b#start"
    assert not Settings().video_visit("0a1b")


@pytest.mark.parametrize("name", ["fallback_email", "privacy_email"])
@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("duty@clinic.example", True),
        ("On duty <duty@clinic.example>", True),
        ('"Kim, on duty" <duty@clinic.example>', True),
        ("", True),
        ("duty", False),
        ("duty at clinic.example", False),
        ("one@clinic.example, two@clinic.example", False),
        ("@clinic.example", False),
    ],
)
def test_whom_the_last_mail_goes_to_is_one_address(name: str, value: str, *, fits: bool) -> None:
    given: dict[str, Any] = {name: value}
    if fits:
        assert getattr(Settings(**given), name) == value
        return

    with pytest.raises(ValidationError, match="one e-mail address"):
        Settings(**given)
