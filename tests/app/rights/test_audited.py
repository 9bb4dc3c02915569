"""Whatever shows somebody writes one row for each of them in the audit, or shows nothing (SEC-16).

Every GET route of the application is in one of the tables beside this file, so that a new page
has to say what it shows. What is read through FHIR from what devices sent is matched with its
rows in `tests/app/fhir_api` (search, `$everything`), `tests/app/bulk` (export) and
`tests/ingest/lookup`; what a patient opens by their link in `tests/app/told/test_link.py`.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import func, select

from alerts.routing import practitioner
from alerts.tables import Delivery, Step
from app.accounts.tables import AppUser
from app.erasure import service as erasure
from app.erasure.states import Ground
from app.follow_up.tables import FollowedDayRow
from core.audit import Action, AuditEvent, record
from core.sealed_fields import seal
from core.security import Caller, Role
from ingest.access.tables import EmergencyAccess
from ingest.tables import Patient
from monitoring.followed import Source
from tests.app.rights.showing import (
    COUNT,
    NAMED,
    NOBODY,
    OF_THE_PROGRAM,
    ONLY,
    SHOW,
    WITHOUT_SESSION,
)
from tests.app.rights.whole import EVERYBODY, OTHER, OWN, ROLES, Whole, routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import Response
    from sqlalchemy.orm import Session

    from core.embedded import Servers

READ_FROM = sorted((path, who) for path in SHOW | COUNT for who in EVERYBODY)


def pages(whole: Whole) -> set[str]:
    return {
        path
        for method, path in routes(whole.web)
        if method == "GET" and path not in OF_THE_PROGRAM and not path.startswith(WITHOUT_SESSION)
    }


def fhir(whole: Whole) -> list[str]:
    served = (path for method, path in routes(whole.web) if method == "GET")
    return [path for path in served if path.startswith("/fhir/")]


def test_every_page_says_whom_it_shows_sec_16(whole: Whole) -> None:
    assert pages(whole) == {*SHOW, *COUNT, *NOBODY}


@contextmanager
def furnished(whole: Whole) -> Iterator[None]:
    """Let the digest have an item for everybody, and the reviews one access; undone afterwards."""
    with whole.database.undoing():
        with whole.database.transaction() as session:
            furnish(session, whole)
        yield


def furnish(session: Session, whole: Whole) -> None:
    """Let each page have something to show."""
    _keep_for_digests(session, whole)
    _open_in_an_emergency(session, whole)
    _draw_a_day(session, whole)
    _ask_for_erasures(session, whole)
    _look(session, whole)


def _ask_for_erasures(session: Session, whole: Whole) -> None:
    officer = Caller("user", whole.users[Role.PRIVACY_OFFICER], Role.PRIVACY_OFFICER)
    for name in (OWN, OTHER):
        erasure.ask(
            session, officer, whole.ward.patients[name], Ground.OBJECTED, now=whole.ward.now
        )


def _look(session: Session, whole: Whole) -> None:
    """Let the audit have something of the nurse's, who is the account of the addresses."""
    nurse, whose = whole.users[Role.NURSE], (whole.ward.patients[n] for n in (OWN, OTHER))
    record(session, Caller("user", nurse), Action.READ, "x", now=whole.ward.now, patients=whose)


def _draw_a_day(session: Session, whole: Whole) -> None:
    for name in (OWN, OTHER):
        session.add(
            FollowedDayRow(
                patient_id=whole.ward.patients[name],
                day=(whole.ward.now - timedelta(days=12)).date(),
                scored_at=whole.ward.now - timedelta(days=12),
                model_id="risk-of-tests",
                probability=0.1,
                source=Source.DRAWN,
                chosen_with=0.5,
                followed_at=whole.ward.now,
            )
        )


def _keep_for_digests(session: Session, whole: Whole) -> None:
    alert = whole.ward.alerts[OWN][0]
    step = session.scalars(select(Step.id).where(Step.alert_id == alert)).first()
    for user in whole.users.values():
        who = session.get_one(AppUser, user).practitioner_id
        assert who is not None
        session.add(
            Delivery(
                alert_id=alert,
                step_id=step,
                recipient=practitioner(who),
                channel="digest-of-a-test",
                severity="YELLOW",
                state="in-digest",
                public_id=uuid4().hex[:10],
                created_at=whole.ward.now,
            )
        )


def _open_in_an_emergency(session: Session, whole: Whole) -> None:
    id_, now = uuid4(), whole.ward.now
    session.add(
        EmergencyAccess(
            id=id_,
            user_id=whole.ward.user_id,
            patient_id=whole.ward.patients[OTHER],
            reason="emergency",
            text=seal(session, EmergencyAccess.text, "x", id=id_),
            review=b"",
            began_at=now,
            until=now + timedelta(minutes=60),
        )
    )


def read(whole: Whole, path: str, who: str, query: str = "") -> tuple[Response, list[AuditEvent]]:
    """Return an answer, and the rows that it left."""
    with furnished(whole):
        return asked(whole, path, who, query)


def asked(whole: Whole, path: str, who: str, query: str = "") -> tuple[Response, list[AuditEvent]]:
    """Return the same of what is furnished already."""
    with whole.database.transaction() as session:
        before = session.scalar(select(func.max(AuditEvent.id))) or 0
    answer = whole.send("GET", path, who, "own", query)
    with whole.database.transaction() as session:
        rows = session.scalars(select(AuditEvent).where(AuditEvent.id > before)).all()
    return answer, list(rows)


def shown(whole: Whole, text: str) -> set[str]:
    """Return whose name or id stands in an answer."""
    with whole.database.transaction() as session:
        everybody = {str(id_) for id_ in session.scalars(select(Patient.id))}
    named = {str(id_) for name, id_ in whole.ward.patients.items() if name in text}
    return named | {id_ for id_ in everybody if id_ in text}


@pytest.mark.parametrize(("path", "who"), READ_FROM, ids=str)
def test_a_page_writes_one_row_for_each_patient_it_shows_sec_16(
    whole: Whole, path: str, who: Role
) -> None:
    answer, rows = read(whole, path, who, (SHOW | COUNT)[path])
    if who not in ONLY.get(path, ROLES):
        assert answer.status_code in (403, 404)
        return

    seen = shown(whole, answer.text)
    if path in COUNT:
        everybody = read(whole, NAMED.get(path, "/patients"), who)[0]
        assert not seen
        seen = shown(whole, everybody.text)
    elif "{patient_id}" in path:  # a fragment of one page need not repeat whose it is
        seen |= {str(whole.ward.patients[OWN])}
    assert answer.status_code == 200
    assert seen
    if path == "/break-glass/reviews":  # each access is read, and other files left some
        assert len({row.entity_id for row in rows}) == len(rows)
        assert {str(row.patient_id) for row in rows} == seen
    else:
        assert Counter(str(row.patient_id) for row in rows) == Counter(seen)
    assert {row.action for row in rows} == {Action.READ}
    assert {row.caller_id for row in rows} == {whole.users[who]}
    assert {row.outcome for row in rows} == {"success"}


def test_a_page_of_nobody_writes_no_row_of_a_patient_sec_16(whole: Whole) -> None:
    with furnished(whole):
        for path in sorted({*NOBODY} - {"/inbox/live"}):
            for who in EVERYBODY:
                answer, rows = asked(whole, path, who)

                assert not shown(whole, answer.text), path
                assert {row.patient_id for row in rows} <= {None}, path


def test_what_a_program_reads_of_whom_is_written_down_once_sec_16(whole: Whole) -> None:
    showing = 0
    for path in fhir(whole):
        answer, rows = read(whole, path, "client")
        seen = shown(whole, answer.text) if answer.status_code == 200 else set()
        wrote = Counter(str(row.patient_id) for row in rows if row.patient_id)
        showing += bool(seen)

        assert wrote == Counter(seen), path
    assert showing >= 10


@contextmanager
def audit_refused(owner: str) -> Iterator[None]:
    """Take from the application the right to write the audit, as its owner can."""
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("revoke insert on audit_event from wardlight_app")
        try:
            yield
        finally:
            connection.execute("grant insert on audit_event to wardlight_app")


def test_without_its_row_in_the_audit_no_page_shows_anybody_sec_16(
    whole: Whole, embedded: Servers
) -> None:
    with furnished(whole), audit_refused(embedded.migration_database_url):
        answers = {
            (path, who): whole.send("GET", path, who, "own", (SHOW | COUNT)[path])
            for path, who in READ_FROM
            if who in ONLY.get(path, ROLES)
        }

    for what, answer in answers.items():
        assert answer.status_code == 503, what
        assert "Not available" in answer.text, what
        assert not shown(whole, answer.text), what
        assert answer.headers["retry-after"], what


def test_without_its_row_in_the_audit_no_program_reads_anybody_sec_16(
    whole: Whole, embedded: Servers
) -> None:
    paths = [path for path in fhir(whole) if shown(whole, read(whole, path, "client")[0].text)]
    with whole.database.undoing(), audit_refused(embedded.migration_database_url):
        answers = {path: whole.send("GET", path, "client", "own") for path in paths}

    assert len(answers) >= 10
    for path, answer in answers.items():
        assert answer.status_code == 503, path
        assert answer.json()["resourceType"] == "OperationOutcome", path
        assert not shown(whole, answer.text), path
