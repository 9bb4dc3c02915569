"""A key file or a database that is out of reach is said, and leaves nothing half done (REL-38)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import OperationalError

from app.backup import dump, keyfile
from app.backup.sealing import BackupKey
from app.schema import METADATA
from core.database import Database
from core.errors import InvalidError

if TYPE_CHECKING:
    from pathlib import Path

SITE = BackupKey.read(BackupKey.fresh())
NOWHERE = "postgresql://nobody@/nothing?host=/nowhere"


def test_a_key_file_that_cannot_be_read_or_written_is_named_rel_38(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "people.keys"

    with pytest.raises(InvalidError, match=r"people\.keys: No such file") as unread:
        keyfile.load(path, SITE)
    with pytest.raises(InvalidError, match=r"people\.keys: No such file") as unwritten:
        keyfile.save(path, SITE, keyfile.KeyFile())

    assert unread.value.field == unwritten.value.field == "keys"


def test_a_backup_needs_the_folder_of_its_keys_before_any_work_rel_38(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match=r"people\.keys: No such file"):
        dump.back_up(
            Database(NOWHERE), METADATA, SITE, tmp_path / "new", tmp_path / "gone" / "people.keys"
        )

    assert list(tmp_path.iterdir()) == []


def test_a_backup_that_fails_leaves_no_folder_rel_38(tmp_path: Path) -> None:
    with pytest.raises(OperationalError):
        dump.back_up(Database(NOWHERE), METADATA, SITE, tmp_path / "new", tmp_path / "people.keys")

    assert list(tmp_path.iterdir()) == []
