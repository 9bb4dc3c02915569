"""What carries RED, and what a normal repeat lowers by itself, here as live (AL-20)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.vitals import Reading, Severity, Vital
from ingest.enrolment import Person
from lab.narrowing import of_several
from lab.reds import EVERY, reds, rows
from lab.replayed import Said, said
from tests.lab.watched_people import a_person
from tests.rulebook import RULEBOOK

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
SOMEBODY = Person("p", "UTC")


def oxygen(*measured: tuple[float, float]) -> list[Said]:
    """Return what is said of SpO2 values, each taken so many minutes after the first."""
    readings = [
        Reading(f"r{minutes}", Vital.SPO2, value, at, at)
        for minutes, value in measured
        for at in [AT + timedelta(minutes=minutes)]
    ]
    until = AT + timedelta(days=1)
    found = said(SOMEBODY, readings, RULEBOOK, AT.timestamp(), until)
    return [each for each in found if each.rule == "SPO2-CRIT"]


@pytest.mark.parametrize(
    ("measured", "stood"),
    [
        pytest.param(((0, 88.0),), [True], id="nobody measures again"),
        pytest.param(((0, 88.0), (6, 97.0)), [False], id="a normal repeat in time"),
        pytest.param(((0, 88.0), (16, 97.0)), [True], id="a normal repeat too late"),
        pytest.param(((0, 88.0), (6, 91.5)), [True], id="a repeat within the clearing margin"),
        pytest.param(((0, 88.0), (6, 97.0), (12, 88.0)), [True, True], id="low again in time"),
    ],
)
def test_a_red_steps_down_as_live_al_20(
    measured: tuple[tuple[float, float], ...], stood: list[bool]
) -> None:
    assert [each.stood for each in oxygen(*measured)] == stood


def test_a_red_beside_an_alert_that_is_open_for_longer_stays_al_20() -> None:
    """An AMBER of two hours ago rises: there is nobody who would not have seen it by then."""
    found = oxygen((0, 93.0), (5, 93.0), (120, 88.0), (126, 97.0))

    assert [each.stood for each in found] == [True]


def test_told_stood_and_stepped_down_are_counted_by_rule() -> None:
    one = replace(
        a_person(events=(104.0,)),
        findings=(
            Said(100.0, "breathing", "SPO2-CRIT", Severity.RED),
            Said(102.0, "breathing", "SPO2-CRIT", Severity.RED, stood=False),  # the same episode
            Said(200.0, "breathing", "SPO2-CRIT", Severity.RED, stood=False),
            Said(300.0, "glucose", "GLU-L2", Severity.RED),
            Said(310.0, "fluid", "HF-W7", Severity.AMBER),
        ),
    )

    whole, oxygen_, glucose = reds([one])

    assert (whole.rule, whole.told, whole.stood) == (EVERY, 3, 2)
    assert (oxygen_.rule, oxygen_.told, oxygen_.stood, oxygen_.stepped_down) == (
        "SPO2-CRIT", 2, 1, 1,
    )  # fmt: skip
    assert (oxygen_.told_unexplained, oxygen_.stood_unexplained, oxygen_.ppv_event) == (1, 0, 1)
    assert (glucose.rule, glucose.told_unexplained, glucose.ppv_event) == ("GLU-L2", 1, 0)
    assert rows([oxygen_])[0] == ("SPO2-CRIT", "2.00", "1.00", "1.00", "1.00", "0.00", "1.00")


def test_red_alone_counts_what_stood() -> None:
    one = replace(
        a_person(),
        findings=(
            Said(100.0, "breathing", "SPO2-CRIT", Severity.RED, stood=False),
            Said(300.0, "glucose", "GLU-L2", Severity.RED),
        ),
    )

    assert of_several(one, frozenset()).rules.keys() == {"glucose"}
