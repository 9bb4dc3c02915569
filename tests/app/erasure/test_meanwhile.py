"""Whoever works on a person while they are erased brings nothing back (SEC-44)."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, text

from alerts.notify.outlets import Outlets
from app import tasks
from app.bulk import exporting
from app.bulk.asking import Wish
from app.bulk.tables import BulkExport
from app.copies.service import Copy, copy
from app.erasure import service
from app.erasure.belonging import belongs, ways
from app.erasure.states import Ground
from app.learned import Learned
from app.runtime import Runtime
from app.schema import METADATA
from app.weekly import making
from app.weekly.repository import plan
from app.weekly.tables import WeeklyReport
from core import outbox
from core.audit import AuditEvent
from core.database import now_of
from core.errors import NotFoundError
from core.outbox import Outbox, State, Topic
from core.security import SYSTEM, Caller
from core.settings import Environment, Settings
from core.vitals import Vital
from ingest.people.tables import Parked
from ingest.tables import CareTeam, CareTeamPatient
from monitoring.plans.site_rules import SiteRules
from reports.week import Week
from tests.app.bulk.conftest import SETTINGS
from tests.door import NOW, heart_rate, patient
from tests.monitoring import test_service as judging
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from core.database import Database
    from tests.door import Gateway

OTHER = Caller("system", uuid4())
SECONDS = 20.0


@contextmanager
def being_erased(database: Database, patient_id: UUID) -> Iterator[Session]:
    """Erase somebody, and commit when the block ends."""
    with database.transaction() as session:
        id_ = service.ask(session, SYSTEM, patient_id, Ground.CONSENT, now=NOW)
        service.confirm(session, OTHER, id_, now=NOW)
        service.carry_out(session, METADATA, id_, now=NOW)
        yield session


def somebody_waits(session: Session) -> None:
    """Return when another connection waits for a lock."""
    query = text("select count(*) from pg_locks where not granted")
    until = time.monotonic() + SECONDS
    while not session.scalar(query):
        assert time.monotonic() < until, "nobody waits"
        time.sleep(0.01)


def left(database: Database, patient_id: UUID) -> dict[str, int]:
    held = ways(METADATA)
    with database.transaction() as session:
        found = {
            table.name: session.scalar(
                select(func.count()).select_from(table).where(belongs(held, table, [patient_id]))
            )
            for table in held
        }
        query = select(func.count()).where(
            Outbox.subject_id == patient_id, Outbox.state != State.DONE
        )
        found["outbox"] = session.scalar(query)
    return {name: count for name, count in found.items() if count}


def test_a_reading_on_its_way_in_is_not_stored_sec_44(database: Database, gateway: Gateway) -> None:
    id_ = UUID(gateway.create(patient()))
    gateway.create(heart_rate(f"Patient/{id_}"))
    late = heart_rate(f"Patient/{id_}", 75, effectiveDateTime="2026-03-02T11:40:00Z")

    with ThreadPoolExecutor(1) as pool:
        with being_erased(database, id_) as session:
            answer = pool.submit(gateway.post, late)
            somebody_waits(session)
        status = answer.result(SECONDS).status_code

    assert status == 409
    assert gateway.post(late).status_code == 422
    assert left(database, id_) == {}


def test_what_a_device_sends_afterwards_waits_like_a_strangers_sec_44(
    database: Database, parking: Gateway
) -> None:
    known = patient()
    id_ = UUID(parking.create(known))
    named = {"identifier": known["identifier"][0]}
    assert parking.post(heart_rate("") | {"subject": named}).status_code == 201
    with being_erased(database, id_):
        pass

    answer = parking.post(heart_rate("", 75) | {"subject": named})

    assert answer.status_code == 202
    assert left(database, id_) == {}
    with database.transaction() as session:
        waiting = select(func.count()).where(Parked.client_id == parking.client_id)
        assert session.scalar(waiting) == 1


@pytest.fixture
def runtime(database: Database) -> Runtime:
    return Runtime(
        settings=Settings(environment=Environment.TEST),
        database=database,
        rules=SiteRules(RULEBOOK),
        learned=Learned(Path("nowhere")),
        policy=None,  # type: ignore[arg-type]  # nothing is raised here
        outlets=Outlets(),
        addresses=None,  # type: ignore[arg-type]  # nobody is told here
    )


@pytest.mark.parametrize("committed", [True, False], ids=["after it", "while it waits"])
def test_a_judgement_that_began_before_stores_nothing_sec_44(
    database: Database, runtime: Runtime, monkeypatch: pytest.MonkeyPatch, *, committed: bool
) -> None:
    id_, row_id = work_for_somebody(database)
    begun, go, real = Event(), Event(), tasks.assess

    def slow(session: Session, subject: UUID, now: datetime, runtime: Runtime) -> None:
        begun.set()
        assert go.wait(SECONDS)
        real(session, subject, now, runtime)

    monkeypatch.setitem(tasks.STEPS, Topic.ASSESS, slow)
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(tasks.run_row, runtime, row_id, now=judging.NOW)
        assert begun.wait(SECONDS)
        with being_erased(database, id_) as session:
            if not committed:
                go.set()
                somebody_waits(session)
        go.set()
        done.result(SECONDS)

    assert left(database, id_) == {}
    with database.transaction() as session:
        state = session.scalar(select(Outbox.state).where(Outbox.id == row_id))
    assert state in (State.DONE, None)


def work_for_somebody(database: Database) -> tuple[UUID, UUID]:
    """Return somebody with a reading, and the row of their judgement, handed out."""
    with database.transaction() as session:
        id_ = judging.enrol(session)
        judging.measure(session, id_, Vital.SPO2, 84.0)
        outbox.offer(session, Topic.ASSESS, id_, now=judging.NOW)
        session.flush()
        row = session.scalar(select(Outbox).where(Outbox.subject_id == id_))
        assert row is not None
        row.state = State.LEASED
        return id_, row.id


def erased(database: Database, patient_id: UUID) -> None:
    with being_erased(database, patient_id):
        pass


def test_an_export_and_an_erasure_wait_for_each_other_sec_44(
    database: Database, gateway: Gateway
) -> None:
    """Whichever is first: no part of an export holds somebody who is erased by then."""
    first, second = (UUID(gateway.create(patient())) for _ in range(2))
    ordered = [ordered_export(database, gateway) for _ in range(2)]

    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as working:
            exporting.step(working, ordered[0], now=NOW, settings=SETTINGS)
            erasing = pool.submit(erased, database, first)
            somebody_waits(working)
        erasing.result(SECONDS)
        with being_erased(database, second) as session:
            working_on = pool.submit(stepped, database, ordered[1])
            somebody_waits(session)
        working_on.result(SECONDS)

    with database.transaction() as session:
        assert session.get(BulkExport, ordered[0]) is None
        told = select(AuditEvent.patient_id).where(AuditEvent.entity_id == ordered[1])
        assert not {first, second} & set(session.scalars(told))


def ordered_export(database: Database, gateway: Gateway) -> UUID:
    caller = Caller("client", gateway.client_id, scopes=gateway.scopes)
    with database.transaction() as session:
        return exporting.begin(session, caller, Wish(("Patient",)), "", now=NOW)


def stepped(database: Database, export_id: UUID) -> None:
    with database.transaction() as session:
        exporting.step(session, export_id, now=NOW, settings=SETTINGS)


def test_a_report_that_is_being_made_keeps_nobody_who_is_erased_sec_44(
    database: Database, gateway: Gateway
) -> None:
    id_ = UUID(gateway.create(patient()))
    with database.transaction() as session:
        today = now_of(session)
        row_id = report_about(session, id_, today)
        making.make(session, row_id, now=today)

    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as working:
            making.make(working, row_id, now=today + timedelta(minutes=1))
            erasing = pool.submit(erased, database, id_)
            somebody_waits(working)
        erasing.result(SECONDS)

    with database.transaction() as session:
        row = session.get_one(WeeklyReport, row_id)
        assert (row.state, row.people, row.forgotten) == ("made", 1, 1)
        assert id_ not in row.patients


def test_a_copy_is_whole_or_of_nobody_sec_43_sec_44(database: Database, gateway: Gateway) -> None:
    """Half of what is kept of somebody, read while the rest went, would be handed out as all."""
    id_ = UUID(gateway.create(patient()))

    with ThreadPoolExecutor(1) as pool:
        with being_erased(database, id_) as session:
            making_it = pool.submit(copied, database, id_)
            somebody_waits(session)
        with pytest.raises(NotFoundError):
            making_it.result(SECONDS)


def copied(database: Database, patient_id: UUID) -> Copy:
    with database.transaction() as session:
        return copy(session, SYSTEM, patient_id, SETTINGS, now=NOW)


def report_about(session: Session, patient_id: UUID, today: datetime) -> UUID:
    """Return the row of a report of this week of a team that has this patient alone."""
    team = CareTeam(id=uuid4(), name="")
    session.add(team)
    session.flush()
    session.add(CareTeamPatient(care_team_id=team.id, patient_id=patient_id))
    week = Week.of(today, zone=ZoneInfo("UTC")).monday
    place = {"team_id": team.id, "monday": week, "zone": "UTC"}
    plan(session, [{**place, "begin_at": today, "due_at": today}])
    return session.scalars(select(WeeklyReport.id).where(WeeklyReport.team_id == team.id)).one()


def test_a_worker_erases_who_was_confirmed_sec_44(database: Database, runtime: Runtime) -> None:
    id_, _ = work_for_somebody(database)
    with database.transaction() as session:
        asked = service.ask(session, SYSTEM, id_, Ground.CONSENT, now=NOW)
        service.confirm(session, OTHER, asked, now=NOW)
        session.flush()
        row = session.scalar(select(Outbox).where(Outbox.subject_id == asked))
        assert row is not None
        row.state = State.LEASED
        row_id = row.id

    tasks.run_row(runtime, row_id, now=NOW)

    assert set(left(database, id_)) <= {"outbox"}
    with database.transaction() as session:
        assert service.state_of(session, asked) == "done"
