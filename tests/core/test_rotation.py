"""New keys: every sealed field moves under them while others read and write (SEC-27)."""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

import app.migrate
from app.schema import METADATA
from core.audit import AuditEvent
from core.clock import utc_now
from core.database import Database
from core.embedded import Servers, servers
from core.rotation import rotate
from core.sealed_fields import seal, sealed_columns, unseal
from core.sealing import Keyring
from core.settings import Environment, Settings
from ingest.numbers.repository import add, numbers_of, owners
from ingest.parcels.repository import Span, cut_out, pack
from ingest.receipt import Name
from ingest.tables import Patient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

PEOPLE = 250  # more than two batches


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Start a database of its own: another ring would be unreadable to other tests."""
    data = tmp_path_factory.mktemp("rotation")
    with servers(Settings(environment=Environment.TEST, data=data), broker=False) as started:
        app.migrate.upgrade(started.migration_database_url, app_role="wardlight_app")
        yield started


@pytest.fixture(scope="module")
def rings(running: Servers) -> list[str]:
    return [running.field_keys]


@pytest.fixture
def before(running: Servers, rings: list[str]) -> Iterator[Database]:
    database = Database(running.database_url, field_keys=rings[-1])
    yield database
    database.close()


@pytest.fixture
def after(running: Servers, rings: list[str]) -> Iterator[Database]:
    """Return the database with one more key in front than there was before."""
    rings.append(Keyring.read(rings[-1]).with_new(f"k{len(rings)}"))
    database = Database(running.database_url, field_keys=rings[-1])
    yield database
    database.close()


def enrol(session: Session, name: str) -> UUID:
    who = uuid4()
    row = Patient(id=who, name=seal(session, Patient.name, name, id=who), created_at=utc_now())
    session.add(row)
    session.flush()
    add(session, {Name("Patient", "urn:clinic:a", name): who})
    return who


def key_names(database: Database) -> set[str]:
    names: set[str] = set()
    with database.transaction() as session:
        for each in sealed_columns(METADATA):
            names |= {Keyring.key_name(bytes(v)) for v in session.scalars(select(each.column)) if v}
    return names


def current(database: Database) -> str:
    [ring] = database.info.values()
    assert isinstance(ring, Keyring)
    return ring.current


def test_every_sealed_field_moves_under_the_new_key_and_still_opens_sec_27(
    before: Database, after: Database
) -> None:
    with before.transaction() as session:
        people = {enrol(session, f"Name {uuid4()}"): None for _ in range(PEOPLE)}
        [span] = pack(session, [b'{"resourceType":"Patient"}'], now=utc_now())

    found = {each.column: each for each in rotate(after, METADATA, now=utc_now())}

    assert key_names(after) == {current(after)}
    assert found["patient.name"].sealed >= PEOPLE
    assert found["patient_identifier.sealed"].sealed >= PEOPLE
    assert not any(each.stuck for each in found.values())
    with after.transaction() as session:
        for who in people:
            row = session.get_one(Patient, who)
            name = unseal(session, Patient.name, row.name, id=who)
            assert numbers_of(session, who) == [("urn:clinic:a", name)]
            assert owners(session, [Name("Patient", "urn:clinic:a", name)]) != {}
        assert cut_out(session, [Span(span.parcel_id, 0, 5)]) == [b'{"res']
        audited = select(AuditEvent.outcome).where(AuditEvent.entity == "field_keys")
        assert session.scalars(audited).all()[-1] == "success"
    assert all(each.sealed == 0 for each in rotate(after, METADATA, now=utc_now()))


def test_readers_and_writers_go_on_while_keys_are_rotated_sec_27(after: Database) -> None:
    faults: list[str] = []
    stop, written = Event(), []

    def work() -> None:
        while not stop.is_set():
            with after.transaction() as session:
                who = enrol(session, name := f"Name {uuid4()}")
            with after.transaction() as session:
                row = session.get_one(Patient, who)
                row.name = seal(session, Patient.name, name + "!", id=who)
            with after.transaction() as session:
                row = session.get_one(Patient, who)
                if unseal(session, Patient.name, row.name, id=who) != name + "!":
                    faults.append("lost")
            written.append(who)

    workers = [Thread(target=work) for _ in range(3)]
    for each in workers:
        each.start()
    for _ in range(3):
        rotate(after, METADATA, now=utc_now())
    stop.set()
    for each in workers:
        each.join()

    assert not faults
    assert len(written) > 1
    assert key_names(after) == {current(after)}


def test_a_field_of_a_lost_key_is_counted_and_left_alone(after: Database, running: Servers) -> None:
    stranger = Database(running.database_url, field_keys=Keyring.fresh().replace("first", "lost"))
    with stranger.transaction() as session:
        who = enrol(session, f"Name {uuid4()}")

    found = {each.column: each for each in rotate(after, METADATA, now=utc_now())}

    assert (found["patient.name"].stuck, found["patient_identifier.sealed"].stuck) == (1, 1)
    with stranger.transaction() as session:
        row = session.get_one(Patient, who)
        assert unseal(session, Patient.name, row.name, id=who).startswith("Name ")
    stranger.close()
