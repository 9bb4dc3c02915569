from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.vitals import Vital
from lab.backgrounds import Background, glucose_people, half, tihm_people
from lab.semisynthetic import glucose_lives, tihm_lives

if TYPE_CHECKING:
    from pathlib import Path

# Invented rows in the form of the sources: no row of them is copied here.
PHYSIOLOGY = """patient_id,date,device_type,value,unit
{rows}"""
DEMOGRAPHICS = """patient_id,age,sex
zz1,"(80, 90]",Female
zz2,"(70, 80]",Male
"""
SLEEP = """patient_id,window_start,mean_HR,HR_var,mean_RR,RR_var
zz1,2019-05-01 18:00:00,61.234,1.0,14.87,1.0
"""
ACTIVITY = """patient_id,location_name,date
zz1,Kitchen,2019-05-01 09:00:00
zz1,Bathroom,2019-05-01 23:10:00
zz1,Bathroom,2019-05-01 12:00:00
"""
GLUCOSE = """record,type,datetime,cgm_mg_dl,cbg_mg_dl
{rows}"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    source = tmp_path / "tihm"
    source.mkdir()
    rows = "".join(
        f"{who},2019-05-{day:02d} 08:0{i}:00,Heart rate,{70 + i}.0,beats/min\n"
        for who in ("zz1", "zz2")
        for day in range(1, 31)
        for i in range(2)
    )
    (source / "Physiology.csv").write_text(PHYSIOLOGY.format(rows=rows))
    (source / "Labels.csv").write_text("patient_id,date,type\n")
    (source / "Demographics.csv").write_text(DEMOGRAPHICS)
    (source / "Sleep_nightly_derived.csv").write_text(SLEEP)
    (source / "Activity.csv.gz").write_bytes(gzip.compress(ACTIVITY.encode()))
    glucose = tmp_path / "shanghai_diabetes"
    glucose.mkdir()
    rows = "".join(
        f"{who}_0_20210730,T2DM,2021-07-{day:02d} {hour}:00:00,{value},\n"
        for who in (2000, 2001)
        for day in range(1, 8)
        for hour, value in (("07", 111.0), ("12", 150.0), ("22", 133.0))
    )
    (glucose / "glucose_long.csv.gz").write_bytes(gzip.compress(GLUCOSE.format(rows=rows).encode()))
    return tmp_path


def test_a_background_is_what_the_person_measured(folder: Path) -> None:
    one, other = tihm_people(folder / "tihm")

    assert len(one.streams[Vital.HEART_RATE].values) == 60
    assert one.streams[Vital.HEART_RATE].taken[0] == pytest.approx(8 / 24)
    assert one.streams[Vital.MOTION].values.tolist() == [3.0]
    assert one.streams[Vital.NIGHT_BATHROOM].values.tolist() == [1.0]
    assert one.streams[Vital.RESTING_HEART_RATE].values.tolist() == [61.2]
    assert one.streams[Vital.RESPIRATORY_RATE].values.tolist() == [14.9]
    assert Vital.MOTION not in other.streams
    assert (one.sex, other.sex) == ("female", "male")


def test_glucose_days_are_the_subjects_own_three_in_a_row(folder: Path) -> None:
    random = np.random.default_rng(1)

    people = list(glucose_people(folder / "shanghai_diabetes", random))

    assert [each.name for each in people] == ["T2DM-2000", "T2DM-2001"]
    values = people[0].streams[Vital.GLUCOSE].values
    assert set(values.tolist()) == {111.0, 133.0}  # noon is not near a finger-stick's hour
    assert people[0].days == 150


def test_nobody_is_in_both_halves(folder: Path) -> None:
    people = [Background(f"p{i}", "", {}, 1) for i in range(9)]

    kept, tuned_on = (half(people, held_out=held) for held in (True, False))

    assert {p.name for p in kept} & {p.name for p in tuned_on} == set()
    assert len(kept) + len(tuned_on) == 9
    assert abs(len(kept) - len(tuned_on)) <= 1
    names = [{life.person.sex for life in tihm_lives(folder, held_out=h)} for h in (True, False)]
    assert names[0].isdisjoint(names[1])


def test_what_illness_does_not_touch_stays_as_it_was_measured(folder: Path) -> None:
    real = {each.sex: each for each in tihm_people(folder / "tihm")}

    changed = 0
    for held in (True, False):
        for life in tihm_lives(folder, held_out=held, copies=12):
            before = real[life.person.sex].streams[Vital.HEART_RATE]
            after = life.streams[Vital.HEART_RATE]
            np.testing.assert_array_equal(before.taken, after.taken)
            onset = min((e.onset for e in life.episodes), default=np.inf)
            calm = before.taken < onset
            np.testing.assert_array_equal(before.values[calm], after.values[calm])
            changed += int(np.any(before.values != after.values))
    assert changed


def test_a_low_sugar_falls_to_a_depth_and_not_by_an_amount(folder: Path) -> None:
    lowest = [
        float(life.streams[Vital.GLUCOSE].values.min())
        for held in (True, False)
        for life in glucose_lives(folder, held_out=held, copies=12)
        if any(e.course.kind == "hypoglycaemia" and not e.silent for e in life.episodes)
    ]

    assert lowest
    assert min(lowest) >= 25
    assert min(lowest) < 60


@pytest.mark.reference
def test_the_real_people_are_split_and_have_events_to_find(reference_data: Path) -> None:
    lives = list(tihm_lives(reference_data, held_out=False, copies=2))

    assert len(lives) == 26
    assert sum(len(life.events) for life in lives) > 5
    assert not any(Vital.BREATHLESSNESS in life.streams for life in lives)
