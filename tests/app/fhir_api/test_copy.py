"""SEC-43: all data of a person, to read, on paper, and taken in again elsewhere as an equal record.

What cannot be equal are the ids and the times that a server gives (`id`, `meta`) and, with them,
the references; what was concluded of the data and decided on it (scores, alerts and acts, plans,
pauses, notices, accesses) is in the copy and is not taken over by what is sent over the wire. An
operator takes over more: `test_taken_in.py`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from alerts import service as alerting
from alerts.outcomes import Label, Resolution
from app.copies.paper import chapters, on_paper
from app.copies.rows import ELSEWHERE, of_people
from app.copies.service import copy
from app.pages.language import language
from app.pages.rendering import Renderer
from app.schema import METADATA
from core.audit import AuditEvent
from core.security import SYSTEM, Caller, Role
from core.settings import Environment, Settings
from core.vitals import Vital
from ingest import pauses
from ingest.choices import Purpose
from ingest.pausing.service import declare
from ingest.receipt import STORED
from ingest.repository import one_person, readings
from ingest.tables import CareTeam, CareTeamParticipant, CareTeamPatient, Practitioner
from monitoring.plans.limits import PlanLimit
from monitoring.plans.service import Signed, set_limit
from monitoring.service import load_site_rules
from tests.choosing import say
from tests.door import BASE, NOW, SECRET, Gateway, condition_status, heart_rate, named, patient
from tests.invented import observation
from tests.oracle.panel import panel
from tests.score_alert import scored

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.copies.service import Copy
    from core.database import Database

SETTINGS = Settings(environment=Environment.TEST, secret_key=SecretStr(SECRET), base_url=BASE)
LATER = datetime(2099, 1, 1, tzinfo=UTC)
SERVERS = ("id", "meta")


# What was concluded and decided here is an account: told, and taken in by nobody on purpose.
ACCOUNT = frozenset({"alert", "alert_event", "alert_finding", "assessment", "delivery", "step"}) | {
    "declared_pause",
    "plan_version",
}
TOLD = frozenset({"AuditEvent", "DetectedIssue", "RiskAssessment"})
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DAYS = 14
ACTED = datetime(2026, 3, 3, 12, tzinfo=UTC)


def acted_on(database: Database, patient_id: UUID) -> None:
    """Have somebody judged, scored, told of, acted on, planned for and paused."""
    doctor = Practitioner(id=uuid4(), name=b"")
    team = CareTeam(id=uuid4(), name=f"Team {uuid4().hex[:8]}")
    caller = Caller("user", uuid4(), Role.PHYSICIAN, doctor.id)
    with database.transaction() as session:
        session.add_all([doctor, team])
        session.flush()
        link = {"care_team_id": team.id}
        session.add(CareTeamParticipant(**link, practitioner_id=doctor.id, role=""))
        session.add(CareTeamPatient(**link, patient_id=patient_id, care_manager_id=doctor.id))
        session.flush()
        _, alert = scored(session, patient_id, now=ACTED)
        alerting.escalate_due(session, now=ACTED + HOUR)
        alerting.add_note(session, caller, alert, "Her son rang.", now=ACTED + HOUR)
        end = Resolution(Label.UNSURE, note="Looked at it together.")
        alerting.resolve(session, caller, alert, end, now=ACTED + 2 * HOUR)
        limit = PlanLimit(vital=Vital.HEART_RATE, reason="", alert_high=125.0)
        signed = Signed(caller, "A pacemaker", (ACTED + 90 * DAY).date())
        set_limit(session, signed, patient_id, limit, site=load_site_rules(), now=ACTED)
        away = pauses.Asked(pauses.Kind.HOLIDAY, ACTED + DAY, ACTED + 2 * DAY, "At her sister's")
        declare(session, caller, patient_id, away, now=ACTED)


@pytest.fixture(scope="module")
def whose(gateway: Gateway, database: Database) -> str:
    korean = {"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "ko"}]}}
    id_ = gateway.create(patient(communication=[korean]))
    ref = {"reference": f"Patient/{id_}"}
    code = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "I50.9"}]}
    active = condition_status("clinical", "active")
    condition = {"resourceType": "Condition", "subject": ref, "code": code}
    gateway.create(named(condition | {"clinicalStatus": active}))
    gateway.create(named({"resourceType": "Device", "patient": ref}))
    for value, day in ((70, "01"), (74, "02"), (81, "03")):
        at = f"2026-03-{day}T08:00:00Z"
        gateway.create(named(heart_rate(ref["reference"], value, effectiveDateTime=at)))
    for ago in range(1, DAYS + 1):  # known well enough to be scored
        then = NOW - timedelta(days=ago, minutes=5)
        hers = observation("", "spo2", 96.0, then) | {"subject": ref}
        usual = heart_rate(ref["reference"], 70, effectiveDateTime=then.isoformat())
        gateway.create(hers)
        gateway.create(named(usual))
    acted_on(database, UUID(id_))
    return id_


@pytest.fixture(scope="module")
def made(database: Database, whose: str) -> Copy:
    with database.transaction() as session:
        say(session, UUID(whose), Purpose.RESEARCH, allowed=True, at=NOW)
    with database.transaction() as session:
        return copy(session, SYSTEM, UUID(whose), SETTINGS, now=LATER)


def by_kind(made: Copy) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for each in made.entries:
        found.setdefault(each["resource"]["resourceType"], []).append(each["resource"])
    return found


def values(database: Database, whose: UUID) -> list[tuple[object, ...]]:
    """Return every field of the readings of a person but the ids that the server gave."""
    with database.transaction() as session:
        found = readings(session, whose, since=datetime(2020, 1, 1, tzinfo=UTC))
    return sorted((r.vital, r.value, r.effective, r.quality) for r in found)


def told(resource: dict[str, Any]) -> dict[str, Any]:
    """Return what a resource says of the person, without what a server gave it."""
    text = json.dumps({name: v for name, v in resource.items() if name not in SERVERS})
    said: dict[str, Any] = json.loads(text)
    for name in ("subject", "patient"):
        said.pop(name, None)
    return said


def test_it_holds_the_person_their_data_and_who_looked(made: Copy, whose: str) -> None:
    found = by_kind(made)

    assert [each["id"] for each in found["Patient"]] == [whose]
    assert len(found["Observation"]) == 3 + 2 * DAYS
    assert {"Condition", "Device", "AuditEvent"} <= set(found)
    assert [row["purpose"] for row in made.tables["person_choice"]] == ["research"]
    assert made.tables["person_choice"][0]["comment"] == "By letter."


def test_the_accesses_in_it_are_those_of_the_audit_sec_19(
    made: Copy, database: Database, whose: str
) -> None:
    """SEC-19: the export equals the events."""
    with database.transaction() as session:
        ids = one_person(session, UUID(whose))
        rows = session.execute(
            select(AuditEvent.id, AuditEvent.action, AuditEvent.recorded).where(
                AuditEvent.patient_id.in_(ids), AuditEvent.recorded <= LATER
            )
        ).all()
    events = [
        (int(each["id"]), each["action"], datetime.fromisoformat(each["recorded"]))
        for each in by_kind(made)["AuditEvent"]
    ]

    assert rows
    assert sorted(events) == sorted(tuple(row) for row in rows)


def test_taken_in_elsewhere_it_is_an_equal_record(
    made: Copy, register: Callable[..., Gateway], database: Database, whose: str
) -> None:
    """Field by field; nobody of the second system knows the first."""
    elsewhere = register()
    renamed = {value: str(uuid4()) for value in _numbers(made)}
    for batch in made.batches():
        text = batch.decode()
        # In one database two systems would meet: everybody gets other numbers and ids.
        for old, new in renamed.items():
            text = text.replace(old, new)
        answer = elsewhere.post(json.loads(text))
        assert answer.status_code == 200, answer.text
        said = [each["response"]["status"][:3] for each in answer.json()["entry"]]
        assert set(said) == {"201"}, answer.text
    number = renamed[by_kind(made)["Patient"][0]["identifier"][0]["value"]]
    (found,) = elsewhere.get(f"/fhir/Patient?identifier={number}").json()["entry"]
    there = found["resource"]["id"]
    with database.transaction() as session:
        again = copy(session, SYSTEM, UUID(there), SETTINGS, now=LATER)

    assert there != whose
    only_told(made, again)
    assert values(database, UUID(there)) == values(database, UUID(whose))
    before, after = by_kind(made), by_kind(again)
    for kind in ("Patient", "Condition", "Device", "Observation"):
        text = json.dumps([told(one) for one in before[kind]])
        for old, new in renamed.items():
            text = text.replace(old, new)
        expected = sorted(json.dumps(one, sort_keys=True) for one in json.loads(text))
        assert expected == sorted(json.dumps(told(one), sort_keys=True) for one in after[kind]), (
            kind
        )


def only_told(made: Copy, again: Copy) -> None:
    """Say of what another system does not take over that it is in the copy, and is not there."""
    before, after = by_kind(made), by_kind(again)
    sent = {each["resource"]["resourceType"] for b in made.batches() for each in _entries(b)}
    assert set(before) >= TOLD
    assert not TOLD & sent
    assert not (TOLD - {"AuditEvent"}) & set(after)
    assert sent <= set(STORED)
    assert not {name for name in ACCOUNT if not made.tables.get(name)}
    assert not {name for name in ACCOUNT if again.tables.get(name)}
    words = json.dumps(made.tables, ensure_ascii=False, default=str)
    for said in ("Her son rang.", "Looked at it together.", "A pacemaker", "At her sister's"):
        assert said in words


def _entries(batch: bytes) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads(batch)["entry"]
    return entries


def _numbers(made: Copy) -> set[str]:
    """Return the ids and numbers by which this system knows what the copy holds."""
    found = set()
    for each in made.entries:
        resource = each["resource"]
        if resource["resourceType"] in STORED:
            found |= {resource["id"]}
            found |= {one["value"] for one in resource.get("identifier", ())}
    return found


def test_every_table_that_holds_something_of_a_person_is_in_it_or_told_otherwise() -> None:
    named_so = {
        table.name
        for table in METADATA.sorted_tables
        if "patient_id" in table.columns
        or any(key.column.table.name == "patient" for key in table.foreign_keys)
    }

    assert named_so <= of_people()
    assert of_people() >= ELSEWHERE
    assert {"alert_event", "alert_finding", "patient_number"} <= of_people()


def test_on_paper_it_is_in_the_language_of_the_person(made: Copy) -> None:
    page = on_paper(made, Renderer(SETTINGS), SETTINGS)

    assert '<html lang="ko">' in page
    assert "측정값과 답변" in page
    assert "70" in page
    assert next(each.title for each in chapters(made, language("en"))) == "Who you are"


def test_the_bundle_passes_the_independent_panel(made: Copy) -> None:
    """SEC-43: whoever is handed it can read it as FHIR."""
    (objections,) = panel([json.loads(made.bundle())])

    assert not objections, objections[:5]
