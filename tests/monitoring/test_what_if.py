from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.vitals import Severity
from monitoring.findings import Problem
from monitoring.what_if import SAME, Alerted, Labelled, compare

START = datetime(2026, 3, 2, 8, tzinfo=UTC)


def alert(
    hours: float, severity: Severity = Severity.AMBER, who: str = "anna", rule: str = "R"
) -> Alerted:
    return Alerted(who, Problem.FLUID, severity, START + timedelta(hours=hours), rule)


def label(hours: float, *, confirmed: bool, who: str = "anna") -> Labelled:
    at = START + timedelta(hours=hours)
    return Labelled(who, Problem.FLUID, at, at + timedelta(hours=6), "label", confirmed)


def test_an_alert_that_only_one_rulebook_gives_is_added_or_removed() -> None:
    found = compare([alert(0), alert(500)], [alert(0), alert(900)], patient_weeks=10)

    assert found.added == (alert(900),)
    assert found.removed == (alert(500),)
    assert found.per_week(found.after) == 0.2


def test_an_alert_that_moves_by_less_than_three_days_is_the_same() -> None:
    found = compare([alert(0)], [alert(-30)], patient_weeks=1)

    assert (found.added, found.removed) == ((), ())
    assert found.moved == (timedelta(hours=-30),)


def test_another_tier_is_another_alert() -> None:
    found = compare([alert(0)], [alert(0, Severity.RED)], patient_weeks=1)

    assert (len(found.added), len(found.removed)) == (1, 1)


def test_a_confirmed_episode_that_is_no_longer_alerted_is_lost_and_a_false_one_is_spared() -> None:
    right, wrong = label(1, confirmed=True), label(500, confirmed=False)

    found = compare([alert(0), alert(500)], [], [right, wrong], patient_weeks=1)

    assert found.lost == (right,)
    assert found.spared == (wrong,)


def test_nothing_is_said_of_an_episode_that_neither_rulebook_alerts() -> None:
    found = compare([], [], [label(0, confirmed=True)], patient_weeks=1)

    assert (found.lost, found.unseen, found.labelled) == ((), 1, 1)


def test_another_patients_alert_saves_no_episode() -> None:
    mine = label(0, confirmed=True)

    found = compare([alert(0)], [alert(0, who="berta")], [mine], patient_weeks=1)

    assert found.lost == (mine,)


alerts = st.lists(
    st.builds(
        alert,
        st.floats(0, 2000),
        st.sampled_from([Severity.RED, Severity.AMBER]),
        st.sampled_from(["anna", "berta"]),
    ),
    max_size=12,
)


@given(alerts, alerts)
def test_each_alert_is_kept_added_or_removed_once(old: list[Alerted], new: list[Alerted]) -> None:
    found = compare(old, new, patient_weeks=1)

    assert len(found.before) == len(found.removed) + len(found.moved)
    assert len(found.after) == len(found.added) + len(found.moved)
    assert all(abs(shift) <= SAME for shift in found.moved)


@given(alerts)
def test_no_change_changes_nothing(old: list[Alerted]) -> None:
    found = compare(old, old, patient_weeks=1)

    assert (found.added, found.removed) == ((), ())
