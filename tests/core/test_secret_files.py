"""Settings from files: named ones, systemd's credentials, Docker's secrets (SEC-29)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core import secret_files
from core.secret_files import SecretFileError, value_of
from core.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "drawn-in-a-test-and-nowhere-else"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WARDLIGHT_SECRET_KEY", "WARDLIGHT_SECRET_KEY_FILE", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "wardlight_secret_key"
    path.write_text(SECRET + "\n")
    return path


def held() -> str:
    key = Settings().secret_key
    return key.get_secret_value() if key else ""


def test_a_named_file_holds_a_setting_sec_29(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARDLIGHT_SECRET_KEY_FILE", str(file))

    assert held() == value_of("secret_key") == SECRET


def test_a_credential_of_systemd_holds_a_setting_sec_29(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(file.parent))

    assert held() == value_of("secret_key") == SECRET


def test_a_secret_of_docker_holds_a_setting_and_the_environment_goes_before_it_sec_29(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secret_files, "DOCKER", file.parent)
    assert held() == value_of("secret_key") == SECRET

    monkeypatch.setenv("WARDLIGHT_SECRET_KEY", "said-by-the-environment")

    assert held() == value_of("secret_key") == "said-by-the-environment"


def test_a_setting_that_is_said_twice_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARDLIGHT_SECRET_KEY_FILE", str(file))
    monkeypatch.setenv("WARDLIGHT_SECRET_KEY", SECRET)

    with pytest.raises(SecretFileError, match="both set: keep one") as refused:
        Settings()

    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"), [(None, "cannot be read"), (b"\n", "is empty"), (b"\xff\xfe", "be read")]
)
def test_a_file_that_holds_nothing_is_refused(
    text: bytes | None, said: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if text is None:
        file.unlink()
    else:
        file.write_bytes(text)
    monkeypatch.setenv("WARDLIGHT_SECRET_KEY_FILE", str(file))

    with pytest.raises(SecretFileError, match=said):
        Settings()


def test_a_file_is_read_as_strictly_as_the_environment(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARDLIGHT_FIELD_KEYS_FILE", str(file))

    with pytest.raises(ValueError, match="field_keys") as refused:
        Settings()

    assert SECRET not in str(refused.value)
