"""What the report says of TIHM: alert quality, forecasts beside persistence, and what it cannot."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lab.judging import SCORE, Judges
from lab.reporting.document import Section, Table, Words
from lab.reporting.real import QUIET, tihm_section
from lab.reporting.ways import PERSISTENCE
from monitoring.service import load_model
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from pathlib import Path

DAYS = 20
# Few rules: what each of them finds is no matter of this section.
RULES = replace(RULEBOOK, rules=tuple(r for r in RULEBOOK.rules if r.id in {"HR-HIGH3", "RISK"}))


def tables(section: Section) -> dict[str, Table]:
    return {each.caption: each for each in section.blocks if isinstance(each, Table)}


@pytest.fixture(scope="module")
def section(tmp_path_factory: pytest.TempPathFactory) -> Section:
    """Invented rows in the form of the source: two people, one with a fast pulse on day 3."""
    folder = tmp_path_factory.mktemp("tihm")
    rows = "".join(
        f"{who},2019-05-{day:02d} 08:00:00,Heart rate,{pulse}.0,beats/min\n"
        for who in ("zz1", "zz2")
        for day in range(1, DAYS + 1)
        for pulse in [140 if (who, day) == ("zz1", 3) else 70 + day % 2]
    )
    (folder / "Physiology.csv").write_text(f"patient_id,date,device_type,value,unit\n{rows}")
    (folder / "Labels.csv").write_text("patient_id,date,type\nzz1,2019-05-03 12:00:00,Pulse\n")
    (folder / "Demographics.csv").write_text('patient_id,age,sex\nzz1,"(80, 90]",Female\n')
    return tihm_section(folder, Judges(load_model(), RULES))


def test_the_alerts_are_held_against_the_confirmed_labels(section: Section) -> None:
    caption, found = next(iter(tables(section).items()))
    by_name = {row[0]: row for row in found.rows}

    assert caption == f"Alert quality: {2 * DAYS} patient-days, 1 of them labelled"
    assert by_name["rules: RED"][1].startswith("1.000")  # sensitivity
    assert by_name["rules: RED"][2].startswith("1.000")  # PPV
    assert "rules and score: RED, AMBER, YELLOW" in by_name


def test_forecasts_stand_beside_persistence_on_every_day_and_on_new_onsets(
    section: Section,
) -> None:
    found = list(tables(section).values())[1]

    names = [row[0] for row in found.rows]
    assert names == [
        f"{way}, {which}" for which in ("every day", "new onset") for way in (SCORE, PERSISTENCE)
    ]
    every, onset = found.rows[0], found.rows[2]
    assert every[-1] == str(2 * DAYS)
    # The labelled person has no label of the last fortnight from the third week on.
    assert onset[-1] == str(2 * DAYS - QUIET)
    assert every[3] != "0.00"  # days that a label follows


def test_it_says_whose_the_data_are_and_what_cannot_be_told_from_them(section: Section) -> None:
    said = " ".join(each.text for each in section.blocks if isinstance(each, Words))

    assert "CC BY 4.0" in said
    assert "Surrey and Borders Partnership" in said
    assert "cannot be told from it" in said


def test_where_the_data_are_not_there_it_says_so(tmp_path: Path) -> None:
    found = tihm_section(tmp_path / "missing", Judges(None, RULES))

    [words] = found.blocks
    assert isinstance(words, Words)
    assert "were not there" in words.text
