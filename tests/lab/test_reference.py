from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from core.errors import InvalidError
from core.vitals import Vital
from lab.intake import readings_of
from lab.reference import PROJECT, Participant, observations, patient, read_tihm, write

if TYPE_CHECKING:
    from pathlib import Path

PHYSIOLOGY = """patient_id,date,device_type,value,unit
zz1,2019-05-03 08:00:00,Systolic blood pressure,142.0,mm[Hg]
zz1,2019-05-03 08:00:00,Diastolic blood pressure,81.0,mm[Hg]
zz1,2019-05-03 08:00:00,Heart rate,71.0,beats/min
zz1,2019-05-03 23:40:00,Body Temperature,36.472,Cel
zz1,2019-05-03 23:41:00,Total body water,52.0,%
"""
LABELS = """patient_id,date,type
zz1,2019-05-03 23:20:00,Pulse
zz1,2019-05-09 10:00:00,Agitation
"""
DEMOGRAPHICS = """patient_id,age,sex
zz1,"(80, 90]",Female
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Invent a participant in the form of the source: no row of it is copied here."""
    source = tmp_path / "tihm"
    source.mkdir()
    (source / "Physiology.csv").write_text(PHYSIOLOGY)
    (source / "Labels.csv").write_text(LABELS)
    (source / "Demographics.csv").write_text(DEMOGRAPHICS)
    return source


@pytest.fixture
def who(folder: Path) -> Participant:
    return read_tihm(folder)[0]


def test_readings_are_local_and_labels_are_an_hour_behind(who: Participant) -> None:
    assert who.measured[0].taken.astimezone(UTC) == datetime(2019, 5, 3, 7, tzinfo=UTC)
    assert who.labelled == {date(2019, 5, 4)}  # 23:20 UTC is past midnight in London


def test_agitation_is_no_physiological_label(who: Participant) -> None:
    assert date(2019, 5, 9) not in who.labelled


def test_the_pipeline_reads_each_vital_once(who: Participant) -> None:
    readings = list(readings_of(observations(who), zone="Europe/London"))

    assert {r.vital: r.value for r in readings} == {
        Vital.SYSTOLIC_BP: 142,
        Vital.DIASTOLIC_BP: 81,
        Vital.HEART_RATE: 71,
        Vital.BODY_TEMPERATURE: 36.472,
    }


def test_a_unit_that_was_not_mapped_is_refused(folder: Path) -> None:
    text = PHYSIOLOGY.replace("beats/min", "Hz")
    (folder / "Physiology.csv").write_text(text)

    with pytest.raises(InvalidError, match="Hz"):
        read_tihm(folder)


def test_a_birth_date_is_no_more_exact_than_the_age_band(who: Participant) -> None:
    assert patient(who)["birthDate"] == "1934"


def test_it_writes_what_replay_reads(who: Participant, tmp_path: Path) -> None:
    write([who], tmp_path / "out")

    lines = (tmp_path / "out" / "Observation.ndjson").read_text().splitlines()
    assert len(lines) == 3  # a pressure, a pulse, a temperature
    assert {json.loads(line)["subject"]["reference"] for line in lines} == {"Patient/tihm-zz1"}
    assert (tmp_path / "out" / "Patient.ndjson").exists()


def test_reference_data_is_never_written_inside_the_project(who: Participant) -> None:
    with pytest.raises(InvalidError, match="never written inside"):
        write([who], PROJECT / "somewhere")
