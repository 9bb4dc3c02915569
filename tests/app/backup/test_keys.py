"""The key file outlives other databases, its own loss, and wrong field keys (SEC-44, REL-38)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text, update

import app.migrate
from app.backup import dump, keyfile, manifest, people
from app.backup.restore import check, need_empty, restore
from app.backup.sealing import NOBODY, BackupKey, Sealer, frames
from app.erasure.outside import Erased
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


def opened(folder: Path, keys: Path) -> set[str]:
    """Return whose rows a backup holds; raise `InvalidError` where the key file opens them not."""
    said, file = manifest.read(folder, SITE), keyfile.load(keys, SITE)
    sealer, found = Sealer(SITE, said.id), set[str]()
    for held in said.tables:
        with (folder / held.name).open("rb") as rows:
            for frame in frames(rows):
                if frame.tag != NOBODY:
                    place, key = f"{held.name}/{frame.number}", file.keys[frame.tag.hex()]
                    sealer.open(frame.sealed, place, frame.tag, key)
                    found.add(frame.tag.hex())
    return found


def test_two_backups_at_once_of_somebody_new_have_one_key_of_them_rel_38(
    kept: Kept, tmp_path: Path
) -> None:
    with kept.place.database.transaction() as session:
        new = judging.enrol(session)
        tag = people.tag_of(session, new).hex()
    folders, start = [tmp_path / "one", tmp_path / "other"], Barrier(2)

    def back_up(folder: Path) -> int:
        start.wait()
        made = dump.back_up(kept.place.database, METADATA, SITE, folder, kept.keys)
        return made.serial if made else 0

    with ThreadPoolExecutor(2) as pool:
        serials = list(pool.map(back_up, folders))

    assert all(tag in opened(folder, kept.keys) for folder in folders)
    assert max(serials) == keyfile.load(kept.keys, SITE).serial
    assert len(set(serials)) == 2


def test_who_came_back_from_a_dump_of_before_the_first_backup_keeps_their_key_sec_44_rel_38(
    kept: Kept, tmp_path: Path
) -> None:
    """In the dump nobody has a key; what was erased since gets none by coming back."""
    with kept.place.database.transaction() as session:
        gone = judging.enrol(session)
        digest = people.tag_of(session, gone)
    erased = Erased(str(gone), [digest], "consent", "2026-01-01T00:00Z", "2026-01-01T00:00Z")
    before = keyfile.load(kept.keys, SITE).without([erased])
    keyfile.save(kept.keys, SITE, before)
    with kept.place.owner.transaction() as session:
        session.execute(text("truncate person_key"))

    dump.back_up(kept.place.database, METADATA, SITE, tmp_path / "backup", kept.keys)

    after = keyfile.load(kept.keys, SITE).keys
    assert after == before.keys
    assert opened(kept.folder, kept.keys) <= set(after)


# The last of these tests: it leaves nobody in the database.
def test_a_backup_of_an_empty_database_leaves_the_keys_of_earlier_ones_rel_38(
    kept: Kept, tmp_path: Path
) -> None:
    with kept.place.owner.transaction() as session:
        session.execute(text("truncate patient cascade"))

    dump.back_up(kept.place.database, METADATA, SITE, tmp_path / "empty", kept.keys)

    assert check(kept.folder, SITE, kept.keys).missing == frozenset()
    assert check(tmp_path / "empty", SITE, kept.keys).missing == frozenset()
