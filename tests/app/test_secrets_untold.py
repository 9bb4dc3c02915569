"""A process that does not start, and a broker that is away, tell no secret (SEC-29)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from app.cli import main
from app.worker import broker_answers, make_celery
from core.sealing import Keyring

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "hT5canary9QwZx3KpLm7Rv2Nc8Bd4Fs6G"
AWAY = f"redis://:{CANARY}@127.0.0.1:9/0"
WRONG = {
    "database away": {"DATABASE_URL": f"postgresql://a:{CANARY}@127.0.0.1:9/w"},
    "other database": {"DATABASE_URL": f"mysql://app:{CANARY}@db/wardlight"},
    "no keys": {"FIELD_KEYS": f"first:{CANARY}"},
    "wrapped": {"FIELD_KEYS": f"wrapped:{CANARY}", "KEY_COMMAND": "/bin/false"},
    "production": {"ENVIRONMENT": "production"},
    "said twice": {"SECRET_KEY_FILE": "/dev/null"},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=list(WRONG))
def test_a_process_that_does_not_start_tells_no_secret_sec_29(
    wrong: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    secret = {"SECRET_KEY": CANARY, "METRICS_TOKEN": CANARY, "SMTP_PASSWORD": CANARY}
    right = {
        "FIELD_KEYS": Keyring.fresh(),
        "DATABASE_URL": f"postgresql://a:{CANARY}@127.0.0.1:9/w",
    }
    for name, value in {**secret, **right, "BROKER_URL": AWAY, **wrong}.items():
        monkeypatch.setenv(f"WARDLIGHT_{name}", value)
    monkeypatch.setenv("WARDLIGHT_DATA", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["wardlight", "keys", "rotate"])

    with pytest.raises(SystemExit) as ended:
        main()

    said = "".join(capsys.readouterr())
    assert ended.value.code == 2
    assert said.startswith("wardlight: ")
    assert CANARY not in said


def test_a_broker_that_is_away_is_named_without_its_password_sec_29(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert not broker_answers(AWAY)

    assert CANARY not in caplog.text
    assert CANARY not in make_celery(AWAY).connection_for_read().as_uri()
    assert CANARY not in str(make_celery(AWAY).conf.humanize(with_defaults=True))
