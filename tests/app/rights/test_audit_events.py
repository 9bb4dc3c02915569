"""Whatever is written into the audit is an AuditEvent to others as well (SEC-17).

Every route is asked, the acts with what the table of rights sends; beside that somebody fails to
sign in, opens a patient in an emergency, looks for one in vain, and exports. One event of each
kind goes before the independent panel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from app.audit_search import kinds
from app.fhir_api.audited import Trail
from core.audit import AuditEvent
from core.security import Role
from ingest.numbers.repository import add
from ingest.receipt import Kind, Name
from tests.app.conftest import csrf
from tests.app.rights.showing import SHOW
from tests.app.rights.test_audited import furnished
from tests.app.rights.test_table import COLUMNS, table
from tests.app.rights.whole import BASE, EVERYBODY, OTHER, Whole
from tests.oracle.panel import panel

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBERS, NUMBER = "https://clinic.example/mrn", uuid4().hex
DONE = ("200", "204", "303")
# What must be among them: the action, on what, how it ended, and for what purpose.
ATTEMPTS = {
    ("E", "sign-in", "refused", None),
    ("E", "emergency-override-started", "refused", None),
    ("E", "emergency-override-started", "success", "ETREAT"),
    ("R", "patient", "success", "ETREAT"),
    ("E", "Export", "success", None),
    ("R", "Patient", "refused", None),
    ("R", "audit-export", "success", None),
    ("R", "erasure", "success", None),
    ("R", "client", "success", None),
    ("R", "weekly-report-print", "success", None),
    ("E", "page-print", "success", None),
}
Found = dict[tuple[Any, ...], tuple[AuditEvent, dict[str, Any]]]


@pytest.fixture(scope="module")
def written(whole: Whole) -> Found:
    """Return a row of each kind that was written, with its resource."""
    found: Found = {}
    with whole.database.transaction() as session:
        name = Name(Kind.PATIENT, NUMBERS, NUMBER)
        add(session, {name: whole.ward.patients[OTHER]})
        before = session.scalar(select(func.max(AuditEvent.id))) or 0
    for _ in _asked(whole):
        with whole.database.transaction() as session:
            rows = session.scalars(select(AuditEvent).where(AuditEvent.id > before)).all()
            of_kind = {_kind(row): row for row in rows if _kind(row) not in found}
            said = Trail().render(session, list(of_kind.values()))
            for (kind, row), each in zip(of_kind.items(), said, strict=True):
                found[kind] = row, each
    return found


def _kind(row: AuditEvent) -> tuple[Any, ...]:
    what = row.action, row.entity, row.outcome, row.purpose
    return (*what, row.caller_kind, row.patient_id is None, row.query_id is None)


def _asked(whole: Whole) -> Iterator[None]:
    """Yield after all that is read, and after each act, before it is undone."""
    known = [(key, dict(zip(COLUMNS, row, strict=True))) for key, row in table().items()]
    with furnished(whole):
        for (method, path), said in known:
            if method == "GET" and path != "/inbox/live":
                whole.send(method, path, _may(path, said), "own", SHOW.get(path, ""))
                if path.startswith("/fhir"):
                    whole.send(method, path, "client", "other")
        yield
    for (method, path), said in known:
        if method != "GET" and said[f"{_may(path, said)}-own"] in DONE:
            with whole.database.undoing():
                whole.send(method, path, _may(path, said), "own")
                yield
    with whole.database.undoing():
        _attempt(whole)
        yield


def _may(path: str, said: dict[str, str]) -> str:
    """Return who is let in."""
    if path.startswith(("/fhir", "/cds-services")):
        return "client"
    return next((who for who in EVERYBODY if said[f"{who}-own"] in DONE), Role.SUPERVISOR)


def _attempt(whole: Whole) -> None:
    stranger = TestClient(whole.web, base_url=BASE, follow_redirects=False)
    token = csrf(stranger.get("/sign-in").text)
    stranger.post("/sign-in", data={"username": "nobody", "password": "x" * 12, "csrf": token})
    doctor = TestClient(whole.web, base_url=BASE, follow_redirects=True)
    doctor.cookies.set("wardlight", whole.people[Role.PHYSICIAN])
    form = {"csrf": csrf(doctor.get("/break-glass").text), "system": NUMBERS}
    form |= {"reason": "emergency", "text": "found on the floor"}
    assert doctor.post("/break-glass", data=form | {"value": "CANARY"}).status_code == 404
    assert doctor.post("/break-glass", data=form | {"value": NUMBER}).status_code == 200
    held = {"Authorization": f"Bearer {whole.token_of(whole.client)}", "Prefer": "respond-async"}
    begun = TestClient(whole.web, base_url=BASE).get("/fhir/Patient/$export", headers=held)
    assert begun.status_code == 202


def test_one_event_of_every_kind_passes_the_panel_sec_17(written: Found) -> None:
    said = [each for _, each in written.values()]
    for each, objections in zip(said, panel(said), strict=True):
        assert not objections, (objections[:5], each)
    assert {kind[:4] for kind in written} >= ATTEMPTS
    assert len({kind[1] for kind in written}) >= 50
    nameless = {kind[1] for kind in written if kinds.word_of(kind[1]) == kinds.OTHER}
    assert nameless <= {"x"}  # which `furnished` made up


def test_each_has_the_slice_of_its_patient_and_of_no_other_sec_17(written: Found) -> None:
    for row, said in written.values():
        people = [each for each in said["entity"] if each["role"]["code"] == "1"]
        whom = [f"Patient/{row.patient_id}"] if row.patient_id else []

        assert [each["what"]["reference"] for each in people] == whom, said
        assert all(each["type"]["code"] == "1" for each in people), said
        assert (said["action"], said["outcomeDesc"]) == (row.action, row.outcome)
        assert (said["outcome"] == "0") == row.outcome.startswith("success"), said
        assert said["agent"][0]["requestor"] is True
