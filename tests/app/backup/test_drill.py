"""The drill: dump, erase somebody, destroy, restore, go on (SEC-44, REL-38)."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text, update

import alerts.service
import app.migrate
from alerts.delivery.service import Addresses
from alerts.notify.outlets import Outlets
from alerts.tables import Alert, Delivery, DeliveryAttempt
from app.backup import dump, keyfile, manifest
from app.backup.ownership import LEFT_OUT, kept_tables
from app.backup.restore import Restored, check, restore
from app.backup.sealing import BackupKey, Sealer, frames
from app.erasure import service as erasing
from app.erasure.outside import Ledger, publish
from app.erasure.states import Ground
from app.erasure.tables import Erasure
from app.learned import Learned
from app.runtime import Runtime
from app.schema import METADATA
from app.tasks import run_row
from core import outbox
from core.errors import ConflictError, InvalidError
from core.outbox import Outbox, Priority, State, Topic
from core.security import SYSTEM, Caller
from core.settings import Environment, Settings
from core.vitals import Vital
from monitoring.plans.site_rules import SiteRules
from tests.app.backup.places import Place, empty
from tests.app.erasure.filled import NOW, Person, two_people
from tests.app.erasure.found import where
from tests.monitoring import test_service as judging
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.database import Database
    from core.embedded import Servers

SITE = BackupKey.read(BackupKey.fresh())


@dataclass(frozen=True, slots=True)
class Drill:
    """What was in the first database, and what is in the second."""

    anna: Person  # erased after the backup
    ben: Person
    ills: tuple[UUID, UUID]  # one was alerted on before the backup, one waits to be judged
    lost: Place
    found: Place
    folder: Path
    keys: Path
    old_keys: Path  # from before the erasure, as old as the backup
    ledger: Ledger
    before: dict[str, int]
    done: Restored


def runtime(database: Database) -> Runtime:
    return Runtime(
        settings=Settings(environment=Environment.TEST),
        database=database,
        rules=SiteRules(RULEBOOK),
        learned=Learned(Path("nowhere")),
        policy=alerts.service.load_policy(),
        outlets=Outlets(),
        addresses=Addresses("http://wardlight.test", ""),
    )


def ill(database: Database) -> UUID:
    """Return somebody whose oxygen is low, and who waits to be judged."""
    with database.transaction() as session:
        id_ = judging.enrol(session)
        judging.measure(session, id_, Vital.SPO2, 84.0)
        outbox.offer(session, Topic.ASSESS, id_, now=judging.NOW, priority=Priority.CRITICAL)
        return id_


def work(database: Database) -> None:
    """Do what waits until nothing does, as relay and workers would."""
    made = runtime(database)
    for _ in range(200):
        with database.transaction() as session:
            rows = outbox.lease(
                session, owner="drill", now=judging.NOW, length=timedelta(minutes=1), limit=1
            )
        if not rows:
            return
        run_row(made, rows[0].id, now=judging.NOW)
    raise AssertionError("it does not end")


def told(database: Database, people: tuple[UUID, ...]) -> list[tuple[object, ...]]:
    """Return the alerts of some people, and how often anybody was told of each."""
    query = (
        select(Alert.patient_id, Alert.problem, Alert.severity, func.count(DeliveryAttempt.id))
        .outerjoin(Delivery, Delivery.alert_id == Alert.id)
        .outerjoin(DeliveryAttempt, DeliveryAttempt.delivery_id == Delivery.id)
        .where(Alert.patient_id.in_(people))
        .group_by(Alert.id)
        .order_by(Alert.patient_id, Alert.problem)
    )
    with database.transaction() as session:
        return [tuple(row) for row in session.execute(query)]


def counts(database: Database) -> dict[str, int]:
    with database.transaction() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in kept_tables(METADATA)
        }


@pytest.fixture(scope="module")
def drill(embedded: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drill]:
    lost, found = empty(embedded), empty(embedded)
    made = go_through(lost, found, tmp_path_factory.mktemp("drill"))
    yield made
    lost.close()
    found.close()


def go_through(lost: Place, found: Place, folder: Path) -> Drill:
    app.migrate.upgrade(lost.servers.migration_database_url, app_role="wardlight_app")
    with lost.database.transaction() as session:
        anna, ben = two_people(session)
        session.execute(text("delete from legal_hold"))
        session.execute(update(Outbox).values(state=State.DONE, done_at=NOW))
    alerted = ill(lost.database)
    work(lost.database)
    waiting = ill(lost.database)
    keys, output = folder / "keys", folder / "backup"
    before = counts(lost.database)
    dump.back_up(lost.database, METADATA, SITE, output, keys)
    old = folder / "old"
    old.write_bytes(keys.read_bytes())
    with lost.database.transaction() as session:
        asked = erasing.ask(session, SYSTEM, anna.id, Ground.CONSENT, now=NOW)
        erasing.confirm(session, Caller("system", uuid4()), asked, now=NOW)
        erasing.carry_out(session, METADATA, asked, now=NOW)
    dump.back_up(lost.database, METADATA, SITE, None, keys)
    work(lost.database)
    ledger = Ledger.of(folder)
    with lost.database.transaction() as session:
        publish(session, now=NOW, ledger=ledger)
    source = check(output, SITE, old, ledger.read())
    done = restore(found.servers, found.database, found.owner, source, app_role="wardlight_app")
    return Drill(
        anna, ben, (alerted, waiting), lost, found, output, keys, old, ledger, before, done
    )


def test_who_was_erased_after_the_backup_is_nowhere_after_it_is_restored_sec_44(
    drill: Drill,
) -> None:
    """The backup and its key file are both from before: what stands outside knows of it."""
    with drill.found.database.transaction() as session:
        assert where(session, drill.anna.canary) == set()
        assert where(session, str(drill.anna.id)) == {"audit_event"}
        assert session.scalar(select(Erasure.state).where(Erasure.state == "done")) == "done"
    assert drill.done.erased == 1


def test_everybody_else_is_back_as_they_were_rel_38(drill: Drill) -> None:
    with drill.lost.database.transaction() as session:
        expected = where(session, drill.ben.canary) - set(LEFT_OUT)
    with drill.found.database.transaction() as session:
        assert where(session, drill.ben.canary) - set(LEFT_OUT) == expected
        assert "parcel" in expected
    after = counts(drill.found.database)
    fewer = {name: drill.before[name] - after[name] for name in after}
    assert {name for name, count in fewer.items() if count < 0} <= {"audit_event", "erasure"}
    assert fewer["practitioner"] == fewer["weekly_report"] == 0
    assert fewer["patient"] == 1


def test_the_same_alerts_come_and_nobody_is_told_twice_rel_38(drill: Drill) -> None:
    delivered = told(drill.found.database, drill.ills)
    work(drill.found.database)

    found = told(drill.found.database, drill.ills)
    assert found == told(drill.lost.database, drill.ills)
    assert {row[0] for row in delivered} == {drill.ills[0]}
    assert {row[0] for row in found} == set(drill.ills)
    assert [row for row in found if row[0] == drill.ills[0]] == delivered


def test_a_persons_frames_do_not_open_without_their_key_sec_44(drill: Drill) -> None:
    """Somebody has the backup, its key and every key of today: what is Anna's stays shut."""
    file = keyfile.load(drill.keys, SITE)
    said = manifest.read(drill.folder, SITE)
    sealer, opened, shut = Sealer(SITE, said.id), b"", 0
    for held in said.tables:
        with (drill.folder / held.name).open("rb") as rows:
            for frame in frames(rows):
                key = file.keys.get(frame.tag.hex(), b"")
                try:
                    place = f"{held.name}/{frame.number}"
                    opened += sealer.open(frame.sealed, place, frame.tag, key)
                except InvalidError:
                    shut += 1

    assert shut > 40
    assert drill.anna.canary.encode() not in opened
    assert drill.ben.canary.encode() in opened
    files = b"".join(each.read_bytes() for each in drill.folder.iterdir())
    assert b"canary" not in files
    assert str(drill.ben.id).encode() not in files


def test_a_database_with_somebody_in_it_is_not_restored_into(drill: Drill) -> None:
    source = check(drill.folder, SITE, drill.keys)

    with pytest.raises(ConflictError, match="not empty"):
        restore(
            drill.found.servers,
            drill.found.database,
            drill.found.owner,
            source,
            app_role="wardlight_app",
        )


def changed(folder: Path, to: Path, name: str) -> Path:
    """Return a copy of a backup in which one byte of a file is another."""
    shutil.copytree(folder, to)
    held = bytearray((to / name).read_bytes())
    held[-1] ^= 1
    (to / name).write_bytes(held)
    return to


@pytest.mark.parametrize("name", ["reading", "manifest.json"])
def test_a_changed_file_is_refused_and_named(drill: Drill, tmp_path: Path, name: str) -> None:
    folder = changed(drill.folder, tmp_path / "changed", name)

    with pytest.raises(InvalidError) as refused:
        check(folder, SITE, drill.keys)
    assert refused.value.field == name


def test_a_backup_of_a_newer_program_is_refused(drill: Drill, tmp_path: Path) -> None:
    folder = shutil.copytree(drill.folder, tmp_path / "newer")
    said = manifest.read(drill.folder, SITE)
    newer = manifest.Manifest(said.id, said.made_at, "9", "9999", said.serial, said.tables)
    manifest.write(folder, newer, SITE)

    with pytest.raises(InvalidError, match="newer program"):
        check(folder, SITE, drill.keys)


def test_of_old_keys_and_the_newest_either_word_leaves_the_erased_out_sec_44(drill: Drill) -> None:
    newest = check(drill.folder, SITE, drill.keys)
    outside = check(drill.folder, SITE, drill.old_keys, drill.ledger.read())
    neither = check(drill.folder, SITE, drill.old_keys)

    assert newest.missing == outside.missing == newest.keys.gone()
    assert newest.keys.erased == outside.keys.erased
    # Nothing is left by which anybody could know: that is said in the handbook.
    assert neither.missing == frozenset()


def test_a_key_file_from_before_the_backup_or_without_somebody_is_refused_sec_44(
    drill: Drill, tmp_path: Path
) -> None:
    file = keyfile.load(drill.keys, SITE)
    old, poor, other = tmp_path / "old", tmp_path / "poor", BackupKey.read(BackupKey.fresh())
    keyfile.save(old, SITE, keyfile.KeyFile(0, file.keys, file.erased))
    keyfile.save(poor, SITE, keyfile.KeyFile(file.serial, {}, file.erased))

    with pytest.raises(InvalidError, match="older than the backup"):
        check(drill.folder, SITE, old)
    with pytest.raises(InvalidError, match="keys of 3 people are missing"):
        check(drill.folder, SITE, poor)
    with pytest.raises(InvalidError, match="does not open"):
        keyfile.load(drill.keys, other)


def test_the_ledger_forgets_no_erasure_sec_44(drill: Drill) -> None:
    file = keyfile.load(drill.keys, SITE)

    after = file.next(dict(file.keys) | dict.fromkeys(file.gone(), b"k"), (), now=NOW)

    assert after.erased == file.erased
    assert not after.gone() & set(after.keys)
    assert after.serial > file.serial
