from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.inbox import EpisodeView, FindingView, Holding, ago, rows
from alerts.lifecycle import State
from alerts.survey import Brief, cases
from core.vitals import Severity, Vital
from ingest.roster import PatientProfile
from monitoring.findings import Problem, Spoken, Usual
from monitoring.words import clinician

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime.fromisoformat("2026-03-10T09:00:00+00:00")


def profile(identity: UUID) -> PatientProfile:
    return PatientProfile(
        id=identity,
        name="Edith Example",
        birth_date=None,
        sex="",
        zone="UTC",
        groups=frozenset(),
        lives_alone=None,
        eligibility_reason="",
        eligible=True,
        enrolled_by_override=False,
        override_reason="",
        last_reading_at=NOW - timedelta(minutes=4),
        team_id=None,
        team_name="Heart failure team",
    )


def view(patient: UUID, severity: Severity = Severity.AMBER, **facts: Any) -> EpisodeView:
    finding = FindingView(
        rule_id="HF-1",
        severity=severity,
        at=NOW - timedelta(minutes=20),
        seen_at=NOW,
        problem=Problem.FLUID,
        says=Spoken("Weight 84.2 kg, usual 80-82", ""),
        source="",
        confidence="",
        vital=Vital.BODY_WEIGHT,
        value=84.2,
        limit=82.0,
        usual=Usual(81.0, 80.0, 82.0, 0.5, 20),
        evidence=(),
        missing=(),
        confirmed=True,
        assessment_id=uuid4(),
    )
    values: dict[str, Any] = {
        "id": uuid4(),
        "patient_id": patient,
        "problem": Problem.FLUID,
        "severity": severity,
        "state": State.OPEN,
        "version": 1,
        "started_at": NOW,
        "last_seen_at": NOW,
        "opened_at": NOW,
        "closed_at": None,
        "holding": Holding(),
        "held": "",
        "longest_snooze": timedelta(0),
        "owner_id": None,
        "owner_name": "",
        "acknowledged_at": None,
        "ack_expires_at": None,
        "next_step_at": NOW + timedelta(minutes=15),
        "next_step": "backup physician",
        "late": False,
        "outcome": "",
        "outcome_detail": "",
        "outcome_note": "",
        "previous_id": None,
        "previous_outcome": "",
        "policy_hash": "",
        "findings": (finding,),
    }
    return EpisodeView(**{**values, **facts})


def sorted_rows(views: Sequence[EpisodeView], *, physician: bool = True) -> list[Any]:
    people = {v.patient_id: profile(v.patient_id) for v in views}
    return list(rows(views, people, physician=physician))


def test_five_alerts_of_one_patient_give_one_row_led_by_the_gravest() -> None:
    """UX-01."""
    patient = uuid4()
    lesser = [
        view(patient, problem=problem)
        for problem in (Problem.GLUCOSE, Problem.RHYTHM, Problem.DECLINE, Problem.WELFARE)
    ]
    red = view(patient, Severity.RED, problem=Problem.BREATHING)

    (row,) = sorted_rows([*lesser, red])

    assert (row.alert_id, row.severity, row.problem) == (red.id, Severity.RED, Problem.BREATHING)
    assert set(row.other_problems) == {e.problem for e in lesser}


def test_a_row_holds_everything_that_a_decision_needs() -> None:
    """UX-02."""
    episode = view(uuid4(), Severity.RED, owner_name="Dr Ahn", owner_id=uuid4())

    (row,) = sorted_rows([episode])

    assert row.patient_name == "Edith Example"
    assert row.finding == episode.headline
    assert row.owner_name == "Dr Ahn"
    assert (row.next_step_at, row.next_step) == (episode.next_step_at, "backup physician")
    assert row.last_reading_at == NOW - timedelta(minutes=4)


def test_a_second_red_never_stands_behind_the_first_that_somebody_has_taken() -> None:
    """UX-01: what waits for somebody leads, and counts, whoever has the other in hand."""
    patient = uuid4()
    taken = view(
        patient, Severity.RED, state=State.ACKNOWLEDGED, opened_at=NOW - timedelta(hours=2)
    )
    waits = view(patient, Severity.RED, problem=Problem.BREATHING)

    (row,) = sorted_rows([taken, waits])

    assert (row.alert_id, row.state) == (waits.id, State.OPEN)
    assert needs([taken, waits]) == [True]


def test_an_amber_that_waits_behind_a_taken_red_is_named_and_counted() -> None:
    """UX-01: the row stays that of the RED, and says who else needs somebody now."""
    patient = uuid4()
    taken = view(patient, Severity.RED, state=State.ACKNOWLEDGED)
    waits = view(patient, Severity.AMBER, problem=Problem.BREATHING)
    lesser = view(patient, Severity.YELLOW, problem=Problem.GLUCOSE)

    (row,) = sorted_rows([taken, waits, lesser])

    assert row.alert_id == taken.id
    assert row.untaken == ((Severity.AMBER, Problem.BREATHING),)
    assert row.other_problems == (Problem.GLUCOSE,)
    assert needs([taken, waits, lesser]) == [True]
    assert needs([taken, lesser]) == [False]


def needs(views: Sequence[EpisodeView]) -> list[bool]:
    briefs = [
        Brief(
            v.id,
            v.patient_id,
            1,
            v.severity,
            v.state,
            v.opened_at,
            v.owner_id,
            None,
            None,
            v.problem,
        )
        for v in views
    ]
    return [case.needs_somebody_now for case in cases(briefs, physician=True)]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([Severity.RED, Severity.AMBER, Severity.YELLOW]),
            st.integers(0, 5000),
        ),
        max_size=12,
    )
)
def test_rows_are_ordered_by_severity_and_then_by_age(facts: list[tuple[Severity, int]]) -> None:
    views = [
        view(uuid4(), severity, opened_at=NOW - timedelta(minutes=age)) for severity, age in facts
    ]

    ordered = [(-r.severity.rank, r.opened_at) for r in sorted_rows(views)]

    assert len(ordered) == len(views)
    assert ordered == sorted(ordered)


def test_data_quality_is_for_support_and_never_in_the_physicians_inbox() -> None:
    patient, other = uuid4(), uuid4()
    views = [view(patient, Severity.DQ, problem=Problem.DEVICE), view(other)]

    assert [r.patient_id for r in sorted_rows(views)] == [other]
    assert [r.patient_id for r in sorted_rows(views, physician=False)] == [other, patient]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s ago"), (59, "59 s ago"), (60, "1 min ago"), (7200, "2 h ago"), (90000, "1 d ago")],
)
def test_how_long_ago_is_said_in_one_number(seconds: int, words: str) -> None:
    assert str(ago(timedelta(seconds=seconds))) == words


def test_an_alert_behind_which_nothing_stands_says_so_and_keeps_its_place_sec_46() -> None:
    (row,) = rows([view(who := uuid4(), findings=())], {who: profile(who)}, physician=True)

    assert (row.severity, row.finding.severity) == (Severity.AMBER, Severity.AMBER)
    assert "Nothing that this alert was raised for stands any more" in clinician(row.finding)
    assert "근거가 더 이상 남아 있지 않음" in clinician(row.finding, "ko")
