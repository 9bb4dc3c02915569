"""Whole lives from a synthetic population go through the door as transactions."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import select

from ingest.enrolment import ACTIVE, Diagnosis, groups_of
from ingest.repository import condition_groups, person, profiles, readings
from ingest.tables import Patient

if TYPE_CHECKING:
    from pathlib import Path

    from core.database import Database

pytestmark = pytest.mark.reference

# What the active chronic diagnoses of the 20 people mean, by their SNOMED CT code. A code that
# is in neither table fails the test: somebody must decide.
GROUP_OF = {
    "127013003": {"diabetes", "chronic_kidney_disease"},
    "128613002": {"epilepsy"},
    "185086009": {"copd"},
    "201834006": {"osteoarthritis"},
    "230690007": {"stroke_tia"},
    "239872002": {"osteoarthritis"},
    "239873007": {"osteoarthritis"},
    "26929004": {"dementia"},
    "271737000": {"anaemia_chronic"},
    "302870006": {"hyperlipidaemia"},
    "368581000119106": {"diabetes"},
    "38341003": {"hypertension"},
    "422034002": {"diabetes"},
    "431855005": {"chronic_kidney_disease"},
    "431856006": {"chronic_kidney_disease"},
    "44054006": {"diabetes"},
    "49436004": {"atrial_fibrillation"},
    "53741008": {"coronary_heart_disease"},
    "55822004": {"hyperlipidaemia"},
    "64859006": {"osteoporosis"},
    "84757009": {"epilepsy"},
    "87433001": {"copd"},
    "90781000119102": {"diabetes"},
    "162864005": {"obesity"},
}
NO_CHRONIC_GROUP = {
    "124171000119105",  # migraine
    "15777000",  # prediabetes
    "19169002",  # miscarriage
    "196416002",  # impacted molars
    "197927001",  # recurrent urinary tract infection
    "237602007",  # metabolic syndrome
    "275272006",  # brain damage
    "40055000",  # chronic sinusitis
    "410429000",  # cardiac arrest
    "428251008",  # history of appendectomy
    "429007001",  # history of cardiac arrest
    "47693006",  # rupture of appendix
    "55680006",  # drug overdose
    "68496003",  # polyp of colon
    "703151001",  # history of single seizure
    "74400008",  # appendicitis
    "79586000",  # tubal pregnancy
    "80394007",  # hyperglycaemia
    "82423001",  # chronic pain
}


def bundles(folder: Path) -> list[dict[str, Any]]:
    files = sorted((folder / "synthea_elderly").glob("*.gz"))
    return [json.loads(gzip.decompress(file.read_bytes())) for file in files]


def diagnoses(posted: dict[str, Any]) -> list[Diagnosis]:
    conditions = [
        entry["resource"]
        for entry in posted["entry"]
        if entry["resource"]["resourceType"] == "Condition"
    ]
    return [
        Diagnosis(
            tuple((each["system"], each["code"]) for each in one["code"]["coding"]),
            one["clinicalStatus"]["coding"][0]["code"],
            one["verificationStatus"]["coding"][0]["code"],
        )
        for one in conditions
    ]


def test_every_active_chronic_condition_falls_in_its_group(reference_data: Path) -> None:
    for posted in bundles(reference_data):
        listed = diagnoses(posted)
        codes = {each.codes[0][1] for each in listed if each.clinical_status in ACTIVE}

        assert codes <= GROUP_OF.keys() | NO_CHRONIC_GROUP
        expected = {group for code in codes for group in GROUP_OF.get(code, ())}
        assert groups_of(listed, condition_groups()) == expected


def test_twenty_lives_go_in_as_transactions(
    gateway: Any, database: Database, reference_data: Path
) -> None:
    for posted in bundles(reference_data):
        answer = gateway.post(posted)

        assert answer.status_code == 200, answer.text[:2000]
        entries = [each["response"] for each in answer.json()["entry"]]
        kinds = [each["resource"]["resourceType"] for each in posted["entry"]]
        assert len(entries) == len(kinds)
        unused = [e for e, kind in zip(entries, kinds, strict=True) if kind == "Claim"]
        assert {each["status"] for each in unused} <= {"200 OK"}
        assert all(each["outcome"]["issue"][-1]["code"] == "not-supported" for each in unused)
        location = entries[kinds.index("Patient")]["location"]
        with database.transaction() as session:
            who = UUID(location.split("/")[1])
            expected = groups_of(diagnoses(posted), condition_groups())
            assert person(session, who).groups == expected
            born = person(session, who).birth_date
            assert born is not None
            lifetime = readings(session, who, since=datetime(born.year, 1, 1, tzinfo=UTC))
            assert lifetime
            assert all(each.history for each in lifetime if each.effective.year < 2026)
            [shown] = profiles(session, select(Patient.id).where(Patient.id == who))
            assert shown.last_reading_at is not None
