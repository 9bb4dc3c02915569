"""Why somebody is silent is told by the first reason that is known, and never as health."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.vitals import Severity
from ingest.enrolment import Absence, Stay
from monitoring.findings import Problem
from reports.silence import Known, Silent, Why, silent
from tests.episodes import ANNA, BEN, CARLA, DORA, WEEK, alert

END = WEEK.end
LONG = END - timedelta(days=3)
HOSPITAL = Stay(Absence.ADMITTED, END - timedelta(days=1), END + timedelta(days=2))
PAUSE = Stay(Absence.PAUSED, END - timedelta(days=4))
HUB = alert(ANNA, Severity.DQ, 5, problem=Problem.DEVICE, rules=("SIL-HUB",))
SCALE = alert(ANNA, Severity.DQ, 4, problem=Problem.DEVICE, rules=("DEV-DRIFT",))
QUIET = alert(ANNA, Severity.YELLOW, 5, problem=Problem.SILENCE, rules=("SIL-ALL",))
NOTHING = Known({}, ())


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (NOTHING, Why.NOTHING),
        (Known({}, (QUIET,)), Why.NOTHING),
        (Known({}, (SCALE,)), Why.DEVICE),
        (Known({}, (SCALE, HUB)), Why.HUB_DOWN),
        (Known({}, (HUB,), incident=True), Why.EVERYBODY),
        (Known({ANNA: (PAUSE,)}, (HUB,), incident=True), Why.PAUSED),
        (Known({ANNA: (PAUSE, HOSPITAL)}, (HUB,)), Why.IN_HOSPITAL),
        (Known({ANNA: (HOSPITAL,)}, (), frozenset({ANNA})), Why.DIED),
        (Known({BEN: (HOSPITAL,)}, ()), Why.NOTHING),
    ],
    ids=lambda each: each.value if isinstance(each, Why) else "known",
)
def test_the_first_reason_that_is_known_is_told(known: Known, why: Why) -> None:
    found = silent([ANNA], {ANNA: LONG}, known, end=END)

    assert [each.why for each in found] == [why]
    assert found[0].since == LONG


def test_an_end_of_a_stay_and_an_alert_of_a_hub_are_told_with_it() -> None:
    stay = silent([ANNA], {ANNA: LONG}, Known({ANNA: (HOSPITAL,)}, ()), end=END)
    hub = silent([ANNA], {ANNA: LONG}, Known({}, (HUB,)), end=END)

    assert stay[0].until == HOSPITAL.until
    assert hub[0].alert_id == HUB.id


def test_a_stay_that_is_over_excuses_nobody() -> None:
    over = Stay(Absence.ADMITTED, END - timedelta(days=9), END - timedelta(days=5))

    found = silent([ANNA], {ANNA: LONG}, Known({ANNA: (over,)}, ()), end=END)

    assert found[0].why is Why.NOTHING


def test_whom_nothing_excuses_stands_first_and_who_measured_lately_nowhere() -> None:
    last = {ANNA: LONG, BEN: LONG - timedelta(days=1), CARLA: END - timedelta(hours=47)}

    found = silent([CARLA, ANNA, BEN, DORA], last, Known({BEN: (HOSPITAL,)}, ()), end=END)

    assert found == (
        Silent(ANNA, Why.NOTHING, LONG),
        Silent(DORA, Why.NEVER),
        Silent(BEN, Why.IN_HOSPITAL, last[BEN], HOSPITAL.until),
    )
