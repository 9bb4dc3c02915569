"""The key file outlives other databases, its own loss, and wrong field keys (SEC-44, REL-38)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text, update

import app.migrate
from app.backup import dump
from app.backup.restore import check, need_empty, restore
from app.backup.sealing import BackupKey
from app.schema import METADATA
from core.errors import InvalidError
from core.sealed_fields import seal
from core.sealing import Keyring, info
from ingest.tables import Patient
from tests.app.backup.places import Place, empty
from tests.monitoring import test_service as judging

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.embedded import Servers

SITE = BackupKey.read(BackupKey.fresh())


@dataclass(frozen=True, slots=True)
class Kept:
    """A database with one person in it, and its backup."""

    place: Place
    folder: Path
    keys: Path


@pytest.fixture(scope="module")
def kept(embedded: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    place, folder = empty(embedded), tmp_path_factory.mktemp("kept")
    app.migrate.upgrade(place.servers.migration_database_url, app_role="wardlight_app")
    with place.database.transaction() as session:
        id_ = judging.enrol(session)
        name = seal(session, Patient.name, "Ada", id=id_)
        session.execute(update(Patient).where(Patient.id == id_).values(name=name))
    made = Kept(place, folder / "backup", folder / "keys")
    dump.back_up(place.database, METADATA, SITE, made.folder, made.keys)
    yield made
    place.close()


def test_a_key_file_that_was_lost_and_made_anew_restores_an_earlier_backup_rel_38(
    kept: Kept, tmp_path: Path
) -> None:
    anew = tmp_path / "keys"

    dump.back_up(kept.place.database, METADATA, SITE, None, anew)

    assert check(kept.folder, SITE, anew).missing == frozenset()


def test_other_field_keys_than_those_of_the_backup_fill_nothing_rel_38(
    kept: Kept, embedded: Servers
) -> None:
    place, source = empty(embedded), check(kept.folder, SITE, kept.keys)
    wrong = Keyring.read(Keyring.fresh())
    right = Keyring.read(embedded.field_keys)
    rings = (replace(right, index=wrong.index), replace(wrong, index=right.index))
    try:
        for ring in rings:
            place.owner.info.update(info(ring))
            with pytest.raises(InvalidError, match="not the field keys") as refused:
                restore(
                    place.servers, place.database, place.owner, source, app_role="wardlight_app"
                )
            assert refused.value.field == "WARDLIGHT_FIELD_KEYS"
            need_empty(place.owner)
        place.owner.info.update(info(right))
        done = restore(place.servers, place.database, place.owner, source, app_role="wardlight_app")
    finally:
        place.close()
    assert done.rows > 0


# The last of these tests: it leaves nobody in the database.
def test_a_backup_of_an_empty_database_leaves_the_keys_of_earlier_ones_rel_38(
    kept: Kept, tmp_path: Path
) -> None:
    with kept.place.owner.transaction() as session:
        session.execute(text("truncate patient cascade"))

    dump.back_up(kept.place.database, METADATA, SITE, tmp_path / "empty", kept.keys)

    assert check(kept.folder, SITE, kept.keys).missing == frozenset()
    assert check(tmp_path / "empty", SITE, kept.keys).missing == frozenset()
