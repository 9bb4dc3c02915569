"""Whatever shows somebody writes one row for each of them in the audit, or shows nothing (SEC-16).

Every GET route of the application is in one of the tables below, so that a new page has to say
what it shows. What is read through FHIR from what devices sent is matched with its rows in
`tests/app/fhir_api` (search, `$everything`), `tests/app/bulk` (export) and `tests/ingest/lookup`;
what a patient opens by their link in `tests/app/told/test_link.py`.
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
from app.follow_up.tables import FollowedDayRow
from core.audit import Action, AuditEvent
from core.sealed_fields import seal
from core.security import Role
from ingest.access.tables import EmergencyAccess
from ingest.tables import Patient
from monitoring.followed import Source
from tests.app.rights.whole import OTHER, OWN, ROLES, Whole, routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import Response
    from sqlalchemy.orm import Session

    from core.embedded import Servers

# Pages that name people: whom they name or link, and nobody else, is written down.
SHOW = {
    "/privacy/audit": "",
    "/privacy/audit.csv": "",
    "/break-glass/reviews": "",
    "/digest": "",
    "/follow-up": "",
    "/inbox": "",
    "/inbox/rows/{alert_id}": "",
    "/inbox/rows/{alert_id}/acts": "",
    "/patients": "",
    "/patients/{patient_id}": "",
    "/patients/{patient_id}/accesses": "",
    "/patients/{patient_id}/discharge": "",
    "/patients/{patient_id}/facts": "",
    "/patients/{patient_id}/pause": "",
    "/patients/{patient_id}/plan": "",
    "/patients/{patient_id}/trends": "days=30",
    "/programme/{team_id}": "",
    "/programme/{team_id}/clocks.csv": "",
    "/programme/{team_id}/patients/{patient_id}": "",
    "/quality/alerts": "by=tier&key=RED",
    "/records": "",
    "/records/{patient_id}": "",
    "/reports/{team_id}": "",
    "/reports/{team_id}.csv": "",
    "/reports/{team_id}.pdf": "",
    "/reports/{team_id}/alerts": "of=open",
    "/reports/{team_id}/people": "of=late",
}
ONLY: dict[str, tuple[Role, ...]] = {
    # For the privacy officer alone: tests/app/audit_search.
    "/privacy/audit": (),
    "/privacy/audit.csv": (),
    "/break-glass/reviews": (Role.SUPERVISOR,),
    "/follow-up": (Role.NURSE, Role.PHYSICIAN),
    "/records": (Role.SUPERVISOR,),
    "/records/{patient_id}": (Role.SUPERVISOR,),
}
# Pages that count people without naming them: everybody who is counted is written down.
COUNT = {"/quality": "", "/quality.csv": "", "/reports/{team_id}.json": ""}
# Where everybody stands whom they count; a report is of one team.
NAMED = {"/reports/{team_id}.json": "/reports/{team_id}.csv"}
# Pages that show nobody, and why they need no row of a patient.
NOBODY = {
    "/": "leads to the inbox",
    "/administration": "what its pages are",
    "/administration/integrations": "for the administrator alone",
    "/administration/integrations/{client_id}": "for the administrator alone",
    "/administration/rota": "for the administrator alone",
    "/administration/rota/{team_id}": "for the administrator alone",
    "/administration/teams": "for the administrator alone",
    "/administration/teams/{team_id}": "for the administrator alone",
    "/administration/users": "for the administrator alone",
    "/administration/users/{user_id}": "for the administrator alone",
    "/set-up/{secret}": "by a link that is good once",
    "/welcome/{secret}": "by a link that is good once",
    "/privacy": "what its pages are",
    "/privacy/retention": "how long each kind of data is kept",
    "/break-glass": "a form; whom it opens is written down when it is sent",
    "/dead-letters": "kinds and numbers of work that was given up",
    "/design": "what pages are made of, with invented content",
    "/enrol": "a form; whom it enrols is written down when it is sent",
    "/enrol/file": "a form; whom a file enrols is written down when it is confirmed",
    "/enrol/file/{preview_id}": "absent here, where nobody uploaded a file; whom one names who is"
    " enrolled already is written down, as tests/ingest/uploading holds",
    "/inbox/keys": "the reader's own keys",
    "/inbox/live": "ids of alerts that changed; what stands in a row is asked for, and audited, "
    "by /inbox/rows/{alert_id}",
    "/inbox/strip": "counts of everybody, asked for every few seconds; it names nobody",
    "/models": "learned models; counts of everybody where those in shadow agree; it names nobody",
    "/n/{public_id}": "leads to the patient's page, which writes the row",
    "/quality/trial": "absent here, where nothing is proposed; its figures are those of /quality",
    "/reached": "the reader's own addresses",
    "/reports": "the reader's teams",
    "/reports/{team_id}/acts": "empty here, where nobody was reached; its rows are held by"
    " tests/app/test_report_page.py",
    "/rota": "the reader's teams",
    "/rota/{team_id}": "colleagues on call",
    "/rules": "rules",
    "/session": "how long the reader's session lasts",
}
PATIENTS_OWN = "/m"  # by the link that they were sent
WITHOUT_SESSION = ("/sign-in", "/m/", "/fhir", "/cds-services", "/.well-known", "/static")
OF_THE_PROGRAM = ("/api", "/healthz", "/metrics", "/openapi.json", "/readyz", PATIENTS_OWN)
READ_FROM = sorted((path, who) for path in SHOW | COUNT for who in ROLES)


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
            _keep_for_digests(session, whole)
            _open_in_an_emergency(session, whole)
            _draw_a_day(session, whole)
        yield


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
    for path in sorted({*NOBODY} - {"/inbox/live"}):
        for who in ROLES:
            answer, rows = read(whole, path, who)

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
