"""Stays in hospital, pauses, and finer facts of the problem list, through the door."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from core.outbox import Topic
from ingest.enrolment import Absence
from tests.door import NOW, work_for
from tests.ingest.context.test_context import SNOMED, known

if TYPE_CHECKING:
    from core.database import Database

TOLD = NOW.isoformat()  # when it was said that a stay is over


def encounter(who: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "identifier": [{"system": "urn:visit", "value": f"visit-{who}"}],
        "status": "in-progress",
        "class": {
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
            "code": "IMP",
        },
        "subject": {"reference": f"Patient/{who}"},
        "period": {"start": "2026-03-01T08:00:00Z"},
    } | more


def test_an_admission_begins_a_stay_and_a_discharge_ends_it(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())

    gateway.create(encounter(who))
    [admitted] = known(database, who).stays
    both = {"start": "2026-03-01T08:00:00Z", "end": "2026-03-02T09:00:00Z"}
    gateway.post(encounter(who, status="finished", period=both))
    [discharged] = known(database, who).stays

    assert (admitted.why, admitted.until) == (Absence.ADMITTED, None)
    assert discharged.until == datetime.fromisoformat("2026-03-02T09:00:00+00:00")
    assert Topic.ASSESS in {row.topic for row in work_for(database, who)}


@pytest.mark.parametrize(
    "more",
    [
        {"class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}},
        {"status": "cancelled"},
        {"status": "planned"},
    ],
)
def test_what_is_no_stay_in_hospital_is_none(
    gateway: Any, build: Any, database: Database, more: dict[str, Any]
) -> None:
    who = gateway.create(build.patient())

    gateway.create(encounter(who, **more))

    assert known(database, who).stays == ()


@pytest.mark.parametrize(
    ("period", "since", "until"),
    [
        (
            {"start": "2026-02-28", "end": "2026-03-01"},
            "2026-02-28T00:00:00+00:00",
            "2026-03-01T23:59:59.999999+00:00",
        ),
        ({"start": "2026-03-01", "end": "2026-03-02"}, "2026-03-01T00:00:00+00:00", TOLD),
        ({"start": "2026-03-01T08:00:00Z"}, "2026-03-01T08:00:00+00:00", TOLD),
        (
            {"start": "2026-03-01T08:00:00Z", "end": "2126-03-02"},
            "2026-03-01T08:00:00+00:00",
            TOLD,
        ),
    ],
    ids=["by days", "home since this day", "nobody said when", "an end that is to come"],
)
def test_a_stay_that_is_over_excuses_nobodys_silence(
    gateway: Any, build: Any, database: Database, period: dict[str, str], since: str, until: str
) -> None:
    who = gateway.create(build.patient())

    gateway.create(encounter(who, status="finished", period=period))

    [stay] = known(database, who).stays
    assert (stay.since, stay.until) == (
        datetime.fromisoformat(since),
        datetime.fromisoformat(until),
    )


def test_a_stay_without_a_beginning_is_refused_with_its_element(gateway: Any, build: Any) -> None:
    who = gateway.create(build.patient())

    answer = gateway.post(encounter(who, period={"end": "2026-03-02T09:00:00Z"}))

    assert answer.status_code == 422
    assert answer.json()["issue"][0]["expression"] == ["Encounter.period.start"]


def test_a_programme_on_hold_is_a_pause_until_it_goes_on(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())

    def episode(status: str) -> dict[str, Any]:
        return {
            "resourceType": "EpisodeOfCare",
            "identifier": [{"system": "urn:episode", "value": f"episode-{who}"}],
            "status": status,
            "patient": {"reference": f"Patient/{who}"},
        }

    seen = []
    for status in ("active", "onhold", "onhold", "active"):
        gateway.post(episode(status))
        seen.append([(s.why, s.until is None) for s in known(database, who).stays])

    paused = [(Absence.PAUSED, True)]
    assert seen == [[], paused, paused, [(Absence.PAUSED, False)]]


@pytest.mark.parametrize(
    ("system", "code", "trait"),
    [
        ("http://hl7.org/fhir/sid/icd-10-cm", "R54", "frail"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "N18.5", "late-kidney-disease"),
        ("http://hl7.org/fhir/sid/icd-10", "Z99.2", "late-kidney-disease"),
        (SNOMED, "431857002", "late-kidney-disease"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "Z91.81", "fall-history"),
        ("http://hl7.org/fhir/sid/icd-10-cm", "N18.3", None),
    ],
)
def test_finer_facts_are_read_from_the_problem_list(
    gateway: Any, build: Any, database: Database, system: str, code: str, trait: str | None
) -> None:
    who = gateway.create(build.patient())
    clinical = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    gateway.create(
        {
            "resourceType": "Condition",
            "identifier": [{"system": "urn:problem", "value": str(uuid4())}],
            "clinicalStatus": {"coding": [{"system": clinical, "code": "active"}]},
            "code": {"coding": [{"system": system, "code": code}]},
            "subject": {"reference": f"Patient/{who}"},
        }
    )

    assert known(database, who).traits == (frozenset({trait}) if trait else frozenset())
