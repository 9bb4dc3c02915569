"""A drop of activity (ACT-DROP) is of days at home: others are known to say nothing of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from core.vitals import Reading, Severity, Vital
from ingest.enrolment import Absence, Stay
from monitoring import judgement, windows
from tests.monitoring.test_home import ALONE, TODAY, at, event, found

if TYPE_CHECKING:
    from ingest.enrolment import Person
    from monitoring.rulebook import Rulebook


def dropped(rulebook: Rulebook, *aside: Reading, person: Person = ALONE) -> list[Severity]:
    """Return what is said of three days without movement, judged as their last total comes."""
    totals = [
        event(Vital.MOTION, at(23.9, day=TODAY - timedelta(days=back)), 200.0 if back > 2 else 0.0)
        for back in range(31)
    ]
    past = windows.history(person, [*totals, *aside])
    asked = [windows.time_of(totals[0])]
    now = at(23.95)
    return found(
        "ACT-DROP",
        list(judgement.judge(past, asked, now=now, rulebook=rulebook, model=None).findings),
    )


def test_three_days_without_movement_are_a_drop_of_activity(rulebook: Rulebook) -> None:
    assert dropped(rulebook) == [Severity.YELLOW]


def test_days_away_are_no_drop_of_activity(rulebook: Rulebook) -> None:
    left = event(Vital.AWAY, at(0.1, day=TODAY - timedelta(days=2)))
    back = event(Vital.AWAY, at(20), 0)

    assert dropped(rulebook, left) == []
    assert dropped(rulebook, left, back) == []


def test_days_in_hospital_or_paused_or_without_the_hub_are_no_drop(rulebook: Rulebook) -> None:
    """AL-10: what is not looked at is not a decline."""
    left = at(0, day=TODAY - timedelta(days=2))
    for why in Absence:
        assert dropped(rulebook, person=replace(ALONE, stays=(Stay(why, left),))) == []
    beats = [event(Vital.HUB_HEARTBEAT, left - timedelta(hours=n)) for n in range(60)]
    assert dropped(rulebook, *beats) == []
