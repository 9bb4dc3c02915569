"""Settings that stand in files: Docker's secrets, systemd's credentials, or any file named.

A secret in a file is in no process's environment, which every program of the same user can
read, and in no `docker inspect` (SEC-29).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic_settings import PydanticBaseSettingsSource

from core.errors import WardlightError

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

PREFIX = "WARDLIGHT_"
DOCKER = Path("/run/secrets")
LARGEST = 64 << 10


class SecretFileError(WardlightError):
    """A file that should hold a setting does not, or the setting is said twice."""


def found_in(name: str) -> Path | None:
    """Return the file that holds a setting, if one does.

    `WARDLIGHT_X_FILE` names it, else it is `wardlight_x` among systemd's credentials
    (`LoadCredential=wardlight_x:…`), else among Docker's secrets. What the environment says
    itself goes before the two folders; beside `WARDLIGHT_X_FILE` it is refused, because nobody
    could tell which was meant.
    """
    variable = f"{PREFIX}{name.upper()}"
    said, named = os.environ.get(variable), os.environ.get(f"{variable}_FILE")
    if said and named:
        raise SecretFileError(f"{variable} and {variable}_FILE are both set: keep one of them")
    if said:
        return None
    if named:
        return Path(named)
    folders = [Path(each) for each in (os.environ.get("CREDENTIALS_DIRECTORY"),) if each]
    for folder in (*folders, DOCKER):
        path = folder / variable.lower()
        if path.is_file():
            return path
    return None


def setting_of(variable: str) -> str:
    """Return the setting that a variable of the environment is about."""
    return variable.removeprefix(PREFIX).lower()


def value_of(name: str) -> str:
    """Return what the environment or a file says of a setting, "" where neither does."""
    path = found_in(name)
    return os.environ.get(f"{PREFIX}{name.upper()}", "") if path is None else _read(name, path)


def _read(name: str, path: Path) -> str:
    """Return a file's text without the newline that editors put at its end."""
    try:
        with path.open("rb") as file:
            held = file.read(LARGEST + 1)
        text = held.decode().strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SecretFileError(
            f"{PREFIX}{name.upper()}_FILE names a file that cannot be read: make it readable for"
            " the user that Wardlight runs as"
        ) from error
    if not text or len(held) > LARGEST:
        raise SecretFileError(f"the file of {PREFIX}{name.upper()} is empty or over 64 KiB")
    return text


class SecretFiles(PydanticBaseSettingsSource):
    """Reads every setting that has a file."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return what the file of one setting says."""
        del field  # each is text, which pydantic reads
        path = found_in(field_name)
        return (None if path is None else _read(field_name, path)), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return every setting that has a file."""
        read = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in read.items() if value is not None}
